//! Calls going out: on the caller's time and trace, tried again a little, stopped when hopeless.

mod attempt;
mod budget;
mod caller;
mod refusal;
mod settings;

pub use caller::{BadAddress, Caller};
pub use refusal::refusal;
pub use settings::ClientSettings;
