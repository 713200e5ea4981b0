//! Budgets as rows: their definitions, what is taken of them, and adding everything up anew.
//!
//! Locks are taken in one order everywhere: a definition before the parts of its windows, and the
//! parts by budget, window and number. The parts come last in a transaction, since everybody wants
//! them.

mod allot;
mod definition;
mod exchange;
mod give_back;
mod preferred;
mod reconcile;
mod settle;

pub use definition::{NewBudget, StoredBudget};
pub use reconcile::Reckoning;

pub(super) use allot::{Allotted, Purses, Wanted, allot, hold, lock_rooms, open_windows};
pub(super) use exchange::lock_exchange;
pub(super) use give_back::{give_back, give_back_expired};
pub(super) use preferred::PreferredPart;
pub(super) use settle::{Moves, Settlement};
