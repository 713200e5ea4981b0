//! What a person sees: pure functions from the messages of the contract to text.

mod agent;
mod budget;
mod care;
mod contact;
mod directions;
mod evaluation;
mod explanation;
mod fulfilment;
mod import;
mod learned;
mod metrics;
mod models;
mod offers;
mod outcome;
pub(crate) mod paper;
mod portfolio;
mod publishing;
mod retention;
pub(crate) mod review;
pub(crate) mod simulation;
mod status;
#[cfg(test)]
mod tests;
mod why;
mod win_back;
pub(crate) mod words;

pub use agent::agent;
pub use budget::{budgets, reconciled_budget};
pub use care::{care_plan, care_summary, care_tasks, leased_care};
pub use contact::{contact_permissions, contact_rules};
pub use evaluation::{evaluation, foreign_evaluation};
pub use explanation::explanation;
pub use fulfilment::{fulfilments, promise_tasks};
pub use import::import;
pub use learned::learned;
pub use metrics::metrics;
pub(crate) use metrics::{left, metric_lines};
pub use models::{
    activated_model, drift, fitted_model, imported_model, model_line, models, shown_model,
};
pub use offers::made;
pub use outcome::{acknowledged, responded};
pub use paper::{Paper, heading};
pub use portfolio::{customers, portfolio, scoring_line, transition_line};
pub use publishing::{catalogue, policy, problems, rules};
pub use retention::retention;
pub use review::review;
pub use simulation::simulation;
pub use status::status;
pub use win_back::{win_back_candidates, win_back_counts};
