//! A circuit breaker as a pure state machine: time is an input, nothing waits.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Stops calling something that keeps failing, and lets one probe through now and then.
#[derive(Debug)]
pub struct Breaker {
    origin: Instant,
    threshold: u32,
    open_for: Duration,
    failures: AtomicU32,
    /// Milliseconds after `origin` until which calls are skipped; 0 while closed.
    open_until: AtomicU64,
    probing: AtomicBool,
}

impl Breaker {
    /// Builds a closed breaker that opens for `open_for` after `threshold` failures in a row.
    pub fn new(threshold: u32, open_for: Duration, now: Instant) -> Self {
        Self {
            origin: now,
            threshold,
            open_for,
            failures: AtomicU32::new(0),
            open_until: AtomicU64::new(0),
            probing: AtomicBool::new(false),
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    /// Begins a call, unless calls are to be skipped.
    pub fn attempt(&self, now: Instant) -> Option<Attempt<'_>> {
        self.allows(now).then_some(Attempt {
            breaker: self,
            reported: false,
        })
    }

    fn allows(&self, now: Instant) -> bool {
        let open_until = self.open_until.load(Ordering::Acquire);
        if open_until == 0 {
            return true;
        }
        // Once the pause is over exactly one caller probes; the rest keep skipping.
        self.millis(now) >= open_until && !self.probing.swap(true, Ordering::AcqRel)
    }

    fn succeeded(&self) {
        // The common case writes nothing, so that callers on many cores do not share a cache line.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
        if self.open_until.load(Ordering::Relaxed) != 0 {
            self.open_until.store(0, Ordering::Release);
            self.probing.store(false, Ordering::Release);
        }
    }

    fn failed(&self, now: Instant) {
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if failures >= self.threshold {
            let pause = u64::try_from(self.open_for.as_millis()).unwrap_or(u64::MAX);
            self.open_until.store(
                self.millis(now).saturating_add(pause).max(1),
                Ordering::Release,
            );
            self.probing.store(false, Ordering::Release);
        }
    }

    fn abandoned(&self) {
        self.probing.store(false, Ordering::Release);
    }

    /// Tells whether calls are being skipped.
    pub fn is_open(&self) -> bool {
        self.open_until.load(Ordering::Relaxed) != 0
    }
}

/// A call under way. Dropped without a report it counts as given up: its caller has left.
#[derive(Debug)]
pub struct Attempt<'b> {
    breaker: &'b Breaker,
    reported: bool,
}

impl Attempt<'_> {
    /// Reports that it worked: the breaker closes.
    pub fn succeeded(mut self) {
        self.reported = true;
        self.breaker.succeeded();
    }

    /// Reports that it failed: the breaker may open, or stay open for another pause.
    pub fn failed(mut self, now: Instant) {
        self.reported = true;
        self.breaker.failed(now);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.abandoned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(1);

    fn opened(start: Instant) -> Breaker {
        let breaker = Breaker::new(3, PAUSE, start);
        for _ in 0..3 {
            assert!(breaker.allows(start));
            breaker.failed(start);
        }
        breaker
    }

    #[test]
    fn it_opens_after_the_threshold_and_only_then() {
        let start = Instant::now();
        let breaker = Breaker::new(3, PAUSE, start);
        breaker.failed(start);
        breaker.failed(start);
        assert!(breaker.allows(start));
        breaker.succeeded();
        breaker.failed(start);
        breaker.failed(start);
        assert!(
            breaker.allows(start),
            "successes in between start the count again"
        );
        breaker.failed(start);
        assert!(!breaker.allows(start));
    }

    #[test]
    fn after_the_pause_one_probe_decides() {
        let start = Instant::now();
        let breaker = opened(start);
        assert!(!breaker.allows(start + PAUSE / 2));
        assert!(breaker.allows(start + PAUSE));
        assert!(!breaker.allows(start + PAUSE), "only one probe at a time");
        breaker.failed(start + PAUSE);
        assert!(
            !breaker.allows(start + PAUSE + PAUSE / 2),
            "a failed probe opens it again"
        );
        assert!(breaker.allows(start + PAUSE * 2));
        breaker.succeeded();
        assert!(breaker.allows(start + PAUSE * 2) && !breaker.is_open());
    }

    #[test]
    fn an_abandoned_probe_lets_the_next_one_through() {
        let start = Instant::now();
        let breaker = opened(start);
        assert!(breaker.allows(start + PAUSE));
        breaker.abandoned();
        drop(breaker.attempt(start + PAUSE).unwrap());
        breaker.attempt(start + PAUSE).unwrap().succeeded();
        assert!(!breaker.is_open());
    }
}
