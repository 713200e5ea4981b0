//! What the save desk does, one file for each use case.

pub mod active;
pub mod budgets;
mod call_to_cancel;
mod compile;
pub mod confirm_cancellation;
pub mod explain_decision;
pub mod explain_policy;
pub mod fulfil;
pub mod gather;
pub mod latest;
pub mod measure_outcomes;
pub mod override_offer;
pub mod ports;
pub mod prove_call;
pub mod publish_catalogue;
pub mod publish_policy;
pub mod read_catalogue;
pub mod read_session;
pub mod record_response;
pub mod record_step;
pub mod request_alternative;
pub mod request_save_offer;
pub mod review_offers;
pub mod simulate;
pub mod suppression;
mod undecided;
mod watched;
