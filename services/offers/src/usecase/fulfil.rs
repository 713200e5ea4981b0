//! Carrying out what was accepted: leases, reports, and promises that could not be kept.

use std::sync::Arc;
use std::time::Duration;

use kernel::entropy::Entropy;
use kernel::id::{CustomerId, PresentedOfferId, RequestId};
use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use crate::domain::fulfilment::{LeaseId, PromiseTaskId, Report};
pub use crate::store::{Leased, NewResolution, PromiseTask, Reported};
use crate::store::{NewLease, NewReport, Store};

/// The use case.
#[derive(Clone)]
pub struct Fulfil {
    /// The tables.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// A checked report.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// The lease.
    pub lease_id: LeaseId,
    /// What became of it.
    pub report: Report,
}

/// A page of open tasks.
#[derive(Clone, Debug)]
pub struct Page {
    /// The tasks, the oldest first.
    pub tasks: Vec<PromiseTask>,
    /// The page after this one starts after this task; absent on the last.
    pub next_after: Option<PromiseTaskId>,
}

impl Fulfil {
    /// Leases what is to be carried out.
    pub async fn lease(
        &self,
        worker: String,
        most: u32,
        lease: Duration,
        deadline: Deadline,
    ) -> Result<(LeaseId, Vec<Leased>), Refusal> {
        let lease_id = LeaseId::draw(self.clock.now(), self.entropy.as_ref());
        let new = NewLease {
            lease_id,
            worker,
            most,
            lease,
        };
        Ok((lease_id, self.store.lease_fulfilments(new, deadline).await?))
    }

    /// Records a report, once.
    pub async fn report(&self, command: Command, deadline: Deadline) -> Result<Reported, Refusal> {
        let new = NewReport {
            request_id: command.request_id,
            body_hash: command.body_hash,
            customer_id: command.customer_id,
            presented_offer_id: command.presented_offer_id,
            lease_id: command.lease_id,
            report: command.report,
            task_id: PromiseTaskId::draw(self.clock.now(), self.entropy.as_ref()),
        };
        Ok(self.store.report_fulfilment(new, deadline).await?)
    }

    /// Lists open tasks.
    pub async fn tasks(
        &self,
        after: Option<PromiseTaskId>,
        size: u32,
        deadline: Deadline,
    ) -> Result<Page, Refusal> {
        let read = self
            .store
            .promise_tasks(after, page::one_more(size), deadline);
        let mut tasks = read.await?;
        let last = page::cut(&mut tasks, size);
        Ok(Page {
            next_after: last.map(|task| task.task_id),
            tasks,
        })
    }

    /// Closes a task, once. Returns whether that had been done before.
    pub async fn close_task(
        &self,
        new: NewResolution,
        deadline: Deadline,
    ) -> Result<bool, Refusal> {
        Ok(self.store.close_promise_task(new, deadline).await?)
    }
}
