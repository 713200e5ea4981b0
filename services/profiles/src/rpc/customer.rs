//! `CustomerService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::customer_service_server::CustomerService;
use edge::violations::Violations;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::call::{call, remembered};
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::usecase::{Call, PutCustomer};

const ERASE: &str = "rekindle.profiles.v1.CustomerService/EraseCustomer";
const MERGE: &str = "rekindle.profiles.v1.CustomerService/MergeCustomers";
const UPSERT: &str = "rekindle.profiles.v1.CustomerService/UpsertCustomer";
const MOST_CUSTOMERS: usize = 500;

#[tonic::async_trait]
impl CustomerService for Rpc {
    async fn upsert_customer(
        &self,
        request: Request<pb::UpsertCustomerRequest>,
    ) -> Result<Response<pb::UpsertCustomerResponse>, Status> {
        let (call, command) = upsert(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let upserted = self.profiles.upsert_customer(call, command).await;
        answer(upserted, |upserted| pb::UpsertCustomerResponse {
            customer: Some(render::customer(&upserted.customer, upserted.version)),
            changed: upserted.changed,
        })
    }

    async fn get_customer(
        &self,
        request: Request<pb::GetCustomerRequest>,
    ) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let request = request.get_ref();
        let id = customer_id(&request.customer_id).map_err(|error| BOUNDARY.status(error))?;
        let found = self
            .profiles
            .customer(call(), &id, request.min_revision)
            .await;
        answer(found, |(customer, version)| pb::GetCustomerResponse {
            customer: Some(render::customer(&customer, version)),
        })
    }

    async fn get_customer_facts(
        &self,
        request: Request<pb::GetCustomerFactsRequest>,
    ) -> Result<Response<pb::GetCustomerFactsResponse>, Status> {
        let request = request.get_ref();
        let id = customer_id(&request.customer_id).map_err(|error| BOUNDARY.status(error))?;
        let facts = self.profiles.facts(call(), &id, request.min_revision).await;
        answer(facts, |facts| pb::GetCustomerFactsResponse {
            facts: Some(render::facts(facts)),
        })
    }

    async fn batch_get_customer_facts(
        &self,
        request: Request<pb::BatchGetCustomerFactsRequest>,
    ) -> Result<Response<pb::BatchGetCustomerFactsResponse>, Status> {
        let mut checks = Violations::default();
        let ids = checks.ids(
            "customer_ids",
            &request.get_ref().customer_ids,
            MOST_CUSTOMERS,
        );
        let ids: Vec<CustomerId> = checks
            .finish(|| ids)
            .map_err(|error| BOUNDARY.status(error))?;
        let facts = self.profiles.facts_of(call(), &ids).await;
        answer(facts, |facts| pb::BatchGetCustomerFactsResponse {
            facts: facts.into_iter().map(render::facts).collect(),
        })
    }

    async fn merge_customers(
        &self,
        request: Request<pb::MergeCustomersRequest>,
    ) -> Result<Response<pb::MergeCustomersResponse>, Status> {
        let (call, stays, merged) =
            merge(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let merged = self.profiles.merge_customers(call, stays, merged).await;
        answer(merged, |merged| render::merged(&merged))
    }

    async fn erase_customer(
        &self,
        request: Request<pb::EraseCustomerRequest>,
    ) -> Result<Response<pb::EraseCustomerResponse>, Status> {
        let (call, customer_id) =
            erase(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let erased = self.profiles.erase_customer(call, customer_id).await;
        answer(erased, |erased| pb::EraseCustomerResponse {
            id_count: erased.id_count,
            changed: erased.changed,
        })
    }
}

fn erase(request: &pb::EraseCustomerRequest) -> Result<(Call, CustomerId), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, ERASE, request);
    let customer_id = checks.id("customer_id", &request.customer_id);
    checks.finish(|| Some((call?, customer_id?)))
}

fn merge(request: &pb::MergeCustomersRequest) -> Result<(Call, CustomerId, CustomerId), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, MERGE, request);
    let stays = checks.id("customer_id", &request.customer_id);
    let merged = checks.id("merged_customer_id", &request.merged_customer_id);
    checks.finish(|| Some((call?, stays?, merged?)))
}

/// Checks the one id of a request.
pub(super) fn customer_id(text: &str) -> Result<CustomerId, Refusal> {
    let mut checks = Violations::default();
    let id = checks.id("customer_id", text);
    checks.finish(|| id)
}

fn upsert(request: &pb::UpsertCustomerRequest) -> Result<(Call, PutCustomer), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, UPSERT, request);
    let customer = checks.required("customer", request.customer.as_ref());
    let customer =
        customer.and_then(|wire| checks.within("customer", |checks| parse::customer(checks, wire)));
    let etag = checks.text("etag", &request.etag, 64);
    checks.finish(|| {
        let command = PutCustomer {
            customer: customer?,
            etag: etag.filter(|etag| !etag.is_empty()),
            validate_only: request.validate_only,
        };
        Some((call?, command))
    })
}
