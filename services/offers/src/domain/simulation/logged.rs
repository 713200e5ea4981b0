//! What the draft would have been worth by what came of the calls that were logged, where that is
//! known already.
//!
//! A call speaks for the draft only where the draft makes the same offer at the same terms first, and
//! in so far as something else might have been offered. Where nothing was left to chance, the log
//! says nothing about what the draft changes.

use std::collections::BTreeMap;

use statistics::off_policy::{Evaluation, Log, LoggedCall, OffPolicyRefusal, evaluate};

use crate::domain::decision::{Decision, NO_OFFER, Record};

/// The most calls with an outcome that are taken in: they are held until the end.
const MOST_CALLS: usize = 100_000;
/// The most contexts; what is stated beyond them is one more.
const MOST_CONTEXTS: usize = 64;
/// Fewer calls are no log.
const LEAST_CALLS: usize = 100;

/// The calls of which is known what came of them.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    calls: Vec<LoggedCall>,
    /// What the draft offers first.
    chosen: Vec<usize>,
    arms: BTreeMap<String, usize>,
    contexts: BTreeMap<String, usize>,
    left_out: u64,
    was_drawn: bool,
}

/// What the log says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judged {
    /// Too few outcomes are known.
    TooFewOutcomes,
    /// Every offer was certain, so that nothing is known of what was not offered.
    NothingLeftToChance,
    /// The log says as much as this many calls of the draft's own: too few.
    TooFewEffectiveCalls(f64),
    /// What was logged is no log.
    Unsound,
    /// This.
    Estimated(Evaluation),
}

impl Outcomes {
    pub(super) fn add(&mut self, record: &Record, after: &Decision, reward: f64) {
        if self.calls.len() >= MOST_CALLS {
            self.left_out += 1;
            return;
        }
        let logged = arm(&record.decision);
        let chosen = arm(after);
        let same = logged == chosen
            && record.decision.offers.first().map(|offer| offer.terms)
                == after.offers.first().map(|offer| offer.terms);
        let arm = self.arm(logged.to_owned());
        // The same offer at other terms is another offer.
        let chosen = match (same, logged == chosen) {
            (true, _) => arm,
            (false, true) => self.arm(format!("{chosen} at other terms")),
            (false, false) => self.arm(chosen.to_owned()),
        };
        let reason = record.request.reason.as_deref().unwrap_or_default();
        let context = number(&mut self.contexts, reason.to_owned(), MOST_CONTEXTS);
        let propensity = record.decision.propensity;
        self.was_drawn |= propensity < 1.0;
        self.calls.push(LoggedCall {
            context,
            arm,
            propensity,
            reward,
        });
        self.chosen.push(chosen);
    }

    fn arm(&mut self, name: String) -> usize {
        number(&mut self.arms, name, usize::MAX)
    }

    /// How many outcomes are known, and how many of them were left out.
    pub fn counts(&self) -> (usize, u64) {
        (self.calls.len(), self.left_out)
    }

    /// Judges the draft.
    pub fn judge(self) -> Judged {
        if self.calls.len() < LEAST_CALLS {
            return Judged::TooFewOutcomes;
        }
        if !self.was_drawn {
            return Judged::NothingLeftToChance;
        }
        let Ok(log) = Log::new(self.calls) else {
            return Judged::Unsound;
        };
        let chosen = &self.chosen;
        let judged = evaluate(&log, self.arms.len(), |place, chances| {
            chances[chosen[place]] = 1.0;
        });
        match judged {
            Ok(evaluation) => Judged::Estimated(evaluation),
            Err(OffPolicyRefusal::TooFewEffectiveCalls {
                effective_calls, ..
            }) => Judged::TooFewEffectiveCalls(effective_calls),
            Err(OffPolicyRefusal::NoDistribution { .. }) => Judged::Unsound,
        }
    }
}

fn arm(decision: &Decision) -> &str {
    let first = decision.offers.first();
    first.map_or(NO_OFFER, |offer| offer.offer_key.as_str())
}

/// The number of a name, from zero in the order in which they come; those beyond `most` share one.
fn number(known: &mut BTreeMap<String, usize>, name: String, most: usize) -> usize {
    let next = known.len();
    if next >= most {
        return known.get(&name).copied().unwrap_or(most);
    }
    *known.entry(name).or_insert(next)
}
