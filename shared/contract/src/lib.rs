//! The generated contract: messages, clients and servers of the three services.
//!
//! Written by `cargo run -p contract --example generate` and committed; never edited by hand.

#[expect(
    clippy::all,
    clippy::pedantic,
    reason = "generated code follows its generator's style"
)]
mod generated {
    include!("generated/mod.rs");
}

pub use generated::rekindle::{lifecycle, offers, profiles, r#type as types};

/// The descriptor set of the profiles service, for reflection.
pub const DESCRIPTORS_PROFILES: &[u8] = include_bytes!("generated/profiles.bin");
/// The descriptor set of the lifecycle service, for reflection.
pub const DESCRIPTORS_LIFECYCLE: &[u8] = include_bytes!("generated/lifecycle.bin");
/// The descriptor set of the offers service, for reflection.
pub const DESCRIPTORS_OFFERS: &[u8] = include_bytes!("generated/offers.bin");
