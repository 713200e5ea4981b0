//! Time as an input: UTC instants, calendar dates, and the clock they are read from.

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// Where the current time comes from. Only composition roots choose one.
pub trait Clock: Send + Sync {
    /// Reads the current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else asks"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
