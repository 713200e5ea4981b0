//! Customers whose outcome is known, in a file: read, checked, and told apart into inputs and
//! outcome.

mod folds;
mod outcome;
mod table;

pub use folds::given_folds;
pub use outcome::Outcome;
pub use table::Table;
