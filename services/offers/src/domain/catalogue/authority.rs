//! What an agent may grant on their own, by level: what one offer may cost and give, and how much
//! they may give away in a day.

use kernel::money::{BasisPoints, Currency, Money};

use super::{Amounts, Benefit, Concession};
use crate::domain::named::Named;
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::request::Authority;

/// The limits of one level. What is not written is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// What one offer may cost; nothing in a currency that is not named.
    pub largest_cost: Option<Amounts>,
    /// The largest share off a price.
    pub largest_discount: Option<BasisPoints>,
    /// For how many months a discount or a pause may last.
    pub longest_months: Option<u32>,
    /// What one agent may grant a day in all; nothing in a currency that is not named.
    pub discretion_per_day: Option<Amounts>,
}

/// The limits of every level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityLimits {
    /// Of an agent, a senior and a manager; absent where no limit is set at all.
    levels: Option<[Limits; 3]>,
}

impl Authority {
    /// Every level, the lowest first.
    pub const LEVELS: [Self; 3] = [Self::Agent, Self::Senior, Self::Manager];
}

impl AuthorityLimits {
    /// Sets the limits of every level, the lowest first.
    pub const fn new(levels: [Limits; 3]) -> Self {
        Self {
            levels: Some(levels),
        }
    }

    /// Tells whether no limit is set at all.
    pub const fn is_empty(&self) -> bool {
        self.levels.is_none()
    }

    /// Returns the limits of a level.
    pub fn of(&self, level: Authority) -> Option<&Limits> {
        let place = Authority::LEVELS.iter().position(|known| *known == level)?;
        self.levels.as_ref()?.get(place)
    }

    /// Finds the lowest level, from one on, that may grant a benefit at this cost; absent when
    /// nobody may.
    pub fn lowest(&self, from: Authority, benefit: &Benefit, cost: Money) -> Option<Authority> {
        let mut levels = Authority::LEVELS.into_iter().filter(|level| *level >= from);
        levels.find(|level| {
            self.of(*level)
                .is_none_or(|limits| limits.allow(benefit) && limits.allow_cost(cost))
        })
    }

    /// Returns what an agent of a level may grant a day in a currency; absent without a limit.
    pub fn discretion(&self, level: Authority, currency: Currency) -> Option<Money> {
        let pool = self.of(level)?.discretion_per_day.as_ref()?;
        Some(granted_in(pool, currency))
    }
}

impl Limits {
    /// Tells whether the share and the months of a benefit are within the limits.
    pub fn allow(&self, benefit: &Benefit) -> bool {
        let share = match benefit.concession {
            Concession::Discount { share, .. } => share,
            _ => BasisPoints::ZERO,
        };
        self.largest_discount.is_none_or(|most| share <= most)
            && self
                .longest_months
                .is_none_or(|most| benefit.months() <= most)
    }

    fn allow_cost(&self, cost: Money) -> bool {
        let most = self.largest_cost.as_ref();
        most.is_none_or(|most| cost.minor <= granted_in(most, cost.currency).minor)
    }

    /// Says in what a level may grant less than the one below it.
    fn complaints(&self, below: &Self) -> Vec<&'static str> {
        let shrinks = [
            (
                "largest_cost",
                amounts_shrink(below.largest_cost.as_ref(), self.largest_cost.as_ref()),
            ),
            (
                "largest_discount_basis_points",
                shrinks(below.largest_discount, self.largest_discount),
            ),
            (
                "longest_months",
                shrinks(below.longest_months, self.longest_months),
            ),
            (
                "discretion_per_day",
                amounts_shrink(
                    below.discretion_per_day.as_ref(),
                    self.discretion_per_day.as_ref(),
                ),
            ),
        ];
        let shrinks = shrinks.into_iter().filter(|(_, shrinks)| *shrinks);
        shrinks.map(|(name, _)| name).collect()
    }
}

/// A limit is set in the currencies it names; in any other nothing may be granted.
fn granted_in(limit: &Amounts, currency: Currency) -> Money {
    limit.get(currency).unwrap_or(Money::zero(currency))
}

fn shrinks<T: PartialOrd>(below: Option<T>, above: Option<T>) -> bool {
    above.is_some_and(|above| below.is_none_or(|below| above < below))
}

