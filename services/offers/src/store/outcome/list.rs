//! Listing what became of calls.

use kernel::id::{CustomerId, DecisionId, PresentedOfferId, SessionId, SubscriptionId};
use kernel::money::{Currency, Money};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::super::session::{outcome, subscription};
use super::super::{Store, statement};
use super::TABLE;
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::outcome::{EndedAs, SaveStatus, Windows};
use crate::domain::policy::ContractKind;

/// Which outcomes are listed.
#[derive(Clone, Debug)]
pub struct WhichOutcomes {
    /// Only those of a customer.
    pub customer_id: Option<CustomerId>,
    /// Only those in a status.
    pub status: Option<SaveStatus>,
    /// Only those before this session.
    pub before: Option<SessionId>,
    /// How many at most.
    pub limit: u32,
}

/// What became of one call, as it is stored. What is absent was not known, or not yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredOutcome {
    /// The customer.
    pub customer_id: CustomerId,
    /// The session of the call.
    pub session_id: SessionId,
    /// What they wanted to leave.
    pub subscription_id: SubscriptionId,
    /// How it ended.
    pub ended_as: Option<EndedAs>,
    /// Day 0.
    pub decided_at: Timestamp,
    /// The decision.
    pub decision_id: Option<DecisionId>,
    /// The version of the catalogue.
    pub catalogue_version: Option<u64>,
    /// The arm.
    pub arm: Option<String>,
    /// With which probability it was drawn.
    pub propensity: Option<f64>,
    /// Somebody with authority decided against the ranking.
    pub overridden: bool,
    /// Why nothing was offered.
    pub let_go_reason: Option<String>,
    /// The offer it is measured by.
    pub presented_offer_id: Option<PresentedOfferId>,
    /// Its key.
    pub offer_key: Option<String>,
    /// What became of it on the call.
    pub offer_outcome: Option<Outcome>,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When its benefit ends.
    pub benefit_ends_at: Option<Timestamp>,
    /// What it committed.
    pub cost: Option<Money>,
    /// The reason stated.
    pub reason: Option<String>,
    /// The business line.
    pub business_line: Option<String>,
    /// The margin of one month.
    pub monthly_margin: Option<Money>,
    /// Days since the lifetime of the day began.
    pub tenure_days: Option<i32>,
    /// The commitment.
    pub contract_kind: Option<ContractKind>,
    /// Where it was decided for.
    pub jurisdiction: Option<String>,
    /// Calls to leave within 730 days.
    pub cancel_calls: Option<i32>,
    /// Why nothing is learnt from it.
    pub neutral_reason: Option<String>,
    /// Where the save stands.
    pub status: Option<SaveStatus>,
    /// Why.
    pub status_reason: Option<String>,
    /// The windows.
    pub windows: Windows,
    /// When it shows whether it lasts.
    pub durable_due_at: Option<Timestamp>,
    /// When service or billing ends.
    pub left_at: Option<Timestamp>,
    /// The revision it rests on.
    pub facts_revision: Option<u64>,
    /// When it was last judged.
    pub judged_at: Option<Timestamp>,
    /// How often.
    pub judgement_count: i32,
    /// How often the answer of a window changed.
    pub correction_count: i32,
    /// When that last happened.
    pub corrected_at: Option<Timestamp>,
    /// When it is looked at next.
    pub look_at: Option<Timestamp>,
    /// The holdout in force.
    pub holdout_key: Option<String>,
    /// The customer is held out by it.
    pub held_out: bool,
    /// It counts for the comparison.
    pub holdout_exposed: bool,
    /// The best offer that is not owed, made or withheld.
    pub compared_offer_key: Option<String>,
}

struct Row {
    customer_id: String,
    session_id: Uuid,
    subscription_id: String,
    ended_as: Option<String>,
    decided_at: jiff_sqlx::Timestamp,
    decision_id: Option<Uuid>,
    catalogue_version: Option<i64>,
    arm: Option<String>,
    propensity: Option<f64>,
    overridden: bool,
    let_go_reason: Option<String>,
    presented_offer_id: Option<Uuid>,
    offer_key: Option<String>,
    offer_outcome: Option<String>,
    accepted_at: Option<jiff_sqlx::Timestamp>,
    benefit_end_at: Option<jiff_sqlx::Timestamp>,
    cost_minor: Option<i64>,
    cost_currency: Option<String>,
    reason_key: Option<String>,
    business_line: Option<String>,
    monthly_margin_minor: Option<i64>,
    margin_currency: Option<String>,
    tenure_days: Option<i32>,
    contract_kind: Option<String>,
    jurisdiction: Option<String>,
    cancel_calls_24_months: Option<i32>,
    neutral_reason: Option<String>,
    status: Option<String>,
    status_reason: Option<String>,
    here_30_days: Option<bool>,
    here_90_days: Option<bool>,
    here_180_days: Option<bool>,
    durable: Option<bool>,
    durable_due_at: Option<jiff_sqlx::Timestamp>,
    left_at: Option<jiff_sqlx::Timestamp>,
    facts_revision: Option<i64>,
    judged_at: Option<jiff_sqlx::Timestamp>,
    judgement_count: i32,
    correction_count: i32,
    corrected_at: Option<jiff_sqlx::Timestamp>,
    look_at: Option<jiff_sqlx::Timestamp>,
    holdout_key: Option<String>,
    held_out: bool,
    holdout_exposed: bool,
    compared_offer_key: Option<String>,
}

