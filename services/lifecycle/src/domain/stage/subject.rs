//! What the rules of the stages look at: one subscription, or a customer as a whole.

use kernel::time::Timestamp;

use super::at_risk::{AtRisk, RiskThresholds, remember_risk};
use super::memory::{RiskMemory, StageMemory};
use super::trend;
use super::{Evidence, Finding, Measure};
use crate::domain::clock_days::{days_between, days_since};
use crate::domain::facts::{
    ActivityKind, CustomerFacts, Lifetime, Relationship, Standing, State, Subscription,
};
use crate::domain::rules::{LineRules, RuleSet};
use crate::domain::score::{ChurnRisk, Scores};

/// How many failed payments make a customer likely to leave.
const FAILING_PAYMENT_COUNT: u32 = 2;

/// The rule of payments that keep failing.
pub(super) const FAILED_PAYMENTS: &str = "at_risk.failed_payments";

/// The observations that the rules compare with their thresholds.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Subject {
    pub(in crate::domain) standing: Standing,
    pub(super) start_time: Option<Timestamp>,
    pub(super) end_time: Option<Timestamp>,
    pub(in crate::domain) tenure_days: u32,
    pub(super) leaving: Option<Finding>,
    pub(super) silence_days: Option<u32>,
    pub(super) back_days: Option<u32>,
    pub(super) disagreement: Option<Finding>,
    pub(in crate::domain) risk: Option<RiskView>,
    pub(super) failing_payments: Option<Finding>,
    pub(super) used: bool,
    pub(super) growth: Option<Finding>,
}

/// Churn risk beside the thresholds of its line.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct RiskView {
    pub(super) probability: f64,
    pub(super) base_rate: f64,
    pub(super) threshold: f64,
    pub(super) exit_threshold: f64,
    /// At risk, by what is remembered too.
    pub(in crate::domain) at_risk: Option<AtRisk>,
}

impl RiskView {
    fn new(
        risk: &ChurnRisk,
        rules: &LineRules,
        before: Option<&RiskMemory>,
        as_of: Timestamp,
    ) -> Self {
        let times = |percent: u32| risk.base_rate * f64::from(percent) / 100.0;
        let thresholds = RiskThresholds {
            entry: times(rules.at_risk_times_base_rate_percent),
            exit: times(rules.at_risk_exit_times_base_rate_percent),
        };
        Self {
            probability: risk.probability,
            base_rate: risk.base_rate,
            threshold: thresholds.entry,
            exit_threshold: thresholds.exit,
            at_risk: remember_risk(risk.probability, thresholds, before, as_of),
        }
    }

    pub(super) fn is_high(&self) -> bool {
        self.at_risk.is_some()
    }

    fn excess(&self) -> f64 {
        self.probability / self.threshold.max(f64::MIN_POSITIVE)
    }
}

/// What is the same for every subject of one customer.
#[derive(Debug)]
pub(in crate::domain) struct Surroundings<'a> {
    pub(super) facts: &'a CustomerFacts,
    pub(in crate::domain) rules: &'a RuleSet,
    pub(super) as_of: Timestamp,
    memory: Option<&'a StageMemory>,
    last_sign: Option<Timestamp>,
}

impl<'a> Surroundings<'a> {
    pub(in crate::domain) fn new(
        facts: &'a CustomerFacts,
        rules: &'a RuleSet,
        memory: Option<&'a StageMemory>,
        as_of: Timestamp,
    ) -> Self {
        Self {
            facts,
            rules,
            as_of,
            memory,
            last_sign: facts.last_sign_of_life(as_of),
        }
    }

