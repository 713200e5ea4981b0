//! What became of the calls of one measure.

use std::fmt::Display;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies are kept to 0.1 % up to a minute.
const LONGEST_MICROS: u64 = 60_000_000;

/// Latencies and failures of the calls of one measure.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    latencies_us: Histogram<u64>,
    all_answers: u64,
    failures: u64,
    first_failure: Option<String>,
    time: Duration,
}

impl Tally {
    /// An empty tally of a measure that lasts so long.
    pub(crate) fn of(time: Duration) -> Self {
        Self {
            latencies_us: histogram(),
            all_answers: 0,
            failures: 0,
            first_failure: None,
            time,
        }
    }

    /// Counts an answer, which is not measured when it came outside the time that counts.
    pub(crate) fn answered(&mut self, latency: Duration, is_measured: bool) {
        self.all_answers += 1;
        if !is_measured {
            return;
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_MICROS);
        self.latencies_us
            .saturating_record(micros.clamp(1, LONGEST_MICROS));
    }

    /// Counts a failure; what the first one says is kept for the message.
    pub(crate) fn failed(&mut self, what: impl Display) {
        self.failures += 1;
        if self.first_failure.is_none() {
            self.first_failure = Some(what.to_string());
        }
    }

    /// Adds the calls of another tally of the same measure.
    pub(crate) fn add(&mut self, other: &Self) {
        self.latencies_us += &other.latencies_us;
        self.all_answers += other.all_answers;
        self.failures += other.failures;
        if self.first_failure.is_none() {
            self.first_failure.clone_from(&other.first_failure);
        }
    }

    /// How many answers were measured.
    fn answers(&self) -> u64 {
        self.latencies_us.len()
    }

    /// How many answers there were, measured or not.
    pub(crate) fn all_answers(&self) -> u64 {
        self.all_answers
    }

    /// Answers for each second.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    pub(crate) fn per_second(&self) -> f64 {
        self.answers() as f64 / self.time.as_secs_f64()
    }

    /// The latency that this share of the calls did not exceed.
    #[expect(clippy::cast_precision_loss, reason = "micros below a minute")]
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        self.latencies_us.value_at_quantile(share) as f64 / 1_000.0
    }

    /// Says how many calls failed and how the first one did, if any did.
    pub(crate) fn failure(&self) -> Option<String> {
        let first = self.first_failure.as_deref()?;
        let (failed, answered) = (self.failures, self.all_answers);
        Some(format!(
            "{failed} calls failed ({answered} were answered); the first: {first}"
        ))
    }
}

#[expect(clippy::expect_used, reason = "the bounds are constants that fit")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("bounds of a histogram")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up_and_keep_the_first_failure() {
        let mut all = Tally::of(Duration::from_secs(2));
        for (latency_ms, failure) in [(1, None), (3, Some("first")), (100, Some("second"))] {
            let mut part = Tally::of(Duration::from_secs(2));
            part.answered(Duration::from_millis(latency_ms), true);
            part.answered(Duration::from_secs(9), false);
            if let Some(what) = failure {
                part.failed(what);
            }
            all.add(&part);
        }
        assert_eq!((all.answers(), all.all_answers()), (3, 6));
        assert!((all.per_second() - 1.5).abs() < 1e-9);
        assert!((3.0..3.1).contains(&all.quantile_ms(0.5)));
        assert!((100.0..100.2).contains(&all.quantile_ms(0.99)));
        assert_eq!(
            all.failure().as_deref(),
            Some("2 calls failed (6 were answered); the first: first")
        );
    }
}
