//! The subscriptions of one generated customer, from the first to the present day: some end, and
//! some who left come back.

use contract::profiles::v1::Subscription;
use contract::types::v1::{EndReason, Money, SubscriptionState};
use jiff::civil::Date;

use super::calendar;
use super::dice::Dice;
use super::plan::{self, Plan};

/// How far back the first customers go.
const LONGEST_TENURE_DAYS: u32 = 6 * 365;
/// No life has more months.
pub(super) const LONGEST_TENURE_MONTHS: u32 = 6 * 12;

/// How a subscription ended, by weight.
const END_REASONS: [(u32, EndReason); 5] = [
    (78, EndReason::CustomerTermination),
    (9, EndReason::PaymentFailure),
    (6, EndReason::MovedService),
    (4, EndReason::ProviderTermination),
    (3, EndReason::CustomerWithdrawal),
];

/// One subscription and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// What was bought.
    pub(super) plan: Plan,
    /// The first day.
    pub(super) start: Date,
    /// The last day and what ended it; none while it lasts.
    pub(super) end: Option<(Date, EndReason)>,
    /// The state as it is recorded.
    pub(super) state: SubscriptionState,
    /// The days on which service and billing will end, when that is agreed.
    pub(super) agreed_end: Option<(Date, Date)>,
}

/// Draws every subscription of a customer, oldest first.
pub(super) fn draw(dice: &mut Dice, as_of: Date) -> Vec<Life> {
    let first = calendar::days_before(as_of, dice.between(3, LONGEST_TENURE_DAYS));
    let mut lives = vec![live(dice, first, as_of)];
    if dice.chance(1_400) {
        let days = calendar::days_between(first, as_of);
        let second = calendar::days_after(first, dice.below(days.max(1)));
        lives.push(live(dice, second, as_of));
    }
    let gone = lives.iter().all(|life| life.end.is_some());
    let last = lives
        .iter()
        .filter_map(|life| life.end)
        .map(|(day, _)| day)
        .max();
    if let Some(last) = last.filter(|_| gone && dice.chance(2_800)) {
        let back = calendar::days_after(last, dice.between(45, 540));
        if back < as_of {
            lives.push(live(dice, back, as_of));
        }
    }
    lives
}

/// Lives one subscription month by month.
fn live(dice: &mut Dice, start: Date, as_of: Date) -> Life {
    let plan = plan::draw(dice);
    let mut life = Life {
        plan,
        start,
        end: None,
        state: SubscriptionState::Active,
        agreed_end: None,
    };
    if !plan.is_contractual() {
        return life;
    }
    for month in 1..=LONGEST_TENURE_MONTHS {
        if calendar::months_after(start, month) > as_of {
            break;
        }
        if dice.chance(plan.hazard(month)) {
            let reason = *dice.weighted(&END_REASONS);
            let reason = match plan.term_months() {
                Some(term) if month.is_multiple_of(term) => EndReason::ContractEndNotRenewed,
                _ => reason,
            };
            life.end = Some((calendar::months_after(start, month), reason));
            life.state = SubscriptionState::Ended;
            return life;
        }
    }
    disturb(dice, &mut life, as_of);
    life
}

/// A few live subscriptions are on their way out, paused or suspended.
fn disturb(dice: &mut Dice, life: &mut Life, as_of: Date) {
    match dice.below(1_000) {
        0..12 => {
            let service_end = calendar::days_after(as_of, dice.between(3, 28));
            let billing_end = calendar::days_after(service_end, dice.below(15));
            life.state = SubscriptionState::CancelPending;
            life.agreed_end = Some((service_end, billing_end));
        }
        12..30 => life.state = SubscriptionState::Paused,
        30..38 => life.state = SubscriptionState::Suspended,
        _ => {}
    }
}

impl Life {
    /// Whether the customer is entitled to it on the day of the sample.
    pub(super) fn is_live(&self) -> bool {
        self.end.is_none()
    }

    /// The last day on which something can have happened.
    pub(super) fn last_day(&self, as_of: Date) -> Date {
        self.end.map_or(as_of, |(day, _)| day)
    }

    /// The record of the contract.
    pub(super) fn subscription(&self, owner: &Owner<'_>, as_of: Date) -> Subscription {
        let agreed = self.agreed_end.filter(|_| self.is_live());
        let ended = self.end.map(|(day, _)| (day, day));
        let ends = ended.or(agreed);
        let reason = match (self.end, agreed) {
            (Some((_, reason)), _) => reason,
            (None, Some(_)) => EndReason::CustomerTermination,
            (None, None) => EndReason::Unspecified,
        };
        Subscription {
            customer_id: owner.customer_id.to_owned(),
            account_id: owner.account_id.to_owned(),
            subscription_id: owner.subscription_id.to_owned(),
            product: self.plan.product.to_owned(),
            relationship: self.plan.line.relationship.into(),
            contract_kind: self.plan.contract.into(),
            state: self.state.into(),
            start_time: calendar::time(self.start),
            commitment_end_time: self.commitment_end(as_of).and_then(calendar::time),
            service_end_time: ends.and_then(|(service, _)| calendar::time(service)),
            billing_end_time: ends.and_then(|(_, billing)| calendar::time(billing)),
            monthly_price: self.monthly_price(owner.currency),
            end_reason: reason.into(),
            ..Default::default()
        }
    }

    /// The price of a month, where there is one.
    pub(super) fn monthly_price(&self, currency: &str) -> Option<Money> {
        (self.plan.monthly_minor > 0).then(|| Money {
            minor: self.plan.monthly_minor,
            currency: currency.to_owned(),
        })
    }

    /// The end of the commitment that was running last.
    fn commitment_end(&self, as_of: Date) -> Option<Date> {
        let term = self.plan.term_months()?;
        let last = self.last_day(as_of);
        (1..=LONGEST_TENURE_MONTHS)
            .map(|times| calendar::months_after(self.start, term * times))
            .find(|end| *end >= last)
    }
}

/// Whose subscription it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'id> {
    /// The customer.
    pub(super) customer_id: &'id str,
    /// The account.
    pub(super) account_id: &'id str,
    /// The subscription.
    pub(super) subscription_id: &'id str,
    /// The currency of the place.
    pub(super) currency: &'static str,
}
