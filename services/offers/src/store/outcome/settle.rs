//! Writing what was found out of a call: its description, and what it comes to.

use kernel::id::OfferKey;
use kernel::time::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::super::session::bind;
use super::super::{Store, json, statement};
use super::TABLE;
use super::claim::ClaimedCall;
use crate::domain::named::Named;
use crate::domain::outcome::{Decided, Description, Judged, OfferTold};

/// How long a call waits that changed while it was looked at, in seconds.
const AGAIN_SECONDS: f64 = 1.0;

/// A call with its description.
#[derive(Clone, Copy, Debug)]
pub struct DescribedCall<'a> {
    /// The call.
    pub claimed: &'a ClaimedCall,
    /// What is known of it.
    pub description: &'a Description,
    /// When it shows whether it lasts.
    pub durable_due_at: Timestamp,
}

/// A call with what it comes to.
#[derive(Clone, Copy, Debug)]
pub struct JudgedCall<'a> {
    /// The call.
    pub claimed: &'a ClaimedCall,
    /// What it comes to.
    pub judged: Judged,
}

#[derive(Serialize)]
struct DescribedRow<'a> {
    customer_id: &'a str,
    session_id: Uuid,
    decided_at: String,
    durable_due_at: String,
    ended_as: &'static str,
    decision_id: Option<Uuid>,
    catalogue_version: Option<i64>,
    arm: Option<&'a str>,
    propensity: Option<f64>,
    overridden: bool,
    let_go_reason: Option<&'a str>,
    presented_offer_id: Option<Uuid>,
    offer_key: Option<&'a str>,
    offer_outcome: Option<&'static str>,
    accepted_at: Option<String>,
    benefit_end_at: Option<String>,
    cost_minor: Option<i64>,
    cost_currency: Option<String>,
    reason_key: Option<&'a str>,
    business_line: Option<&'a str>,
    monthly_margin_minor: Option<i64>,
    margin_currency: Option<String>,
    tenure_days: Option<i64>,
    contract_kind: Option<&'static str>,
    jurisdiction: Option<&'a str>,
    cancel_calls_24_months: Option<u32>,
    neutral_reason: Option<&'static str>,
    holdout_key: Option<&'a str>,
    held_out: bool,
    holdout_exposed: bool,
    compared_offer_key: Option<&'a str>,
    churn_risk: Option<f64>,
    parity_refused_keys: Vec<&'a str>,
    #[serde(flatten)]
    price: PriceOfOffer,
}

#[derive(Serialize)]
struct PriceOfOffer {
    price_offer: bool,
    parity_after_minor: Option<i64>,
}

#[derive(Serialize)]
struct JudgedRow<'a> {
    customer_id: &'a str,
    session_id: Uuid,
    notes: i32,
    heard_revision: i64,
    judgement_count: i32,
    status: &'static str,
    status_reason: Option<&'static str>,
    here_30_days: Option<bool>,
    here_90_days: Option<bool>,
    here_180_days: Option<bool>,
    durable: Option<bool>,
    left_at: Option<String>,
    facts_revision: Option<i64>,
    next_look_at: Option<String>,
}

