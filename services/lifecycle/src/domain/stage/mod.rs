//! The stages and the ordered rules that give them. The first rule that holds gives the stage; the
//! others that hold are told beside it.

pub(super) mod at_risk;
pub(super) mod hysteresis;
pub mod memory;
pub(super) mod subject;
pub mod transition;
pub(super) mod trend;

use std::fmt;

use kernel::time::Timestamp;

use crate::domain::facts::Standing;
use crate::domain::rules::LineRules;
use subject::Subject;

/// Where a customer stands in their life with the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Signed up, nothing used or billed yet.
    Acquired,
    /// In the early days.
    Onboarding,
    /// Settled.
    Established,
    /// With the company for long.
    LongTerm,
    /// Buying clearly more than before.
    Growing,
    /// An incident is open, or was until just now.
    FirstDisagreement,
    /// Likely to leave.
    AtRisk,
    /// About to end.
    Leaving,
    /// Silent for longer than is usual.
    Lapsed,
    /// Gone.
    Lost,
    /// Back after having been gone.
    Phoenix,
}

impl Stage {
    /// The order in which the rules are tried: going and gone, then trouble, then tenure.
    pub const PRECEDENCE: [Self; 11] = [
        Self::Leaving,
        Self::Lost,
        Self::Lapsed,
        Self::Phoenix,
        Self::FirstDisagreement,
        Self::AtRisk,
        Self::Acquired,
        Self::Onboarding,
        Self::LongTerm,
        Self::Growing,
        Self::Established,
    ];

    /// Returns the key under which the stage is stored and shown.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Onboarding => "onboarding",
            Self::Established => "established",
            Self::LongTerm => "long_term",
            Self::Growing => "growing",
            Self::FirstDisagreement => "first_disagreement",
            Self::AtRisk => "at_risk",
            Self::Leaving => "leaving",
            Self::Lapsed => "lapsed",
            Self::Lost => "lost",
            Self::Phoenix => "phoenix",
        }
    }

    /// Finds the stage of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::PRECEDENCE
            .into_iter()
            .find(|stage| stage.key() == key)
    }
}

/// One observation that a stage rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The fact.
    pub fact: &'static str,
    /// Its value.
    pub value: Measure,
    /// What it was compared with.
    pub threshold: Option<Measure>,
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A count, of days for example.
    Count(u32),
    /// A share of one.
    Share(f64),
    /// An instant.
    Time(Timestamp),
    /// A name or key.
    Text(String),
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(formatter),
            Self::Share(share) => write!(formatter, "{share:.4}"),
            Self::Time(time) => time.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl Evidence {
    pub(super) fn plain(fact: &'static str, value: Measure) -> Self {
        Self {
            fact,
            value,
            threshold: None,
        }
    }

    pub(super) fn count(fact: &'static str, value: u32, threshold: u32) -> Self {
        Self {
            fact,
            value: Measure::Count(value),
            threshold: Some(Measure::Count(threshold)),
        }
    }
}

/// A rule that holds, and what it saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule, for example `long_term.tenure`.
    pub rule: &'static str,
    /// What it saw.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    pub(super) fn new(rule: &'static str, evidence: Evidence) -> Self {
        Self {
            rule,
            evidence: vec![evidence],
        }
    }
}

/// The one stage with its reason, and the others whose rules hold too.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// The stage.
    pub stage: Stage,
    /// The rule that gave it.
    pub finding: Finding,
    /// The others, most severe first.
    pub further: Vec<Stage>,
}

/// Signed up and nothing used counts for this long; afterwards silence is no longer a beginning.
const ACTIVATION_DAYS: u32 = 30;

/// Tries the rules in their order.
pub(super) fn classify(subject: &Subject, rules: &LineRules) -> Classification {
    let mut found = None;
    let mut further = Vec::new();
    for stage in Stage::PRECEDENCE {
        // "Settled" means that nothing else is to be said.
        if stage == Stage::Established && found.is_some() {
            break;
        }
        let Some(finding) = find(stage, subject, rules) else {
            continue;
        };
        match found {
            None => found = Some((stage, finding)),
            Some(_) => further.push(stage),
        }
    }
    let (stage, finding) = found.unwrap_or_else(|| (Stage::Established, otherwise(subject)));
    Classification {
        stage,
        finding,
        further,
    }
}

/// Tries the rules in their order and keeps the first stage only.
pub(super) fn first(subject: &Subject, rules: &LineRules) -> Stage {
    Stage::PRECEDENCE
        .into_iter()
        .find(|stage| find(*stage, subject, rules).is_some())
        .unwrap_or(Stage::Established)
}

pub(super) fn find(stage: Stage, subject: &Subject, rules: &LineRules) -> Option<Finding> {
    if stage == Stage::FirstDisagreement {
        return subject.disagreement.clone();
    }
    match subject.standing {
        Standing::NotStarted => (stage == Stage::Acquired).then(|| not_started(subject)),
        Standing::Ended => (stage == Stage::Lost).then(|| ended(subject)),
        Standing::Live => find_live(stage, subject, rules),
    }
}

