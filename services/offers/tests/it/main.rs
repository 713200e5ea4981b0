//! The offers service, gRPC in and gRPC out, on a real Postgres and Redis.

mod answers;
mod asking;
mod cache;
mod leaving;
mod neighbours;
mod time;
mod world;
