//! Rules: publish a version, read one.

use std::collections::BTreeMap;

use jiff_sqlx::ToSqlx;
use kernel::money::BasisPoints;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::requests::{self, RequestKey};
use super::{Store, bigint, integer};
use crate::domain::rules::{LineRules, RuleSet};

const METHOD: &str = "rekindle.lifecycle.v1.RuleService/PublishRules";

/// Rules to publish.
#[derive(Clone, Debug)]
pub struct Published {
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// The rules by line.
    pub lines: BTreeMap<String, LineRules>,
    /// When.
    pub publish_time: Timestamp,
}

impl Store {
    /// Makes a new version of the rules, once for each request.
    pub async fn publish_rules(
        &self,
        deadline: Deadline,
        rules: Published,
    ) -> Result<RuleSet, StoreError> {
        storage::write(&self.postgres, deadline, rules, |rules, transaction| {
            Box::pin(publish_once(rules, transaction))
        })
        .await
    }

    /// Reads a version of the rules, the highest when none is named.
    pub async fn rules(
        &self,
        deadline: Deadline,
        version: Option<u64>,
    ) -> Result<Option<RuleSet>, StoreError> {
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(read(*version, connection))
            })
            .await
    }

    /// Reads the rules in force, for a job.
    pub async fn rules_in_force(&self) -> Result<RuleSet, StoreError> {
        let newest = self
            .postgres
            .background(&(), |(), connection| Box::pin(read(None, connection)))
            .await?;
        Ok(newest.unwrap_or_else(RuleSet::built_in))
    }
}

async fn publish_once(
    rules: &Published,
    transaction: &mut PgConnection,
) -> Result<RuleSet, StoreError> {
    let Some(request) = &rules.request else {
        return publish(rules, transaction).await;
    };
    if let Some(answer) = requests::begin(request, METHOD, transaction).await? {
        return replay(&answer, request, transaction).await;
    }
    let rule_set = publish(rules, transaction).await?;
    requests::finish(request, rule_set.version, transaction).await?;
    Ok(rule_set)
}

async fn replay(
    answer: &[u8],
    request: &RequestKey,
    transaction: &mut PgConnection,
) -> Result<RuleSet, StoreError> {
    let version = requests::version(answer, request)?;
    let rule_set = read(Some(version), transaction).await?;
    rule_set.ok_or_else(|| requests::inconsistent(request))
}

async fn publish(rules: &Published, transaction: &mut PgConnection) -> Result<RuleSet, StoreError> {
    // Of two who publish at once the second waits here, so that versions have no gaps.
    sqlx::query("lock table rule_set in share row exclusive mode")
        .execute(&mut *transaction)
        .instrument(statement_span("LOCK", "rule_set", "lock table rule_set"))
        .await?;
    let version = sqlx::query_file_scalar!("src/store/sql/rule_set_next.sql")
        .fetch_one(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "rule_set",
            include_str!("sql/rule_set_next.sql"),
        ))
        .await?;
    let publish_time = rules.publish_time.to_sqlx();
    sqlx::query_file!(
        "src/store/sql/rule_set_insert.sql",
        version,
        publish_time as _
    )
    .execute(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "rule_set",
        include_str!("sql/rule_set_insert.sql"),
    ))
    .await?;
    for (business_line, line) in &rules.lines {
        insert_line(version, business_line, line, transaction).await?;
    }
    Ok(RuleSet::new(
        version.unsigned_abs(),
        Some(rules.publish_time),
        rules.lines.clone(),
    ))
}

async fn insert_line(
    version: i64,
    business_line: &str,
    rules: &LineRules,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!(
        "src/store/sql/business_line_rules_insert.sql",
        version,
        business_line,
        integer(rules.early_days),
        integer(rules.long_term_days),
        integer(rules.lapsed_after_days),
        integer(rules.lost_after_days),
        integer(rules.phoenix_days),
        integer(rules.calm_days),
        integer(rules.notice_days),
        integer(rules.gross_margin.0),
        integer(rules.discount_rate.0),
        integer(rules.risk_horizon_days),
        integer(rules.at_risk_times_base_rate_percent),
        integer(rules.value_horizon_months),
        integer(rules.at_risk_exit_times_base_rate_percent),
        integer(rules.stage_dwell_days),
        rules.opportunity_days.map(integer),
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "business_line_rules",
        include_str!("sql/business_line_rules_insert.sql"),
    ))
    .await?;
    Ok(())
}

async fn read(
    version: Option<u64>,
    connection: &mut PgConnection,
) -> Result<Option<RuleSet>, StoreError> {
    let wanted = version.map(bigint);
    let found = sqlx::query_file!("src/store/sql/rule_set_read.sql", wanted)
        .fetch_optional(&mut *connection)
        .instrument(statement_span(
            "SELECT",
            "rule_set",
            include_str!("sql/rule_set_read.sql"),
        ))
        .await?;
    let Some(found) = found else { return Ok(None) };
    let lines = read_lines(found.version, connection).await?;
    Ok(Some(RuleSet::new(
        found.version.unsigned_abs(),
        Some(found.publish_time.to_jiff()),
        lines,
    )))
}

async fn read_lines(
    version: i64,
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, LineRules>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/business_line_rules_read.sql", version)
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "business_line_rules",
            include_str!("sql/business_line_rules_read.sql"),
        ))
        .await?;
    // Not negative by the table's constraint.
    let lines = rows.into_iter().map(|row| {
        let rules = LineRules {
            early_days: row.early_days.unsigned_abs(),
            long_term_days: row.long_term_days.unsigned_abs(),
            lapsed_after_days: row.lapsed_after_days.unsigned_abs(),
            lost_after_days: row.lost_after_days.unsigned_abs(),
            phoenix_days: row.phoenix_days.unsigned_abs(),
            calm_days: row.calm_days.unsigned_abs(),
            notice_days: row.notice_days.unsigned_abs(),
            gross_margin: BasisPoints(row.gross_margin_basis_points.unsigned_abs()),
            discount_rate: BasisPoints(row.discount_rate_basis_points.unsigned_abs()),
            risk_horizon_days: row.risk_horizon_days.unsigned_abs(),
            at_risk_times_base_rate_percent: row.at_risk_times_base_rate_percent.unsigned_abs(),
            at_risk_exit_times_base_rate_percent: row
                .at_risk_exit_times_base_rate_percent
                .unsigned_abs(),
            stage_dwell_days: row.stage_dwell_days.unsigned_abs(),
            value_horizon_months: row.value_horizon_months.unsigned_abs(),
            opportunity_days: row.opportunity_days.map(i32::unsigned_abs),
        };
        (row.business_line, rules)
    });
    Ok(lines.collect())
}
