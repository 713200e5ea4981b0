//! The service as its callers see it: gRPC in, gRPC out, on a real Postgres.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "what fails here fails its test, and tests stand outside the rules they test"
)]

mod accounts;
mod bad_input;
mod builders;
mod changes;
mod consents;
mod contact_rules;
mod contacts;
mod customers;
mod erasing;
mod facts;
mod faults;
mod forgetting;
mod import;
mod incidents;
mod merging;
mod privacy;
mod replay;
mod stand;
mod statuses;
mod timeline;
