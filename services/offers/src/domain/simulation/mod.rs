//! Simulation: what past calls would have got under a draft of the catalogue or the policy.
//!
//! Each recorded decision is decided again on what it rested on, first with the versions of then, to
//! see that the record still speaks for this program, and then with the draft; the two answers are
//! compared and counted. Nothing is kept of a call but counts, sums and a few examples, so that a
//! million of them take no more room than a hundred.
//!
//! What the draft would have led to later is not played on: histories, and budgets that were used
//! up, are those of then.

mod breach;
mod change;
mod counts;
mod example;
mod gain;
mod logged;
mod segment;
mod spending;

use std::sync::Arc;

use kernel::id::OfferKey;

use super::budget::{Barred, Budget, BudgetKey, Budgets, Standing};
use super::catalogue::Catalogue;
use super::decision::{Decision, Inputs, NO_OFFER, Record, decide};
use super::policy::PolicySet;
use super::posterior::{LearnedVersion, Posterior};
use super::verdict::VerdictKind;

pub use breach::{Check, checks};
pub use change::{Change, Favour};
pub use counts::{BeforeAfter, Counts};
pub use example::{EXAMPLES_OF_EACH, Example, Examples};
pub use gain::{Gain, Gains};
pub use logged::{Judged, Outcomes};
pub use segment::{Fortune, SegmentKind, Segments};
pub use spending::{BudgetSpending, MOST_WINDOWS, Spending, Spendings, Spent, WindowSpending};

/// The most pairs of offers, or of offers and reasons, that are told apart.
const MOST_PAIRS: usize = 2_000;
/// The most codes that are told apart.
const MOST_CODES: usize = 200;

/// The draft has no such offer.
const NOT_IN_CATALOGUE: &str = "NOT_IN_CATALOGUE";
/// The draft does not make the offer on the occasion of the call.
const NOT_ON_THIS_OCCASION: &str = "NOT_ON_THIS_OCCASION";

/// What is tried: a catalogue and a policy, one or both of them not published.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The offers and reasons.
    pub catalogue: Arc<Catalogue>,
    /// What may be said.
    pub policy: Arc<PolicySet>,
    /// The budgets that there are.
    pub budgets: Vec<Budget>,
}

/// The versions that a call was decided with, made ready for comparing.
#[derive(Debug)]
pub struct Then {
    catalogue: Arc<Catalogue>,
    policy: Arc<PolicySet>,
    /// The same offers, as the draft believes of them.
    believed: Catalogue,
    /// The budgets that only the draft names.
    newly_named: Vec<BudgetKey>,
    /// What was learnt by then, for its catalogue and for that of the draft.
    learned: Option<Posterior>,
    learned_by_draft: Option<Posterior>,
}

impl Then {
    /// Makes versions ready.
    pub fn new(catalogue: Arc<Catalogue>, policy: Arc<PolicySet>, draft: &Draft) -> Self {
        let named = draft.catalogue.budgets().iter();
        let newly_named = named.filter(|key| !catalogue.budgets().contains(key));
        Self {
            believed: gain::believed(&catalogue, &draft.catalogue),
            newly_named: newly_named.cloned().collect(),
            catalogue,
            policy,
            learned: None,
            learned_by_draft: None,
        }
    }

    /// Adds what was learnt by then: the draft is tried with the same.
    #[must_use]
    pub fn with_learned(self, learned: &LearnedVersion, draft: &Draft) -> Self {
        Self {
            learned: Posterior::new(&self.catalogue, learned),
            learned_by_draft: Posterior::new(&draft.catalogue, learned),
            ..self
        }
    }
}

/// What a draft would have done, call by call added up.
#[derive(Debug)]
pub struct Simulation {
    draft: Draft,
    standings: Budgets,
    report: Report,
}

