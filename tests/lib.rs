//! What the tests of the whole workspace share: reading the tree and its sources.

pub mod source;
pub mod tree;
