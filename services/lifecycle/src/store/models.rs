//! Models: store a fit and put it in use, read the one in use, list.

use std::collections::BTreeMap;

use jiff_sqlx::ToSqlx;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{Store, bigint};
use crate::domain::fit::Fitted;
use crate::domain::life_tables::{Group, LifeTables, ModelPage, ModelSummary, Subject};
use statistics::tenures::curve::{Curve, Period};

struct SummaryRow {
    version: i64,
    fit_time: jiff_sqlx::Timestamp,
    sample_size: i64,
    event_count: i64,
    active: bool,
}

impl From<SummaryRow> for ModelSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            version: row.version.unsigned_abs(),
            fit_time: row.fit_time.to_jiff(),
            sample_size: row.sample_size.unsigned_abs(),
            event_count: row.event_count.unsigned_abs(),
            active: row.active,
        }
    }
}

impl Store {
    /// Stores a fit as a new version and puts it in use.
    pub async fn save_model(
        &self,
        deadline: Deadline,
        fitted: Fitted,
        fit_time: Timestamp,
    ) -> Result<ModelSummary, StoreError> {
        let input = (fitted, fit_time);
        storage::write(
            &self.postgres,
            deadline,
            input,
            |(fitted, time), transaction| Box::pin(save(fitted, *time, transaction)),
        )
        .await
    }

    /// Reads the tables of the model in use, for a job.
    pub async fn tables_in_use(&self) -> Result<Option<LifeTables>, StoreError> {
        self.postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let Some(model) = read(None, connection).await? else {
                        return Ok(None);
                    };
                    let tables = read_tables(model.version, connection).await?;
                    Ok::<_, StoreError>(Some(LifeTables::new(model.version, tables)))
                })
            })
            .await
    }

    /// Reads a model with its tables, the one in use when no version is named.
    pub async fn model(
        &self,
        deadline: Deadline,
        version: Option<u64>,
    ) -> Result<Option<(ModelSummary, Vec<(Group, Curve)>)>, StoreError> {
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(async move {
                    let Some(model) = read(*version, connection).await? else {
                        return Ok(None);
                    };
                    let tables = read_tables(model.version, connection).await?;
                    Ok::<_, StoreError>(Some((model, tables)))
                })
            })
            .await
    }

    /// Lists the models older than a version, or all.
    pub async fn models(
        &self,
        deadline: Deadline,
        before: Option<u64>,
        limit: u32,
    ) -> Result<ModelPage, StoreError> {
        let input = (before.map_or(i64::MAX, bigint), limit);
        self.postgres
            .read(deadline, &input, |(before, limit), connection| {
                Box::pin(list(*before, *limit, connection))
            })
            .await
    }
}

async fn save(
    fitted: &Fitted,
    fit_time: Timestamp,
    transaction: &mut PgConnection,
) -> Result<ModelSummary, StoreError> {
    let version = sqlx::query_file_scalar!("src/store/sql/model_next.sql")
        .fetch_one(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "life_table_model",
            include_str!("sql/model_next.sql"),
        ))
        .await?;
    sqlx::query_file!(
        "src/store/sql/model_insert.sql",
        version,
        fit_time.to_sqlx() as _,
        bigint(fitted.sample_size),
        bigint(fitted.event_count)
    )
    .execute(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "life_table_model",
        include_str!("sql/model_insert.sql"),
    ))
    .await?;
    insert_periods(version, &fitted.tables, transaction).await?;
    sqlx::query_file!("src/store/sql/model_activate.sql", version)
        .execute(transaction)
        .instrument(statement_span(
            "INSERT",
            "active_model",
            include_str!("sql/model_activate.sql"),
        ))
        .await?;
    Ok(ModelSummary {
        version: version.unsigned_abs(),
        fit_time,
        sample_size: fitted.sample_size,
        event_count: fitted.event_count,
        active: true,
    })
}

async fn insert_periods(
    version: i64,
    tables: &[(Group, Curve)],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let (mut lines, mut subjects, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at_risk, mut ended) = (Vec::new(), Vec::new());
    for (group, curve) in tables {
        for (number, period) in (1_i32..).zip(curve.periods()) {
            lines.push(group.business_line.clone().unwrap_or_default());
            subjects.push(group.subject.key().to_owned());
            numbers.push(number);
            at_risk.push(bigint(period.at_risk));
            ended.push(bigint(period.ended));
        }
    }
    sqlx::query_file!(
        "src/store/sql/period_insert.sql",
        version,
        &lines,
        &subjects,
        &numbers,
        &at_risk,
        &ended
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "life_table_period",
        include_str!("sql/period_insert.sql"),
    ))
    .await?;
    Ok(())
}

async fn read(
    version: Option<u64>,
    connection: &mut PgConnection,
) -> Result<Option<ModelSummary>, StoreError> {
    let wanted = version.map(bigint);
    let found = sqlx::query_file_as!(SummaryRow, "src/store/sql/model_read.sql", wanted)
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "life_table_model",
            include_str!("sql/model_read.sql"),
        ))
        .await?;
    Ok(found.map(ModelSummary::from))
}

async fn read_tables(
    version: u64,
    connection: &mut PgConnection,
) -> Result<Vec<(Group, Curve)>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/period_read.sql", bigint(version))
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "life_table_period",
            include_str!("sql/period_read.sql"),
        ))
        .await?;
    let mut tables: BTreeMap<Group, Vec<Period>> = BTreeMap::new();
    for row in rows {
        let subject = Subject::from_key(&row.subject).ok_or_else(|| {
            StoreError::inconsistent("life_table_period", "subject", &row.subject)
        })?;
        let group = Group {
            business_line: Some(row.business_line).filter(|line| !line.is_empty()),
            subject,
        };
        tables.entry(group).or_default().push(Period {
            at_risk: row.at_risk.unsigned_abs(),
            ended: row.ended.unsigned_abs(),
        });
    }
    let curves = tables
        .into_iter()
        .map(|(group, periods)| (group, Curve::new(periods)));
    Ok(curves.collect())
}

async fn list(
    before: i64,
    limit: u32,
    connection: &mut PgConnection,
) -> Result<ModelPage, StoreError> {
    // One more than asked for tells whether there are more.
    let rows = sqlx::query_file_as!(
        SummaryRow,
        "src/store/sql/model_list.sql",
        before,
        i64::from(limit) + 1
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "life_table_model",
        include_str!("sql/model_list.sql"),
    ))
    .await?;
    let mut models: Vec<ModelSummary> = rows.into_iter().map(ModelSummary::from).collect();
    let kept = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = models.len() > kept;
    models.truncate(kept);
    Ok(ModelPage { models, more })
}
