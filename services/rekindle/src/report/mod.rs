//! Pages for a browser: one file each, complete in itself, without scripts and without anything
//! fetched from elsewhere. Pure functions from the messages of the contract to HTML.

mod markup;
mod plot;
mod portfolio;
mod record;
mod retention;
mod review;
mod simulation;
#[cfg(test)]
mod simulation_tests;
#[cfg(test)]
mod tests;

pub use plot::PlotError;
pub use portfolio::portfolio;
pub use record::record;
pub use retention::retention;
pub use review::review;
pub use simulation::simulation;
