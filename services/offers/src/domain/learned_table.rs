//! What was learnt, as people read it: for each category of reasons and each arm what was seen, and
//! what is believed now.

use std::collections::BTreeMap;

use statistics::selection::{Count, SegmentDraws, Stage};

use super::catalogue::{Catalogue, StagePrior};
use super::posterior::{LearnedVersion, Posterior, Seen};

/// What is said of one arm in one category.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The category of the reasons.
    pub category: String,
    /// The key of an offer, or `no_offer`.
    pub arm: String,
    /// How many stayed, were here at 30 days, and for how many it lasted; old calls count in part.
    pub seen: [Count; 3],
    /// What is believed; absent where the catalogue has no such offer or category any more.
    pub believed: Option<Belief>,
}

/// What is believed of an arm, for calls as they came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// The chances of the stages, each given the one before.
    pub stages: StagePrior,
    /// The chance that a call ends in a customer who stays for good.
    pub lasting: f64,
    /// It is below this with one chance in twenty.
    pub lasting_low: f64,
    /// It is above this with one chance in twenty.
    pub lasting_high: f64,
}

/// Tells what was learnt, by category; within one those with the most calls first.
pub fn table(catalogue: &Catalogue, learned: &LearnedVersion) -> Vec<Row> {
    let posterior = Posterior::candid(catalogue, learned);
    let mut cells: BTreeMap<(&str, &str), Vec<&Seen>> = BTreeMap::new();
    for seen in &learned.evidence {
        let key = (seen.segment.category.as_str(), seen.arm.as_str());
        cells.entry(key).or_default().push(seen);
    }
    let rows = cells.into_iter().map(|((category, arm), cells)| Row {
        category: category.to_owned(),
        arm: arm.to_owned(),
        seen: added_up(&cells),
        believed: posterior
            .as_ref()
            .and_then(|posterior| believed(posterior, &cells)),
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|left, right| {
        let [more, fewer] = [right, left].map(|row| row.seen[0].calls);
        let by_calls = more.total_cmp(&fewer);
        left.category.cmp(&right.category).then(by_calls)
    });
    rows
}

fn added_up(cells: &[&Seen]) -> [Count; 3] {
    let mut all = [Count::default(); 3];
    for seen in cells {
        let counts = [seen.stay, seen.here_30_days, seen.durable];
        for (all, count) in all.iter_mut().zip(counts) {
            all.calls += count.calls;
            all.successes += count.successes;
        }
    }
    all
}

/// Believes of all segments together, each for as much as calls came from it.
fn believed(posterior: &Posterior, cells: &[&Seen]) -> Option<Belief> {
    let total: f64 = cells.iter().map(|seen| seen.stay.calls).sum();
    if total <= 0.0 {
        return None;
    }
    let (mut stages, mut lasting) = ([0.0; 3], 0.0);
    let mut often: Vec<f64> = Vec::new();
    for seen in cells {
        let share = seen.stay.calls / total;
        let (arm, means, draws) = posterior.cell(&seen.segment, &seen.arm)?;
        often.resize(draws.len(), 0.0);
        for (all, one) in often.iter_mut().zip(lasting_draws(draws, arm)) {
            *all += share * one;
        }
        for (all, mean) in stages.iter_mut().zip(means) {
            *all += share * mean;
        }
        lasting += share * means.iter().product::<f64>();
    }
    often.sort_by(f64::total_cmp);
    let [stay, here_30_days, durable] = stages;
    Some(Belief {
        stages: StagePrior {
            stay,
            here_30_days,
            durable,
        },
        lasting,
        lasting_low: *often.get(often.len() / 20)?,
        lasting_high: *often.get(often.len() - 1 - often.len() / 20)?,
    })
}

fn lasting_draws(draws: &SegmentDraws, arm: usize) -> impl Iterator<Item = f64> {
    let [stay, here, durable] = Stage::ALL.map(|stage| draws.chances(arm, stage).iter());
    let chances = stay.zip(here).zip(durable);
    chances.map(|((stay, here), durable)| stay * here * durable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::{Learning, Reason, ReasonTree};
    use crate::domain::decision::NO_OFFER;
    use crate::domain::evidence::tests::{learning, reason};
    use crate::domain::posterior::{Prices, Segment};

    fn catalogue() -> Catalogue {
        let reason = Reason {
            no_offer: StagePrior {
                stay: 0.2,
                here_30_days: 0.9,
                durable: 0.8,
            },
            ..reason("declined_to_say")
        };
        let learning = Learning {
            half_life_days: 365,
            ..learning()
        };
        Catalogue::new(ReasonTree::new([reason]), Vec::new()).with_learning(Some(learning))
    }

    fn seen(arm: &str, category: &str, value_tier: usize, calls: f64) -> Seen {
        let all = |calls: f64, share: f64| Count {
            calls,
            successes: calls * share,
        };
        Seen {
            segment: Segment {
                category: category.to_owned(),
                value_tier,
                long_term: false,
            },
            arm: arm.to_owned(),
            stay: all(calls, 0.5),
            here_30_days: all(calls / 2.0, 0.9),
            durable: all(calls / 4.0, 0.8),
        }
    }

    fn version(evidence: Vec<Seen>) -> LearnedVersion {
        LearnedVersion {
            version: 1,
            made_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            catalogue_version: 1,
            evidence,
            prices: Prices::new(),
            seed: 3,
        }
    }

    #[test]
    fn segments_are_added_up_and_the_band_closes_in_on_what_was_seen() {
        let of = |calls: f64| {
            let evidence = vec![
                seen(NO_OFFER, "other", 0, calls),
                seen(NO_OFFER, "other", 1, 3.0 * calls),
            ];
            table(&catalogue(), &version(evidence)).remove(0)
        };
        let (few, many) = (of(10.0), of(100_000.0));
        assert!((few.seen[0].calls - 40.0).abs() < 1e-9);
        assert!((few.seen[0].successes - 20.0).abs() < 1e-9);
        let (few, many) = (few.believed.unwrap(), many.believed.unwrap());
        let truth = 0.5 * 0.9 * 0.8;
        assert!((many.lasting - truth).abs() < 0.01, "{many:?}");
        assert!(
            many.lasting_low < truth && truth < many.lasting_high,
            "{many:?}"
        );
        // Between what the catalogue says and what was seen, and far from sure.
        assert!(few.stages.stay > 0.2 && few.stages.stay < 0.5, "{few:?}");
        let width = |belief: &Belief| belief.lasting_high - belief.lasting_low;
        assert!(width(&few) > 5.0 * width(&many), "{few:?} {many:?}");
    }

    #[test]
    fn what_the_catalogue_has_no_longer_is_counted_and_not_believed() {
        let evidence = vec![
            seen("gone", "other", 0, 5.0),
            seen(NO_OFFER, "other", 0, 9.0),
            seen(NO_OFFER, "gone", 0, 2.0),
        ];
        let learned = version(evidence);
        let rows = table(&catalogue(), &learned);
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.category.as_str(),
                    row.arm.as_str(),
                    row.believed.is_some(),
                )
            })
            .collect();
        let expected = [
            ("gone", NO_OFFER, false),
            ("other", NO_OFFER, true),
            ("other", "gone", false),
        ];
        assert_eq!(told, expected);
        // Without a section on learning there are counts alone.
        let silent = table(&catalogue().with_learning(None), &learned);
        assert!(silent.len() == 3 && silent.iter().all(|row| row.believed.is_none()));
    }
}
