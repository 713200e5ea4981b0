//! The trace of one call: an OTLP receiver of our own that the services send their spans to, and
//! the tree that is drawn from them.

mod collector;
mod span;
mod tree;

pub use collector::Collector;
pub use span::CollectedSpan;
pub use tree::{is_whole, tree};
