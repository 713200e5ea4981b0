//! The exit plan: how a subscription ends, and what is owed to whoever leaves, by when. Nothing of it
//! stands in the way of leaving.

use kernel::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalogue::{ExitPath, Reason};
use super::decision::Record;
use super::exit::{DatesSource, EndDates, end_dates};
use super::keep_in_touch::{Choices, ContactChannel};
use super::leaving::may_withdraw;
use super::named::Named;

/// How a subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitType {
    /// The customer terminates it.
    Termination,
    /// The customer withdraws within the cooling-off time.
    Withdrawal,
    /// The customer moves.
    Move,
    /// The customer died.
    Deceased,
    /// A payment failed, and they leave for it.
    Involuntary,
}

impl Named for ExitType {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Termination, "termination"),
        (Self::Withdrawal, "withdrawal"),
        (Self::Move, "move"),
        (Self::Deceased, "deceased"),
        (Self::Involuntary, "involuntary"),
    ];
}

/// How a subscription ends, as it is kept: the steps follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitPlan {
    /// How it ends.
    pub exit_type: ExitType,
    /// What the customer chose.
    pub choices: Choices,
    /// Somebody calls them once to say goodbye.
    pub sign_off_call: bool,
    /// By when policy wants the cancellation carried out; absent when it was not known.
    pub cancel_deadline_at: Option<Timestamp>,
}

/// One thing that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStep {
    /// What, as a short key.
    pub key: &'static str,
    /// Who sees to it, as a short key.
    pub owner: &'static str,
    /// By when.
    pub due_at: Timestamp,
}

impl ExitPlan {
    /// Plans an exit from what the desk knows: the last decision of the call and the reason, if any.
    pub fn of(
        record: Option<&Record>,
        reason: Option<&Reason>,
        requested_end_at: Option<Timestamp>,
        choices: Choices,
        now: Timestamp,
    ) -> Self {
        let hours = record.map(|record| record.decision.policy.cancel_deadline_hours);
        let exit_type = exit_type(record, reason, requested_end_at, now);
        Self {
            exit_type,
            choices,
            sign_off_call: is_called(exit_type, choices),
            cancel_deadline_at: hours
                .and_then(|hours| now.checked_add(Span::new().hours(i64::from(hours))).ok()),
        }
    }

    /// The end dates: at once for who withdraws, at once unless the heirs name a day where somebody
    /// died, by contract and wish for everybody else. Nobody pays for time after a death that a
    /// commitment left over.
    pub fn dates(
        self,
        contract: Option<Timestamp>,
        requested: Option<Timestamp>,
        now: Timestamp,
    ) -> EndDates {
        match self.exit_type {
            ExitType::Withdrawal => EndDates {
                service_end_at: now,
                billing_end_at: now,
                source: DatesSource::Contract,
            },
            ExitType::Deceased => end_dates(Some(now), requested, now),
            ExitType::Termination | ExitType::Move | ExitType::Involuntary => {
                end_dates(contract, requested, now)
            }
        }
    }

    /// What is owed, the first due first. Whoever died is asked for nothing and sold nothing.
    pub fn steps(self, dates: EndDates, acknowledged_at: Timestamp) -> Vec<ExitStep> {
        let step = |key, owner, due_at| ExitStep { key, owner, due_at };
        let carried_out = self.cancel_deadline_at.unwrap_or(acknowledged_at);
        let service_end = dates.service_end_at;
        let mut steps = match self.exit_type {
            ExitType::Withdrawal => vec![step("refund", "billing", carried_out)],
            ExitType::Move => vec![step("hand_off", "field", service_end)],
            ExitType::Deceased => vec![step("one_contact", "care", acknowledged_at)],
            ExitType::Involuntary => vec![step("payment_repair", "billing", acknowledged_at)],
            ExitType::Termination => Vec::new(),
        };
        steps.push(step("carried_out", "contracts", carried_out));
        steps.push(step("data_copy", "data", service_end));
        steps.push(step("final_bill", "billing", dates.billing_end_at));
        if self.sign_off_call {
            steps.push(step("sign_off_call", "care", service_end));
        }
        steps.sort_by_key(|step| step.due_at);
        steps
    }
}

