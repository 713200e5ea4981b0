//! What stories say again and again of care: the plan and the rules that the project ships, what is
//! due to a customer, and what a sender does with it.

use std::path::Path;

use contract::lifecycle::v1 as pb;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::profiles::v1 as profiles;
use rekindle::care_plan::read_care_plan;
use rekindle::contact_rules::read_contact_rules;
use tests::clients::Clients;
use tests::people::Person;
use tests::tree;
use tests::wait::eventually;

/// Puts the contact rules of the seed in force; returns their version.
pub(crate) async fn publish_contact_rules(clients: &Clients) -> u64 {
    let text = tree::read(Path::new("deploy/seed/contact_rules.toml")).unwrap();
    let seed = read_contact_rules(&text).unwrap();
    let request = profiles::PublishContactRulesRequest {
        rules: seed.rules,
        places: seed.places,
        ..profiles::PublishContactRulesRequest::default()
    };
    let mut rules = clients.contact_rules();
    let published = rules.publish_contact_rules(request).await.unwrap();
    published.into_inner().rule_set.unwrap().version
}

/// Puts the care plan of the seed in force.
pub(crate) async fn publish_care_plan(clients: &Clients) {
    let text = tree::read(Path::new("deploy/seed/care_plan.toml")).unwrap();
    let request = pb::PublishCarePlanRequest {
        care_plan: Some(read_care_plan(&text).unwrap()),
        ..pb::PublishCarePlanRequest::default()
    };
    clients
        .care_plans()
        .publish_care_plan(request)
        .await
        .unwrap();
}

/// The tasks of a customer, the latest due first.
pub(crate) async fn tasks_of(clients: &Clients, person: &Person) -> Vec<pb::CareTask> {
    let request = pb::ListTasksRequest {
        customer_id: person.id().to_owned(),
    };
    let listed = clients.care().list_tasks(request).await.unwrap();
    listed.into_inner().tasks
}

/// What a customer's tasks are about, in the order of the kinds.
pub(crate) async fn kinds_of(clients: &Clients, person: &Person) -> Vec<CareKind> {
    let tasks = tasks_of(clients, person).await;
    let mut kinds: Vec<CareKind> = tasks.iter().map(pb::CareTask::kind).collect();
    kinds.sort_unstable();
    kinds
}

/// Waits until a customer has a task of a kind that stands there.
pub(crate) async fn stands(
    clients: &Clients,
    person: &Person,
    kind: CareKind,
    state: CareState,
) -> pb::CareTask {
    let what = format!("{} is {}", kind.as_str_name(), state.as_str_name());
    eventually(&what, async || {
        let mut tasks = tasks_of(clients, person).await.into_iter();
        tasks.find(|task| task.kind() == kind && task.state() == state)
    })
    .await
}

/// Asks for whatever is due to be sent.
pub(crate) fn by(sender: &str) -> pb::LeaseTasksRequest {
    pb::LeaseTasksRequest {
        sender: sender.to_owned(),
        ..pb::LeaseTasksRequest::default()
    }
}

/// Asks for what a team has to do that sends nothing.
pub(crate) fn of_team(owner: &str) -> pb::LeaseTasksRequest {
    pb::LeaseTasksRequest {
        owner: owner.to_owned(),
        ..by(owner)
    }
}

/// Leases as a request says.
pub(crate) async fn lease(
    clients: &Clients,
    request: pb::LeaseTasksRequest,
) -> Vec<pb::LeasedTask> {
    let leased = clients.care().lease_tasks(request).await.unwrap();
    leased.into_inner().tasks
}

/// What leased tasks are about, each with the customer.
pub(crate) fn handed_out(leased: &[pb::LeasedTask]) -> Vec<(CareKind, &str)> {
    let tasks = leased.iter().filter_map(|it| it.task.as_ref());
    tasks
        .map(|task| (task.kind(), task.customer_id.as_str()))
        .collect()
}

/// Says that a task was done.
pub(crate) async fn complete(clients: &Clients, leased: &pb::LeasedTask) -> pb::CareTask {
    let task = leased.task.clone().unwrap();
    let request = pb::CompleteTaskRequest {
        task_id: task.task_id,
        customer_id: task.customer_id,
        lease_token: leased.lease_token.clone(),
        outcome: "reached".to_owned(),
        ..pb::CompleteTaskRequest::default()
    };
    let done = clients.care().complete_task(request).await.unwrap();
    done.into_inner().task.unwrap()
}
