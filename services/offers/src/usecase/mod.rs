//! What the save desk does, one file for each use case.

pub mod active;
pub mod confirm_cancellation;
pub mod explain_decision;
pub mod gather;
pub mod ports;
pub mod read_session;
pub mod record_response;
pub mod request_save_offer;
