//! Owns the wire: requests become commands, answers become messages, refusals become statuses.

mod care_plan_service;
mod care_service;
mod model_service;
mod parse;
mod parse_care;
mod parse_care_plan;
mod parse_import;
mod parse_portfolio;
mod portfolio_service;
mod render;
mod render_care;
mod render_metrics;
mod render_model;
mod render_portfolio;
mod render_retention;
mod rule_service;
mod status_service;
mod upload;

use edge::Boundary;

pub use care_plan_service::CarePlanRpc;
pub use care_service::CareRpc;
pub use model_service::ModelRpc;
pub use portfolio_service::PortfolioRpc;
pub use rule_service::RuleRpc;
pub use status_service::StatusRpc;

/// The edge of this service.
pub const BOUNDARY: Boundary = Boundary::new("lifecycle.rekindle");

/// The time a call has, when the edge did not say.
const UNTOLD_DEADLINE: std::time::Duration = std::time::Duration::from_secs(2);

/// Returns when the call being served must be over.
fn deadline() -> edge::Deadline {
    edge::deadline::current_or(UNTOLD_DEADLINE)
}
