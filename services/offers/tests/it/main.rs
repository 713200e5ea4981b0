//! The offers service, gRPC in and gRPC out, on a real Postgres and Redis.

mod answers;
mod asking;
mod cache;
mod catalogue;
mod leaving;
mod neighbours;
mod policy;
mod time;
mod world;