impl Store {
    /// Writes the descriptions of calls, as often as they are made.
    pub async fn describe_outcomes(&self, calls: &[DescribedCall<'_>]) -> Result<(), StoreError> {
        let rows = described_rows(calls)?;
        self.postgres
            .background(&rows, |rows, connection| {
                Box::pin(describe(connection, rows))
            })
            .await
    }

    /// Writes what calls come to. A judgement on older facts than the one that is there is left out, as
    /// is one that knew of an earlier judgement than the last: both are looked at again. So is what
    /// changed since it was claimed.
    pub async fn settle_outcomes(
        &self,
        calls: &[JudgedCall<'_>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = judged_rows(calls)?;
        self.postgres
            .background(&(rows, now), |(rows, now), connection| {
                Box::pin(settle(connection, rows, *now))
            })
            .await
    }
}

pub(super) fn described_rows(calls: &[DescribedCall<'_>]) -> Result<String, StoreError> {
    let rows: Vec<_> = calls.iter().map(described).collect();
    json(TABLE, "description", &rows)
}

pub(super) fn judged_rows(calls: &[JudgedCall<'_>]) -> Result<String, StoreError> {
    let rows: Vec<_> = calls.iter().map(judged).collect();
    json(TABLE, "judgement", &rows)
}

/// In the order in which everybody locks calls: news of customers come at the same time.
pub(super) async fn describe(connection: &mut PgConnection, rows: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "update call_outcome outcome set described_at = now(), \
             decided_at = told.decided_at, durable_due_at = told.durable_due_at, \
             ended_as = told.ended_as, decision_id = told.decision_id, \
             catalogue_version = told.catalogue_version, arm = told.arm, \
             propensity = told.propensity, overridden = told.overridden, \
             let_go_reason = told.let_go_reason, presented_offer_id = told.presented_offer_id, \
             offer_key = told.offer_key, offer_outcome = told.offer_outcome, \
             accepted_at = told.accepted_at, benefit_end_at = told.benefit_end_at, \
             cost_minor = told.cost_minor, cost_currency = told.cost_currency, \
             reason_key = told.reason_key, business_line = told.business_line, \
             monthly_margin_minor = told.monthly_margin_minor, \
             margin_currency = told.margin_currency, tenure_days = told.tenure_days, \
             contract_kind = told.contract_kind, jurisdiction = told.jurisdiction, \
             cancel_calls_24_months = told.cancel_calls_24_months, \
             neutral_reason = told.neutral_reason, holdout_key = told.holdout_key, \
             held_out = told.held_out, holdout_exposed = told.holdout_exposed, \
             compared_offer_key = told.compared_offer_key, churn_risk = told.churn_risk, \
             price_offer = told.price_offer, parity_after_minor = told.parity_after_minor, \
             parity_refused_keys = told.parity_refused_keys, \
             status = coalesce(outcome.status, case told.ended_as \
                 when 'accepted' then 'provisional_save' end) \
         from (select told.* from jsonb_to_recordset($1::text::jsonb) as told ( \
             customer_id text, session_id uuid, decided_at timestamptz, \
             durable_due_at timestamptz, ended_as text, decision_id uuid, \
             catalogue_version bigint, arm text, propensity double precision, \
             overridden boolean, let_go_reason text, presented_offer_id uuid, offer_key text, \
             offer_outcome text, accepted_at timestamptz, benefit_end_at timestamptz, \
             cost_minor bigint, cost_currency text, reason_key text, business_line text, \
             monthly_margin_minor bigint, margin_currency text, tenure_days integer, \
             contract_kind text, jurisdiction text, cancel_calls_24_months integer, \
             neutral_reason text, holdout_key text, held_out boolean, \
             holdout_exposed boolean, compared_offer_key text, churn_risk double precision, \
             price_offer boolean, parity_after_minor bigint, parity_refused_keys text[]) \
             join call_outcome mine using (customer_id, session_id) \
             order by customer_id, session_id for update of mine) as told \
         where outcome.customer_id = told.customer_id and outcome.session_id = told.session_id",
        rows,
    )
    .execute(connection)
    .instrument(statement("UPDATE", TABLE))
    .await?;
    Ok(())
}

pub(super) async fn settle(
    connection: &mut PgConnection,
    rows: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update call_outcome outcome set attempts = 0, status = told.status, \
             status_reason = told.status_reason, here_30_days = told.here_30_days, \
             here_90_days = told.here_90_days, here_180_days = told.here_180_days, \
             durable = told.durable, left_at = told.left_at, \
             facts_revision = told.facts_revision, judged_at = $2::timestamptz, \
             judgement_count = outcome.judgement_count + 1, \
             correction_count = correction_count + told.corrects::integer, \
             corrected_at = case when told.corrects then $2 else corrected_at end, \
             look_at = case \
                 when outcome.notes <> told.notes \
                      or outcome.heard_revision <> told.heard_revision \
                 then $2 + make_interval(secs => $3) else told.next_look_at end \
         from ( \
             select told.*, \
                 (before.here_30_days is not null \
                     and before.here_30_days is distinct from told.here_30_days) \
                 or (before.here_90_days is not null \
                     and before.here_90_days is distinct from told.here_90_days) \
                 or (before.here_180_days is not null \
                     and before.here_180_days is distinct from told.here_180_days) \
                 or (before.durable is not null \
                     and before.durable is distinct from told.durable) as corrects \
             from jsonb_to_recordset($1::text::jsonb) as told ( \
                 customer_id text, session_id uuid, notes integer, heard_revision bigint, \
                 judgement_count integer, status text, status_reason text, here_30_days boolean, here_90_days boolean, \
                 here_180_days boolean, durable boolean, left_at timestamptz, \
                 facts_revision bigint, next_look_at timestamptz) \
             join call_outcome before using (customer_id, session_id) \
             order by customer_id, session_id for update of before \
         ) as told \
         where outcome.customer_id = told.customer_id and outcome.session_id = told.session_id \
           and outcome.judgement_count = told.judgement_count \
           and (outcome.facts_revision is null or told.facts_revision is null \
                or (told.facts_revision, $2) >= (outcome.facts_revision, outcome.judged_at))",
        rows,
        bind(now) as _,
        AGAIN_SECONDS,
    )
    .execute(connection)
    .instrument(statement("UPDATE", TABLE))
    .await?;
    Ok(())
}

fn described<'a>(call: &DescribedCall<'a>) -> DescribedRow<'a> {
    let description = call.description;
    let (decided, offer) = (description.decided.as_ref(), description.offer.as_ref());
    let holdout = decided.and_then(|it| it.holdout.as_ref());
    let margin = decided.and_then(|it| it.monthly_margin);
    let cost = offer.and_then(|it| it.cost);
    let at = |instant: Option<Timestamp>| instant.map(|instant| instant.to_string());
    DescribedRow {
        customer_id: call.claimed.call.customer_id.as_str(),
        session_id: call.claimed.call.session_id.as_uuid(),
        decided_at: description.decided_at.to_string(),
        durable_due_at: call.durable_due_at.to_string(),
        ended_as: description.ended_as.name(),
        decision_id: decided.map(|it| it.decision_id.as_uuid()),
        catalogue_version: decided.and_then(|it| i64::try_from(it.catalogue_version).ok()),
        arm: decided.map(|it| it.arm.as_str()),
        propensity: decided.map(|it| it.propensity),
        overridden: decided.is_some_and(|it| it.overridden),
        let_go_reason: decided.and_then(|it| it.let_go.as_deref()),
        presented_offer_id: offer.map(|it| it.presented_offer_id.as_uuid()),
        offer_key: offer.map(|it| it.offer_key.as_str()),
        offer_outcome: offer.map(|it| it.outcome.name()),
        accepted_at: at(offer.and_then(|it: &OfferTold| it.accepted_at)),
        benefit_end_at: at(offer.and_then(|it| it.benefit_ends_at)),
        cost_minor: cost.map(|cost| cost.minor),
        cost_currency: cost.map(|cost| cost.currency.to_string()),
        reason_key: description.reason.as_deref(),
        business_line: decided.and_then(|it: &Decided| it.business_line.as_ref()?.as_str().into()),
        monthly_margin_minor: margin.map(|margin| margin.minor),
        margin_currency: margin.map(|margin| margin.currency.to_string()),
        tenure_days: decided.and_then(|it| it.tenure_days),
        contract_kind: decided.and_then(|it| it.contract_kind).map(Named::name),
        jurisdiction: decided.and_then(|it| it.jurisdiction.as_deref()),
        cancel_calls_24_months: decided.map(|it| it.cancel_calls),
        neutral_reason: description.neutral.map(Named::name),
        holdout_key: holdout.map(|it| it.key.as_str()),
        held_out: holdout.is_some_and(|it| it.held_out),
        holdout_exposed: holdout.is_some_and(|it| it.exposed),
        compared_offer_key: decided
            .and_then(|it| it.compared_offer.as_ref())
            .map(OfferKey::as_str),
        churn_risk: decided.and_then(|it| it.churn_risk),
        price: PriceOfOffer {
            price_offer: offer.is_some_and(|it| it.price_offer),
            parity_after_minor: offer.and_then(|it| Some(it.parity_after?.minor)),
        },
        parity_refused_keys: decided.map_or_else(Vec::new, |it| {
            it.parity_refused.iter().map(OfferKey::as_str).collect()
        }),
    }
}

fn judged<'a>(call: &JudgedCall<'a>) -> JudgedRow<'a> {
    let (claimed, judgement) = (call.claimed, call.judged.judgement);
    let (windows, revision) = (judgement.windows, call.judged.revision);
    let at = |instant: Option<Timestamp>| instant.map(|instant| instant.to_string());
    JudgedRow {
        customer_id: claimed.call.customer_id.as_str(),
        session_id: claimed.call.session_id.as_uuid(),
        notes: claimed.notes,
        heard_revision: claimed.heard_revision,
        judgement_count: claimed.judgement_count,
        status: judgement.status.name(),
        status_reason: judgement.reason.map(Named::name),
        here_30_days: windows.here_30_days,
        here_90_days: windows.here_90_days,
        here_180_days: windows.here_180_days,
        durable: windows.durable,
        left_at: at(judgement.left_at),
        facts_revision: revision.map(|it| i64::try_from(it).unwrap_or(i64::MAX)),
        next_look_at: at(judgement.next_look_at),
    }
}
