//! Those who left, by what asking them back may come to.

use kernel::id::{BusinessLineId, CancellationId, CustomerId, SubscriptionId};
use kernel::money::{Currency, Money};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::follow_up::NotAskedBack;
use crate::domain::named::Named;
use crate::domain::win_back::{Place, Way, expected_value};

use super::session::bind;
use super::{Store, statement};

const TABLE: &str = "departure";

/// Which of those who left are listed.
#[derive(Clone, Debug)]
pub struct WhichLeavers {
    /// Only these categories of reasons; all when empty.
    pub reason_categories: Vec<String>,
    /// Only this business line.
    pub business_line: Option<BusinessLineId>,
    /// Only those who are asked back in this way.
    pub way: Option<Way>,
    /// Only those who are asked from then on or later.
    pub from: Option<Timestamp>,
    /// Only those who are asked from before then on.
    pub until: Option<Timestamp>,
    /// Only those who were worth this or more, in its currency.
    pub min_value: Option<Money>,
    /// Those who are held out, too.
    pub held_out: bool,
    /// Those who are not asked back for any other reason, or not any more, too.
    pub not_asked_back: bool,
    /// Only those after this place.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: u32,
}

/// Somebody who left, as they were known on the call. What is absent was not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Where they stand in the list.
    pub place: Place,
    /// The customer, by the id that stays.
    pub customer_id: CustomerId,
    /// What they left.
    pub subscription_id: SubscriptionId,
    /// When it was acknowledged.
    pub acknowledged_at: Timestamp,
    /// When service ends.
    pub service_end_at: Timestamp,
    /// When billing ends.
    pub billing_end_at: Timestamp,
    /// The reason stated, unless it is sensitive.
    pub stated_reason: Option<String>,
    /// Its category.
    pub reason_category: Option<String>,
    /// The business line.
    pub business_line: Option<String>,
    /// How they are asked back; absent where they are not.
    pub way: Option<Way>,
    /// What to speak of then.
    pub theme: Option<String>,
    /// From when on.
    pub ask_from: Option<Timestamp>,
    /// Until when.
    pub ask_until: Option<Timestamp>,
    /// What the subscription was still worth.
    pub value: Option<Money>,
    /// The share of those with the reason that is expected back.
    pub expected_return: Option<f64>,
    /// Both together.
    pub expected_value: Option<Money>,
    /// Why they are not asked back.
    pub not_asked_back: Option<NotAskedBack>,
    /// They are held out, whatever else would keep them from being asked.
    pub held_out: bool,
}

/// Of which cancellations a summary is.
#[derive(Clone, Debug)]
pub struct WhichDepartures {
    /// Only this business line.
    pub business_line: Option<BusinessLineId>,
    /// Only those acknowledged then or later.
    pub from: Option<Timestamp>,
    /// Only those acknowledged before then.
    pub until: Option<Timestamp>,
}

/// How many of those who left are asked back in a way, or are not for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaverCount {
    /// How they are asked back.
    pub way: Option<Way>,
    /// Why they are not.
    pub not_asked_back: Option<NotAskedBack>,
    /// How many cancellations.
    pub cancellations: u64,
}

struct Row {
    place_currency: String,
    place_rank: f64,
    cancellation_id: Uuid,
    customer_id: String,
    subscription_id: String,
    acknowledged_at: jiff_sqlx::Timestamp,
    service_end_at: jiff_sqlx::Timestamp,
    billing_end_at: jiff_sqlx::Timestamp,
    stated_reason: Option<String>,
    reason_category: Option<String>,
    business_line: Option<String>,
    asked_back_as: Option<String>,
    theme: Option<String>,
    ask_back_at: Option<jiff_sqlx::Timestamp>,
    ask_back_until: Option<jiff_sqlx::Timestamp>,
    expected_return: Option<f64>,
    value_minor: Option<i64>,
    currency: Option<String>,
    not_asked_back: Option<String>,
    held_out: bool,
}

impl Store {
    /// Lists those who left, the largest expected value of each currency first.
    pub async fn win_back_candidates(
        &self,
        which: &WhichLeavers,
        deadline: Deadline,
    ) -> Result<Vec<Candidate>, StoreError> {
        self.postgres
            .read(deadline, which, |which, connection| {
                Box::pin(list(connection, which))
            })
            .await
    }

