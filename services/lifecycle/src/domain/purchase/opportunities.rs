//! The purchases of one customer at opportunities, such as one a year.
//!
//! The first purchase makes the customer. The opportunities after it lie `opportunity_days` apart, and
//! each reaches half that time to either side, so that whoever gives every Christmas is not counted
//! twice in one year for being a few days early. Several purchases at one opportunity count once.

use statistics::purchases::beta_binomial::OccasionSummary;
use statistics::refusal::InputRefusal;

use super::buyer::Buyer;

/// When a customer has opportunities to buy.
#[derive(Clone, Copy, Debug)]
pub struct Opportunities<'a> {
    buyer: &'a Buyer<'a>,
    days_apart: u32,
}

impl<'a> Opportunities<'a> {
    /// Looks at the purchases of a customer, with opportunities so many days apart, at least one.
    pub fn of(buyer: &'a Buyer<'a>, days_apart: u32) -> Self {
        Self {
            buyer,
            days_apart: days_apart.max(1),
        }
    }

    /// Returns which opportunity a day belongs to; zero is the first purchase.
    fn at(&self, day: i32) -> u32 {
        let since = i64::from(day) - i64::from(self.buyer.first_day());
        let apart = i64::from(self.days_apart);
        u32::try_from((since + apart / 2).div_euclid(apart)).unwrap_or(0)
    }

    /// Counts the opportunities that are over at the end of a day.
    pub fn over_at(&self, last_day: i32) -> u32 {
        self.at(last_day.saturating_add(1)).saturating_sub(1)
    }

    /// Counts the opportunities that begin until the end of a day, after those of a summary.
    pub fn ahead(&self, summary: &OccasionSummary, until: i32) -> u32 {
        self.at(until).saturating_sub(summary.occasions())
    }

    /// Counts the opportunities used after so many and until so many.
    pub fn used_between(&self, after: u32, until: u32) -> u32 {
        let used = self.used(i32::MAX);
        let within = used.iter().filter(|at| **at > after && **at <= until);
        u32::try_from(within.count()).unwrap_or(u32::MAX)
    }

    /// Sums up the opportunities that are over at the end of a day; `None` where none is, or where the
    /// days go not back so far. This is what models are fitted on: one that is open yet would count
    /// for those only who used it early.
    pub fn over(&self, last_day: i32) -> Result<Option<OccasionSummary>, InputRefusal> {
        let over = self.over_at(last_day);
        if over == 0 || !self.buyer.had_bought_by(last_day) {
            return Ok(None);
        }
        let mut used = self.used(last_day);
        used.retain(|at| *at <= over);
        self.summary(&used, over).map(Some)
    }

    /// Sums up the opportunities until the end of a day: those that are over, and the open one where it
    /// was used.
    pub fn until(&self, last_day: i32) -> Result<OccasionSummary, InputRefusal> {
        self.summary(&self.used(last_day), self.over_at(last_day))
    }

    /// Lists the opportunities used until a day, each once, as far as the days are listed.
    fn used(&self, last_day: i32) -> Vec<u32> {
        let days = self.buyer.listed_days().iter();
        let days = days.take_while(|day| **day <= last_day);
        let mut used: Vec<u32> = days.map(|day| self.at(*day)).filter(|at| *at > 0).collect();
        used.dedup();
        used
    }

    fn summary(&self, used: &[u32], over: u32) -> Result<OccasionSummary, InputRefusal> {
        let unlisted = self.unlisted();
        // Of those before the listed days is known how many they are at most, and so how recent.
        let recency = used.last().copied().unwrap_or(unlisted);
        let listed = u32::try_from(used.len()).unwrap_or(u32::MAX);
        let frequency = listed.saturating_add(unlisted);
        let occasions = over.max(recency);
        if occasions == 0 && frequency == 0 {
            return Ok(OccasionSummary::NEW);
        }
        OccasionSummary::new(frequency, recency, occasions)
    }

