//! One offer: for whom, what it gives, what it costs, and how well it is believed to work.

use std::collections::BTreeMap;

use kernel::id::OfferKey;
use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::Date;

use super::{Amounts, Benefit, Lever, Reason, Texts};
use crate::domain::budget::BudgetKey;
use crate::domain::named::Named;
use crate::domain::predicate::Predicate;
use crate::domain::request::{Authority, Occasion};

/// An offer of the catalogue. Its terms never change within a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Names it over all versions.
    pub key: OfferKey,
    /// How it works.
    pub lever: Lever,
    /// Whether it is offered at present.
    pub state: OfferState,
    /// On which occasions it is made.
    pub occasions: Vec<Occasion>,
    /// It makes good for something that went wrong: while that lasts it is owed, and no sale.
    pub owed: bool,
    /// Title, summary and script, by language.
    pub texts: Texts,
    /// May we offer it: about the customer only, so that it can be kept between calls.
    pub eligibility: Predicate,
    /// Does it fit this call.
    pub applicability: Predicate,
    /// Is it good for them.
    pub suitability: Predicate,
    /// What it gives.
    pub benefit: Benefit,
    /// What it costs.
    pub cost: CostModel,
    /// The budget that pays for it; absent when it needs none.
    pub budget: Option<BudgetKey>,
    /// Who may grant it.
    pub minimum_authority: Authority,
    /// For how long a presented offer is honoured.
    pub hold_minutes: u32,
    /// How well it is believed to work until the desk has learnt.
    pub priors: Priors,
    /// When it may be offered again.
    pub cool_down: CoolDown,
    /// The next review is due on this day.
    pub review_due: Date,
}

/// Whether an offer is offered at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferState {
    /// It is.
    Live,
    /// It is not, for now; what was presented is still honoured.
    Paused,
}

impl Named for OfferState {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Live, "live"), (Self::Paused, "paused")];
}

impl Named for Authority {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Agent, "agent"),
        (Self::Senior, "senior"),
        (Self::Manager, "manager"),
    ];
}

/// What an offer costs beside what it gives away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostModel {
    /// Once, when it is accepted.
    pub once: Amounts,
    /// Once, as a share of one monthly price.
    pub once_share: BasisPoints,
    /// Each month while the benefit lasts, or for good where it is lasting.
    pub monthly: Amounts,
    /// Each month, as a share of the monthly price.
    pub monthly_share: BasisPoints,
}

impl CostModel {
    /// Returns what it costs once; absent when no amount is set in the currency or it overflows.
    pub fn once_for(&self, price: Money) -> Option<Money> {
        Self::sum(&self.once, self.once_share, price)
    }

    /// Returns what it costs each month.
    pub fn monthly_for(&self, price: Money) -> Option<Money> {
        Self::sum(&self.monthly, self.monthly_share, price)
    }

    /// Tells whether every cost is known in a currency.
    pub fn covers(&self, currency: Currency) -> bool {
        self.once.covers(currency) && self.monthly.covers(currency)
    }

    fn sum(fixed: &Amounts, share: BasisPoints, price: Money) -> Option<Money> {
        if !fixed.covers(price.currency) {
            return None;
        }
        let part = price.mul_basis_points(share).ok()?;
        fixed.get_or_zero(price.currency).checked_add(part).ok()
    }
}

/// The chances of the three stages that a save goes through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StagePrior {
    /// That the customer stays today.
    pub stay: f64,
    /// That they are here at 30 days, given that they stay.
    pub here_30_days: f64,
    /// That it lasts, given that they are here at 30 days.
    pub durable: f64,
}

impl StagePrior {
    /// What is believed of a discount until it is shown otherwise: most do not outlive their end.
    pub const DISCOUNT_LASTS: f64 = 0.40;
}

/// How well an offer is believed to work.
#[derive(Clone, Debug, PartialEq)]
pub struct Priors {
    /// For every reason without its own.
    pub default: StagePrior,
    /// By category of the reason stated.
    pub by_category: BTreeMap<String, StagePrior>,
    /// As how many calls the belief counts.
    pub weight: f64,
}

impl Priors {
    /// Returns the belief for a stated reason, or for none.
    pub fn stated(&self, reason: Option<&Reason>) -> StagePrior {
        reason
            .and_then(|reason| self.by_category.get(&reason.category))
            .copied()
            .unwrap_or(self.default)
    }
}

/// When an offer may be offered to the same customer again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoolDown {
    /// Days after the customer refused it.
    pub after_refusal_days: u32,
    /// Days after the customer accepted it; zero for at once.
    pub after_acceptance_days: u32,
}

impl CoolDown {
    /// After a refusal, where the catalogue says nothing.
    pub const AFTER_REFUSAL_DAYS: u32 = 90;
    /// After accepting a discount, where the catalogue says nothing.
    pub const AFTER_DISCOUNT_DAYS: u32 = 365;
}

impl Offer {
    /// The longest hold: a week.
    pub const MAX_HOLD_MINUTES: u32 = 10_080;

    /// Tells whether it is offered at present.
    pub fn is_live(&self) -> bool {
        self.state == OfferState::Live
    }

    /// Tells whether it argues about price, which is no answer while an incident is open.
    pub const fn is_price_offer(&self) -> bool {
        self.lever.is_about_price()
    }

    /// Tells whether amounts and costs are known in a currency.
    pub fn covers(&self, currency: Currency) -> bool {
        self.benefit.one_off.covers(currency) && self.cost.covers(currency)
    }
}
