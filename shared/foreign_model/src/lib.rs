//! A propensity model that somebody else trained, as an ONNX file: checked, then asked.
//!
//! - [`declaration`]: what its owner says it reads, and where it says the probability.
//! - [`model`]: loading and asking it.
//! - [`refusal`]: why not.
//!
//! The file is somebody else's bytes. What is read of it, before anything runs, is that it holds
//! operators of a short list (linear models, tree ensembles, plain neural nets) without loops, that
//! no tensor grows beyond bounds, and that its trees are trees: the library that runs it follows
//! their indices unchecked. Then it is run on rows of its owner and must return probabilities.
//!
//! Labels, maps and whatever else a converter adds to the probability are cut off unread.

mod bounds;
pub mod declaration;
mod graph;
pub mod model;
pub mod refusal;
mod trees;

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod hostile_tests;
