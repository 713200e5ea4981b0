//! Typed identifiers, so that a customer can never be passed where an account is meant.
//!
//! Two shapes: [`Id`] is text the caller provides (their customer number, their event key);
//! [`Uid`] is a UUID version 7 that we draw.

mod kinds;
mod text;
mod unique;

pub use kinds::*;
pub use text::{Id, IdError};
pub use unique::{Uid, UidError};
