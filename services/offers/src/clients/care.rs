//! The lifecycle service as who hands out care.

use contract::lifecycle::v1::care_service_client::CareServiceClient;
use contract::lifecycle::v1::{
    CareKind as Kind, NewTask, ScheduleTasksRequest, WithdrawTasksRequest,
};
use edge::client::{Caller, refusal};
use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tonic::Request;

use super::contact;
use crate::domain::follow_up::{CareKind, CareOrder, CareTask, ScheduleCare, WithdrawCare};
use crate::usecase::ports::Care;

/// Who asks for the tasks.
const SOURCE: &str = "offers";
/// Why tasks are taken back.
const REINSTATED: &str = "REINSTATED";

/// The lifecycle service's care.
#[derive(Clone)]
pub struct CareClient {
    care: CareServiceClient<Caller>,
}

impl CareClient {
    /// Asks through a caller.
    pub fn new(caller: Caller) -> Self {
        Self {
            care: CareServiceClient::new(caller),
        }
    }

    async fn order(&self, order: &CareOrder) -> Result<(), Refusal> {
        match order {
            CareOrder::Schedule(order) => self.schedule(order).await,
            CareOrder::Withdraw(order) => self.withdraw(order).await,
        }
    }

    async fn schedule(&self, order: &ScheduleCare) -> Result<(), Refusal> {
        let tasks = order.tasks.iter();
        let request = ScheduleTasksRequest {
            request_id: order.cancellation_id.to_string(),
            tasks: tasks.map(|it| task(&order.customer_id, it)).collect(),
            source: SOURCE.to_owned(),
        };
        let mut care = self.care.clone();
        let scheduled = care.schedule_tasks(Request::new(request)).await;
        scheduled.map(|_| ()).map_err(|status| refusal(&status))
    }

    async fn withdraw(&self, order: &WithdrawCare) -> Result<(), Refusal> {
        let request = WithdrawTasksRequest {
            request_id: order.cause.clone(),
            customer_id: order.customer_id.to_string(),
            kinds: Vec::new(),
            subject: order.subscription_id.to_string(),
            reason: REINSTATED.to_owned(),
        };
        let mut care = self.care.clone();
        let withdrawn = care.withdraw_tasks(Request::new(request)).await;
        withdrawn.map(|_| ()).map_err(|status| refusal(&status))
    }
}

fn task(customer_id: &CustomerId, task: &CareTask) -> NewTask {
    let channels = task.channels.iter();
    NewTask {
        customer_id: customer_id.to_string(),
        kind: kind(task.kind).into(),
        subject: task.subject.clone(),
        theme: task.theme.clone(),
        due_time: Some(edge::wire::timestamp(task.due_at)),
        expire_time: task.expires_at.map(edge::wire::timestamp),
        owner: task.owner.clone(),
        channels: channels.map(|it| contact::channel(*it).into()).collect(),
    }
}

const fn kind(kind: CareKind) -> Kind {
    match kind {
        CareKind::ExitStep => Kind::ExitStep,
        CareKind::KeepInTouch => Kind::KeepInTouch,
        CareKind::Follow => Kind::Follow,
        CareKind::WinBack => Kind::WinBack,
    }
}

impl Care for CareClient {
    fn carry_out<'a>(
        &'a self,
        order: &'a CareOrder,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(edge::deadline::within(deadline, self.order(order)))
    }
}
