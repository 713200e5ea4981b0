//! Wire to command, answer to wire.

mod alternative;
mod budget;
mod catalogue;
mod escalation;
mod exit;
mod files;
mod fulfilment;
mod guidance;
mod learned;
mod parity;
mod parse;
mod policy;
mod proof;
mod render;
mod request;
mod review;
mod review_calls;
mod save_desk;
mod simulation;
mod simulation_report;
mod step;
mod suppression;
mod win_back;

use std::time::Duration;

use edge::Boundary;
use kernel::time::Deadline;

pub use budget::BudgetRpc;
pub use catalogue::CatalogueRpc;
pub use fulfilment::FulfilmentRpc;
pub use policy::PolicyRpc;
pub use review::ReviewRpc;
pub use save_desk::SaveDesk;
pub use suppression::SuppressionRpc;
pub use win_back::WinBackRpc;

/// Where refusals of this service become statuses.
const BOUNDARY: Boundary = Boundary::new("offers.rekindle");

/// How long a call takes at most when no layer has set its deadline.
const NO_DEADLINE: Duration = Duration::from_secs(3);

fn deadline() -> Deadline {
    edge::deadline::current().unwrap_or_else(|| Deadline::within(NO_DEADLINE))
}

fn trace_id() -> String {
    edge::trace::current()
        .map(|trace| format!("{:032x}", trace.trace_id))
        .unwrap_or_default()
}
