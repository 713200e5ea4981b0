//! The service from the outside: gRPC in, gRPC out, real Postgres, a fake profiles service.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what cannot be set up fails its test"
)]

mod activation;
mod care_lease;
mod care_permission;
mod care_plan;
mod care_planning;
mod care_world;
mod care_year;
mod drift;
mod follower;
mod foreign;
mod foreign_refusals;
mod foreign_world;
mod lost_by_silence;
mod merged;
mod models;
mod portfolio;
mod portfolio_metrics;
mod profiles;
mod propensity;
mod purchase_reference;
mod purchases;
mod reference;
mod refusals;
mod retention;
mod rules;
mod stages;
mod status;
mod stored;
mod watching;
mod world;
