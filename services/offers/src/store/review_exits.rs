//! What the review tells of those who left, whatever they were offered.

use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::review::{WhichReview, count};
use super::session::bind;
use super::statement;
use crate::domain::review::{HIGHEST_SCORE, Leaving, LeavingReason};

pub(super) async fn leaving(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<Leaving, StoreError> {
    let rows = sqlx::query!(
        "select score as \"score?\", count(*) as \"count!\" \
         from cancellation left join exit_satisfaction using (customer_id, cancellation_id) \
         where acknowledged_at between $1 and $2 and revoked_at is null \
         group by score",
        bind(which.since) as _,
        bind(which.now) as _,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    let mut leaving = Leaving::default();
    for row in rows {
        let cancellations = count(row.count);
        leaving.cancellations = leaving.cancellations.saturating_add(cancellations);
        if let Some(score) = row.score {
            let score = usize::from(score.unsigned_abs()).min(HIGHEST_SCORE);
            leaving.by_score[score] = cancellations;
        }
    }
    leaving.by_reason = by_reason(connection, which).await?;
    Ok(leaving)
}

async fn by_reason(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<Vec<LeavingReason>, StoreError> {
    let rows = sqlx::query!(
        "select reason_key, count(*) as \"count!\", avg(score)::double precision as \"mean!\" \
         from exit_satisfaction join cancellation using (customer_id, cancellation_id) \
         where acknowledged_at between $1 and $2 and revoked_at is null \
         group by reason_key order by count(*) desc, reason_key limit 20",
        bind(which.since) as _,
        bind(which.now) as _,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "exit_satisfaction"))
    .await?;
    let reasons = rows.into_iter().map(|row| LeavingReason {
        key: row.reason_key,
        rated: count(row.count),
        mean_score: row.mean,
    });
    Ok(reasons.collect())
}