fn amounts_shrink(below: Option<&Amounts>, above: Option<&Amounts>) -> bool {
    match (below, above) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(below), Some(above)) => below
            .iter()
            .any(|amount| granted_in(above, amount.currency).minor < amount.minor),
    }
}

/// The limits as written: for each level, where it is written.
pub type AuthorityDraft = Vec<(Authority, Placed<Limits>)>;

/// Checks that no level may grant less than the one below it.
pub(super) fn compile_authority(
    draft: &AuthorityDraft,
    problems: &mut Problems,
) -> AuthorityLimits {
    if draft.is_empty() {
        return AuthorityLimits::default();
    }
    let written = |level: Authority| draft.iter().find(|(known, _)| *known == level);
    for pair in Authority::LEVELS.windows(2) {
        let (Some((_, below)), Some((level, above))) = (written(pair[0]), written(pair[1])) else {
            continue;
        };
        for what in above.value.complaints(&below.value) {
            let message = format!(
                "{} may grant less than {} ({what}): raise it, or lower the level below",
                level.name(),
                pair[0].name()
            );
            problems.add(&above.place, Code::InconsistentTerms, message);
        }
    }
    let limits =
        |level| written(level).map_or_else(Limits::default, |(_, limits)| limits.value.clone());
    AuthorityLimits::new(Authority::LEVELS.map(limits))
}

/// An offer that is beyond every level is never made by anybody.
pub(super) fn check_grantable(
    offer: &str,
    benefit: &Placed<Benefit>,
    limits: &AuthorityLimits,
    problems: &mut Problems,
) {
    let beyond = limits
        .of(Authority::Manager)
        .is_some_and(|manager| !manager.allow(&benefit.value));
    if beyond {
        let message = format!(
            "{offer} can never be made: its share or its months are beyond what a manager may \
             grant; lower them or raise authority.manager"
        );
        problems.add(&benefit.place, Code::InconsistentTerms, message);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amounts() -> impl Strategy<Value = Option<Amounts>> {
        let currency = prop_oneof![Just("EUR"), Just("USD")];
        let amount = (currency, 0..4_i64)
            .prop_map(|(code, minor)| Money::new(minor, Currency::parse(code).unwrap()));
        proptest::option::of(proptest::collection::vec(amount, 1..3).prop_map(Amounts::from_iter))
    }

    fn limits() -> impl Strategy<Value = Limits> {
        (
            amounts(),
            proptest::option::of(0..4_u32),
            proptest::option::of(0..4_u32),
            amounts(),
        )
            .prop_map(
                |(largest_cost, share, longest_months, discretion_per_day)| Limits {
                    largest_cost,
                    largest_discount: share.map(BasisPoints),
                    longest_months,
                    discretion_per_day,
                },
            )
    }

    fn benefit(share: u32, months: u32) -> Benefit {
        Benefit {
            concession: Concession::Discount {
                share: BasisPoints(share),
                months,
            },
            one_off: Amounts::default(),
            commitment_months: 0,
        }
    }

    proptest! {
        /// Without a complaint, whatever a level may grant the one above may grant too; with one,
        /// there is something that it may not.
        #[test]
        fn a_level_is_complained_of_exactly_when_it_may_grant_less(below in limits(), above in limits()) {
            let currencies = ["EUR", "USD", "GBP"].map(|code| Currency::parse(code).unwrap());
            let mut less = false;
            for currency in currencies {
                for (share, months, minor) in
                    (0..6_u32).flat_map(|a| (0..6_u32).flat_map(move |b| (0..6_i64).map(move |c| (a, b, c))))
                {
                    let (benefit, cost) = (benefit(share, months), Money::new(minor, currency));
                    let may = |limits: &Limits| limits.allow(&benefit) && limits.allow_cost(cost);
                    less |= may(&below) && !may(&above);
                }
                let pool = |limits: &Limits| {
                    let pool = limits.discretion_per_day.as_ref();
                    pool.map_or(i64::MAX, |pool| granted_in(pool, currency).minor)
                };
                less |= pool(&above) < pool(&below);
            }
            let complained = !above.complaints(&below).is_empty();
            prop_assert!(complained || !less);
        }
    }
}
