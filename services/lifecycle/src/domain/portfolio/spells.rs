//! The continuous relationships of a customer as figures count them: recorded ones, and of those who
//! buy without a contract what silence makes of their purchases.

use kernel::time::Timestamp;

use crate::domain::clock_days::{day_number, start_of_day};
use crate::domain::facts::{CustomerFacts, EndCause, Lifetime, Relationship};
use crate::domain::rules::RuleSet;

/// The category of reasons that nobody could have changed.
const STRUCTURAL: &str = "structural";

/// Why somebody left. Each ending is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// They wanted to.
    Voluntary,
    /// A payment failed, or the provider ended it.
    Involuntary,
    /// Life changed: a move, a need that ended.
    Structural,
    /// They died.
    Death,
    /// Nobody said anything: lost by silence.
    Silent,
}

/// One continuous relationship.
#[derive(Clone, Debug, PartialEq)]
pub struct Spell {
    /// When it began.
    pub start: Timestamp,
    /// When it ended, by now.
    pub end: Option<Ending>,
}

/// How a relationship ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// When.
    pub time: Timestamp,
    /// Why; nothing where it lives on elsewhere, which is no leaving.
    pub leaving: Option<Leaving>,
    /// The category of what was said; empty when nothing is known.
    pub reason_category: String,
}

impl Spell {
    /// Tells whether it lasted at a time.
    pub fn lasts_at(&self, time: Timestamp) -> bool {
        self.start <= time && self.end.as_ref().is_none_or(|end| end.time > time)
    }

    /// The ending, if somebody left by it.
    pub fn left(&self) -> Option<(&Ending, Leaving)> {
        let end = self.end.as_ref()?;
        Some((end, end.leaving?))
    }
}

/// Lists the relationships that had begun by a time, first to last.
pub fn spells(facts: &CustomerFacts, rules: &RuleSet, as_of: Timestamp) -> Vec<Spell> {
    match silence_of_buyers(facts, rules) {
        Some(lost_after_days) => bought(facts, lost_after_days, as_of),
        None => recorded(facts, as_of),
    }
}

/// After how many silent days somebody is lost who never had a contract; nothing for everybody else.
fn silence_of_buyers(facts: &CustomerFacts, rules: &RuleSet) -> Option<u32> {
    let mut subscriptions = facts.subscriptions.iter();
    let is_buyer = subscriptions.all(|it| it.relationship == Relationship::NonContractual);
    // Who was lost stays lost by the most patient of their lines.
    let lines = facts.subscriptions.iter().map(|it| &it.business_line);
    let days = lines.map(|line| rules.of_line(line).lost_after_days).max();
    days.filter(|_| is_buyer && !facts.purchase_days.is_empty())
}

fn recorded(facts: &CustomerFacts, as_of: Timestamp) -> Vec<Spell> {
    let lifetimes = facts.lifetimes.iter();
    lifetimes
        .filter_map(|lifetime| {
            let start = lifetime.start_time.filter(|start| *start <= as_of)?;
            let end = lifetime.end_time.filter(|end| *end <= as_of);
            Some(Spell {
                start,
                end: end.map(|time| ending(lifetime, time)),
            })
        })
        .collect()
}

fn ending(lifetime: &Lifetime, time: Timestamp) -> Ending {
    let leaving = match lifetime.cause {
        EndCause::Death => Leaving::Death,
        EndCause::Payment | EndCause::Provider => Leaving::Involuntary,
        EndCause::Silence => Leaving::Silent,
        EndCause::Customer | EndCause::NotRenewed if lifetime.reason_category == STRUCTURAL => {
            Leaving::Structural
        }
        EndCause::Customer | EndCause::NotRenewed => Leaving::Voluntary,
    };
    Ending {
        time,
        leaving: (!lifetime.lives_on).then_some(leaving),
        reason_category: lifetime.reason_category.clone(),
    }
}

/// Who is silent for as long as counts as lost has left on the day on which that was so, and is back
/// with the next purchase. A recorded death ends the last one.
fn bought(facts: &CustomerFacts, lost_after_days: u32, as_of: Timestamp) -> Vec<Spell> {
    let patience = i32::try_from(lost_after_days).unwrap_or(i32::MAX);
    let today = day_number(as_of);
    let days = facts.purchase_days.iter().copied();
    let mut spells: Vec<Spell> = Vec::new();
    let mut last: Option<i32> = None;
    for day in days.filter(|day| *day <= today) {
        let lost_on = last.map(|last| last.saturating_add(patience));
        match lost_on.filter(|lost_on| day >= *lost_on) {
            Some(lost_on) => {
                end_silently(&mut spells, lost_on);
                spells.push(begun(day));
            }
            None if last.is_none() => spells.push(begun(day)),
            None => {}
        }
        last = Some(day);
    }
    let lost_on = last.map(|last| last.saturating_add(patience));
    if let Some(lost_on) = lost_on.filter(|lost_on| *lost_on <= today) {
        end_silently(&mut spells, lost_on);
    }
    let died = facts
        .lifetimes
        .last()
        .filter(|it| it.cause == EndCause::Death);
    let died = died.and_then(|lifetime| Some((lifetime, lifetime.end_time?)));
    let open = spells.last_mut().filter(|spell| spell.end.is_none());
    if let (Some(spell), Some((lifetime, time))) = (open, died.filter(|it| it.1 <= as_of)) {
        spell.end = Some(ending(lifetime, time));
    }
    spells
}

fn begun(day: i32) -> Spell {
    Spell {
        start: start_of_day(day),
        end: None,
    }
}

fn end_silently(spells: &mut [Spell], day: i32) {
    if let Some(spell) = spells.last_mut() {
        spell.end = Some(Ending {
            time: start_of_day(day),
            leaving: Some(Leaving::Silent),
            reason_category: String::new(),
        });
    }
}
