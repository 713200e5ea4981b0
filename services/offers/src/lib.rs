//! The save desk: catalogue, policy, qualification, arbitration, sessions and exits.

pub mod domain;