fn find_live(stage: Stage, subject: &Subject, rules: &LineRules) -> Option<Finding> {
    let silent = subject.silence_days.unwrap_or(0);
    let is_lost = subject.silence_days.is_some() && silent >= rules.lost_after_days;
    match stage {
        Stage::Leaving => subject.leaving.clone(),
        Stage::Lost => is_lost.then(|| silence("lost.hiatus", silent, rules.lost_after_days)),
        // Whoever is gone by silence is in no other stage of a live customer.
        _ if is_lost => None,
        Stage::Lapsed => {
            let is_lapsed = subject.silence_days.is_some() && silent >= rules.lapsed_after_days;
            is_lapsed.then(|| silence("lapsed.hiatus", silent, rules.lapsed_after_days))
        }
        Stage::Phoenix => phoenix(subject, rules),
        Stage::AtRisk => at_risk(subject),
        Stage::Acquired => acquired(subject, rules),
        Stage::Onboarding => onboarding(subject, rules),
        Stage::LongTerm => (subject.tenure_days >= rules.long_term_days)
            .then(|| tenure("long_term.tenure", subject, rules.long_term_days)),
        Stage::Growing => subject.growth.clone(),
        Stage::Established => Some(otherwise(subject)),
        Stage::FirstDisagreement => subject.disagreement.clone(),
    }
}

fn tenure(rule: &'static str, subject: &Subject, threshold_days: u32) -> Finding {
    let evidence = Evidence::count("tenure_days", subject.tenure_days, threshold_days);
    Finding::new(rule, evidence)
}

fn silence(rule: &'static str, silent_days: u32, threshold_days: u32) -> Finding {
    let evidence = Evidence::count("silent_days", silent_days, threshold_days);
    Finding::new(rule, evidence)
}

fn not_started(subject: &Subject) -> Finding {
    match subject.start_time {
        Some(start) => Finding::new(
            "acquired.not_started",
            Evidence::plain("subscription.start_time", Measure::Time(start)),
        ),
        None => Finding::new(
            "acquired.no_subscription",
            Evidence::count("subscription.started_count", 0, 1),
        ),
    }
}

fn ended(subject: &Subject) -> Finding {
    let evidence = match subject.end_time {
        Some(end) => Evidence::plain("service_end_time", Measure::Time(end)),
        None => Evidence::plain("subscription.state", Measure::Text("ended".to_owned())),
    };
    Finding::new("lost.ended", evidence)
}

fn otherwise(subject: &Subject) -> Finding {
    let evidence = Evidence::plain("tenure_days", Measure::Count(subject.tenure_days));
    Finding::new("established.otherwise", evidence)
}

fn phoenix(subject: &Subject, rules: &LineRules) -> Option<Finding> {
    let back_days = subject.back_days?;
    (back_days < rules.phoenix_days).then(|| {
        let evidence = Evidence::count("days_since_return", back_days, rules.phoenix_days);
        Finding::new("phoenix.return", evidence)
    })
}

fn at_risk(subject: &Subject) -> Option<Finding> {
    let by_risk = subject.risk.as_ref().filter(|risk| risk.is_high());
    let Some(risk) = by_risk else {
        return subject.failing_payments.clone();
    };
    // At risk still, though it would not be so anew: compared with where it ends.
    let (rule, threshold) = if risk.probability >= risk.threshold {
        ("at_risk.churn_risk", risk.threshold)
    } else {
        ("at_risk.not_calm_yet", risk.exit_threshold)
    };
    Some(Finding {
        rule,
        evidence: vec![
            Evidence {
                fact: "churn_risk.probability",
                value: Measure::Share(risk.probability),
                threshold: Some(Measure::Share(threshold)),
            },
            Evidence::plain("churn_risk.base_rate", Measure::Share(risk.base_rate)),
        ],
    })
}

fn is_unused(subject: &Subject, rules: &LineRules) -> bool {
    !subject.used && subject.tenure_days < rules.early_days.min(ACTIVATION_DAYS)
}

fn acquired(subject: &Subject, rules: &LineRules) -> Option<Finding> {
    is_unused(subject, rules).then(|| {
        let mut finding = tenure(
            "acquired.nothing_used",
            subject,
            rules.early_days.min(ACTIVATION_DAYS),
        );
        let use_count = Evidence::count("use_and_payment_count", 0, 1);
        finding.evidence.push(use_count);
        finding
    })
}

fn onboarding(subject: &Subject, rules: &LineRules) -> Option<Finding> {
    let is_early = subject.tenure_days < rules.early_days;
    (is_early && !is_unused(subject, rules))
        .then(|| tenure("onboarding.early_days", subject, rules.early_days))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
