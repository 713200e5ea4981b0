//! The RPCs of suppressions.

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_server::SuppressionService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::id::{Agent, Id, SuppressionId};
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, render};
use crate::domain::catalogue::Lever;
use crate::domain::named::Named;
use crate::domain::selection::Selection;
use crate::domain::suppression::End;
use crate::usecase::suppression::{
    Command, NewLift, StoredSuppression, Suppressions, WhichSuppressions,
};

const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

/// Answers those who keep offers from somebody.
pub struct SuppressionRpc {
    /// Suppressing, lifting, listing.
    pub suppressions: Suppressions,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl SuppressionService for SuppressionRpc {
    async fn suppress(
        &self,
        request: Request<pb::SuppressRequest>,
    ) -> Result<Response<pb::SuppressResponse>, Status> {
        let command = suppress(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let stored = self
            .suppressions
            .suppress(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::SuppressResponse {
            suppression: Some(suppression(stored)),
        }))
    }

    async fn lift_suppression(
        &self,
        request: Request<pb::LiftSuppressionRequest>,
    ) -> Result<Response<pb::LiftSuppressionResponse>, Status> {
        let new = lift(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let stored = self
            .suppressions
            .lift(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::LiftSuppressionResponse {
            suppression: Some(suppression(stored)),
        }))
    }

    async fn list_suppressions(
        &self,
        request: Request<pb::ListSuppressionsRequest>,
    ) -> Result<Response<pb::ListSuppressionsResponse>, Status> {
        let request = request.get_ref();
        let which = list(request, &self.page_tokens).map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .suppressions
            .list(which, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page.next_before.map(|before| {
            let cursor = before.to_string();
            self.page_tokens.seal(&question(request), &cursor)
        });
        Ok(Response::new(pb::ListSuppressionsResponse {
            suppressions: page.suppressions.into_iter().map(suppression).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

fn suppress(wire: &pb::SuppressRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let scope = checks.known("scope", wire.scope);
    let everybody = scope == Some(pb::SuppressionScope::Everybody);
    let of_account = scope == Some(pb::SuppressionScope::Account);
    // Needed in one scope, and without a meaning in the others.
    let customer_id = if everybody {
        none(&mut checks, "customer_id", &wire.customer_id)
    } else {
        checks.id("customer_id", &wire.customer_id).map(Some)
    };
    let account_id = if of_account {
        checks.id("account_id", &wire.account_id).map(Some)
    } else {
        none(&mut checks, "account_id", &wire.account_id)
    };
    let of = selection(&mut checks, wire);
    let end = end(&mut checks, wire);
    let reason_key = checks.id::<Agent>("reason_key", &wire.reason_key);
    let suppressed_by = checks.id::<Agent>("suppressed_by", &wire.suppressed_by);
    checks.finish(|| {
        Some(Command {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            customer_id: customer_id?,
            account_id: account_id?,
            of: of?,
            end: end?,
            reason_key: reason_key?.to_string(),
            suppressed_by: suppressed_by?.to_string(),
        })
    })
}

/// Refuses an id where none belongs.
#[expect(
    clippy::option_option,
    reason = "as the checks have it: the inner one means that none is given"
)]
fn none<K>(checks: &mut Violations, field: &str, text: &str) -> Option<Option<Id<K>>> {
    if text.is_empty() {
        return Some(None);
    }
    checks.add(field, "NOT_OF_THIS_SCOPE", "must be empty for this scope");
    None
}

fn selection(checks: &mut Violations, wire: &pb::SuppressRequest) -> Option<Selection> {
    use pb::SuppressedOffers::{All, Lever as OfLever, One, Price, Unspecified};
    let offers = checks.known("suppressed_offers", wire.suppressed_offers)?;
    let of_lever = if offers == OfLever {
        checks.known("lever", wire.lever)
    } else {
        checks.optional_known("lever", wire.lever)
    };
    match offers {
        All => of_lever.map(|_| Selection::AllOffers),
        Price => of_lever.map(|_| Selection::PriceOffers),
        OfLever => of_lever.and_then(lever).map(Selection::Lever),
        One => {
            let key = checks.id("offer_key", &wire.offer_key);
            of_lever.and(key).map(Selection::Offer)
        }
        Unspecified => None,
    }
}

/// Reads a lever: the words of the contract and of the catalogue are the same.
fn lever(wire: pb::Lever) -> Option<Lever> {
    let name = wire.as_str_name().strip_prefix("LEVER_")?;
    Lever::from_name(&name.to_ascii_lowercase())
}

/// Exactly one of a time and "for ever": neither may stand for the other.
fn end(checks: &mut Violations, wire: &pb::SuppressRequest) -> Option<End> {
    let until = checks.optional_instant("until_time", wire.until_time.as_ref())?;
    match (until, wire.for_ever) {
        (Some(until), false) => Some(End::Until(until)),
        (None, true) => Some(End::ForEver),
        (Some(_), true) => {
            let both = "it is either until a time or for ever: drop one";
            checks.add("for_ever", "CONTRADICTION", both);
            None
        }
        (None, false) => {
            let neither = "say until when, or that it is for_ever";
            checks.add("until_time", "REQUIRED", neither);
            None
        }
    }
}

fn lift(wire: &pb::LiftSuppressionRequest) -> Result<NewLift, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.optional_id("customer_id", &wire.customer_id);
    let suppression_id = checks.uid("suppression_id", &wire.suppression_id);
    let lifted_by = checks.id::<Agent>("lifted_by", &wire.lifted_by);
    checks.finish(|| {
        Some(NewLift {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            customer_id: customer_id?,
            suppression_id: suppression_id?,
            lifted_by: lifted_by?.to_string(),
        })
    })
}

fn list(
    wire: &pb::ListSuppressionsRequest,
    tokens: &PageTokens,
) -> Result<WhichSuppressions, Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.optional_id("customer_id", &wire.customer_id);
    let limit = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, &question(wire), &wire.page_token);
    checks.finish(|| {
        Some(WhichSuppressions {
            customer_id: customer_id?,
            ended: wire.include_ended,
            // Only cursors that were sealed here get this far, and those are ids.
            before: cursor?.and_then(|before| SuppressionId::parse(&before).ok()),
            limit: limit?,
        })
    })
}

/// The question a page token belongs to, with its filters.
fn question(wire: &pb::ListSuppressionsRequest) -> String {
    let (customer, ended) = (&wire.customer_id, wire.include_ended);
    format!("ListSuppressions {ended} {customer}")
}

fn suppression(stored: StoredSuppression) -> pb::Suppression {
    let suppression = stored.suppression;
    let scope = match (&stored.customer_id, &suppression.account_id) {
        (None, _) => pb::SuppressionScope::Everybody,
        (Some(_), None) => pb::SuppressionScope::Customer,
        (Some(_), Some(_)) => pb::SuppressionScope::Account,
    };
    let (offers, lever, offer_key) = match suppression.of {
        Selection::AllOffers => (pb::SuppressedOffers::All, None, None),
        Selection::PriceOffers => (pb::SuppressedOffers::Price, None, None),
        Selection::Lever(lever) => (pb::SuppressedOffers::Lever, Some(lever), None),
        Selection::Offer(key) => (pb::SuppressedOffers::One, None, Some(key)),
    };
    let until = match suppression.end {
        End::Until(until) => Some(until),
        End::ForEver => None,
    };
    let text = |id: Option<String>| id.unwrap_or_default();
    let (lifted_by, lifted_at) = stored.lifted.unzip();
    pb::Suppression {
        suppression_id: suppression.suppression_id.to_string(),
        scope: scope.into(),
        customer_id: text(stored.customer_id.map(|id| id.to_string())),
        account_id: text(suppression.account_id.map(|id| id.to_string())),
        suppressed_offers: offers.into(),
        lever: lever.map_or(pb::Lever::Unspecified, render::lever).into(),
        offer_key: text(offer_key.map(|key| key.to_string())),
        until_time: until.map(timestamp),
        for_ever: until.is_none(),
        reason_key: suppression.reason_key,
        suppressed_by: stored.suppressed_by,
        suppress_time: Some(timestamp(stored.suppressed_at)),
        lift_time: lifted_at.map(timestamp),
        lifted_by: text(lifted_by),
    }
}
