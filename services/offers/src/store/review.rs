//! What a review is made of, and what managers decide about offers.

use std::collections::BTreeMap;

use kernel::id::{OfferKey, RequestId};
use kernel::money::Currency;
use kernel::time::{Date, Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use super::review_cells::cells;
use super::review_exits::leaving;
use super::review_money::{ParityKept, parity, spending};
use super::session::{bind, request_id_reused};
use super::{Store, statement};
use crate::domain::catalogue::Learning;
use crate::domain::holdout::HoldoutKey;
use crate::domain::named::Named;
use crate::domain::review::{Cell, Leaving, Spending, Verdict, WeekOfCalls};

const TABLE: &str = "call_outcome";

/// Which calls a review is about.
#[derive(Clone, Debug)]
pub struct WhichReview {
    /// Only calls since then.
    pub since: Timestamp,
    /// Until now.
    pub now: Timestamp,
    /// Only this offer.
    pub offer_key: Option<OfferKey>,
    /// The holdout in force.
    pub holdout_key: Option<HoldoutKey>,
    /// How customers are told apart beside the reason; absent where nobody asks.
    pub kinds: Option<Learning>,
}

/// What names a survival curve: the offer, the currency of its calls, and whether they are held out.
pub type CurveKey = (OfferKey, Option<Currency>, bool);

/// What a review is made of.
#[derive(Clone, Debug)]
pub struct ReviewRows {
    /// The figures.
    pub cells: Vec<Cell>,
    /// How long customers stayed.
    pub weeks: BTreeMap<CurveKey, Vec<WeekOfCalls>>,
    /// How many are on each side of the holdout in force.
    pub holdout: HoldoutCounts,
    /// The latest decision about each offer.
    pub decisions: BTreeMap<OfferKey, StoredOfferDecision>,
    /// How parity was kept.
    pub parity: BTreeMap<OfferKey, ParityKept>,
    /// What was spent of each budget.
    pub spending: Vec<Spending>,
    /// What those said who left.
    pub leaving: Leaving,
}

/// How many customers are on each side of a holdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldoutCounts {
    /// Offered something.
    pub offered: u32,
    /// Held out.
    pub held_out: u32,
    /// Of the held out, offered something all the same.
    pub offered_all_the_same: u32,
    /// On both, as two ids of one person: counted on neither.
    pub on_both_sides: u32,
}

/// A decision of a manager about an offer, to be recorded.
#[derive(Clone, Debug)]
pub struct NewOfferDecision {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The offer.
    pub offer_key: OfferKey,
    /// What.
    pub decision: Verdict,
    /// Why, as a short key.
    pub reason: String,
    /// Who.
    pub decided_by: String,
    /// The next review is due on this day.
    pub review_due: Option<Date>,
}

/// A decision of a manager about an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOfferDecision {
    /// What.
    pub decision: Verdict,
    /// Why, as a short key.
    pub reason: String,
    /// Who.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
    /// The next review is due on this day.
    pub review_due: Option<Date>,
}

impl Store {
    /// Reads what a review is made of.
    pub async fn review(
        &self,
        which: &WhichReview,
        deadline: Deadline,
    ) -> Result<ReviewRows, StoreError> {
        self.postgres
            .report(deadline, which, |which, connection| {
                Box::pin(read(connection, which))
            })
            .await
    }

    /// Records what a manager decides about an offer, once.
    pub async fn decide_offer(
        &self,
        new: NewOfferDecision,
        deadline: Deadline,
    ) -> Result<StoredOfferDecision, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(decide(connection, new))
        })
        .await
    }
}

