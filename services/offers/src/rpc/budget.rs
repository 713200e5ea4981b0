//! The budgets' RPCs.

use contract::offers::v1 as pb;
use contract::offers::v1::budget_service_server::BudgetService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::money::Currency;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse};
use crate::domain::budget::{Budget, BudgetKey, Difference, Use, Window};
use crate::usecase::budgets::{KeepBudgets, NewBudget, StoredBudget};

/// The question page tokens belong to.
const PAGES: &str = "ListBudgets";
const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;
const MOST_DIFFERENCES: usize = 200;

/// Answers those who keep the budgets.
pub struct BudgetRpc {
    /// Writing, reading, adding up.
    pub keep_budgets: KeepBudgets,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl BudgetService for BudgetRpc {
    async fn put_budget(
        &self,
        request: Request<pb::PutBudgetRequest>,
    ) -> Result<Response<pb::PutBudgetResponse>, Status> {
        let new = put(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let stored = self
            .keep_budgets
            .put(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::PutBudgetResponse {
            budget: Some(budget(&stored)),
        }))
    }

    async fn get_budget(
        &self,
        request: Request<pb::GetBudgetRequest>,
    ) -> Result<Response<pb::GetBudgetResponse>, Status> {
        let key = get(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let stored = self
            .keep_budgets
            .get(&key, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::GetBudgetResponse {
            budget: Some(budget(&stored)),
        }))
    }

    async fn list_budgets(
        &self,
        request: Request<pb::ListBudgetsRequest>,
    ) -> Result<Response<pb::ListBudgetsResponse>, Status> {
        let (after, size) = list(request.get_ref(), &self.page_tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .keep_budgets
            .list(after.as_deref(), size, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page
            .next_after
            .map(|key| self.page_tokens.seal(PAGES, key.as_str()));
        Ok(Response::new(pb::ListBudgetsResponse {
            budgets: page.budgets.iter().map(budget).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn reconcile_budget(
        &self,
        request: Request<pb::ReconcileBudgetRequest>,
    ) -> Result<Response<pb::ReconcileBudgetResponse>, Status> {
        let (key, at) = reconcile(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let reconciled = self
            .keep_budgets
            .reconcile(&key, at, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let differences = reconciled.differences.iter();
        Ok(Response::new(pb::ReconcileBudgetResponse {
            r#use: Some(used(reconciled.used)),
            differences: differences.take(MOST_DIFFERENCES).map(difference).collect(),
        }))
    }
}

fn put(wire: &pb::PutBudgetRequest) -> Result<NewBudget, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let etag = checks.text("etag", &wire.etag, 64);
    let given = checks.required("budget", wire.budget.as_ref());
    let budget =
        given.and_then(|given| checks.within("budget", |checks| definition(checks, given)));
    checks.finish(|| {
        Some(NewBudget {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            bucket_count: match given?.bucket_count {
                0 => None,
                count => Some(u16::try_from(count).ok()?),
            },
            budget: budget?,
            etag: etag.filter(|etag| !etag.is_empty()),
            validate_only: wire.validate_only,
        })
    })
}

fn definition(checks: &mut Violations, wire: &pb::Budget) -> Option<Budget> {
    let key = checks.id("budget_key", &wire.budget_key);
    let limit_amount = checks.between("limit_amount", wire.limit_amount, 0, Budget::MAX_LIMIT);
    let currency = currency(checks, &wire.currency);
    let window = checks.known("window", wire.window).and_then(window);
    let opens = checks.optional_instant("open_time", wire.open_time.as_ref());
    let closes = checks.optional_instant("close_time", wire.close_time.as_ref());
    let most = u32::from(Budget::MAX_BUCKETS);
    let buckets = checks.between("bucket_count", wire.bucket_count, 0, most);
    // Only answers mean something by it, but what is sent is text that can be read.
    let etag = checks.text("etag", &wire.etag, 64);
    let (window, opens, closes) = (window?, opens?, closes?);
    let fixed = fixed(checks, window, opens, closes);
    etag?;
    Some(Budget {
        key: key?,
        limit_amount: limit_amount?,
        currency: currency?,
        window,
        fixed: fixed?,
        bucket_count: u16::try_from(buckets?).ok()?,
    })
}

#[expect(
    clippy::option_option,
    reason = "the outer one says that something is wrong"
)]
fn currency(checks: &mut Violations, code: &str) -> Option<Option<Currency>> {
    if code.is_empty() {
        return Some(None);
    }
    let currency = Currency::parse(code).ok();
    if currency.is_none() {
        checks.add(
            "currency",
            "NOT_A_CURRENCY",
            "must be a code of ISO 4217, or empty",
        );
    }
    currency.map(Some)
}

/// Checks that exactly a fixed window says when it begins and is over.
#[expect(
    clippy::option_option,
    reason = "the outer one says that something is wrong"
)]
fn fixed(
    checks: &mut Violations,
    window: Window,
    opens: Option<Timestamp>,
    closes: Option<Timestamp>,
) -> Option<Option<(Timestamp, Timestamp)>> {
    match (window, opens, closes) {
        (Window::Fixed, Some(opens), Some(closes)) if opens < closes => Some(Some((opens, closes))),
        (Window::Fixed, _, _) => {
            let description = "a fixed window needs open_time, and this after it";
            checks.add("close_time", "NOT_A_WINDOW", description);
            None
        }
        (_, None, None) => Some(None),
        _ => {
            let description = "only a fixed window has open_time and close_time: leave them out";
            checks.add("open_time", "NOT_A_WINDOW", description);
            None
        }
    }
}

const fn window(wire: pb::BudgetWindow) -> Option<Window> {
    match wire {
        pb::BudgetWindow::Unspecified => None,
        pb::BudgetWindow::Endless => Some(Window::Endless),
        pb::BudgetWindow::CalendarDay => Some(Window::CalendarDay),
        pb::BudgetWindow::CalendarMonth => Some(Window::CalendarMonth),
        pb::BudgetWindow::Fixed => Some(Window::Fixed),
    }
}

fn get(wire: &pb::GetBudgetRequest) -> Result<BudgetKey, Refusal> {
    let mut checks = Violations::default();
    let key = checks.id("budget_key", &wire.budget_key);
    checks.finish(|| key)
}

fn list(
    wire: &pb::ListBudgetsRequest,
    tokens: &PageTokens,
) -> Result<(Option<String>, u32), Refusal> {
    let mut checks = Violations::default();
    let size = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, PAGES, &wire.page_token);
    checks.finish(|| Some((cursor?, size?)))
}

fn reconcile(wire: &pb::ReconcileBudgetRequest) -> Result<(BudgetKey, Option<Timestamp>), Refusal> {
    let mut checks = Violations::default();
    let key = checks.id("budget_key", &wire.budget_key);
    let at = checks.optional_instant("as_of_time", wire.as_of_time.as_ref());
    checks.finish(|| Some((key?, at?)))
}

fn budget(stored: &StoredBudget) -> pb::Budget {
    let budget = &stored.budget;
    let currency = budget.currency.as_ref().map(Currency::code);
    pb::Budget {
        budget_key: budget.key.to_string(),
        limit_amount: budget.limit_amount,
        currency: currency.unwrap_or_default().to_owned(),
        window: match budget.window {
            Window::Endless => pb::BudgetWindow::Endless,
            Window::CalendarDay => pb::BudgetWindow::CalendarDay,
            Window::CalendarMonth => pb::BudgetWindow::CalendarMonth,
            Window::Fixed => pb::BudgetWindow::Fixed,
        }
        .into(),
        open_time: budget.fixed.map(|(opens, _)| timestamp(opens)),
        close_time: budget.fixed.map(|(_, closes)| timestamp(closes)),
        bucket_count: u32::from(budget.bucket_count),
        etag: stored.etag(),
        update_time: Some(timestamp(stored.updated_at)),
        r#use: Some(used(stored.used)),
    }
}

fn used(used: Use) -> pb::BudgetUse {
    pb::BudgetUse {
        window_start_time: Some(timestamp(used.window_start)),
        held: used.held,
        committed: used.committed,
        available: used.available,
    }
}

fn difference(difference: &Difference) -> pb::BudgetDifference {
    pb::BudgetDifference {
        bucket: u32::try_from(difference.bucket).unwrap_or(0),
        what: difference.what.to_owned(),
        against: difference.against.to_owned(),
        found: difference.found,
        expected: difference.expected,
    }
}