/// What a draft would have done.
#[derive(Debug)]
pub struct Report {
    /// The decisions that were read.
    pub read: u64,
    /// Those that were compared.
    pub compared: u64,
    /// Those that come out otherwise when they are decided again with the versions of then. They
    /// were made by another program and are not compared.
    pub replay_differs: u64,
    /// Those that somebody with authority made against the ranking: no draft changes these.
    pub overridden: u64,
    /// Those whose record or versions cannot be read.
    pub unreadable: u64,
    /// What became of the answers.
    pub changes: [(Change, u64); 5],
    /// How often each offer is handed out.
    pub offers: Counts<String>,
    /// What was offered first and what would be, as pairs.
    pub matrix: Counts<(String, String), u64>,
    /// Why there is no offer.
    pub let_go: Counts<String>,
    /// What keeps single offers from calls.
    pub obstacles: Counts<String>,
    /// What newly keeps an offer from a call, by offer.
    pub newly_failing: Counts<(String, String), Failing>,
    /// What no answer should be.
    pub checks: Counts<Check>,
    /// What the answers are worth.
    pub gains: Gains,
    /// What budgets spend.
    pub spendings: Spendings,
    /// Who wins and who loses.
    pub segments: Segments,
    /// Those who have been here for long, and all others.
    pub long_standing: [Fortune; 2],
    /// What came of the calls.
    pub outcomes: Outcomes,
    /// A few of the calls.
    pub examples: Examples,
}

/// What newly keeps an offer from calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    /// How many calls.
    pub calls: u64,
    /// In how many of them it was handed out before.
    pub handed_out: u64,
}

impl Simulation {
    /// Begins.
    pub fn of(draft: Draft) -> Self {
        // What is used of budgets by now says nothing about then.
        let standings = draft.budgets.iter().map(|budget| {
            let standing = Standing {
                currency: budget.currency,
                fixed: budget.fixed,
                has_room: true,
            };
            (budget.key.clone(), standing)
        });
        Self {
            standings: Budgets::new(standings),
            report: Report::default(),
            draft,
        }
    }

    /// What is tried.
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Ends, with the budgets that there are.
    pub fn finish(self) -> (Report, Vec<Budget>) {
        (self.report, self.draft.budgets)
    }

    /// Takes note of a decision that cannot be read, or whose versions cannot.
    pub const fn skip(&mut self) {
        self.report.read += 1;
        self.report.unreadable += 1;
    }

    /// Decides a call again, by then and by the draft, and compares; `reward` is what came of the
    /// call, where that is known.
    pub fn observe(&mut self, record: &Record, then: &Then, reward: Option<f64>) {
        self.report.read += 1;
        let again = match &record.decision.overridden {
            Some(_) => {
                let learned = then.learned.as_ref();
                let again = record.replayed(&then.catalogue, &then.policy, learned);
                again.decision
            }
            None => {
                decide(&record.inputs_learned(&then.catalogue, &then.policy, then.learned.as_ref()))
            }
        };
        if again != record.decision {
            self.report.replay_differs += 1;
            let example = Example::of(record, None, &again, String::new());
            self.report.examples.add(example);
            return;
        }
        if record.decision.overridden.is_some() {
            self.report.overridden += 1;
            return;
        }
        let barred = self.barred(record, then);
        let inputs = Inputs {
            barred: &barred,
            ..record.inputs_learned(
                &self.draft.catalogue,
                &self.draft.policy,
                then.learned_by_draft.as_ref(),
            )
        };
        let after = decide(&inputs);
        let budgets = &self.draft.budgets;
        self.report.compare(record, then, &inputs, &after, budgets);
        if let Some(reward) = reward {
            self.judge(record, &after, reward);
        }
    }

    /// Takes in what came of a call that is offered `after` by the draft.
    pub(in crate::domain) fn judge(&mut self, record: &Record, after: &Decision, reward: f64) {
        self.report.outcomes.add(record, after, reward);
    }

    /// What could not pay then, and what could never pay of the budgets that only the draft names.
    fn barred(&self, record: &Record, then: &Then) -> Vec<Barred> {
        let mut barred = record.barred.clone();
        let needed = then.newly_named.iter();
        let currency = gain::currency(record);
        let fresh = self
            .standings
            .barred(needed, currency, record.decided_at, &[]);
        barred.extend(fresh);
        barred
    }
}

impl Default for Report {
    fn default() -> Self {
        let none = |change| (change, 0);
        Self {
            read: 0,
            compared: 0,
            replay_differs: 0,
            overridden: 0,
            unreadable: 0,
            changes: [
                none(Change::Same),
                none(Change::OtherTerms),
                none(Change::OtherOffers),
                none(Change::NewlyOffered),
                none(Change::NoLongerOffered),
            ],
            offers: Counts::at_most(MOST_PAIRS),
            matrix: Counts::at_most(MOST_PAIRS),
            let_go: Counts::at_most(MOST_CODES),
            obstacles: Counts::at_most(MOST_CODES),
            newly_failing: Counts::at_most(MOST_PAIRS),
            checks: Counts::at_most(MOST_CODES),
            gains: Gains::default(),
            spendings: Spendings::default(),
            segments: Segments::default(),
            long_standing: [Fortune::default(); 2],
            outcomes: Outcomes::default(),
            examples: Examples::default(),
        }
    }
}

