//! Requests about the portfolio become commands, with every violation at once.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as types;
use edge::page::PageTokens;
use edge::violations::Violations;
use kernel::id::{BusinessLine, Customer};
use kernel::money::Money;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use crate::domain::portfolio::economics::Spending;
use crate::domain::portfolio::months::{self, Window};
use crate::domain::stage::Stage;
use crate::domain::tenure::retention_outlook::OutlookQuestion;
use crate::usecase::{CustomerQuery, Position, WatchFrom};

/// How many transitions a page has when the request does not say.
const DEFAULT_TRANSITIONS: u32 = 50;
/// How many transitions a page has at most.
const MAX_TRANSITIONS: u32 = 500;
/// How many customers a page has when the request does not say.
const DEFAULT_CUSTOMERS: u32 = 100;
/// How many customers a page has at most.
const MAX_CUSTOMERS: u32 = 1_000;
/// How many months a retention curve has when the request does not say.
const DEFAULT_MONTHS: u32 = 36;
/// How many months a retention curve has at most.
const MAX_MONTHS: u32 = 240;
/// The longest tenure that a forecast is asked for: a century of months.
const MAX_TENURE_MONTHS: u32 = 1_200;
/// How many months figures reach back when the request does not say.
const DEFAULT_METRIC_MONTHS: u32 = 12;
/// How many months figures reach back at most.
const MAX_METRIC_MONTHS: u32 = months::MAX_MONTHS;
/// How many curves a page has when the request does not say.
const DEFAULT_CURVES: u32 = 20;
/// How many curves a page has at most.
const MAX_CURVES: u32 = 50;

/// Which transitions to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransitionPageRequest {
    pub(super) before: Option<i32>,
    pub(super) size: u32,
}

/// What page tokens of a customer's transitions are good for.
pub(super) fn transition_pages(customer_id: &str) -> String {
    format!("ListStageTransitions|{customer_id}")
}

/// What cursors of changes of stage are good for.
pub(super) const TRANSITION_CURSORS: &str = "WatchTransitions";

/// What page tokens of customers in a stage are good for.
pub(super) fn customer_pages(stage: Stage, business_line: &str) -> String {
    format!("ListCustomers|{}|{business_line}", stage.key())
}

/// What page tokens of retention curves are good for.
pub(super) fn curve_pages(business_line: Option<&str>) -> String {
    format!("GetRetentionCurves|{}", business_line.unwrap_or_default())
}

pub(super) fn list_stage_transitions(
    request: &wire::ListStageTransitionsRequest,
    tokens: &PageTokens,
) -> Result<TransitionPageRequest, Refusal> {
    let mut checks = Violations::default();
    checks.id::<Customer>("customer_id", &request.customer_id);
    let size = checks.page_size(
        "page_size",
        request.page_size,
        DEFAULT_TRANSITIONS,
        MAX_TRANSITIONS,
    );
    let scope = transition_pages(&request.customer_id);
    let cursor = checks.page_token("page_token", tokens, &scope, &request.page_token);
    checks.finish(|| {
        let before = cursor?.map(|number| number.parse());
        Some(TransitionPageRequest {
            before: before.transpose().ok()?,
            size: size?,
        })
    })
}

pub(super) fn watch_transitions(
    request: &wire::WatchTransitionsRequest,
    tokens: &PageTokens,
) -> Result<WatchFrom, Refusal> {
    let mut checks = Violations::default();
    let opened = tokens.open(TRANSITION_CURSORS, &request.after_cursor);
    let position: Option<Position> = match opened {
        Ok(cursor) => cursor.unwrap_or_default().parse().ok(),
        Err(_) => None,
    };
    if position.is_none() {
        let text = "must be empty or a cursor of an earlier response";
        checks.add("after_cursor", "INVALID_CURSOR", text);
    }
    if request.only_new && !request.after_cursor.is_empty() {
        let text = "must not be set beside after_cursor: a cursor says where to begin";
        checks.add("only_new", "CONTRADICTION", text);
    }
    checks.finish(|| {
        let position = position?;
        Some(if request.only_new {
            WatchFrom::Now
        } else {
            WatchFrom::Position(position)
        })
    })
}

pub(super) fn get_portfolio(request: &wire::GetPortfolioRequest) -> Result<(), Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<BusinessLine>("business_line", &request.business_line);
    checks.finish(|| Some(()))
}

/// The figures that are asked for.
#[derive(Debug)]
pub(super) struct AskedMetrics {
    pub(super) business_line: String,
    pub(super) window: Window,
    pub(super) spending: Option<Spending>,
}

