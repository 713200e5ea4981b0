//! What the draft would have been worth by what came of the calls that were logged, where that is
//! known already.
//!
//! A call speaks for the draft only where the draft makes the same offer at the same terms first, and
//! in so far as something else might have been offered. Where nothing was left to chance, the log
//! says nothing about what the draft changes. A holdout is such chance: whom it holds out was offered
//! nothing with the probability of its share, and so would be under a draft that has one.

use std::collections::BTreeMap;

use statistics::off_policy::{Evaluation, Log, LoggedCall, OffPolicyRefusal, evaluate};

use crate::domain::decision::{Decision, NO_OFFER, Record};
use crate::domain::verdict::code;

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
    chosen: Vec<Chosen>,
    arms: BTreeMap<String, usize>,
    contexts: BTreeMap<String, usize>,
    left_out: u64,
    was_drawn: bool,
}

/// What the draft offers first: nothing to those whom it holds out, and otherwise this.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    nothing: usize,
    held_out_share: f64,
    arm: usize,
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
    /// Takes in a call. What is owed is owed whatever is tried, and nothing is told by it.
    pub(super) fn add(&mut self, record: &Record, after: &Decision, reward: f64) {
        let before = &record.decision;
        let mut offers = before.offers.iter().chain(&after.offers);
        if offers.any(|offer| offer.owed) {
            return;
        }
        if self.calls.len() >= MOST_CALLS {
            self.left_out += 1;
            return;
        }
        let (logged, tried) = (Tried::by(before), Tried::by(after));
        let terms = |decision: &Decision| decision.offers.first().map(|offer| offer.terms);
        // The same offer at other terms is another offer.
        let same_terms = match (terms(before), terms(after)) {
            (Some(before), Some(after)) => before == after,
            _ => true,
        };
        let tried_arm = if logged.arm == tried.arm && !same_terms {
            format!("{} at other terms", tried.arm)
        } else {
            tried.arm.to_owned()
        };
        let arm = self.arm(before.arm.clone());
        let chosen = Chosen {
            nothing: self.arm(NO_OFFER.to_owned()),
            held_out_share: tried.held_out_share,
            arm: self.arm(tried_arm),
        };
        let reason = record.request.reason.as_deref().unwrap_or_default();
        let context = number(&mut self.contexts, reason.to_owned(), MOST_CONTEXTS);
        let propensity = logged.propensity(before);
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
            let chosen = chosen[place];
            chances[chosen.nothing] += chosen.held_out_share;
            chances[chosen.arm] += 1.0 - chosen.held_out_share;
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

/// What a call is offered first unless its customer is held out, and the share that is.
struct Tried<'a> {
    arm: &'a str,
    held_out_share: f64,
}

impl<'a> Tried<'a> {
    fn by(decision: &'a Decision) -> Self {
        let certain = Self {
            arm: &decision.arm,
            held_out_share: 0.0,
        };
        let Some(holdout) = decision.holdout.as_ref().filter(|holdout| holdout.exposed) else {
            return certain;
        };
        let withheld = || {
            let mut verdicts = decision.verdicts.iter();
            let withheld = verdicts.find(|it| it.code.as_deref() == Some(code::HELD_OUT));
            withheld.map(|it| it.offer_key.as_str())
        };
        let arm = if holdout.held_out {
            withheld()
        } else {
            let first = decision.offers.first();
            first.map(|offer| offer.offer_key.as_str())
        };
        // Where only somebody with more authority could offer it, nothing is offered either way.
        arm.map_or(certain, |arm| Self {
            arm,
            held_out_share: holdout.share.fraction(),
        })
    }

    /// With which probability a call was offered what it was.
    fn propensity(&self, decision: &Decision) -> f64 {
        let held_out = decision.holdout.as_ref().is_some_and(|it| it.held_out);
        if self.held_out_share > 0.0 && held_out {
            return self.held_out_share;
        }
        (1.0 - self.held_out_share) * decision.propensity
    }
}

/// The number of a name, from zero in the order in which they come; those beyond `most` share one.
fn number(known: &mut BTreeMap<String, usize>, name: String, most: usize) -> usize {
    let next = known.len();
    if next >= most {
        return known.get(&name).copied().unwrap_or(most);
    }
    *known.entry(name).or_insert(next)
}
