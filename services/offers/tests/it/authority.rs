//! What agents may grant: one offer, and all of them in a day.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::fulfilment_service_client::FulfilmentServiceClient;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use futures::future::join_all;
use pb::AuthorityLevel::{Agent, Manager, Senior};
use pb::PresentedOutcome::Accepted;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::neighbours::facts;
use crate::world::{World, file, goodbye, refused, respond, too_expensive};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");

/// Publishes the seed with other limits.
async fn limit(world: &World, limits: &str) {
    let (before, rest) = CATALOGUE.split_once("authority:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let catalogue = format!("{before}{limits}\n\n{after}");
    let published = CatalogueServiceClient::new(world.channel().await)
        .publish_catalogue(pb::PublishCatalogueRequest {
            request_id: "limits".to_owned(),
            files: vec![
                file("catalogue.yaml", &catalogue),
                file("reasons.yaml", REASONS),
            ],
            published_by: "ada".to_owned(),
            note: String::new(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.problems, []);
}

fn agent(agent_id: &str, authority: pb::AuthorityLevel) -> pb::Agent {
    pb::Agent {
        agent_id: agent_id.to_owned(),
        authority: authority.into(),
        team: String::new(),
    }
}

#[tokio::test]
async fn an_offer_beyond_the_agent_is_told_as_one_a_senior_could_make() {
    let mut world = World::start().await;
    limit(
        &world,
        "authority:\n  agent: { largest_discount_basis_points: 0, largest_cost: { USD: 1 } }",
    )
    .await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let beyond = &answer.escalation[0];
    assert_eq!(beyond.authority(), Senior);
    assert!(!beyond.title.is_empty() && beyond.expected_net_gain.as_ref().unwrap().minor > 0);
    let verdict = answer
        .verdicts
        .iter()
        .find(|verdict| verdict.offer_key == beyond.offer_key)
        .unwrap();
    assert_eq!(verdict.reasons[0].code, "AUTHORITY");

    // The same call by a senior is offered what was named.
    let mut senior = too_expensive("k-2");
    senior.agent = Some(agent("agent-8", Senior));
    let theirs = world.ask(senior).await.unwrap();
    assert_eq!(theirs.offers[0].offer_key, beyond.offer_key);
    assert_eq!(theirs.offers[0].expected_net_gain, beyond.expected_net_gain);
    assert_eq!(theirs.escalation, []);

    // Authority without anybody who answers for it is that of an agent.
    let mut nobody = too_expensive("k-3");
    nobody.agent = Some(agent("", Manager));
    assert_eq!(
        world.ask(nobody).await.unwrap().escalation.len(),
        answer.escalation.len()
    );
}

#[tokio::test]
async fn what_a_senior_promised_is_not_granted_by_an_agent() {
    let mut world = World::start().await;
    limit(&world, "authority:\n  agent: { largest_cost: { USD: 1 } }").await;
    let mut request = too_expensive("k-1");
    request.agent = Some(agent("agent-8", Senior));
    let answer = world.ask(request).await.unwrap();
    for (index, who) in [
        Some(agent("agent-7", Agent)),
        None,
        Some(agent("", Manager)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut accept = respond("k-1", &answer, Accepted);
        accept.request_id = format!("beyond-{index}");
        accept.agent = who;
        let refusal = world.answer(accept).await;
        let status = refusal.as_ref().unwrap_err();
        let details = tonic_types::StatusExt::get_error_details(status);
        let metadata = &details.error_info().unwrap().metadata;
        assert_eq!(metadata["needed_authority"], "senior");
        refused(refusal, Code::PermissionDenied, "AUTHORITY_EXCEEDED");
    }
    assert_eq!(world.number("select count(*) from acceptance").await, 0);
    let mut accept = respond("k-1", &answer, Accepted);
    accept.agent = Some(agent("agent-8", Senior));
    world.answer(accept).await.unwrap();
}

/// What the agents of a level granted today in all.
const IN_POOLS: &str = "select coalesce(sum(granted_minor), 0)::bigint from agent_discretion";

/// Eight customers with a promise each that costs the same, and a pool that reaches for three.
/// Returns what one costs.
async fn pool_for_three(world: &mut World) -> (i64, Vec<Promised>) {
    promise(world, "c-1").await;
    let costs = "select max(cost_minor) from presented_offer";
    let cost = world.number(costs).await;
    assert!(cost > 0);
    let pool = cost * 4 - 1;
    let limits = format!("authority:\n  agent: {{ discretion_per_day: {{ USD: {pool} }} }}");
    limit(world, &limits).await;
    let mut promised = Vec::new();
    for number in 2..=8 {
        promised.push(promise(world, &format!("c-{number}")).await);
    }
    (cost, promised)
}

/// A customer with what they were promised.
struct Promised {
    customer_id: String,
    answer: pb::RequestSaveOfferResponse,
}

async fn promise(world: &mut World, customer_id: &str) -> Promised {
    world.neighbours.put(facts(customer_id));
    let mut request = too_expensive(customer_id);
    request.customer_id = customer_id.to_owned();
    Promised {
        customer_id: customer_id.to_owned(),
        answer: world.ask(request).await.unwrap(),
    }
}

async fn accept(
    desk: &mut SaveDeskServiceClient<Channel>,
    promised: &Promised,
    agent_id: &str,
) -> Result<(), Status> {
    let id = &promised.customer_id;
    let mut request = respond(id, &promised.answer, Accepted);
    request.request_id = format!("{id}-{agent_id}");
    request.customer_id.clone_from(id);
    request.agent = Some(agent(agent_id, Agent));
    desk.record_response(request).await.map(|_| ())
}

async fn leave(world: &mut World, promised: &Promised) {
    let mut leaving = goodbye(&promised.customer_id);
    leaving.customer_id.clone_from(&promised.customer_id);
    world.leave(leaving).await.unwrap();
}

#[tokio::test]
async fn parallel_acceptances_never_overdraw_the_pool_of_a_day() {
    let mut world = World::start().await;
    let (cost, promised) = pool_for_three(&mut world).await;
    let accepts = promised.iter().map(|promised| {
        let mut desk = world.desk.clone();
        async move { accept(&mut desk, promised, "agent-7").await }
    });
    let results = join_all(accepts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    for result in results.into_iter().filter(Result::is_err) {
        refused(result, Code::FailedPrecondition, "AUTHORITY_POOL_EXHAUSTED");
    }
    assert_eq!(world.number(IN_POOLS).await, 3 * cost);
    let committed = "select count(*) from presented_offer where hold_state = 'committed'";
    assert_eq!(world.number(committed).await, 3);
}

#[tokio::test]
async fn who_leaves_after_all_gives_back_what_was_drawn_for_them_once() {
    let mut world = World::start().await;
    let (cost, promised) = pool_for_three(&mut world).await;
    let mut desk = world.desk.clone();
    for promised in &promised[..3] {
        accept(&mut desk, promised, "agent-7").await.unwrap();
    }
    refused(
        accept(&mut desk, &promised[3], "agent-7").await,
        Code::FailedPrecondition,
        "AUTHORITY_POOL_EXHAUSTED",
    );
    // Another agent has a pool of their own.
    accept(&mut desk, &promised[3], "agent-9").await.unwrap();
    assert_eq!(world.number(IN_POOLS).await, 4 * cost);
    for _ in 0..2 {
        leave(&mut world, &promised[0]).await;
        assert_eq!(world.number(IN_POOLS).await, 3 * cost);
    }
    accept(&mut desk, &promised[4], "agent-7").await.unwrap();
}

#[tokio::test]
async fn leaving_does_not_wait_for_a_pool_and_gives_back_what_was_drawn() {
    let mut world = World::start().await;
    let promised = promise(&mut world, "c-1").await;
    accept(&mut world.desk.clone(), &promised, "agent-7")
        .await
        .unwrap();
    assert!(world.number(IN_POOLS).await > 0);
    let mut busy = world.database.pool.acquire().await.unwrap();
    sqlx::raw_sql("begin; select from agent_discretion for update")
        .execute(&mut *busy)
        .await
        .unwrap();
    leave(&mut world, &promised).await;
    sqlx::raw_sql("rollback").execute(&mut *busy).await.unwrap();
    drop(busy);
    world.wait_for(IN_POOLS, 0).await;
}

#[tokio::test]
async fn who_leaves_while_a_worker_is_busy_gives_back_what_was_drawn() {
    let mut world = World::start().await;
    let mut workers = FulfilmentServiceClient::new(world.channel().await);
    for (customer, fails) in [("c-1", false), ("c-2", true)] {
        let promised = promise(&mut world, customer).await;
        accept(&mut world.desk.clone(), &promised, "agent-7")
            .await
            .unwrap();
        assert!(world.number(IN_POOLS).await > 0);
        let lease = pb::LeaseFulfilmentsRequest {
            worker: "w-1".to_owned(),
            max_count: 1,
            lease_seconds: 600,
        };
        let leased = workers.lease_fulfilments(lease).await.unwrap().into_inner();
        let leased = &leased.fulfilments[0];
        if !fails {
            let past = "update acceptance set lease_expires_at = now()";
            world.execute(past).await;
        }
        leave(&mut world, &promised).await;
        if fails {
            let report = pb::ReportFulfilmentRequest {
                request_id: "failed".to_owned(),
                customer_id: customer.to_owned(),
                presented_offer_id: leased.presented_offer_id.clone(),
                lease_id: leased.lease_id.clone(),
                outcome: pb::FulfilmentOutcome::Failed.into(),
                failure_code: "plan_gone".to_owned(),
            };
            workers.report_fulfilment(report).await.unwrap();
        }
        world.wait_for(IN_POOLS, 0).await;
    }
}