async fn read(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<ReviewRows, StoreError> {
    Ok(ReviewRows {
        cells: cells(connection, which).await?,
        weeks: weeks(connection, which).await?,
        holdout: holdout(connection, which).await?,
        decisions: decisions(connection).await?,
        parity: parity(connection, which).await?,
        spending: spending(connection, which).await?,
        leaving: leaving(connection, which).await?,
    })
}

async fn weeks(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<BTreeMap<CurveKey, Vec<WeekOfCalls>>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/review_survival.sql",
        bind(which.since) as _,
        bind(which.now) as _,
        which.offer_key.as_ref().map_or("", OfferKey::as_str),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    let mut curves: BTreeMap<CurveKey, Vec<WeekOfCalls>> = BTreeMap::new();
    for row in rows {
        let currency = currency(row.margin_currency.as_deref())?;
        let key = (offer_key(&row.offer_key)?, currency, row.held_out);
        curves.entry(key).or_default().push(WeekOfCalls {
            week: u32::try_from(row.week).unwrap_or(0),
            left: u64::from(count(row.left)),
            still_here: u64::from(count(row.still_here)),
        });
    }
    Ok(curves)
}

async fn holdout(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<HoldoutCounts, StoreError> {
    let Some(key) = &which.holdout_key else {
        return Ok(HoldoutCounts::default());
    };
    let row = sqlx::query_file!(
        "src/store/review_holdout.sql",
        bind(which.since) as _,
        bind(which.now) as _,
        key.as_str(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    Ok(HoldoutCounts {
        offered: count(row.offered),
        held_out: count(row.held_out),
        offered_all_the_same: count(row.offered_all_the_same),
        on_both_sides: count(row.on_both_sides),
    })
}

async fn decisions(
    connection: &mut PgConnection,
) -> Result<BTreeMap<OfferKey, StoredOfferDecision>, StoreError> {
    let rows = sqlx::query!(
        "select distinct on (offer_key) offer_key, decision, reason, decided_by, decided_at, \
                review_due as \"review_due: jiff_sqlx::Date\" \
         from offer_decision order by offer_key, decided_at desc limit 5000"
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "offer_decision"))
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = offer_key(&row.offer_key)?;
            let decision = Verdict::from_name(&row.decision).ok_or_else(|| {
                StoreError::inconsistent("offer_decision", "decision", &row.offer_key)
            })?;
            let stored = StoredOfferDecision {
                decision,
                reason: row.reason,
                decided_by: row.decided_by,
                decided_at: row.decided_at.to_jiff(),
                review_due: row.review_due.map(jiff_sqlx::Date::to_jiff),
            };
            Ok((key, stored))
        })
        .collect()
}

async fn decide(
    connection: &mut PgConnection,
    new: &NewOfferDecision,
) -> Result<StoredOfferDecision, StoreError> {
    let request_id = new.request_id.as_str();
    match request_log::begin(connection, request_id, "DecideOffer", new.body_hash).await? {
        Begun::Fresh => {}
        Begun::Replay(answer) => {
            let broken = || StoreError::inconsistent("request_log", "response", request_id);
            let text = std::str::from_utf8(&answer).map_err(|_| broken())?;
            let decided_at = text.parse().map_err(|_| broken())?;
            return Ok(stored(new, decided_at));
        }
        Begun::Repeats(_) | Begun::Reused => {
            return Err(StoreError::rejected(request_id_reused(request_id)));
        }
    }
    let decided_at = sqlx::query_scalar!(
        "insert into offer_decision (offer_key, decided_at, decision, reason, decided_by, review_due) \
         values ($1, clock_timestamp(), $2, $3, $4, $5) returning decided_at",
        new.offer_key.as_str(),
        new.decision.name(),
        new.reason,
        new.decided_by,
        new.review_due.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .fetch_one(&mut *connection)
    .instrument(statement("INSERT", "offer_decision"))
    .await?
    .to_jiff();
    request_log::finish(connection, request_id, decided_at.to_string().as_bytes()).await?;
    Ok(stored(new, decided_at))
}

fn stored(new: &NewOfferDecision, decided_at: Timestamp) -> StoredOfferDecision {
    StoredOfferDecision {
        decision: new.decision,
        reason: new.reason.clone(),
        decided_by: new.decided_by.clone(),
        decided_at,
        review_due: new.review_due,
    }
}

pub(super) fn count(rows: i64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

pub(super) fn offer_key(text: &str) -> Result<OfferKey, StoreError> {
    OfferKey::parse(text).map_err(|_| StoreError::inconsistent(TABLE, "compared_offer_key", text))
}

pub(super) fn currency(code: Option<&str>) -> Result<Option<Currency>, StoreError> {
    code.map(Currency::parse)
        .transpose()
        .map_err(|_| StoreError::inconsistent(TABLE, "margin_currency", code.unwrap_or_default()))
}