    /// Counts those who left by whether they are asked back, and why not.
    pub async fn win_back_counts(
        &self,
        which: &WhichDepartures,
        deadline: Deadline,
    ) -> Result<Vec<LeaverCount>, StoreError> {
        self.postgres
            .report(deadline, which, |which, connection| {
                Box::pin(count(connection, which))
            })
            .await
    }
}

async fn list(
    connection: &mut PgConnection,
    which: &WhichLeavers,
) -> Result<Vec<Candidate>, StoreError> {
    let (currency, rank, cancellation_id) = match &which.after {
        Some(place) => (
            place.currency.as_str(),
            place.rank,
            place.cancellation_id.as_uuid(),
        ),
        // Before all of them, so that the index is read from one place on in every page.
        None => ("", f64::NEG_INFINITY, Uuid::nil()),
    };
    sqlx::query_file_as!(
        Row,
        "src/store/win_back.sql",
        currency,
        rank,
        cancellation_id,
        &which.reason_categories[..],
        which.business_line.as_ref().map(BusinessLineId::as_str),
        which.way.map(Named::name),
        which.from.map(bind) as _,
        which.until.map(bind) as _,
        which.min_value.map(|value| value.minor),
        which.min_value.map(|value| value.currency.to_string()),
        which.held_out,
        which.not_asked_back,
        i64::from(which.limit),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?
    .into_iter()
    .map(candidate)
    .collect()
}

fn candidate(row: Row) -> Result<Candidate, StoreError> {
    let id = row.cancellation_id;
    let broken = |column| StoreError::inconsistent(TABLE, column, id);
    let value = money(row.value_minor, row.currency.as_deref());
    let value = value.map_err(|()| broken("currency"))?;
    let at = |instant: Option<jiff_sqlx::Timestamp>| instant.map(jiff_sqlx::Timestamp::to_jiff);
    Ok(Candidate {
        place: Place {
            currency: row.place_currency,
            rank: row.place_rank,
            cancellation_id: CancellationId::from_uuid(id),
        },
        customer_id: CustomerId::parse(&row.customer_id).map_err(|_| broken("customer_id"))?,
        subscription_id: SubscriptionId::parse(&row.subscription_id)
            .map_err(|_| broken("subscription_id"))?,
        acknowledged_at: row.acknowledged_at.to_jiff(),
        service_end_at: row.service_end_at.to_jiff(),
        billing_end_at: row.billing_end_at.to_jiff(),
        stated_reason: row.stated_reason,
        reason_category: row.reason_category,
        business_line: row.business_line,
        way: named(row.asked_back_as.as_deref()).map_err(|()| broken("asked_back_as"))?,
        theme: row.theme,
        ask_from: at(row.ask_back_at),
        ask_until: at(row.ask_back_until),
        expected_value: row
            .expected_return
            .zip(value)
            .map(|(share, value)| expected_value(share, value)),
        value,
        expected_return: row.expected_return,
        not_asked_back: named(row.not_asked_back.as_deref())
            .map_err(|()| broken("not_asked_back"))?,
        held_out: row.held_out,
    })
}

async fn count(
    connection: &mut PgConnection,
    which: &WhichDepartures,
) -> Result<Vec<LeaverCount>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/win_back_summary.sql",
        which.business_line.as_ref().map(BusinessLineId::as_str),
        which.from.map(bind) as _,
        which.until.map(bind) as _,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    rows.into_iter()
        .map(|row| {
            let broken = |column| StoreError::inconsistent(TABLE, column, "counted");
            let why_not = named(row.not_asked_back.as_deref());
            Ok(LeaverCount {
                way: named(row.asked_back_as.as_deref()).map_err(|()| broken("asked_back_as"))?,
                not_asked_back: why_not.map_err(|()| broken("not_asked_back"))?,
                cancellations: u64::try_from(row.cancellations).unwrap_or(0),
            })
        })
        .collect()
}

/// Reads an amount that may be absent.
fn money(minor: Option<i64>, currency: Option<&str>) -> Result<Option<Money>, ()> {
    let (Some(minor), Some(code)) = (minor, currency) else {
        return Ok(None);
    };
    let currency = Currency::parse(code).map_err(|_| ())?;
    Ok(Some(Money::new(minor, currency)))
}

/// Reads a word that may be absent.
fn named<N: Named>(word: Option<&str>) -> Result<Option<N>, ()> {
    word.map(|word| N::from_name(word).ok_or(())).transpose()
}
