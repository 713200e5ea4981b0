//! Keeps stages from flickering. Being at risk begins at one threshold of churn risk and ends below
//! a lower one, seen on two days; and a stage that rests on estimates lasts some days at least.
//!
//! What facts say is told at once: leaving, lost, lapsed, back again, an open incident, payments
//! that fail. A stage whose facts are gone ends at once as well, since it would say what is not so.
//! Where other rules or another model are in use than at the last scoring, the first stage that
//! these give counts from then on: whoever publishes rules wants to see them work.
//!
//! Everything is idempotent: classified again at the same time with the new memory, a customer gets
//! the same stage and the same memory, so that a reader between two scorings sees what is stored.

use kernel::time::Timestamp;

use super::memory::StageMemory;
use super::subject::{FAILED_PAYMENTS, Subject};
use super::{Classification, Evidence, Finding, Stage, find};
use crate::domain::clock_days::days_between;
use crate::domain::facts::Standing;
use crate::domain::rules::LineRules;

/// Which versions a stage is given by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Versions {
    pub(in crate::domain) rules: u64,
    pub(in crate::domain) activation: u64,
}

/// A classification and since when it holds.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Settled {
    pub(in crate::domain) classification: Classification,
    pub(in crate::domain) since: Timestamp,
}

/// Decides between what the rules say now and the stage that is remembered.
pub(in crate::domain) fn settle(
    found: Classification,
    subject: &Subject,
    rules: &LineRules,
    memory: Option<&StageMemory>,
    versions: Versions,
    as_of: Timestamp,
) -> Settled {
    let new = |classification| Settled {
        classification,
        since: as_of,
    };
    let Some(memory) = memory else {
        return new(found);
    };
    if memory.stage == found.stage {
        return Settled {
            classification: found,
            since: memory.since,
        };
    }
    let known = Versions {
        rules: memory.rules_version,
        activation: memory.model_activation,
    };
    let may_hold = subject.standing == Standing::Live && known == versions && !is_fact(&found);
    let Some(finding) = may_hold
        .then(|| held(subject, rules, memory, as_of))
        .flatten()
    else {
        return new(found);
    };
    Settled {
        classification: keep(memory.stage, finding, found),
        since: memory.since,
    }
}

/// Tells whether a stage says what has happened, not what is expected.
fn is_fact(found: &Classification) -> bool {
    matches!(
        found.stage,
        Stage::Leaving | Stage::Lost | Stage::Lapsed | Stage::Phoenix | Stage::FirstDisagreement
    ) || found.finding.rule == FAILED_PAYMENTS
}

/// Finds why the remembered stage still holds: by its rule, or by the days it has to last.
fn held(
    subject: &Subject,
    rules: &LineRules,
    memory: &StageMemory,
    as_of: Timestamp,
) -> Option<Finding> {
    let days = days_between(memory.since, as_of).max(0);
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    if days >= rules.stage_dwell_days {
        return None;
    }
    let rule = match memory.stage {
        Stage::AtRisk => "at_risk.dwell",
        Stage::Growing => "growing.dwell",
        stage => return find(stage, subject, rules),
    };
    let dwell = || {
        Finding::new(
            rule,
            Evidence::count("stage.days", days, rules.stage_dwell_days),
        )
    };
    Some(find(memory.stage, subject, rules).unwrap_or_else(dwell))
}

fn keep(stage: Stage, finding: Finding, found: Classification) -> Classification {
    // Sorted as the rules are tried: what was found first is the most severe of the others.
    let further = std::iter::once(found.stage)
        .chain(found.further)
        .filter(|other| *other != stage && *other != Stage::Established);
    Classification {
        stage,
        finding,
        further: further.collect(),
    }
}

#[cfg(test)]
#[path = "hysteresis_tests.rs"]
mod tests;
