//! One measure of one round, and the rounds together.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is measured in each round, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Single-row inserts of pgbench.
    Pgbench,
    /// A bare echo, closed loop.
    Echo,
    /// An echo that asks another echo, closed loop.
    Hop,
    /// `GetCustomerStatus`, closed loop.
    Status,
    /// `RequestSaveOffer` with a warm cache, closed loop.
    SaveOffer,
    /// A bare echo at half its peak, open loop.
    EchoOpen,
    /// `RequestSaveOffer` at half its peak, open loop.
    SaveOfferOpen,
    /// `RequestSaveOffer` without Redis, closed loop.
    SaveOfferRedisDown,
}

impl Measure {
    /// All of them, in the order in which they are measured.
    pub(crate) const ALL: [Self; 8] = [
        Self::Pgbench,
        Self::Echo,
        Self::Hop,
        Self::Status,
        Self::SaveOffer,
        Self::EchoOpen,
        Self::SaveOfferOpen,
        Self::SaveOfferRedisDown,
    ];

    /// What it is called in the table.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Pgbench => "pgbench, durable inserts",
            Self::Echo => "tonic echo",
            Self::Hop => "tonic echo, two hops",
            Self::Status => "GetCustomerStatus",
            Self::SaveOffer => "RequestSaveOffer, warm",
            Self::EchoOpen => "tonic echo, open loop",
            Self::SaveOfferOpen => "RequestSaveOffer, open loop",
            Self::SaveOfferRedisDown => "RequestSaveOffer, Redis killed",
        }
    }

    /// The measure whose rate this one needs to know first.
    pub(crate) fn needs(self) -> Option<Self> {
        match self {
            Self::EchoOpen => Some(Self::Echo),
            Self::SaveOfferOpen => Some(Self::SaveOffer),
            _ => None,
        }
    }
}

/// One measure of one round.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Measured {
    /// Answers for each second.
    pub(crate) per_second: f64,
    /// The latency that half of the calls did not exceed; zero where it is not known.
    pub(crate) p50_ms: f64,
    /// The latency that 99 % of the calls did not exceed; zero where it is not known.
    pub(crate) p99_ms: f64,
    /// Processor time for each answer, by process.
    pub(crate) cpu_us: BTreeMap<&'static str, f64>,
}

/// Everything that was measured, round by round.
#[derive(Debug, Default)]
pub(crate) struct Rounds(BTreeMap<Measure, Vec<Measured>>);

impl Rounds {
    /// Adds a measure to the round under way.
    pub(crate) fn add(&mut self, measure: Measure, measured: Measured) {
        self.0.entry(measure).or_default().push(measured);
    }

    /// The measures of all rounds.
    pub(crate) fn of(&self, measure: Measure) -> &[Measured] {
        self.0.get(&measure).map_or(&[], Vec::as_slice)
    }

    /// The last measure, if it was measured at all.
    pub(crate) fn last(&self, measure: Measure) -> Option<&Measured> {
        self.of(measure).last()
    }

    /// The medians over the rounds; none when it was not measured.
    pub(crate) fn median(&self, measure: Measure) -> Option<Measured> {
        let rounds = self.of(measure);
        let first = rounds.first()?;
        let over = |value: fn(&Measured) -> f64| median(rounds.iter().map(value).collect());
        let cpu = first.cpu_us.keys().map(|process| {
            let each = rounds.iter().filter_map(|one| one.cpu_us.get(process));
            (*process, median(each.copied().collect()))
        });
        Some(Measured {
            per_second: over(|one| one.per_second),
            p50_ms: over(|one| one.p50_ms),
            p99_ms: over(|one| one.p99_ms),
            cpu_us: cpu.collect(),
        })
    }
}

/// The middle value; the mean of the two in the middle of an even number; zero of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (None, _) => 0.0,
        (Some(value), 1) => *value,
        (Some(value), _) => f64::midpoint(values[middle - 1], *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!(median(Vec::new()).abs() < 1e-9);
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn medians_are_taken_value_by_value() {
        let mut rounds = Rounds::default();
        for (per_second, cpu) in [(10.0, 5.0), (30.0, 6.0), (20.0, 1.0)] {
            let cpu_us = BTreeMap::from([("offers", cpu)]);
            let measured = Measured {
                per_second,
                cpu_us,
                ..Measured::default()
            };
            rounds.add(Measure::SaveOffer, measured);
        }
        let median = rounds.median(Measure::SaveOffer).unwrap();
        assert!((median.per_second - 20.0).abs() < 1e-9);
        assert!((median.cpu_us["offers"] - 5.0).abs() < 1e-9);
        assert!(rounds.median(Measure::Echo).is_none());
    }
}
