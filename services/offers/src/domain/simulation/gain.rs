//! What the two answers to a call are worth to the business, as the draft believes.
//!
//! Both are valued by one belief, the draft's, so that a draft gains nothing by believing more of its
//! offers. Differences are taken call by call, which leaves out what differs between calls.

use std::collections::BTreeMap;

use kernel::money::Currency;

use super::Then;
use crate::domain::arbitration;
use crate::domain::catalogue::{Catalogue, Offer, Priors, ReasonTree};
use crate::domain::decision::{Decision, Inputs, Record};
use crate::domain::promise::Promise;
use crate::domain::qualification::{Call, benefit};
use crate::domain::request::Occasion;

/// How many standard errors a 95 % interval reaches to each side.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The most currencies.
const MOST_CURRENCIES: usize = 20;

/// What each call is worth beyond offering nothing, in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gain {
    /// The calls whose customers pay in the currency.
    pub calls: u64,
    /// The mean before, in minor units.
    pub before: f64,
    /// The mean after, in minor units.
    pub after: f64,
    squares: f64,
}

impl Gain {
    /// Takes in the values of one call.
    fn add(&mut self, before: f64, after: f64) {
        let difference = self.difference();
        self.calls += 1;
        let count = real(self.calls);
        self.before += (before - self.before) / count;
        self.after += (after - self.after) / count;
        let seen = after - before;
        self.squares += (seen - difference) * (seen - self.difference());
    }

    /// By how much a call is worth more after than before, on average.
    pub fn difference(&self) -> f64 {
        self.after - self.before
    }

    /// The 95 % interval of the difference; absent of fewer than two calls.
    pub fn interval_95(&self) -> Option<(f64, f64)> {
        if self.calls < 2 {
            return None;
        }
        let count = real(self.calls);
        let reach = NORMAL_95 * (self.squares.max(0.0) / (count - 1.0) / count).sqrt();
        Some((self.difference() - reach, self.difference() + reach))
    }
}

#[expect(clippy::cast_precision_loss, reason = "calls are far fewer than 2⁵³")]
const fn real(count: u64) -> f64 {
    count as f64
}

/// The gains by currency.
#[derive(Clone, Debug, Default)]
pub struct Gains(BTreeMap<Currency, Gain>);

impl Gains {
    /// Takes in one call. Nothing is said of a customer of whom no price is known: no offer could be
    /// valued.
    pub(super) fn add(&mut self, record: &Record, then: &Then, after: &Decision, same: bool) {
        let Some(currency) = currency(record) else {
            return;
        };
        if self.0.len() >= MOST_CURRENCIES && !self.0.contains_key(&currency) {
            return;
        }
        let is = worth(&after.offers, |promise| Some(promise.gain.minor));
        let was = if same { is } else { worth_before(record, then) };
        self.0.entry(currency).or_default().add(was, is);
    }

    /// The gains, by currency.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Currency, &Gain)> {
        self.0.iter()
    }
}

/// What a call is reckoned in.
pub(super) fn currency(record: &Record) -> Option<Currency> {
    let customer = record.customer.as_deref()?;
    let subscription = customer.subscription(&record.request.subscription_id)?;
    let margin = subscription.score.map(|score| score.monthly_margin);
    Some(margin.or(subscription.monthly_price)?.currency)
}

/// What is owed is given in any case; of the rest the customer takes one.
#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^12 minor units are exact in a double"
)]
fn worth(offers: &[Promise], gain: impl Fn(&Promise) -> Option<i64>) -> f64 {
    let gain = |promise: &Promise| gain(promise).unwrap_or(promise.gain.minor);
    let (owed, free): (Vec<_>, Vec<_>) = offers.iter().partition(|promise| promise.owed);
    let owed: i64 = owed.into_iter().map(gain).sum();
    let best = free.into_iter().map(gain).max().unwrap_or(0);
    owed.saturating_add(best) as f64
}

/// What was offered then, by the belief of the draft.
fn worth_before(record: &Record, then: &Then) -> f64 {
    let inputs = record.inputs(&then.believed, &then.policy);
    let (Some(customer), Some(subscription)) = (inputs.customer, inputs.subscription()) else {
        return 0.0;
    };
    let call = Call::new(&inputs, customer, subscription, inputs.stated());
    let nothing = arbitration::no_offer(&call);
    worth(&record.decision.offers, |promise| {
        let offer = then.believed.offer(&promise.offer_key)?;
        let scored = arbitration::score(&call, offer, benefit(&call, offer)?, &nothing);
        Some(scored.terms.gain)
    })
}

/// The chance that an offer is taken, by the belief of a catalogue.
pub(super) fn chance_taken(inputs: &Inputs<'_>, promise: &Promise) -> f64 {
    let Some(offer) = inputs.catalogue.offer(&promise.offer_key) else {
        return 1.0;
    };
    let unstated = || match inputs.request.occasion {
        Occasion::CancelCall => inputs.catalogue.reasons.unstated(),
        _ => None,
    };
    let stated = inputs.stated().or_else(unstated);
    offer.priors.stated(stated).stay
}

/// The offers of then, as the draft believes of them where both have them.
pub(super) fn believed(then: &Catalogue, draft: &Catalogue) -> Catalogue {
    let priors = |offer: &Offer| -> Priors {
        let same = draft.offer(&offer.key).unwrap_or(offer);
        same.priors.clone()
    };
    let offers = then.offers().map(|offer| Offer {
        priors: priors(offer),
        ..offer.clone()
    });
    let reasons = then.reasons.iter().map(|reason| {
        let mut reason = reason.clone();
        if let Some(same) = draft.reason(&reason.key) {
            reason.no_offer = same.no_offer;
        }
        reason
    });
    let mut occasions = then.occasions.clone();
    for (occasion, belief) in &draft.occasions {
        if let Some(known) = occasions.get_mut(occasion) {
            *known = *belief;
        }
    }
    let mut believed = Catalogue::new(ReasonTree::new(reasons), offers.collect());
    believed.occasions = occasions;
    believed
}
