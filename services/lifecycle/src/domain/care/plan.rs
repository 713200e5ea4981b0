//! The care plan: one rule for each kind, the channels, and how often customers are contacted at
//! most. Immutable versions.

use std::collections::BTreeMap;

use kernel::money::{BasisPoints, Money};
use kernel::refusal::Violation;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact_cap::ContactCap;
use super::{CareKind, Channel, SENDER};

/// The most caps one plan may have.
const MOST_CAPS: usize = 5;
/// The most days before or after something: ten years.
const MOST_DAYS: u32 = 3_650;
/// The most days a task is good for, and that a cap looks back.
const MOST_WINDOW_DAYS: u32 = 365;
/// The most contacts a cap may allow.
const MOST_CONTACTS: u32 = 100;

/// When one kind of care is due, and how it reaches the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CareRule {
    /// How many days before or after what the kind is about.
    pub days: u32,
    /// For how many days it is good once it is due.
    pub window_days: u32,
    /// The channels, best first; those of the plan when empty.
    pub channels: Vec<Channel>,
    /// What to speak about; may be empty.
    pub theme: String,
    /// Who has to do it.
    pub owner: String,
    /// A check-in: the least that a customer must be worth.
    pub min_value_remaining: Option<Money>,
    /// A check-in: of how many customers nobody asks.
    pub holdout: BasisPoints,
}

/// One version of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct CarePlan {
    /// The version; zero for the plan built in.
    pub version: u64,
    /// When it was published.
    pub publish_time: Option<Timestamp>,
    /// What it says.
    pub content: PlanContent,
}

/// What a plan says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanContent {
    /// The rules by kind.
    pub rules: BTreeMap<CareKind, CareRule>,
    /// The channels where a rule or a task names none, best first.
    pub channels: Vec<Channel>,
    /// How often customers are contacted at most.
    pub contact_caps: Vec<ContactCap>,
    /// The kinds that no cap holds back.
    pub cap_exempt_kinds: Vec<CareKind>,
    /// How much of the lifetimes before counts for anniversaries.
    pub tenure_credit_percent: u32,
}

/// A plan as somebody wrote it: rules in their order, each with its kind.
#[derive(Clone, Debug)]
pub struct PlanDraft {
    /// The rules.
    pub rules: Vec<(CareKind, CareRule)>,
    /// Everything else.
    pub content: PlanContent,
}

impl CareRule {
    /// So many days before or after, good for two weeks, and nothing else.
    pub fn plain(days: u32, owner: &str) -> Self {
        Self {
            days,
            window_days: 14,
            channels: Vec::new(),
            theme: String::new(),
            owner: owner.to_owned(),
            min_value_remaining: None,
            holdout: BasisPoints(0),
        }
    }
}

impl CarePlan {
    /// Returns the plan built in: what contracts and incidents require, and nothing else.
    pub fn built_in() -> Self {
        let rules = [
            (CareKind::FirstInvoice, CareRule::plain(7, SENDER)),
            (CareKind::RecoveryFollowUp, CareRule::plain(1, "recovery")),
            (CareKind::PromiseBroken, CareRule::plain(0, "recovery")),
        ];
        Self {
            version: 0,
            publish_time: None,
            content: PlanContent {
                rules: rules.into(),
                channels: vec![
                    Channel::App,
                    Channel::Email,
                    Channel::Sms,
                    Channel::Phone,
                    Channel::Post,
                ],
                contact_caps: vec![ContactCap {
                    contacts: 4,
                    days: 30,
                }],
                cap_exempt_kinds: vec![CareKind::PromiseBroken, CareKind::ExitStep],
                tenure_credit_percent: 0,
            },
        }
    }
}

impl PlanContent {
    /// Returns the channels of a kind, best first.
    pub fn channels_of(&self, kind: CareKind) -> &[Channel] {
        let rule = self.rules.get(&kind);
        let own = rule.map(|rule| rule.channels.as_slice());
        own.filter(|channels| !channels.is_empty())
            .unwrap_or(&self.channels)
    }

    /// Tells whether no cap holds a kind back.
    pub fn is_exempt(&self, kind: CareKind) -> bool {
        self.cap_exempt_kinds.contains(&kind)
    }
}

/// Checks a plan, and returns what it says or everything that is wrong.
pub fn check(draft: PlanDraft) -> Result<PlanContent, Vec<Violation>> {
    let mut faults = Faults(Vec::new());
    let mut content = draft.content;
    content.rules = BTreeMap::new();
    for (index, (kind, rule)) in draft.rules.into_iter().enumerate() {
        let place = format!("care_plan.rules[{index}]");
        faults.check_rule(&place, kind, &rule);
        if content.rules.insert(kind, rule).is_some() {
            let text = format!("{} has a rule already: keep one", kind.key());
            faults.add(format!("{place}.kind"), "DUPLICATE", text);
        }
    }
    if content.channels.is_empty() {
        let text = "name at least one".to_owned();
        faults.add("care_plan.channels".to_owned(), "REQUIRED", text);
    }
    faults.check_channels("care_plan.channels", &content.channels);
    faults.check_caps(&content.contact_caps);
    faults.check_exempt(&content.cap_exempt_kinds);
    faults.check_between(
        "care_plan.tenure_credit_percent".to_owned(),
        content.tenure_credit_percent,
        (0, 100),
    );
    if faults.0.is_empty() {
        Ok(content)
    } else {
        Err(faults.0)
    }
}