/// Who asks for a day in the future terminates: to withdraw is to end at once.
fn exit_type(
    record: Option<&Record>,
    reason: Option<&Reason>,
    requested_end_at: Option<Timestamp>,
    now: Timestamp,
) -> ExitType {
    let customer = record.and_then(|record| record.customer.as_deref());
    let path = reason.map(|reason| reason.exit_path);
    if path == Some(ExitPath::Bereavement) || customer.is_some_and(|customer| customer.deceased) {
        return ExitType::Deceased;
    }
    let withdraws = record.zip(customer).is_some_and(|(record, customer)| {
        customer
            .subscription(&record.request.subscription_id)
            .is_some_and(|subscription| may_withdraw(&record.decision.policy, subscription, now))
    });
    if withdraws && requested_end_at.is_none() {
        return ExitType::Withdrawal;
    }
    match path {
        Some(ExitPath::MoveAndFollow) => ExitType::Move,
        Some(ExitPath::PaymentRepair) => ExitType::Involuntary,
        _ => ExitType::Termination,
    }
}

/// Nobody is called who does not want to be, nor the bereaved; who withdraws was hardly here.
fn is_called(exit_type: ExitType, choices: Choices) -> bool {
    !matches!(exit_type, ExitType::Deceased | ExitType::Withdrawal)
        && !choices.refuses(ContactChannel::Phone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keep_in_touch::KeepInTouch;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_known_is_an_ordinary_end_with_what_is_owed_in_order() {
        let now = at("2026-11-22T12:00:00Z");
        let plan = ExitPlan::of(None, None, None, Choices::default(), now);
        assert_eq!(
            (plan.exit_type, plan.cancel_deadline_at),
            (ExitType::Termination, None)
        );
        let dates = plan.dates(Some(at("2026-12-21T00:00:00Z")), None, now);
        let keys: Vec<&str> = plan.steps(dates, now).iter().map(|step| step.key).collect();
        assert_eq!(
            keys,
            ["carried_out", "data_copy", "final_bill", "sign_off_call"]
        );
    }

    #[test]
    fn every_kind_of_exit_ends_with_a_final_bill_and_in_the_order_of_its_dates() {
        let now = at("2026-11-22T12:00:00Z");
        for (exit_type, name) in ExitType::NAMES.iter().copied() {
            let plan = ExitPlan {
                exit_type,
                choices: Choices::default(),
                sign_off_call: false,
                cancel_deadline_at: Some(at("2026-11-23T12:00:00Z")),
            };
            let dates = plan.dates(Some(at("2026-12-21T00:00:00Z")), None, now);
            let steps = plan.steps(dates, now);
            assert!(steps.is_sorted_by_key(|step| step.due_at), "{name}");
            assert!(steps.iter().any(|step| step.key == "final_bill"), "{name}");
            let at_once = dates.service_end_at == now;
            let ends_at_once = matches!(exit_type, ExitType::Withdrawal | ExitType::Deceased);
            assert_eq!(at_once, ends_at_once, "{name}");
        }
    }

    #[test]
    fn who_refused_a_call_and_the_bereaved_are_not_called() {
        let no = Some(KeepInTouch::NotWanted);
        for exit_type in [ExitType::Termination, ExitType::Move, ExitType::Involuntary] {
            assert!(is_called(exit_type, Choices::default()));
            assert!(!is_called(exit_type, Choices::of(no)));
        }
        assert!(!is_called(ExitType::Deceased, Choices::default()));
    }

    #[test]
    fn heirs_pay_until_the_day_they_name_and_no_commitment() {
        let now = at("2026-11-22T12:00:00Z");
        let plan = ExitPlan {
            exit_type: ExitType::Deceased,
            choices: Choices::default(),
            sign_off_call: false,
            cancel_deadline_at: None,
        };
        let (commitment, named) = (at("2028-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"));
        for (requested, end) in [(None, now), (Some(named), named)] {
            let dates = plan.dates(Some(commitment), requested, now);
            assert_eq!((dates.service_end_at, dates.billing_end_at), (end, end));
        }
    }
}
