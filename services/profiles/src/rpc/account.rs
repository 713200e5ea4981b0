//! `AccountService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::account_service_server::AccountService;
use edge::violations::Violations;
use kernel::framed;
use kernel::id::{CustomerId, SubscriptionId};
use kernel::refusal::Refusal;
use prost::Message;
use tonic::{Request, Response, Status};

use super::call::{call, remembered, remembered_by};
use super::customer::customer_id;
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::domain::account::AccountDraft;
use crate::domain::subscription::{EndOrder, SubscriptionDraft};
use crate::usecase::Call;

const OPEN: &str = "rekindle.profiles.v1.AccountService/OpenAccount";
const PUT: &str = "rekindle.profiles.v1.AccountService/PutSubscription";
const END: &str = "rekindle.profiles.v1.AccountService/EndSubscription";
const REINSTATE: &str = "rekindle.profiles.v1.AccountService/ReinstateSubscription";

#[tonic::async_trait]
impl AccountService for Rpc {
    async fn open_account(
        &self,
        request: Request<pb::OpenAccountRequest>,
    ) -> Result<Response<pb::OpenAccountResponse>, Status> {
        let (call, draft) = open(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let customer_id = draft.customer_id.clone();
        let opened = self.profiles.open_account(call, draft).await;
        answer(opened, |written| pb::OpenAccountResponse {
            account: Some(render::account(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn put_subscription(
        &self,
        request: Request<pb::PutSubscriptionRequest>,
    ) -> Result<Response<pb::PutSubscriptionResponse>, Status> {
        let (call, draft) = put(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let customer_id = draft.customer_id.clone();
        let put = self.profiles.put_subscription(call, draft).await;
        answer(put, |written| pb::PutSubscriptionResponse {
            subscription: Some(render::subscription(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn end_subscription(
        &self,
        request: Request<pb::EndSubscriptionRequest>,
    ) -> Result<Response<pb::EndSubscriptionResponse>, Status> {
        let (call, (customer_id, subscription_id), order) =
            end(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let ended = self
            .profiles
            .end_subscription(call, customer_id.clone(), subscription_id, order)
            .await;
        answer(ended, |written| pb::EndSubscriptionResponse {
            subscription: Some(render::subscription(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn reinstate_subscription(
        &self,
        request: Request<pb::ReinstateSubscriptionRequest>,
    ) -> Result<Response<pb::ReinstateSubscriptionResponse>, Status> {
        let (call, (customer_id, subscription_id)) =
            reinstate(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let reinstated = self
            .profiles
            .reinstate_subscription(call, customer_id.clone(), subscription_id)
            .await;
        answer(reinstated, |written| pb::ReinstateSubscriptionResponse {
            subscription: Some(render::subscription(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let request = request.get_ref();
        let id = customer_id(&request.customer_id).map_err(|error| BOUNDARY.status(error))?;
        let holdings = self
            .profiles
            .holdings(call(), &id, request.min_revision)
            .await;
        answer(holdings, |holdings| {
            let accounts = holdings.accounts.iter();
            let subscriptions = holdings.subscriptions.iter();
            pb::ListAccountsResponse {
                accounts: accounts
                    .map(|one| render::account(&holdings.customer_id, one))
                    .collect(),
                subscriptions: subscriptions
                    .map(|one| render::subscription(&holdings.customer_id, one))
                    .collect(),
                revision: holdings.version.revision,
            }
        })
    }
}

fn open(request: &pb::OpenAccountRequest) -> Result<(Call, AccountDraft), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, OPEN, request);
    let account = checks.required("account", request.account.as_ref());
    let draft =
        account.and_then(|wire| checks.within("account", |checks| parse::account(checks, wire)));
    checks.finish(|| Some((call?, draft?)))
}

fn put(request: &pb::PutSubscriptionRequest) -> Result<(Call, SubscriptionDraft), Refusal> {
    let mut checks = Violations::default();
    let call = remembered_by(&mut checks, &request.request_id, PUT, || canonical(request));
    let subscription = checks.required("subscription", request.subscription.as_ref());
    let draft = subscription
        .and_then(|wire| checks.within("subscription", |checks| parse::subscription(checks, wire)));
    checks.finish(|| Some((call?, draft?)))
}

/// Encodes a request so that equal requests have equal bytes: the entries of a map come in no
/// order, neither on the wire nor in memory.
fn canonical(request: &pb::PutSubscriptionRequest) -> Vec<u8> {
    let mut request = request.clone();
    let attributes = request
        .subscription
        .as_mut()
        .map(|one| std::mem::take(&mut one.attributes));
    let mut entries: Vec<(String, String)> = attributes.into_iter().flatten().collect();
    entries.sort_unstable();
    let mut encoded = request.encode_to_vec();
    let texts = entries.iter().flat_map(|(name, value)| [name, value]);
    framed::append(&mut encoded, texts);
    encoded
}

type Whose = (CustomerId, SubscriptionId);

fn whose(checks: &mut Violations, customer: &str, subscription: &str) -> Option<Whose> {
    let customer_id = checks.id("customer_id", customer);
    let subscription_id = checks.id("subscription_id", subscription);
    Some((customer_id?, subscription_id?))
}

fn end(request: &pb::EndSubscriptionRequest) -> Result<(Call, Whose, EndOrder), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, END, request);
    let whose = whose(&mut checks, &request.customer_id, &request.subscription_id);
    let order = parse::end_order(&mut checks, request);
    checks.finish(|| Some((call?, whose?, order?)))
}

fn reinstate(request: &pb::ReinstateSubscriptionRequest) -> Result<(Call, Whose), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, REINSTATE, request);
    let whose = whose(&mut checks, &request.customer_id, &request.subscription_id);
    checks.finish(|| Some((call?, whose?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_requests_have_equal_bytes_whatever_the_order_of_their_attributes() {
        let request = |names: &[u32]| pb::PutSubscriptionRequest {
            request_id: "r".to_owned(),
            subscription: Some(pb::Subscription {
                attributes: names
                    .iter()
                    .map(|name| (name.to_string(), "value".to_owned()))
                    .collect(),
                ..pb::Subscription::default()
            }),
        };
        let forward: Vec<u32> = (0..50).collect();
        let backward: Vec<u32> = (0..50).rev().collect();
        assert_eq!(
            canonical(&request(&forward)),
            canonical(&request(&backward))
        );
        assert_ne!(
            canonical(&request(&forward)),
            canonical(&request(&forward[1..]))
        );
    }
}