    /// Counts the opportunities used before the days that are listed: as many as there are purchases,
    /// and no more than there were opportunities. Purchases that have no room there contradict the rest,
    /// and are refused.
    fn unlisted(&self) -> u32 {
        let (purchases, first_listed) = self.buyer.unlisted_repeats();
        let is_before = first_listed > self.buyer.first_day();
        if is_before {
            purchases.min(self.at(first_listed).saturating_sub(1))
        } else {
            purchases
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::clock_days::start_of_day;
    use crate::domain::facts::{Activity, ActivityKind, CustomerFacts};

    fn facts(days: &[i32], count: u32, first: Option<i32>) -> CustomerFacts {
        CustomerFacts {
            purchase_days: days.to_vec(),
            purchase_day_count: count,
            activities: vec![Activity {
                kind: ActivityKind::Purchase,
                count,
                first_time: first.map(start_of_day),
                last_time: None,
                total: None,
            }],
            ..CustomerFacts::default()
        }
    }

    fn summary(frequency: u32, recency: u32, occasions: u32) -> OccasionSummary {
        OccasionSummary::new(frequency, recency, occasions).unwrap()
    }

    #[test]
    fn an_opportunity_reaches_to_both_sides_and_counts_once() {
        // Yearly: a few days early, a few days late, twice in one season, then missed.
        let facts = facts(&[1_000, 1_358, 1_740, 1_750], 4, None);
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        let yearly = Opportunities::of(&buyer, 365);
        assert_eq!(yearly.until(1_750), Ok(summary(2, 2, 2)));
        // The second is over half a year after its middle; the third likewise.
        assert_eq!(yearly.over(1_750), Ok(Some(summary(1, 1, 1))));
        assert_eq!(yearly.over(2_500), Ok(Some(summary(2, 2, 3))));
        assert_eq!(yearly.over(1_100), Ok(None));
        assert_eq!(yearly.over(900), Ok(None));
        assert_eq!(yearly.used_between(1, 3), 1);
        // The fourth is open, the fifth and the sixth begin within two years.
        assert_eq!(yearly.ahead(&summary(2, 2, 3), 2_500 + 730), 3);
    }

    #[test]
    fn who_buys_daily_used_the_opportunities_before_the_listed_days() {
        // The last days of 1,051 are listed; all of them belong to the third opportunity, still open.
        let listed: Vec<i32> = (923..=1_050).collect();
        let facts = facts(&listed, 1_051, Some(0));
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        let yearly = Opportunities::of(&buyer, 365);
        assert_eq!(yearly.over(1_050), Ok(Some(summary(2, 2, 2))));
        assert_eq!(yearly.until(1_050), Ok(summary(3, 3, 3)));
    }

    #[test]
    fn a_new_customer_has_had_no_opportunity() {
        let facts = facts(&[1_000], 1, None);
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        let until = Opportunities::of(&buyer, 365).until(1_010);
        assert_eq!(until, Ok(OccasionSummary::NEW));
    }

    #[test]
    fn more_purchases_than_opportunities_contradict_each_other() {
        // Three purchases that are not listed, before a first one that is: nowhere to put them.
        let contradiction = facts(&[1_000, 1_365], 5, None);
        let buyer = Buyer::of(&contradiction).unwrap().unwrap();
        let refused = Opportunities::of(&buyer, 365).until(2_000).unwrap_err();
        assert!(matches!(
            refused,
            InputRefusal::Above {
                field: "frequency",
                ..
            }
        ));
        // With room for two years only, they were bought at those.
        let crowded = facts(&[2_095, 2_460], 9, Some(1_000));
        let buyer = Buyer::of(&crowded).unwrap().unwrap();
        assert_eq!(
            Opportunities::of(&buyer, 365).until(2_460),
            Ok(summary(4, 4, 4))
        );
    }

    #[test]
    fn opportunities_too_many_to_count_are_refused() {
        let facts = facts(&[0, 7_000], 2, None);
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        assert!(Opportunities::of(&buyer, 7).until(7_000).is_err());
        // One that lasts no time at all is taken for a day.
        assert!(Opportunities::of(&buyer, 0).until(100).is_ok());
    }

    proptest! {
        #[test]
        fn nobody_uses_more_than_there_were(
            gaps in prop::collection::vec(1_i32..900, 1..40),
            days_apart in 7_u32..=1_830,
            silence in 0_i32..2_000,
        ) {
            let mut day = 10_000;
            let mut days = vec![day];
            for gap in gaps {
                day += gap;
                days.push(day);
            }
            let count = u32::try_from(days.len()).unwrap();
            let facts = facts(&days, count, None);
            let buyer = Buyer::of(&facts).unwrap().unwrap();
            let opportunities = Opportunities::of(&buyer, days_apart);
            let (until, over) = (opportunities.until(day + silence), opportunities.over(day + silence));
            // More than are counted at all are refused; that is all that is.
            if let (Ok(until), Ok(Some(over))) = (until, over) {
                prop_assert!(until.frequency() <= until.occasions());
                prop_assert!(until.frequency() >= over.frequency());
                prop_assert!(over.occasions() == opportunities.over_at(day + silence));
            }
        }
    }
}
