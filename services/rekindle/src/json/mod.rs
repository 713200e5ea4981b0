//! Answers of the services as JSON documents: field names of the contract, words for its enums,
//! RFC 3339 times, amounts as `{"minor": 2985, "currency": "USD"}`.

mod budget;
mod care;
mod contact;
mod customer;
mod desk;
mod evaluation;
mod fulfilment;
mod import;
mod learned;
mod lifecycle;
mod metrics;
mod outcome;
mod portfolio;
mod publishing;
mod record;
mod retention;
mod review;
mod simulation;
mod suppression;
mod trace;
mod win_back;

pub use budget::{budgets, reconciled_budget};
pub use care::{care_plan, care_summary, care_task, care_tasks, leased_care};
pub use contact::{contact_permissions, contact_rules};
pub use customer::{erased_customer, merged_customer};
pub use desk::{acknowledged, agent, explanation, responded};
pub use evaluation::{evaluation, foreign_evaluation};
pub use fulfilment::{fulfilments, promise_tasks};
pub use import::import;
pub use learned::learned;
pub use lifecycle::{activated_model, drift, model, rules, shown_model, status};
pub use outcome::call_outcomes;
pub use portfolio::{portfolio, scored_customer, scoring_run, watched_transition};
pub use publishing::{catalogue, listed_problems, policy, problems};
pub use record::record;
pub use retention::retention;
pub use review::{offer_decision, review};
pub use simulation::simulation;
pub use suppression::{suppression, suppressions};
pub use trace::span;
pub use win_back::{win_back_candidates, win_back_counts};

use contract::types::v1::Money;
use prost_types::Timestamp as WireTime;
use serde_json::{Value, json};

use crate::screen::words;

fn money(amount: Option<&Money>) -> Value {
    amount.map_or(
        Value::Null,
        |amount| json!({"minor": amount.minor, "currency": amount.currency}),
    )
}

fn time(time: Option<&WireTime>) -> Value {
    words::instant(time).map_or(Value::Null, |time| Value::String(time.to_string()))
}