    pub(in crate::domain) fn rules_of(&self, subscription: &Subscription) -> &'a LineRules {
        self.rules.of_line(&subscription.business_line)
    }

    /// Looks at one subscription.
    pub(in crate::domain) fn subscription(
        &self,
        subscription: &Subscription,
        scores: &Scores,
    ) -> Subject {
        let rules = self.rules_of(subscription);
        let end_time = subscription.service_end_time;
        let is_buyer = subscription.relationship == Relationship::NonContractual;
        let risk = scores.churn_risk.as_ref();
        let before = self
            .memory
            .and_then(|memory| memory.risk_of(&subscription.subscription_id));
        Subject {
            standing: subscription.standing(self.as_of),
            start_time: subscription.start_time,
            end_time,
            tenure_days: self.tenure_days(subscription.start_time, end_time),
            leaving: self.leaving(subscription),
            silence_days: is_buyer.then(|| self.silence_days(subscription)),
            back_days: self.back_days(rules),
            disagreement: self.disagreement(Some(subscription), rules),
            risk: risk.map(|risk| RiskView::new(risk, rules, before, self.as_of)),
            failing_payments: self.failing_payments(rules),
            used: self.last_sign.is_some(),
            growth: None,
        }
    }

    /// Looks at the customer as a whole, through the subjects of the subscriptions.
    pub(in crate::domain) fn customer(&self, rules: &LineRules, subjects: &[Subject]) -> Subject {
        let lifetime = self.current_lifetime();
        let standing = self.standing(subjects);
        let start_time = match lifetime {
            Some(lifetime) => lifetime.start_time,
            None => span(subjects, standing, |subject| subject.start_time).min(),
        };
        let end_time = match lifetime.and_then(|lifetime| lifetime.end_time) {
            Some(end) => Some(end),
            None if standing == Standing::Ended => {
                span(subjects, standing, |subject| subject.end_time).max()
            }
            None => None,
        };
        let live = || {
            let is_live = |subject: &&Subject| subject.standing == Standing::Live;
            subjects.iter().filter(is_live)
        };
        // Any subscription that is kept by contract outweighs the silence of the others.
        let silences = live().map(|subject| subject.silence_days);
        let silence_days = silences.min().flatten();
        Subject {
            standing,
            start_time,
            end_time,
            tenure_days: self.tenure_days(start_time, end_time),
            leaving: live().find_map(|subject| subject.leaving.clone()),
            silence_days,
            back_days: self.back_days(rules),
            disagreement: self.disagreement(None, rules),
            risk: live()
                .filter_map(|subject| subject.risk.clone())
                .max_by(|left, right| {
                    let by_excess = left.excess().total_cmp(&right.excess());
                    left.is_high().cmp(&right.is_high()).then(by_excess)
                }),
            failing_payments: self.failing_payments(rules),
            used: self.last_sign.is_some(),
            growth: trend::growth(self.facts, self.as_of),
        }
    }

    fn standing(&self, subjects: &[Subject]) -> Standing {
        let stands = |wanted| subjects.iter().any(|subject| subject.standing == wanted);
        let had_lifetime = !self.facts.lifetimes.is_empty();
        if stands(Standing::Live) {
            Standing::Live
        } else if stands(Standing::NotStarted) {
            Standing::NotStarted
        } else if stands(Standing::Ended) || had_lifetime {
            Standing::Ended
        } else {
            Standing::NotStarted
        }
    }

    fn current_lifetime(&self) -> Option<&'a Lifetime> {
        let begun = |lifetime: &&Lifetime| {
            let start = lifetime.start_time;
            start.is_some_and(|start| start <= self.as_of)
        };
        self.facts.lifetimes.iter().rev().find(begun)
    }

    fn tenure_days(&self, start: Option<Timestamp>, end: Option<Timestamp>) -> u32 {
        let until = end.map_or(self.as_of, |end| end.min(self.as_of));
        start.map_or(0, |start| days_since(start, until))
    }

    fn leaving(&self, subscription: &Subscription) -> Option<Finding> {
        let rules = self.rules_of(subscription);
        let id = Evidence::plain(
            "subscription.id",
            Measure::Text(subscription.subscription_id.clone()),
        );
        let mut finding = self
            .end_set(subscription, rules)
            .or_else(|| self.commitment_ends(subscription, rules))?;
        finding.evidence.push(id);
        Some(finding)
    }

    /// An end that lies ahead. What has ended by now was announced at an unknown time, so that of a
    /// look back only the notice time counts. Living on elsewhere is no leaving.
    fn end_set(&self, subscription: &Subscription, rules: &LineRules) -> Option<Finding> {
        if subscription.lives_on {
            return None;
        }
        let Some(end) = subscription.service_end_time else {
            let asked = subscription.state == State::CancelPending;
            let state = Measure::Text("cancel_pending".to_owned());
            return asked.then(|| {
                Finding::new(
                    "leaving.cancel_pending",
                    Evidence::plain("subscription.state", state),
                )
            });
        };
        let is_near = self.is_within(end, rules.notice_days);
        let is_ahead = end > self.as_of && (subscription.state != State::Ended || is_near);
        is_ahead.then(|| {
            let evidence = Evidence::plain("subscription.service_end_time", Measure::Time(end));
            Finding::new("leaving.end_set", evidence)
        })
    }

    fn commitment_ends(&self, subscription: &Subscription, rules: &LineRules) -> Option<Finding> {
        let end = subscription.commitment_end_time?;
        (end > self.as_of && self.is_within(end, rules.notice_days)).then(|| {
            let days = days_since(self.as_of, end);
            let evidence = Evidence::count(
                "subscription.days_to_commitment_end",
                days,
                rules.notice_days,
            );
            Finding::new("leaving.commitment_end", evidence)
        })
    }

    /// Tells whether an instant comes within some days from now.
    fn is_within(&self, time: Timestamp, days: u32) -> bool {
        days_between(time, self.as_of) >= -i64::from(days)
    }

    fn silence_days(&self, subscription: &Subscription) -> u32 {
        let since = self.last_sign.max(subscription.start_time);
        since.map_or(0, |since| days_since(since, self.as_of))
    }

    fn back_days(&self, rules: &LineRules) -> Option<u32> {
        let back = trend::returned(self.facts, rules.lost_after_days, self.as_of)?;
        Some(days_since(back, self.as_of))
    }

    /// An open incident, or one resolved within the calm time, of a subscription or of any.
    fn disagreement(&self, of: Option<&Subscription>, rules: &LineRules) -> Option<Finding> {
        let open = self.facts.open_incidents.iter().filter(|incident| {
            let has_begun = incident.open_time.is_none_or(|open| open <= self.as_of);
            let everywhere = incident.subscription_id.is_empty();
            let here = of.is_none_or(|of| of.subscription_id == incident.subscription_id);
            has_begun && (everywhere || here)
        });
        let open_count = u32::try_from(open.count()).unwrap_or(u32::MAX);
        if open_count > 0 {
            let evidence = Evidence::count("incident.open_count", open_count, 1);
            return Some(Finding::new("first_disagreement.open", evidence));
        }
        let resolved = self.facts.last_incident_resolve_time?;
        let calm = days_between(resolved, self.as_of);
        let days = u32::try_from(calm).ok()?;
        (days < rules.calm_days).then(|| {
            let evidence = Evidence::count("incident.calm_days", days, rules.calm_days);
            Finding::new("first_disagreement.not_calm_yet", evidence)
        })
    }

    /// Repeated failure to pay: twice or more on record, the last within the horizon of risk, and
    /// no payment since.
    fn failing_payments(&self, rules: &LineRules) -> Option<Finding> {
        let failures = self.facts.activity(ActivityKind::PaymentFailed)?;
        let last = failures.last_time.filter(|last| *last <= self.as_of)?;
        let paid = self.facts.activity(ActivityKind::Payment);
        let paid_since = paid
            .and_then(|paid| paid.last_time)
            .is_some_and(|paid| paid > last && paid <= self.as_of);
        let is_recent = days_since(last, self.as_of) < rules.risk_horizon_days;
        let holds = failures.count >= FAILING_PAYMENT_COUNT && is_recent && !paid_since;
        holds.then(|| {
            let evidence = Evidence::count(
                "payment_failed_count",
                failures.count,
                FAILING_PAYMENT_COUNT,
            );
            Finding::new(FAILED_PAYMENTS, evidence)
        })
    }
}

fn span(
    subjects: &[Subject],
    standing: Standing,
    time: impl Fn(&Subject) -> Option<Timestamp>,
) -> impl Iterator<Item = Timestamp> {
    subjects
        .iter()
        .filter(move |subject| subject.standing == standing)
        .filter_map(time)
}

/// Somebody of whom no rule says anything but that they are there.
#[cfg(test)]
pub(super) fn subject() -> Subject {
    Subject {
        standing: Standing::Live,
        start_time: None,
        end_time: None,
        tenure_days: 400,
        leaving: None,
        silence_days: None,
        back_days: None,
        disagreement: None,
        risk: None,
        failing_payments: None,
        used: true,
        growth: None,
    }
}
