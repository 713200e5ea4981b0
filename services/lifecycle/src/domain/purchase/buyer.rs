//! The purchases of one customer, as the purchase models know them.
//!
//! The facts hold the latest distinct days and how many there were in all, so what somebody had bought
//! by an earlier day is known as far back as these days go. Spend is known in total: the mean is over
//! every purchase day, the first one included.

use kernel::money::Currency;
use statistics::purchases::gamma_gamma::SpendSummary;
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};
use statistics::refusal::InputRefusal;

use crate::domain::clock_days::day_number;
use crate::domain::facts::{ActivityKind, CustomerFacts};

/// Somebody who has bought.
#[derive(Clone, Copy, Debug)]
pub struct Buyer<'a> {
    /// The latest distinct days.
    days: &'a [i32],
    /// How many distinct days there were.
    day_count: u32,
    first_day: i32,
    /// What was spent in all, in minor units.
    spent: Option<(i64, Currency)>,
}

/// What a customer spends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spend {
    /// How often, and how much on average, in minor units.
    pub summary: SpendSummary,
    /// The mean, in minor units.
    pub mean: f64,
    /// The currency.
    pub currency: Currency,
}

impl<'a> Buyer<'a> {
    /// Looks at the purchases of a customer; `None` for who has not bought yet. Refused where the
    /// figures contradict each other.
    pub fn of(facts: &'a CustomerFacts) -> Result<Option<Self>, InputRefusal> {
        let days = facts.purchase_days.as_slice();
        let Some(first_known) = days.first().copied() else {
            return Ok(None);
        };
        let known = u32::try_from(days.len()).unwrap_or(u32::MAX);
        let day_count = facts.purchase_day_count.max(known);
        let purchases = facts.activity(ActivityKind::Purchase);
        let first_time = purchases.and_then(|purchases| purchases.first_time);
        let first_day = match first_time.filter(|_| day_count > known) {
            Some(first) => day_number(first).min(first_known),
            None => first_known,
        };
        let spent = purchases.and_then(|purchases| purchases.total);
        if let Some(spent) = spent.filter(|spent| spent.minor < 0) {
            return Err(InputRefusal::Negative {
                field: "spend",
                value: real(spent.minor),
            });
        }
        Ok(Some(Self {
            days,
            day_count,
            first_day,
            spent: spent.map(|spent| (spent.minor, spent.currency)),
        }))
    }

    /// Sums up what was bought until the end of a day; `None` where nothing was, or where the days go
    /// not back so far.
    pub fn until(&self, last_day: i32) -> Result<Option<PurchaseSummary>, InputRefusal> {
        let seen = self.days.partition_point(|day| *day <= last_day);
        let Some(latest) = seen.checked_sub(1).and_then(|index| self.days.get(index)) else {
            return Ok(None);
        };
        let repeats = self.day_count.saturating_sub(1);
        let later = u32::try_from(self.days.len() - seen).unwrap_or(u32::MAX);
        let weeks = |until: i32| (f64::from(until) - f64::from(self.first_day)) / DAYS_PER_WEEK;
        let frequency = repeats.saturating_sub(later);
        PurchaseSummary::new(frequency, weeks(*latest), weeks(last_day)).map(Some)
    }

    /// Counts the days with a purchase after one day and until another.
    pub fn bought_between(&self, after: i32, until: i32) -> u32 {
        let within = self.days.iter();
        let within = within.filter(|day| **day > after && **day <= until);
        u32::try_from(within.count()).unwrap_or(u32::MAX)
    }

    /// Returns the day of the first purchase.
    pub(super) const fn first_day(&self) -> i32 {
        self.first_day
    }

    /// Returns the latest distinct days.
    pub(super) const fn listed_days(&self) -> &'a [i32] {
        self.days
    }

    /// Says whether anything that is listed was bought by the end of a day.
    pub(super) fn had_bought_by(&self, day: i32) -> bool {
        self.days.first().is_some_and(|first| *first <= day)
    }

    /// Counts the repeat purchases before the days that are listed, and returns the first of these.
    pub(super) fn unlisted_repeats(&self) -> (u32, i32) {
        let listed = u32::try_from(self.days.len()).unwrap_or(u32::MAX);
        let first_listed = self.days.first().copied().unwrap_or(self.first_day);
        let unlisted = self.day_count.saturating_sub(listed);
        // The first purchase is no repeat.
        let repeats = unlisted.saturating_sub(u32::from(first_listed > self.first_day));
        (repeats, first_listed)
    }

    /// Returns what the customer spends; `None` where nothing is known of it.
    pub fn spend(&self) -> Result<Option<Spend>, InputRefusal> {
        let Some((minor, currency)) = self.spent.filter(|(minor, _)| *minor > 0) else {
            return Ok(None);
        };
        let mean = real(minor) / f64::from(self.day_count);
        let summary = SpendSummary::new(self.day_count, mean)?;
        Ok(Some(Spend {
            summary,
            mean,
            currency,
        }))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts are at most 10^12, far below 2^52"
)]
const fn real(minor: i64) -> f64 {
    minor as f64
}

#[cfg(test)]
mod tests {
    use kernel::money::Money;
    use kernel::time::Timestamp;

    use super::*;
    use crate::domain::clock_days::start_of_day;
    use crate::domain::facts::Activity;

    fn facts(days: &[i32], count: u32, first: Option<i32>, total: i64) -> CustomerFacts {
        let first_time: Option<Timestamp> = first.map(start_of_day);
        CustomerFacts {
            purchase_days: days.to_vec(),
            purchase_day_count: count,
            activities: vec![Activity {
                kind: ActivityKind::Purchase,
                count,
                first_time,
                last_time: None,
                total: Some(Money::new(total, Currency::parse("EUR").unwrap())),
            }],
            ..CustomerFacts::default()
        }
    }

    #[test]
    fn purchases_are_summed_up_to_a_day() {
        let facts = facts(&[100, 107, 128], 3, None, 3_000);
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        let expected = PurchaseSummary::new(1, 1.0, 2.0).unwrap();
        assert_eq!(buyer.until(114), Ok(Some(expected)));
        assert_eq!(buyer.until(99), Ok(None));
        assert_eq!(buyer.bought_between(114, 128), 1);
        assert!((buyer.spend().unwrap().unwrap().mean - 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn days_that_are_no_longer_listed_count() {
        let facts = facts(&[100, 107], 5, Some(30), 100);
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        let expected = PurchaseSummary::new(4, 11.0, 20.0).unwrap();
        assert_eq!(buyer.until(170), Ok(Some(expected)));
        let before = PurchaseSummary::new(3, 10.0, 10.0).unwrap();
        assert_eq!(buyer.until(100), Ok(Some(before)));
        assert_eq!(buyer.until(90), Ok(None));
    }

    #[test]
    fn contradictions_are_refused() {
        let contradiction = facts(&[100], 5, None, 100);
        let buyer = Buyer::of(&contradiction).unwrap().unwrap();
        let refusal = buyer.until(170).unwrap_err();
        assert_eq!(
            refusal,
            InputRefusal::RepeatsWithoutRecency { frequency: 4 }
        );
        let negative = facts(&[100], 1, None, -5);
        let refusal = Buyer::of(&negative).unwrap_err();
        assert!(matches!(
            refusal,
            InputRefusal::Negative { field: "spend", .. }
        ));
    }
}