impl Store {
    /// Lists what became of calls, newest first.
    pub async fn call_outcomes(
        &self,
        which: &WhichOutcomes,
        deadline: Deadline,
    ) -> Result<Vec<StoredOutcome>, StoreError> {
        self.postgres
            .read(deadline, which, |which, connection| {
                Box::pin(list(connection, which))
            })
            .await
    }
}

async fn list(
    connection: &mut PgConnection,
    which: &WhichOutcomes,
) -> Result<Vec<StoredOutcome>, StoreError> {
    sqlx::query_as!(
        Row,
        "select customer_id, session_id, subscription_id, ended_as, decided_at, decision_id, \
                catalogue_version, arm, propensity, overridden, let_go_reason, \
                presented_offer_id, offer_key, offer_outcome, accepted_at, benefit_end_at, \
                cost_minor, cost_currency, reason_key, business_line, monthly_margin_minor, \
                margin_currency, tenure_days, contract_kind, jurisdiction, \
                cancel_calls_24_months, neutral_reason, status, status_reason, here_30_days, \
                here_90_days, here_180_days, durable, durable_due_at, left_at, facts_revision, \
                judged_at, judgement_count, correction_count, corrected_at, look_at, \
                holdout_key, held_out, holdout_exposed, compared_offer_key \
         from call_outcome \
         where ($1::text is null or customer_id = $1) and ($2::text is null or status = $2) \
           and ($3::uuid is null or session_id < $3) \
         order by session_id desc limit $4",
        which.customer_id.as_ref().map(CustomerId::as_str),
        which.status.map(Named::name),
        which.before.map(SessionId::as_uuid),
        i64::from(which.limit),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?
    .into_iter()
    .map(stored)
    .collect()
}

fn stored(row: Row) -> Result<StoredOutcome, StoreError> {
    let id = row.session_id;
    let broken = |column| StoreError::inconsistent(TABLE, column, id);
    let at = |instant: Option<jiff_sqlx::Timestamp>| instant.map(jiff_sqlx::Timestamp::to_jiff);
    let told = |word: Option<&str>| word.map(|word| outcome(word, id)).transpose();
    Ok(StoredOutcome {
        customer_id: CustomerId::parse(&row.customer_id).map_err(|_| broken("customer_id"))?,
        session_id: SessionId::from_uuid(id),
        subscription_id: subscription(&row.subscription_id, id)?,
        ended_as: row.ended_as.as_deref().and_then(EndedAs::from_name),
        decided_at: row.decided_at.to_jiff(),
        decision_id: row.decision_id.map(DecisionId::from_uuid),
        catalogue_version: row.catalogue_version.and_then(|it| u64::try_from(it).ok()),
        arm: row.arm,
        propensity: row.propensity,
        overridden: row.overridden,
        let_go_reason: row.let_go_reason,
        presented_offer_id: row.presented_offer_id.map(PresentedOfferId::from_uuid),
        offer_key: row.offer_key,
        offer_outcome: told(row.offer_outcome.as_deref())?,
        accepted_at: at(row.accepted_at),
        benefit_ends_at: at(row.benefit_end_at),
        cost: money(row.cost_minor, row.cost_currency.as_deref()),
        reason: row.reason_key,
        business_line: row.business_line,
        monthly_margin: money(row.monthly_margin_minor, row.margin_currency.as_deref()),
        tenure_days: row.tenure_days,
        contract_kind: row
            .contract_kind
            .as_deref()
            .and_then(ContractKind::from_name),
        jurisdiction: row.jurisdiction,
        cancel_calls: row.cancel_calls_24_months,
        neutral_reason: row.neutral_reason,
        status: row.status.as_deref().and_then(SaveStatus::from_name),
        status_reason: row.status_reason,
        windows: Windows {
            here_30_days: row.here_30_days,
            here_90_days: row.here_90_days,
            here_180_days: row.here_180_days,
            durable: row.durable,
        },
        durable_due_at: at(row.durable_due_at),
        left_at: at(row.left_at),
        facts_revision: row.facts_revision.and_then(|it| u64::try_from(it).ok()),
        judged_at: at(row.judged_at),
        judgement_count: row.judgement_count,
        correction_count: row.correction_count,
        corrected_at: at(row.corrected_at),
        look_at: at(row.look_at),
        holdout_key: row.holdout_key,
        held_out: row.held_out,
        holdout_exposed: row.holdout_exposed,
        compared_offer_key: row.compared_offer_key,
    })
}

fn money(minor: Option<i64>, currency: Option<&str>) -> Option<Money> {
    Some(Money::new(minor?, Currency::parse(currency?).ok()?))
}
