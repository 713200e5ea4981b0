//! Purchase models: whether non-contractual customers are still there, how often they buy, for how much.

pub mod buyer;
pub mod drift;
pub mod evaluation;
pub mod fit;
pub mod model;
pub mod occasions;
pub mod opportunities;
pub mod sample;
mod search;