struct Faults(Vec<Violation>);

impl Faults {
    fn add(&mut self, field: String, reason: &'static str, description: String) {
        self.0.push(Violation {
            field,
            description,
            reason,
        });
    }

    fn check_between(&mut self, field: String, value: u32, (least, most): (u32, u32)) {
        if value < least || value > most {
            let text = format!("is {value}, must be {least} to {most}");
            self.add(field, "OUT_OF_RANGE", text);
        }
    }

    fn check_rule(&mut self, place: &str, kind: CareKind, rule: &CareRule) {
        let knows_days = kind.is_planned() && kind != CareKind::Recognition;
        let most_days = if knows_days { MOST_DAYS } else { 0 };
        self.check_between(format!("{place}.days"), rule.days, (0, most_days));
        if kind.is_planned() && kind != CareKind::PromiseBroken {
            let days = (1, MOST_WINDOW_DAYS);
            self.check_between(format!("{place}.window_days"), rule.window_days, days);
        }
        self.check_channels(&format!("{place}.channels"), &rule.channels);
        let is_check_in = kind == CareKind::CheckIn;
        if is_check_in != rule.min_value_remaining.is_some() {
            let (reason, text) = if is_check_in {
                ("REQUIRED", "say what a customer must be worth to be asked")
            } else {
                ("NOT_APPLICABLE", "only a check-in has it: leave it out")
            };
            let field = format!("{place}.min_value_remaining");
            self.add(field, reason, text.to_owned());
        }
        let most_held_out = if is_check_in { BasisPoints::ONE.0 } else { 0 };
        let field = format!("{place}.holdout_basis_points");
        self.check_between(field, rule.holdout.0, (0, most_held_out));
    }

    fn check_channels(&mut self, field: &str, channels: &[Channel]) {
        for (index, channel) in channels.iter().enumerate() {
            if channels[..index].contains(channel) {
                let text = format!("{} appears twice: keep one", channel.key());
                self.add(format!("{field}[{index}]"), "DUPLICATE", text);
            }
        }
    }

    fn check_caps(&mut self, caps: &[ContactCap]) {
        if caps.len() > MOST_CAPS {
            let text = format!("has {}, at most {MOST_CAPS} are allowed", caps.len());
            self.add("care_plan.contact_caps".to_owned(), "TOO_MANY", text);
        }
        for (index, cap) in caps.iter().take(MOST_CAPS).enumerate() {
            let place = format!("care_plan.contact_caps[{index}]");
            let contacts = (1, MOST_CONTACTS);
            self.check_between(format!("{place}.contacts"), cap.contacts, contacts);
            let days = (1, MOST_WINDOW_DAYS);
            self.check_between(format!("{place}.days"), cap.days, days);
        }
    }

    fn check_exempt(&mut self, kinds: &[CareKind]) {
        for (index, kind) in kinds.iter().enumerate() {
            if kinds[..index].contains(kind) {
                let text = format!("{} appears twice: keep one", kind.key());
                let field = format!("care_plan.cap_exempt_kinds[{index}]");
                self.add(field, "DUPLICATE", text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(rules: Vec<(CareKind, CareRule)>) -> PlanDraft {
        PlanDraft {
            rules,
            content: CarePlan::built_in().content,
        }
    }

    #[test]
    fn the_plan_built_in_is_publishable_and_asks_nobody_without_cause() {
        let built_in = CarePlan::built_in().content;
        let rules = built_in.rules.clone().into_iter().collect();
        assert_eq!(check(draft(rules)), Ok(built_in.clone()));
        let mut kinds = built_in.rules.keys();
        assert!(kinds.all(|kind| kind.purpose() == super::super::Purpose::Service));
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let good = CarePlan::built_in().content.rules[&CareKind::FirstInvoice].clone();
        let bad = CareRule {
            days: 3_651,
            window_days: 0,
            channels: vec![Channel::Sms, Channel::Sms],
            holdout: BasisPoints(1),
            ..good.clone()
        };
        let mut draft = draft(vec![
            (CareKind::Welcome, bad),
            (CareKind::CheckIn, good.clone()),
            (CareKind::WinBack, good.clone()),
            (CareKind::Welcome, good),
        ]);
        draft.content.channels = Vec::new();
        draft.content.cap_exempt_kinds = vec![CareKind::Welcome; 2];
        draft.content.tenure_credit_percent = 101;
        let cap = ContactCap {
            contacts: 0,
            days: 366,
        };
        draft.content.contact_caps = vec![cap];
        let faults = check(draft).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        let expected = [
            "care_plan.rules[0].days",
            "care_plan.rules[0].window_days",
            "care_plan.rules[0].channels[1]",
            "care_plan.rules[0].holdout_basis_points",
            "care_plan.rules[1].min_value_remaining",
            "care_plan.rules[2].days",
            "care_plan.rules[3].kind",
            "care_plan.channels",
            "care_plan.contact_caps[0].contacts",
            "care_plan.contact_caps[0].days",
            "care_plan.cap_exempt_kinds[1]",
            "care_plan.tenure_credit_percent",
        ];
        assert_eq!(fields, expected);
    }
}
