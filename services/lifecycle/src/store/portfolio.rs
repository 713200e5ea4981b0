//! The portfolio as it is read: totals, and lists by stage.

use jiff_sqlx::ToSqlx;
use kernel::money::{Currency, Money};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use super::memories::{risks, stage};
use crate::domain::portfolio::months::Window;
use crate::domain::portfolio::scored_customer::ScoredCustomer;
use crate::domain::portfolio::{RISK_BANDS, StageFlow, StageTotal, ValueTotal};
use crate::domain::stage::Stage;
use crate::domain::stage::memory::StageMemory;

/// A page of customers, and the one to go on after.
pub type CustomerPage = (Vec<ScoredCustomer>, Option<String>);

/// The totals of the portfolio, and how many customers are in each band of churn risk.
pub type Totals = (Vec<StageTotal>, [u64; RISK_BANDS]);

/// Which customers to list.
#[derive(Clone, Debug)]
pub struct CustomerQuery {
    /// The stage.
    pub stage: Stage,
    /// Only this business line; all when empty.
    pub business_line: String,
    /// Only customers after this one.
    pub after: String,
    /// How many.
    pub size: u32,
}

impl Store {
    /// Lists the customers in a stage.
    pub async fn customers(
        &self,
        deadline: Deadline,
        query: &CustomerQuery,
    ) -> Result<CustomerPage, StoreError> {
        self.postgres
            .read(deadline, query, |query, connection| {
                Box::pin(page(query, connection))
            })
            .await
    }

    /// Counts how often stages changed in a time, of the customers of one line or of all.
    pub async fn stage_flows(
        &self,
        business_line: &str,
        window: Window,
    ) -> Result<Vec<StageFlow>, StoreError> {
        self.postgres
            .background(&(business_line, window), |(line, window), connection| {
                Box::pin(read_stage_flows(line, *window, connection))
            })
            .await
    }

    /// Adds the portfolio up, on a connection of the jobs: it looks at every customer.
    pub async fn totals(&self, business_line: &str) -> Result<Totals, StoreError> {
        self.postgres
            .background(business_line, |business_line, connection| {
                Box::pin(async move {
                    let totals = read_totals(business_line, connection).await?;
                    let bands = read_bands(business_line, connection).await?;
                    Ok((totals, bands))
                })
            })
            .await
    }
}

async fn page(
    query: &CustomerQuery,
    connection: &mut PgConnection,
) -> Result<CustomerPage, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/scored_customer_page.sql",
        query.stage.key(),
        query.business_line,
        query.after,
        i64::from(query.size)
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "scored_customer",
        include_str!("sql/scored_customer_page.sql"),
    ))
    .await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == query.size);
    let next = rows.last().filter(|_| is_full);
    let next = next.map(|row| row.customer_id.clone());
    let mut customers = Vec::with_capacity(rows.len());
    for row in rows {
        let value_remaining = row.value_minor.zip(row.value_currency.as_deref());
        let value_remaining = value_remaining
            .map(|(minor, code)| currency(code).map(|currency| Money::new(minor, currency)))
            .transpose()?;
        customers.push(ScoredCustomer {
            revision: row.revision.unsigned_abs(),
            business_line: row.business_line,
            rule: row.stage_rule,
            memory: StageMemory {
                stage: stage(&row.stage, &row.customer_id)?,
                since: row.stage_since.to_jiff(),
                risks: risks(&row.risk_memory, &row.customer_id)?,
                rules_version: row.rules_version.unsigned_abs(),
                model_activation: row.model_activation.unsigned_abs(),
            },
            customer_id: row.customer_id,
            live: row.live,
            churn_risk: row.churn_risk,
            probability_alive: row.probability_alive,
            value_remaining,
            scored_time: row.scored_time.to_jiff(),
            valid_until: row.valid_until.to_jiff(),
        });
    }
    Ok((customers, next))
}

fn currency(code: &str) -> Result<Currency, StoreError> {
    Currency::parse(code)
        .map_err(|_| StoreError::inconsistent("scored_customer", "value_currency", code))
}

async fn read_totals(
    business_line: &str,
    connection: &mut PgConnection,
) -> Result<Vec<StageTotal>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/portfolio_totals.sql", business_line)
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "scored_customer",
            include_str!("sql/portfolio_totals.sql"),
        ))
        .await?;
    let mut totals: Vec<StageTotal> = Vec::new();
    for row in rows {
        let part = StageTotal {
            stage: stage(&row.stage, "portfolio_totals")?,
            business_line: row.business_line,
            customer_count: row.customer_count.unsigned_abs(),
            live_count: row.live_count.unsigned_abs(),
            scored_count: row.scored_count.unsigned_abs(),
            churn_risk_sum: row.churn_risk_sum,
            values: match row.value_currency {
                None => Vec::new(),
                Some(code) => vec![ValueTotal {
                    remaining: Money::new(row.value_minor, currency(&code)?),
                    at_risk: Money::new(row.value_at_risk_minor, currency(&code)?),
                }],
            },
        };
        match totals.last_mut() {
            Some(last) if last.is_of_same_group(&part) => last.add(part),
            _ => totals.push(part),
        }
    }
    Ok(totals)
}

async fn read_stage_flows(
    business_line: &str,
    window: Window,
    connection: &mut PgConnection,
) -> Result<Vec<StageFlow>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/stage_flows.sql",
        business_line,
        window.from.to_sqlx() as _,
        window.until.to_sqlx() as _
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "stage_transition",
        include_str!("sql/stage_flows.sql"),
    ))
    .await?;
    let flows = rows.into_iter().map(|row| {
        Ok(StageFlow {
            from: stage(&row.from_stage, "stage_flows")?,
            to: stage(&row.to_stage, "stage_flows")?,
            count: row.count.unsigned_abs(),
        })
    });
    flows.collect()
}

async fn read_bands(
    business_line: &str,
    connection: &mut PgConnection,
) -> Result<[u64; RISK_BANDS], StoreError> {
    let rows = sqlx::query_file!("src/store/sql/portfolio_risk_bands.sql", business_line)
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "scored_customer",
            include_str!("sql/portfolio_risk_bands.sql"),
        ))
        .await?;
    let mut bands = [0; RISK_BANDS];
    for row in rows {
        let band = usize::try_from(row.band).ok();
        if let Some(count) = band.and_then(|band| bands.get_mut(band)) {
            *count = row.customer_count.unsigned_abs();
        }
    }
    Ok(bands)
}