pub(super) fn get_portfolio_metrics(
    request: wire::GetPortfolioMetricsRequest,
    now: Timestamp,
) -> Result<AskedMetrics, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<BusinessLine>("business_line", &request.business_line);
    let months = match request.month_count {
        0 => Some(DEFAULT_METRIC_MONTHS),
        months => checks.between("month_count", months, 1, MAX_METRIC_MONTHS),
    };
    let until = checks.optional_instant("until_time", request.until_time.as_ref());
    if until.flatten().is_some_and(|until| until > now) {
        checks.add("until_time", "IN_FUTURE", "must not lie in the future");
    }
    let spending = match &request.spending {
        None => Some(None),
        Some(wire) => checks
            .within("spending", |checks| spending(checks, wire))
            .map(Some),
    };
    checks.finish(|| {
        Some(AskedMetrics {
            window: Window::before(until?.unwrap_or(now), months?),
            spending: spending?,
            business_line: request.business_line,
        })
    })
}

fn spending(checks: &mut Violations, wire: &wire::PortfolioSpending) -> Option<Spending> {
    let winning = checks.required("winning", wire.winning.as_ref());
    let winning = winning.and_then(|it| checks.money("winning", it.minor, &it.currency));
    let mut other = |field: &str, wire: Option<&types::Money>| match wire {
        None => Some(None),
        Some(wire) => checks.money(field, wire.minor, &wire.currency).map(Some),
    };
    let winning_back = other("winning_back", wire.winning_back.as_ref());
    let keeping = other("keeping", wire.keeping.as_ref());
    let winning = winning?;
    for (field, amount) in [("winning_back", winning_back), ("keeping", keeping)] {
        let amount = amount.flatten();
        if amount.is_some_and(|amount| amount.currency != winning.currency) {
            checks.add(
                field,
                "WRONG_CURRENCY",
                "must be in the currency of winning",
            );
        }
    }
    let or_nothing = |amount: Option<Money>| amount.unwrap_or(Money::zero(winning.currency));
    Some(Spending {
        winning,
        winning_back: or_nothing(winning_back?),
        keeping: or_nothing(keeping?),
    })
}

pub(super) fn list_customers(
    request: wire::ListCustomersRequest,
    tokens: &PageTokens,
) -> Result<CustomerQuery, Refusal> {
    let mut checks = Violations::default();
    let wanted = checks.known::<wire::Stage>("stage", request.stage);
    checks.optional_id::<BusinessLine>("business_line", &request.business_line);
    let size = checks.page_size(
        "page_size",
        request.page_size,
        DEFAULT_CUSTOMERS,
        MAX_CUSTOMERS,
    );
    let wanted = wanted.and_then(stage);
    let cursor = match wanted {
        Some(stage) => {
            let scope = customer_pages(stage, &request.business_line);
            checks.page_token("page_token", tokens, &scope, &request.page_token)
        }
        None => None,
    };
    checks.finish(|| {
        Some(CustomerQuery {
            stage: wanted?,
            business_line: request.business_line,
            after: cursor?.unwrap_or_default(),
            size: size?,
        })
    })
}

pub(super) fn get_retention_curves(
    request: wire::GetRetentionCurvesRequest,
    tokens: &PageTokens,
) -> Result<OutlookQuestion, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<BusinessLine>("business_line", &request.business_line);
    let months = match request.month_count {
        0 => Some(DEFAULT_MONTHS),
        months => checks.between("month_count", months, 1, MAX_MONTHS),
    };
    let tenure = checks.between("tenure_months", request.tenure_months, 0, MAX_TENURE_MONTHS);
    let margin = match &request.monthly_margin {
        None => Some(None),
        Some(margin) => checks
            .money("monthly_margin", margin.minor, &margin.currency)
            .map(Some),
    };
    let size = checks.page_size("page_size", request.page_size, DEFAULT_CURVES, MAX_CURVES);
    let business_line = Some(request.business_line).filter(|line| !line.is_empty());
    let scope = curve_pages(business_line.as_deref());
    let cursor = checks.page_token("page_token", tokens, &scope, &request.page_token);
    checks.finish(|| {
        Some(OutlookQuestion {
            business_line,
            month_count: months?,
            tenure_months: tenure?,
            monthly_margin: margin?,
            after: cursor?.unwrap_or_default(),
            size: usize::try_from(size?).ok()?,
        })
    })
}

fn stage(stage: wire::Stage) -> Option<Stage> {
    Some(match stage {
        wire::Stage::Unspecified => return None,
        wire::Stage::Acquired => Stage::Acquired,
        wire::Stage::Onboarding => Stage::Onboarding,
        wire::Stage::Established => Stage::Established,
        wire::Stage::LongTerm => Stage::LongTerm,
        wire::Stage::Growing => Stage::Growing,
        wire::Stage::FirstDisagreement => Stage::FirstDisagreement,
        wire::Stage::AtRisk => Stage::AtRisk,
        wire::Stage::Leaving => Stage::Leaving,
        wire::Stage::Lapsed => Stage::Lapsed,
        wire::Stage::Lost => Stage::Lost,
        wire::Stage::Phoenix => Stage::Phoenix,
    })
}
