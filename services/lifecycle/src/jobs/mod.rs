//! Owns what runs by itself: following the feed, and looking what is in use.

mod follow;
mod refresh;

pub use follow::follow;
pub use refresh::refresh;
