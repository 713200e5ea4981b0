//! Owns what runs by itself: following the feed, scoring the portfolio, and looking what is
//! in use.

mod follow;
mod refresh;
mod score;

pub use follow::follow;
pub use refresh::refresh;
pub use score::score;
