//! What happened with a generated customer: bills paid or not, purchases, use, contacts, surveys,
//! referrals.

use contract::profiles::v1::TimelineEvent;
use contract::types::v1::{EventKind, Money};
use jiff::civil::Date;

use super::calendar;
use super::dice::Dice;
use super::life::{LONGEST_TENURE_MONTHS, Life, Owner};

/// Older bills, uses and contacts are forgotten, of those who left as of those who stayed: a history
/// that went back from each one's own last day would tell who left.
const REMEMBERED_MONTHS: u32 = 12;
/// No customer of the sample buys more often in all.
const MAX_PURCHASES: u32 = 60;

const PAYMENT_FAILURES: [&str; 2] = ["card_expired", "insufficient_funds"];

const TOPICS: [&str; 6] = [
    "billing",
    "plan_advice",
    "technical_help",
    "moving_house",
    "complaint",
    "opening_hours",
];

/// Every event of one subscription, oldest first.
pub(super) fn draw(
    dice: &mut Dice,
    life: &Life,
    owner: &Owner<'_>,
    as_of: Date,
) -> Vec<TimelineEvent> {
    let mut timeline = Timeline {
        owner: *owner,
        events: Vec::new(),
    };
    if life.plan.is_contractual() {
        timeline.bills(dice, life, as_of);
    } else {
        timeline.purchases(dice, life, as_of);
    }
    timeline.encounters(dice, life, as_of);
    timeline
        .events
        .sort_by_key(|event| event.event_time.map(|time| time.seconds));
    timeline.events
}

struct Timeline<'id> {
    owner: Owner<'id>,
    events: Vec<TimelineEvent>,
}

impl Timeline<'_> {
    /// An event whose id is made of its kind, its subscription and its number.
    fn event(&mut self, kind: EventKind, name: &str, number: u32, day: Date) -> &mut TimelineEvent {
        self.events.push(TimelineEvent {
            customer_id: self.owner.customer_id.to_owned(),
            event_id: format!("{name}-{}-{number}", self.owner.subscription_id),
            kind: kind.into(),
            event_time: calendar::time(day),
            subscription_id: self.owner.subscription_id.to_owned(),
            ..Default::default()
        });
        let last = self.events.len() - 1;
        &mut self.events[last]
    }

    fn bills(&mut self, dice: &mut Dice, life: &Life, as_of: Date) {
        let last = life.last_day(as_of);
        let remembered = calendar::months_before(as_of, REMEMBERED_MONTHS);
        for month in 1..=LONGEST_TENURE_MONTHS {
            let day = calendar::months_after(life.start, month);
            if day > last {
                break;
            }
            if day < remembered {
                continue;
            }
            let amount = life.monthly_price(self.owner.currency);
            if dice.chance(180) {
                let failed = self.event(EventKind::PaymentFailed, "payment-failed", month, day);
                failed.amount.clone_from(&amount);
                (*dice.pick(&PAYMENT_FAILURES)).clone_into(&mut failed.detail);
            } else {
                self.event(EventKind::Payment, "payment", month, day).amount = amount;
            }
            if dice.chance(3_500) {
                let used = self.event(EventKind::Usage, "usage", month, day);
                used.quantity = dice.between(1, 400);
            }
        }
    }

    fn purchases(&mut self, dice: &mut Dice, life: &Life, as_of: Date) {
        let pace_days = dice.between(12, 75);
        let silent_after = dice.between(200, 900);
        let mut day = life.start;
        for number in 1..=MAX_PURCHASES {
            let minor = i64::from(dice.between(600, 9_000));
            let currency = self.owner.currency.to_owned();
            let bought = self.event(EventKind::Purchase, "purchase", number, day);
            bought.amount = Some(Money { minor, currency });
            bought.quantity = dice.between(1, 5);
            day = calendar::days_after(day, dice.between(1, 2 * pace_days));
            // Silence is how these customers leave.
            if day >= as_of || dice.chance(silent_after) {
                break;
            }
        }
    }

    fn encounters(&mut self, dice: &mut Dice, life: &Life, as_of: Date) {
        let last = life.last_day(as_of);
        let first = calendar::months_before(as_of, REMEMBERED_MONTHS).max(life.start);
        let days = calendar::days_between(first, last);
        if days < 2 {
            return;
        }
        for number in 1..=dice.below(4) {
            let day = calendar::days_before(last, dice.between(1, days - 1));
            let contact = self.event(EventKind::Contact, "contact", number, day);
            (*dice.pick(&TOPICS)).clone_into(&mut contact.detail);
        }
        if dice.chance(2_500) {
            let day = calendar::days_before(last, dice.between(1, days - 1));
            let score = dice.between(if life.is_live() { 4 } else { 0 }, 10);
            self.event(EventKind::Survey, "survey", 1, day).survey_score = Some(score);
        }
        if life.is_live() && dice.chance(400) {
            let day = calendar::days_before(last, dice.between(1, days - 1));
            let referral = self.event(EventKind::Referral, "referral", 1, day);
            "friend".clone_into(&mut referral.detail);
        }
    }
}
