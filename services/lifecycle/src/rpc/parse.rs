//! Requests become commands, with every violation at once.

use contract::lifecycle::v1 as wire;
use edge::page::PageTokens;
use edge::violations::Violations;
use kernel::id::{Agent, Customer, Request, Subscription};
use kernel::money::BasisPoints;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use prost::Message;

use crate::domain::model::ModelKind;
use crate::domain::purchase::model::PurchaseFamily;
use crate::domain::rules::LineRules;
use crate::domain::rules::check;
use crate::usecase::{ActivateModel, FitModel, GetCustomerStatus, PublishRules, WhichModel};

/// How many customers one batch may name.
const MAX_CUSTOMERS: usize = 100;
/// How many characters the reason of a forced activation may have.
const MAX_REASON: usize = 500;
/// How many models a page has when the request does not say.
const DEFAULT_PAGE: u32 = 20;
/// How many models a page has at most.
const MAX_PAGE: u32 = 100;
/// What page tokens of models are good for.
pub(super) const MODEL_PAGES: &str = "ListModels";

/// Which models to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelPageRequest {
    pub(super) before: Option<u64>,
    pub(super) size: u32,
}

pub(super) fn get_customer_status(
    request: wire::GetCustomerStatusRequest,
    now: Timestamp,
) -> Result<GetCustomerStatus, Refusal> {
    let mut checks = Violations::default();
    checks.id::<Customer>("customer_id", &request.customer_id);
    checks.optional_id::<Subscription>("subscription_id", &request.subscription_id);
    let as_of = checks.optional_instant("as_of_time", request.as_of_time.as_ref());
    if as_of.flatten().is_some_and(|as_of| as_of > now) {
        let text = "must not lie in the future: leave it out to ask for now";
        checks.add("as_of_time", "IN_FUTURE", text);
    }
    checks.finish(|| {
        Some(GetCustomerStatus {
            customer_id: request.customer_id,
            subscription_id: Some(request.subscription_id).filter(|id| !id.is_empty()),
            min_revision: request.min_revision,
            as_of: as_of?,
        })
    })
}

pub(super) fn batch_get_customer_statuses(
    request: &wire::BatchGetCustomerStatusesRequest,
) -> Result<Vec<String>, Refusal> {
    let mut checks = Violations::default();
    checks.ids::<Customer>("customer_ids", &request.customer_ids, MAX_CUSTOMERS);
    checks.finish(|| Some(request.customer_ids.clone()))
}

pub(super) fn publish_rules(request: wire::PublishRulesRequest) -> Result<PublishRules, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<Request>("request_id", &request.request_id);
    let request_key = (!request.request_id.is_empty())
        .then(|| (request.request_id.clone(), request.encode_to_vec()));
    let drafts = request.business_lines.into_iter().map(line).collect();
    let lines = check::check(drafts);
    for violation in lines.as_ref().err().into_iter().flatten() {
        checks.add(&violation.field, violation.reason, &violation.description);
    }
    checks.finish(|| {
        Some(PublishRules {
            request: request_key,
            lines: lines.ok()?,
            validate_only: request.validate_only,
        })
    })
}

fn line(rules: wire::BusinessLineRules) -> (String, LineRules) {
    let at_risk = rules.at_risk_times_base_rate_percent;
    let thresholds = LineRules {
        early_days: rules.early_days,
        long_term_days: rules.long_term_days,
        lapsed_after_days: rules.lapsed_after_days,
        lost_after_days: rules.lost_after_days,
        phoenix_days: rules.phoenix_days,
        calm_days: rules.calm_days,
        notice_days: rules.notice_days,
        gross_margin: BasisPoints(rules.gross_margin_basis_points),
        discount_rate: BasisPoints(rules.discount_rate_basis_points),
        risk_horizon_days: rules.risk_horizon_days,
        at_risk_times_base_rate_percent: at_risk,
        at_risk_exit_times_base_rate_percent: rules
            .at_risk_exit_times_base_rate_percent
            .unwrap_or(LineRules::default_exit_percent(at_risk)),
        stage_dwell_days: rules
            .stage_dwell_days
            .unwrap_or(LineRules::DEFAULT_DWELL_DAYS),
        value_horizon_months: rules.value_horizon_months,
        opportunity_days: rules.opportunity_days,
    };
    (rules.business_line, thresholds)
}

