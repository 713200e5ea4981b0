//! Carrying out what was accepted: one worker at a time, and no promise dropped in silence.

use contract::offers::v1 as pb;
use contract::offers::v1::fulfilment_service_client::FulfilmentServiceClient;
use pb::FulfilmentOutcome::{Completed, Failed};
use pb::PresentedOutcome::Accepted;
use pb::PromiseResolution::{CustomerReleased, MadeGoodByHand, Retried};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::budgets::{Till, budget, has_discount};
use crate::world::{goodbye, refused};

/// A till with workers behind it.
pub(crate) struct Workshop {
    pub(crate) till: Till,
    client: FulfilmentServiceClient<Channel>,
}

impl Workshop {
    pub(crate) async fn open(limit: i64) -> Self {
        let till = Till::with(budget(limit, "", 2)).await;
        Self {
            client: FulfilmentServiceClient::new(till.world.channel().await),
            till,
        }
    }

    /// A customer takes the discount; returns the session.
    pub(crate) async fn accepted(&mut self, customer: &str) -> String {
        let answer = self.till.ask(customer).await;
        self.till.answer(customer, &answer, Accepted).await.unwrap();
        answer.session_id
    }

    pub(crate) async fn lease(&mut self, worker: &str) -> Vec<pb::Fulfilment> {
        let request = pb::LeaseFulfilmentsRequest {
            worker: worker.to_owned(),
            max_count: 2,
            lease_seconds: 600,
        };
        let answer = self.client.lease_fulfilments(request).await.unwrap();
        answer.into_inner().fulfilments
    }

    /// Leases what these customers accepted, in this order.
    async fn lease_of(&mut self, customers: &[&str]) -> Vec<pb::Fulfilment> {
        let mut leased = Vec::new();
        for customer in customers {
            let first = "update acceptance set accepted_at = case when customer_id = $1 \
                         then now() - interval '1 hour' else now() end where lease_id is null";
            sqlx::query(first)
                .bind(customer)
                .execute(&self.till.world.database.pool)
                .await
                .unwrap();
            let request = pb::LeaseFulfilmentsRequest {
                worker: "w-1".to_owned(),
                max_count: 1,
                lease_seconds: 600,
            };
            let answer = self.client.lease_fulfilments(request).await.unwrap();
            leased.extend(answer.into_inner().fulfilments);
        }
        leased
    }

    /// Lets every lease run out.
    pub(crate) async fn let_leases_run_out(&self) {
        let past = "update acceptance set lease_expires_at = now() where lease_id is not null";
        self.till.world.execute(past).await;
    }

    pub(crate) async fn report(
        &mut self,
        leased: &pb::Fulfilment,
        outcome: pb::FulfilmentOutcome,
    ) -> Result<pb::ReportFulfilmentResponse, Status> {
        let request_id = format!("{}-{}", leased.customer_id, leased.lease_id);
        self.report_as(&request_id, leased, outcome).await
    }

    async fn report_as(
        &mut self,
        request_id: &str,
        leased: &pb::Fulfilment,
        outcome: pb::FulfilmentOutcome,
    ) -> Result<pb::ReportFulfilmentResponse, Status> {
        let failed = outcome == Failed;
        let request = pb::ReportFulfilmentRequest {
            request_id: request_id.to_owned(),
            customer_id: leased.customer_id.clone(),
            presented_offer_id: leased.presented_offer_id.clone(),
            lease_id: leased.lease_id.clone(),
            outcome: outcome.into(),
            failure_code: if failed { "plan_gone" } else { "" }.to_owned(),
        };
        Ok(self.client.report_fulfilment(request).await?.into_inner())
    }

    pub(crate) async fn tasks(&mut self) -> Vec<pb::PromiseTask> {
        let request = pb::ListPromiseTasksRequest::default();
        let answer = self.client.list_promise_tasks(request).await.unwrap();
        answer.into_inner().tasks
    }

