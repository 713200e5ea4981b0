//! What an offer gives, and the exact terms it comes to for one subscription.

use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Amounts, Lever};
use crate::domain::named::Named;

/// What an offer gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benefit {
    /// What it changes about the monthly price.
    pub concession: Concession,
    /// A single amount to the customer, for example a credit.
    pub one_off: Amounts,
    /// How many months the customer commits to; zero for none.
    pub commitment_months: u32,
}

/// What an offer changes about the monthly price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concession {
    /// Nothing.
    None,
    /// A share off the price for some months; afterwards the price is what it was.
    Discount {
        /// The share off.
        share: BasisPoints,
        /// For how many months.
        months: u32,
    },
    /// No service and, apart from a share for keeping it, no price for some months.
    Pause {
        /// For how many months.
        months: u32,
        /// The share of the price that is still due.
        fee: BasisPoints,
    },
    /// Another price for good, as a share of the price now, usually with another product.
    Change {
        /// The product afterwards; the same when absent.
        product: Option<String>,
        /// The share of the price now that is due from then on.
        price: BasisPoints,
    },
}

/// What an offer comes to for one subscription. Once presented, it is a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The monthly price now; absent where no price recurs.
    pub price_now: Option<Money>,
    /// The monthly price while the benefit lasts.
    pub price_during: Option<Money>,
    /// The monthly price afterwards.
    pub price_after: Option<Money>,
    /// How many months the benefit lasts; zero for a single benefit or a lasting change.
    pub benefit_months: u32,
    /// How many months the customer commits to.
    pub commitment_months: u32,
    /// A single amount to the customer.
    pub one_off_amount: Option<Money>,
    /// When the benefit ends if it is accepted at once; absent when it is single or lasting.
    pub benefit_end_at: Option<Timestamp>,
}

/// Why an offer has no terms for a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// The offer changes a recurring price and there is none.
    #[error("the subscription has no monthly price to change")]
    NoPrice,
    /// The offer grants an amount, and none is set in the currency of the subscription.
    #[error("the offer has no amount in {0}")]
    CurrencyNotCovered(Currency),
    /// The offer grants an amount, and the currency is not known.
    #[error("the currency of the subscription is not known")]
    NoCurrency,
    /// An amount or a date has no representation.
    #[error("the terms are out of range")]
    OutOfRange,
}

impl Terms {
    /// The terms once they are accepted: the months of the benefit begin then, so that as many bills
    /// are lower as were promised, and it never ends before the time that was read out.
    #[must_use]
    pub fn accepted_at(self, at: Timestamp) -> Self {
        let counted = match self.benefit_months {
            0 => None,
            months => months_later(at, months).ok(),
        };
        Self {
            benefit_end_at: self.benefit_end_at.max(counted),
            ..self
        }
    }
}

impl Benefit {
    /// Works out the terms for a subscription with this monthly price, accepted at this time.
    pub fn terms(&self, price_now: Option<Money>, at: Timestamp) -> Result<Terms, TermsError> {
        let (during, after) = self.prices(price_now)?;
        let benefit_months = self.months();
        Ok(Terms {
            price_now,
            price_during: during,
            price_after: after,
            benefit_months,
            commitment_months: self.commitment_months,
            one_off_amount: self.one_off_amount(price_now)?,
            benefit_end_at: match benefit_months {
                0 => None,
                months => Some(months_later(at, months)?),
            },
        })
    }

    /// Says in what way the benefit does not fit the lever under which it is offered.
    pub(super) fn complaints(&self, lever: Lever) -> Vec<String> {
        let name = lever.name();
        let has_one_off = !self.one_off.is_empty();
        let fits = match lever {
            Lever::PriceDiscount => matches!(self.concession, Concession::Discount { .. }),
            Lever::Pause => matches!(self.concession, Concession::Pause { .. }),
            Lever::RightSize | Lever::PlanChange => {
                matches!(self.concession, Concession::Change { .. })
            }
            Lever::Credit | Lever::FeeWaiver => has_one_off,
            Lever::InformationOnly => self.concession == Concession::None && !has_one_off,
            _ => true,
        };
        let needed = match lever {
            Lever::PriceDiscount => "a discount",
            Lever::Pause => "a pause",
            Lever::RightSize | Lever::PlanChange => "a change",
            Lever::Credit | Lever::FeeWaiver => "a one_off amount",
            _ => "nothing at all",
        };
        let mut complaints = Vec::new();
        if !fits {
            complaints.push(format!(
                "the lever {name} gives {needed}: change the benefit or the lever"
            ));
        }
        if lever == Lever::InformationOnly && self.commitment_months > 0 {
            complaints.push(format!(
                "the lever {name} cannot bind anybody: drop commitment_months"
            ));
        }
        let discounts = matches!(self.concession, Concession::Discount { .. });
        if discounts
            && !matches!(
                lever,
                Lever::PriceDiscount | Lever::EarlyRenewal | Lever::TermChange
            )
        {
            complaints.push(format!(
                "a discount under the lever {name} would pass for something else: use \
                 price_discount, early_renewal or term_change"
            ));
        }
        complaints
    }

    /// Returns how many months the benefit lasts; zero for a single benefit or a lasting change.
    pub const fn months(&self) -> u32 {
        match self.concession {
            Concession::Discount { months, .. } | Concession::Pause { months, .. } => months,
            Concession::None | Concession::Change { .. } => 0,
        }
    }

    fn prices(&self, now: Option<Money>) -> Result<(Option<Money>, Option<Money>), TermsError> {
        let share = |share: BasisPoints| {
            now.ok_or(TermsError::NoPrice)?
                .mul_basis_points(share)
                .map(Some)
                .map_err(|_| TermsError::OutOfRange)
        };
        Ok(match &self.concession {
            Concession::None => (now, now),
            Concession::Discount { share: off, .. } => (share(off.complement())?, now),
            Concession::Pause { fee, .. } => (share(*fee)?, now),
            Concession::Change { price, .. } => (share(*price)?, share(*price)?),
        })
    }

    fn one_off_amount(&self, price_now: Option<Money>) -> Result<Option<Money>, TermsError> {
        if self.one_off.is_empty() {
            return Ok(None);
        }
        let currency = price_now.ok_or(TermsError::NoCurrency)?.currency;
        self.one_off
            .get(currency)
            .map(Some)
            .ok_or(TermsError::CurrencyNotCovered(currency))
    }
}

fn months_later(at: Timestamp, months: u32) -> Result<Timestamp, TermsError> {
    let months = i64::from(months);
    at.in_tz("UTC")
        .and_then(|zoned| zoned.checked_add(kernel::time::Span::new().try_months(months)?))
        .map(|zoned| zoned.timestamp())
        .map_err(|_| TermsError::OutOfRange)
}
