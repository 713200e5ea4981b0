//! The offers service, gRPC in and gRPC out, on a real Postgres and Redis.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails where it stands"
)]

mod afterwards;
mod alternatives;
mod answers;
mod asking;
mod authority;
mod broken;
mod budgets;
mod cache;
mod catalogue;
mod contact_policy;
mod erased;
mod erased_again;
mod erased_calls;
mod erased_leases;
mod exits;
mod follow_up;
mod following;
mod fulfilment;
mod guidance;
mod holdout;
mod learned;
mod learning;
mod leaving;
mod merged;
mod moving;
mod neighbours;
mod occasions;
mod outcomes;
mod overriding;
mod parity;
mod policy;
mod proof;
mod races;
mod recomputed;
mod reinstated;
mod review;
mod rewritten;
mod simulation;
mod stayed;
mod steps;
mod suppression;
mod time;
mod upgrade;
mod win_back;
mod world;