    pub(crate) async fn close(
        &mut self,
        request_id: &str,
        task: &pb::PromiseTask,
        resolution: pb::PromiseResolution,
    ) -> Result<bool, Status> {
        let request = pb::ClosePromiseTaskRequest {
            request_id: request_id.to_owned(),
            customer_id: task.customer_id.clone(),
            task_id: task.task_id.clone(),
            resolution: resolution.into(),
            agent_id: "agent-9".to_owned(),
        };
        let answer = self.client.close_promise_task(request).await?;
        Ok(answer.into_inner().replayed)
    }

    /// The kinds of the events of a session.
    async fn events(&mut self, customer: &str, session_id: &str) -> Vec<String> {
        let request = pb::GetSessionRequest {
            customer_id: customer.to_owned(),
            session_id: session_id.to_owned(),
        };
        let answer = self.till.world.desk.get_session(request).await.unwrap();
        let events = answer.into_inner().session.unwrap().events;
        events.into_iter().map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn the_months_of_a_benefit_are_counted_from_when_it_was_accepted() {
    const DAY: i64 = 24 * 60 * 60;
    let mut shop = Workshop::open(10).await;
    shop.accepted("c-a").await;
    let later = "update acceptance set accepted_at = accepted_at + interval '5 days'";
    shop.till.world.execute(later).await;
    let leased = shop.lease("w-1").await;
    let end = leased[0].terms.as_ref().unwrap().benefit_end_time.unwrap();
    // No three months are shorter.
    assert!(end.seconds - leased[0].accept_time.unwrap().seconds >= 89 * DAY);
}

#[tokio::test]
async fn one_worker_at_a_time_carries_an_offer_out() {
    let mut shop = Workshop::open(10).await;
    let mut sessions = Vec::new();
    for customer in ["c-a", "c-b", "c-c"] {
        sessions.push(shop.accepted(customer).await);
    }
    let (first, second) = (shop.lease("w-1").await, shop.lease("w-2").await);
    assert_eq!(
        (first.len(), second.len(), shop.lease("w-3").await.len()),
        (2, 1, 0)
    );
    assert_eq!(first[0].customer_id, "c-a");
    assert_eq!(first[0].offer_key, "discount");
    assert_eq!(first[0].terms.as_ref().unwrap().benefit_months, 3);

    shop.let_leases_run_out().await;
    let again = shop.lease("w-2").await;
    let (taken_over, lost) = (&again[0], &first[0]);
    assert_eq!(
        (taken_over.customer_id.as_str(), taken_over.lease_count),
        ("c-a", 2)
    );
    let refusal = shop.report(lost, Completed).await;
    refused(refusal, Code::FailedPrecondition, "LEASE_LOST");
    let reported = shop.report(taken_over, Completed).await.unwrap();
    assert_eq!((reported.task_id.as_str(), reported.replayed), ("", false));
    assert!(shop.report(taken_over, Completed).await.unwrap().replayed);
    // Late, but nobody has taken over.
    shop.report(&again[1], Completed).await.unwrap();
    assert_eq!(shop.till.sums().await, (0, 3, 7));
    let events = shop.events("c-a", &sessions[0]).await;
    assert_eq!(events.last().map(String::as_str), Some("fulfilled"));
}

#[tokio::test]
async fn what_fails_gives_its_budget_back_and_the_promise_becomes_a_task() {
    let mut shop = Workshop::open(1).await;
    let session = shop.accepted("c-first").await;
    let leased = shop.lease("w-1").await;
    let reported = shop.report(&leased[0], Failed).await.unwrap();
    assert_eq!(shop.till.sums().await, (0, 0, 1));
    let task = shop.tasks().await.pop().unwrap();
    assert_eq!(
        (&task.task_id, &task.session_id),
        (&reported.task_id, &session)
    );
    assert_eq!(
        (task.failure_code.as_str(), task.offer_key.as_str()),
        ("plan_gone", "discount")
    );
    assert_eq!(
        shop.report(&leased[0], Failed).await.unwrap().task_id,
        reported.task_id
    );

    // Somebody else has what came back, and then leaves.
    for number in 0.. {
        let other = format!("c-other-{number}");
        let answer = shop.till.ask(&other).await;
        if !has_discount(&answer) {
            continue;
        }
        let refusal = shop.close("again", &task, Retried).await;
        refused(refusal, Code::FailedPrecondition, "BUDGET_EXHAUSTED");
        shop.till.leave(&other).await;
        break;
    }
    assert!(!shop.close("again", &task, Retried).await.unwrap());
    assert!(shop.close("again", &task, Retried).await.unwrap());
    assert_eq!(shop.till.sums().await, (0, 1, 0));
    let again = shop.lease("w-1").await;
    assert_eq!(again[0].presented_offer_id, leased[0].presented_offer_id);
    shop.report(&again[0], Completed).await.unwrap();
    assert_eq!(shop.tasks().await, []);
    let events = shop.events("c-first", &session).await;
    let last: Vec<&str> = events.iter().rev().take(3).map(String::as_str).collect();
    assert_eq!(last, ["fulfilled", "promise_retried", "fulfilment_failed"]);
}

#[tokio::test]
async fn a_task_is_closed_once() {
    let mut shop = Workshop::open(5).await;
    for (customer, resolution) in [("c-a", MadeGoodByHand), ("c-b", CustomerReleased)] {
        shop.accepted(customer).await;
        let leased = shop.lease("w-1").await;
        shop.report(&leased[0], Failed).await.unwrap();
        let task = shop.tasks().await.pop().unwrap();
        shop.close(customer, &task, resolution).await.unwrap();
        let refusal = shop.close("other", &task, Retried).await;
        refused(refusal, Code::NotFound, "PROMISE_TASK_NOT_FOUND");
    }
    assert_eq!(shop.till.sums().await, (0, 0, 5));
    assert_eq!(shop.lease("w-1").await, []);
}

#[tokio::test]
async fn who_leaves_while_a_worker_is_busy_gets_no_task_and_the_budget_its_own() {
    let mut shop = Workshop::open(5).await;
    for customer in ["c-busy", "c-stale"] {
        shop.accepted(customer).await;
    }
    let leased = shop.lease("w-1").await;
    shop.till.leave("c-busy").await;
    assert_eq!(shop.till.sums().await, (0, 2, 3));
    assert_eq!(shop.report(&leased[0], Failed).await.unwrap().task_id, "");
    assert_eq!(
        (shop.till.sums().await, shop.tasks().await.len()),
        ((0, 1, 4), 0)
    );

    shop.let_leases_run_out().await;
    shop.till.leave("c-stale").await;
    assert_eq!(shop.till.sums().await, (0, 0, 5));
    let refusal = shop.report(&leased[1], Completed).await;
    refused(refusal, Code::FailedPrecondition, "LEASE_LOST");
    assert_eq!(shop.lease("w-1").await, []);
}

#[tokio::test]
async fn a_promise_to_a_customer_who_left_is_not_carried_out_again() {
    let mut shop = Workshop::open(5).await;
    shop.accepted("c-gone").await;
    let leased = shop.lease("w-1").await;
    shop.report(&leased[0], Failed).await.unwrap();
    shop.till.leave("c-gone").await;
    let task = shop.tasks().await.pop().unwrap();
    let refusal = shop.close("again", &task, Retried).await;
    refused(refusal, Code::FailedPrecondition, "ILLEGAL_STATE");
    shop.close("released", &task, CustomerReleased)
        .await
        .unwrap();
    assert_eq!(shop.till.sums().await, (0, 0, 5));
}

#[tokio::test]
async fn who_left_gets_no_task_when_the_session_was_closed_since() {
    let mut shop = Workshop::open(5).await;
    let session_id = shop.accepted("c-gone").await;
    let leased = shop.lease("w-1").await;
    shop.till.leave("c-gone").await;
    let close = pb::CloseSessionRequest {
        customer_id: "c-gone".to_owned(),
        session_id,
        ..Default::default()
    };
    shop.till.world.desk.close_session(close).await.unwrap();
    assert_eq!(shop.report(&leased[0], Failed).await.unwrap().task_id, "");
    assert_eq!(shop.tasks().await, []);
    assert_eq!(shop.till.sums().await, (0, 0, 5));
}

#[tokio::test]
async fn a_lease_that_runs_out_after_leaving_is_not_taken_again() {
    let mut shop = Workshop::open(5).await;
    shop.accepted("c-gone").await;
    shop.lease("w-1").await;
    shop.till.leave("c-gone").await;
    shop.let_leases_run_out().await;
    assert_eq!(shop.lease("w-2").await, []);
    assert_eq!(shop.till.sums().await, (0, 0, 5));
}

/// Leaves on a contact other than the one that something was accepted on.
pub(crate) async fn leave_on_another_contact(shop: &mut Workshop, customer: &str) {
    let request = pb::ConfirmCancellationRequest {
        customer_id: customer.to_owned(),
        ..goodbye(&format!("another-{customer}"))
    };
    shop.till.world.leave(request).await.unwrap();
}

#[tokio::test]
async fn leaving_on_another_contact_undoes_what_waits_to_be_carried_out() {
    let mut shop = Workshop::open(5).await;
    let session_id = shop.accepted("c-gone").await;
    leave_on_another_contact(&mut shop, "c-gone").await;
    assert_eq!(shop.till.sums().await, (0, 0, 5));
    assert_eq!(shop.lease("w-1").await, []);
    let events = shop.events("c-gone", &session_id).await;
    assert_eq!(events.last().map(String::as_str), Some("acceptance_undone"));
}

#[tokio::test]
async fn leaving_on_another_contact_waits_for_nobody_and_undoes_later_what_somebody_has() {
    let mut shop = Workshop::open(5).await;
    for customer in ["c-held-up", "c-late", "c-failed"] {
        shop.accepted(customer).await;
    }
    // A worker is busy with two, and somebody with the call of the third.
    let leased = shop.lease_of(&["c-late", "c-failed"]).await;
    let pool = shop.till.world.database.pool.clone();
    let mut busy = pool.acquire().await.unwrap();
    sqlx::raw_sql("begin; select from save_session where customer_id = 'c-held-up' for update")
        .execute(&mut *busy)
        .await
        .unwrap();
    for customer in ["c-held-up", "c-late", "c-failed"] {
        leave_on_another_contact(&mut shop, customer).await;
    }
    assert_eq!(shop.till.sums().await, (0, 3, 2));
    // What is noted is not handed out, whoever still has it.
    assert_eq!(shop.lease("w-2").await, []);
    sqlx::raw_sql("rollback").execute(&mut *busy).await.unwrap();
    drop(busy);
    assert_eq!(shop.report(&leased[1], Failed).await.unwrap().task_id, "");
    shop.let_leases_run_out().await;
    let noted = "select count(*) from acceptance_to_undo";
    shop.till.world.wait_for(noted, 0).await;
    assert_eq!(shop.till.sums().await, (0, 0, 5));
    assert_eq!(
        (shop.lease("w-2").await, shop.tasks().await),
        (vec![], vec![])
    );
    let refusal = shop.report(&leased[0], Completed).await;
    refused(refusal, Code::FailedPrecondition, "LEASE_LOST");
}

/// A billing system that did not hear the answer reports again under a new request id, and by the id
/// that the customer goes by now. What it did is not to be undone for that.
#[tokio::test]
async fn who_reports_again_is_told_that_it_is_recorded() {
    let mut shop = Workshop::open(100_000).await;
    for (customer, outcome) in [("c-1", Completed), ("c-2", Failed)] {
        shop.accepted(customer).await;
        let leased = shop.lease_of(&[customer]).await.remove(0);
        let first = shop.report(&leased, outcome).await.unwrap();
        let other_name = format!("new-{customer}");
        sqlx::query("select learn_identity($1, $2)")
            .bind(customer)
            .bind(&other_name)
            .execute(&shop.till.world.database.pool)
            .await
            .unwrap();
        let again = pb::Fulfilment {
            customer_id: other_name,
            ..leased.clone()
        };
        let second = shop.report(&again, outcome).await.unwrap();
        assert!(second.replayed && !first.replayed);
        assert_eq!(second.task_id, first.task_id);
        // Something else is not what was reported.
        let otherwise = if outcome == Failed { Completed } else { Failed };
        let third = pb::Fulfilment {
            customer_id: format!("new-{customer}"),
            lease_id: leased.lease_id.clone(),
            ..leased
        };
        let refused_as = shop
            .report_as(&format!("third-{customer}"), &third, otherwise)
            .await;
        refused(refused_as, Code::FailedPrecondition, "LEASE_LOST");
    }
}
