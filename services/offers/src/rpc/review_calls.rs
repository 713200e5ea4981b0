//! What became of calls, from the wire and to it.

use contract::offers::v1 as pb;
use contract::types::v1 as types;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::id::SessionId;
use kernel::refusal::Refusal;

use super::render;
use crate::domain::outcome::{EndedAs, SaveStatus};
use crate::domain::policy::ContractKind;
use crate::usecase::review_calls::{StoredOutcome, WhichOutcomes};

const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

pub(super) fn list(
    wire: &pb::ListCallOutcomesRequest,
    tokens: &PageTokens,
) -> Result<WhichOutcomes, Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.optional_id("customer_id", &wire.customer_id);
    let status = checks.optional_known("status", wire.status);
    let limit = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, &question(wire), &wire.page_token);
    checks.finish(|| {
        Some(WhichOutcomes {
            customer_id: customer_id?,
            status: status_asked(status?),
            // Only cursors that were sealed here get this far, and those are ids.
            before: cursor?.and_then(|before| SessionId::parse(&before).ok()),
            limit: limit?,
        })
    })
}

/// The question a page token belongs to, with its filters.
pub(super) fn question(wire: &pb::ListCallOutcomesRequest) -> String {
    let (customer, status) = (&wire.customer_id, wire.status);
    format!("ListCallOutcomes {status} {customer}")
}

pub(super) fn outcome(stored: StoredOutcome) -> pb::CallOutcome {
    let text = |text: Option<String>| text.unwrap_or_default();
    let windows = stored.windows;
    let contract_kind = stored.contract_kind.map(contract_kind).unwrap_or_default();
    pb::CallOutcome {
        customer_id: stored.customer_id.to_string(),
        session_id: stored.session_id.to_string(),
        subscription_id: stored.subscription_id.to_string(),
        call_end: stored.ended_as.map(call_end).unwrap_or_default().into(),
        decide_time: Some(timestamp(stored.decided_at)),
        decision_id: text(stored.decision_id.map(|id| id.to_string())),
        catalogue_version: stored.catalogue_version.unwrap_or_default(),
        arm: text(stored.arm),
        propensity: stored.propensity.unwrap_or_default(),
        overridden: stored.overridden,
        let_go_reason: text(stored.let_go_reason),
        presented_offer_id: text(stored.presented_offer_id.map(|id| id.to_string())),
        offer_key: text(stored.offer_key),
        offer_outcome: stored
            .offer_outcome
            .map(render::presented_outcome)
            .unwrap_or_default()
            .into(),
        accept_time: stored.accepted_at.map(timestamp),
        benefit_end_time: stored.benefit_ends_at.map(timestamp),
        cost: stored.cost.map(render::money),
        reason: text(stored.reason),
        business_line: text(stored.business_line),
        monthly_margin: stored.monthly_margin.map(render::money),
        tenure_days: stored.tenure_days,
        contract_kind: contract_kind.into(),
        jurisdiction: text(stored.jurisdiction),
        cancel_call_count: stored.cancel_calls,
        neutral_reason: text(stored.neutral_reason),
        status: stored.status.map(status).unwrap_or_default().into(),
        status_reason: text(stored.status_reason),
        here_30_days: window(windows.here_30_days).into(),
        here_90_days: window(windows.here_90_days).into(),
        here_180_days: window(windows.here_180_days).into(),
        durable: window(windows.durable).into(),
        durable_due_time: stored.durable_due_at.map(timestamp),
        leave_time: stored.left_at.map(timestamp),
        facts_revision: stored.facts_revision.unwrap_or_default(),
        judge_time: stored.judged_at.map(timestamp),
        judgement_count: stored.judgement_count,
        correction_count: stored.correction_count,
        correct_time: stored.corrected_at.map(timestamp),
        next_look_time: stored.look_at.map(timestamp),
        holdout_key: text(stored.holdout_key),
        held_out: stored.held_out,
        holdout_exposed: stored.holdout_exposed,
        compared_offer_key: text(stored.compared_offer_key),
    }
}

const fn window(answer: Option<bool>) -> pb::WindowAnswer {
    match answer {
        Some(true) => pb::WindowAnswer::Here,
        Some(false) => pb::WindowAnswer::Gone,
        None => pb::WindowAnswer::Unspecified,
    }
}

const fn call_end(ended_as: EndedAs) -> pb::CallEnd {
    match ended_as {
        EndedAs::Accepted => pb::CallEnd::Accepted,
        EndedAs::Cancelled => pb::CallEnd::Cancelled,
        EndedAs::Neither => pb::CallEnd::Neither,
    }
}

const fn status(status: SaveStatus) -> pb::SaveStatus {
    match status {
        SaveStatus::ProvisionalSave => pb::SaveStatus::ProvisionalSave,
        SaveStatus::Watchlist => pb::SaveStatus::Watchlist,
        SaveStatus::Saved30 => pb::SaveStatus::Saved30,
        SaveStatus::Saved90 => pb::SaveStatus::Saved90,
        SaveStatus::Saved180 => pb::SaveStatus::Saved180,
        SaveStatus::Left => pb::SaveStatus::Left,
        SaveStatus::LostDeflect => pb::SaveStatus::LostDeflect,
        SaveStatus::InvalidSave => pb::SaveStatus::InvalidSave,
        SaveStatus::Excluded => pb::SaveStatus::Excluded,
    }
}

const fn status_asked(wire: pb::SaveStatus) -> Option<SaveStatus> {
    match wire {
        pb::SaveStatus::Unspecified => None,
        pb::SaveStatus::ProvisionalSave => Some(SaveStatus::ProvisionalSave),
        pb::SaveStatus::Watchlist => Some(SaveStatus::Watchlist),
        pb::SaveStatus::Saved30 => Some(SaveStatus::Saved30),
        pb::SaveStatus::Saved90 => Some(SaveStatus::Saved90),
        pb::SaveStatus::Saved180 => Some(SaveStatus::Saved180),
        pb::SaveStatus::Left => Some(SaveStatus::Left),
        pb::SaveStatus::LostDeflect => Some(SaveStatus::LostDeflect),
        pb::SaveStatus::InvalidSave => Some(SaveStatus::InvalidSave),
        pb::SaveStatus::Excluded => Some(SaveStatus::Excluded),
    }
}

const fn contract_kind(kind: ContractKind) -> types::ContractKind {
    match kind {
        ContractKind::MonthToMonth => types::ContractKind::MonthToMonth,
        ContractKind::OneYear => types::ContractKind::OneYear,
        ContractKind::TwoYear => types::ContractKind::TwoYear,
        ContractKind::FixedTerm => types::ContractKind::FixedTerm,
        ContractKind::PayAsYouGo => types::ContractKind::PayAsYouGo,
    }
}
