//! Owns the conversation with other services.

mod bundle;
mod facts;
mod permissions;
mod profiles;

pub use bundle::BundleSettings;
pub use profiles::ProfilesClient;