impl Report {
    fn compare(
        &mut self,
        record: &Record,
        then: &Then,
        inputs: &Inputs<'_>,
        after: &Decision,
        budgets: &[Budget],
    ) {
        let before = &record.decision;
        let change = Change::between(before, after);
        let favour = Favour::between(before, after);
        self.compared += 1;
        for (kind, count) in &mut self.changes {
            *count += u64::from(*kind == change);
        }
        let arm = |decision: &Decision| {
            let first = decision.offers.first();
            first
                .map_or(NO_OFFER, |offer| offer.offer_key.as_str())
                .to_owned()
        };
        *self.matrix.of(&(arm(before), arm(after))) += 1;
        self.count(before, |count| &mut count.before);
        self.count(after, |count| &mut count.after);
        self.fail_newly(inputs, before, after);
        let was = record.inputs(&then.catalogue, &then.policy);
        for check in breach::checks(&was, before) {
            self.checks.of(&check).before += 1;
        }
        for check in breach::checks(inputs, after) {
            self.checks.of(&check).after += 1;
        }
        let same = change == Change::Same;
        self.gains.add(record, then, after, same);
        let believed = record.inputs(&then.believed, &then.policy);
        self.spendings.add_before(budgets, &believed, before);
        self.spendings.add_after(budgets, inputs, after);
        self.segments.add(record, change, favour);
        if let Some(customer) = inputs.customer {
            let is_new = !breach::is_long_standing(customer, inputs.now);
            self.long_standing[usize::from(is_new)].add(change, favour);
        }
        if !same {
            let because = because(inputs, before, after);
            let example = Example::of(record, Some(change), after, because);
            self.examples.add(example);
        }
    }

    fn count(&mut self, decision: &Decision, side: fn(&mut BeforeAfter) -> &mut u64) {
        for offer in &decision.offers {
            *side(self.offers.of(offer.offer_key.as_str())) += 1;
        }
        if let Some(why) = decision.let_go.first() {
            *side(self.let_go.of(&*why.code)) += 1;
        }
        for code in decision.verdicts.iter().filter_map(|it| it.code.as_deref()) {
            *side(self.obstacles.of(code)) += 1;
        }
    }

    /// Of each offer that qualified, or was handed out, why it does not or is not any more.
    fn fail_newly(&mut self, inputs: &Inputs<'_>, before: &Decision, after: &Decision) {
        for was in &before.verdicts {
            let handed_out = was.kind() == VerdictKind::Chosen;
            if was.kind() == VerdictKind::Disqualified {
                continue;
            }
            let Some(code) = why_not(inputs, after, &was.offer_key, handed_out) else {
                continue;
            };
            let key = (was.offer_key.to_string(), code);
            let failing = self.newly_failing.of(&key);
            failing.calls += 1;
            failing.handed_out += u64::from(handed_out);
        }
    }
}

/// Why an offer is not among those that qualify, or not among those that are handed out.
fn why_not(
    inputs: &Inputs<'_>,
    after: &Decision,
    key: &OfferKey,
    handed_out: bool,
) -> Option<String> {
    let verdict = after.verdicts.iter().find(|is| is.offer_key == *key);
    if let Some(is) = verdict {
        let stands = handed_out || is.kind() == VerdictKind::Disqualified;
        return is.code.as_ref().filter(|_| stands).map(ToString::to_string);
    }
    if inputs.catalogue.offer(key).is_none() {
        return Some(NOT_IN_CATALOGUE.to_owned());
    }
    // Where nothing was looked at, the call was let go as a whole.
    let why = after.let_go.first().filter(|_| after.verdicts.is_empty());
    Some(why.map_or_else(
        || NOT_ON_THIS_OCCASION.to_owned(),
        |why| why.code.to_string(),
    ))
}

/// Why the offer that was made first is not made any more.
fn because(inputs: &Inputs<'_>, before: &Decision, after: &Decision) -> String {
    let first = before.offers.first();
    first
        .and_then(|first| why_not(inputs, after, &first.offer_key, true))
        .unwrap_or_default()
}