/// The kind a request means; a life table when it says none.
fn model_kind(checks: &mut Violations, kind: i32) -> Option<ModelKind> {
    let kind = checks.optional_known::<wire::ModelKind>("kind", kind)?;
    Some(match kind {
        wire::ModelKind::Unspecified | wire::ModelKind::LifeTable => ModelKind::LifeTable,
        wire::ModelKind::Purchase => ModelKind::Purchase,
        wire::ModelKind::Retention => ModelKind::Retention,
        wire::ModelKind::Propensity => ModelKind::Propensity,
    })
}

pub(super) fn fit_model(request: &wire::FitModelRequest) -> Result<FitModel, Refusal> {
    let mut checks = Violations::default();
    let kind = model_kind(&mut checks, request.kind);
    let family = checks.optional_known::<wire::PurchaseFamily>("family", request.family);
    let is_given = family.is_some_and(|family| family != wire::PurchaseFamily::Unspecified);
    if is_given && kind.is_some_and(|kind| kind != ModelKind::Purchase) {
        let text = "only a purchase model has a family to choose: leave it out";
        checks.add("family", "NOT_APPLICABLE", text);
    }
    checks.optional_id::<Request>("request_id", &request.request_id);
    checks.finish(|| {
        Some(FitModel {
            kind: kind?,
            family: match family? {
                wire::PurchaseFamily::Unspecified | wire::PurchaseFamily::MbgNbd => {
                    PurchaseFamily::MbgNbd
                }
                wire::PurchaseFamily::BgNbd => PurchaseFamily::BgNbd,
                wire::PurchaseFamily::ParetoNbd => PurchaseFamily::ParetoNbd,
            },
            activate_if_better: request.activate_if_better,
            request: (!request.request_id.is_empty())
                .then(|| (request.request_id.clone(), request.encode_to_vec())),
        })
    })
}

pub(super) fn activate_model(
    request: &wire::ActivateModelRequest,
) -> Result<ActivateModel, Refusal> {
    let mut checks = Violations::default();
    if request.version == 0 {
        checks.add("version", "REQUIRED", "must name a version, from one");
    }
    let reason = if request.force {
        checks.required_text("reason", &request.reason, MAX_REASON)
    } else {
        checks.text("reason", &request.reason, MAX_REASON)
    };
    if request.force {
        checks.id::<Agent>("activated_by", &request.activated_by);
    } else {
        checks.optional_id::<Agent>("activated_by", &request.activated_by);
    }
    checks.optional_id::<Request>("request_id", &request.request_id);
    checks.finish(|| {
        Some(ActivateModel {
            version: request.version,
            force: request.force,
            reason: reason?,
            activated_by: request.activated_by.clone(),
            request: (!request.request_id.is_empty())
                .then(|| (request.request_id.clone(), request.encode_to_vec())),
        })
    })
}

pub(super) fn which_model(version: u64, kind: i32) -> Result<WhichModel, Refusal> {
    let mut checks = Violations::default();
    let kind = model_kind(&mut checks, kind);
    checks.finish(|| match version {
        0 => Some(WhichModel::InUse(kind?)),
        version => Some(WhichModel::Version(version)),
    })
}

pub(super) fn list_models(
    request: &wire::ListModelsRequest,
    tokens: &PageTokens,
) -> Result<ModelPageRequest, Refusal> {
    let mut checks = Violations::default();
    let size = checks.page_size("page_size", request.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, MODEL_PAGES, &request.page_token);
    checks.finish(|| {
        let before = cursor?.map(|version| version.parse());
        Some(ModelPageRequest {
            before: before.transpose().ok()?,
            size: size?,
        })
    })
}
