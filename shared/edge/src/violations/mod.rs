//! Checks a request, every field at once.
//!
//! Each check returns the parsed value or notes a violation; [`Violations::finish`] builds the
//! command if there was none:
//!
//! ```ignore
//! let mut checks = Violations::default();
//! let customer = checks.id::<Customer>("customer_id", &request.customer_id);
//! let price = checks.money("price", money.minor, &money.currency);
//! checks.finish(|| Some(Command { customer: customer?, price: price? }))
//! ```

mod fields;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use kernel::refusal::{Refusal, Violation};

pub use fields::BetweenTimes;

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub struct Violations {
    path: String,
    found: Vec<Violation>,
}

impl Violations {
    /// Notes a violation.
    pub fn add(&mut self, field: impl Display, reason: &'static str, description: impl Display) {
        let field = if self.path.is_empty() {
            field.to_string()
        } else {
            format!("{}.{field}", self.path)
        };
        self.found.push(Violation {
            field,
            description: description.to_string(),
            reason,
        });
    }

    /// Checks the fields of a nested message, under its own path.
    pub fn within<T>(&mut self, field: impl Display, check: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(&field.to_string());
        let result = check(self);
        self.path.truncate(outer);
        result
    }

    /// Tells whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Builds the command, or refuses with every violation.
    ///
    /// `build` gets to use `?` on the checked values: each is there when nothing was noted.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Refusal> {
        if self.found.is_empty()
            && let Some(command) = build()
        {
            return Ok(command);
        }
        Err(Refusal::malformed(self.found))
    }
}
