//! Owns the conversation with other services.

mod facts;
mod profiles;

pub use profiles::ProfilesClient;
