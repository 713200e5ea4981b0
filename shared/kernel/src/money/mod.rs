//! Money in whole minor units with its currency; arithmetic that cannot wrap or mix currencies.

mod amount;
mod basis_points;
mod currency;

pub use amount::{Money, MoneyError};
pub use basis_points::BasisPoints;
pub use currency::{Currency, CurrencyError};
