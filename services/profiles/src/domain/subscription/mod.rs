//! Subscriptions: what can be cancelled, and the verbs that change one.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kernel::id::{AccountId, CustomerId, SubscriptionId};
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::rejection::Rejection;
use super::vocabulary::{ContractKind, EndReason, Numbered, Relationship, SubscriptionState};

/// How a subscription stands apart from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Agreed, not yet started.
    Prospect = 1,
    /// In service.
    Active = 2,
    /// Paused at the customer's wish.
    Paused = 3,
    /// Taken out of service by the provider.
    Suspended = 4,
}

impl Numbered for Standing {
    const ALL: &'static [Self] = &[Self::Prospect, Self::Active, Self::Paused, Self::Suspended];

    fn number(self) -> i16 {
        self as i16
    }
}

/// What a customer said when something ended, as keys that are alike for many: never in their words,
/// which may be about a person. Neither is ever required.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatedReason {
    /// A key of the reason tree; empty when nothing was said or what was said is sensitive.
    pub key: String,
    /// The category of what was said; empty when nothing was said.
    pub category: String,
}

impl StatedReason {
    /// Tells whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty() && self.category.is_empty()
    }

    /// Keeps this where something was said, and the other otherwise: never a key of one with the
    /// category of the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_empty() { other } else { self }
    }
}

/// The end that is set on a subscription. One value, so that an end is set and undone whole:
/// a service end without its billing end cannot be left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When service ends or ended.
    pub service_end_time: Timestamp,
    /// When billing ends or ended, where given.
    pub billing_end_time: Option<Timestamp>,
    /// What ends it, where known.
    pub reason: Option<EndReason>,
    /// What the customer said.
    #[serde(default, skip_serializing_if = "StatedReason::is_empty")]
    pub stated: StatedReason,
    /// The service end had come when the subscription was last written or swept.
    pub reached: bool,
}

/// One thing a customer can cancel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The account it belongs to, for good.
    pub account_id: AccountId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The product or plan.
    pub product: String,
    /// How leaving shows itself, where known.
    pub relationship: Option<Relationship>,
    /// The commitment, where known.
    pub contract_kind: Option<ContractKind>,
    /// How it stands apart from its end; what a reinstatement goes back to.
    pub standing: Standing,
    /// When service began.
    pub start_time: Timestamp,
    /// When the commitment ends, if there is one.
    pub commitment_end_time: Option<Timestamp>,
    /// The end, if one is set.
    pub end: Option<End>,
    /// The price of one month, if there is a recurring price.
    pub monthly_price: Option<Money>,
    /// The currency of every amount of the subscription: that of the first one.
    pub currency: Option<Currency>,
    /// Further attributes by name.
    pub attributes: BTreeMap<String, String>,
}

/// A subscription as somebody wants it recorded.
#[derive(Clone, Debug)]
pub struct SubscriptionDraft {
    /// The customer.
    pub customer_id: CustomerId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The product or plan.
    pub product: String,
    /// How leaving shows itself, where known.
    pub relationship: Option<Relationship>,
    /// The commitment, where known.
    pub contract_kind: Option<ContractKind>,
    /// The state; not given means as recorded, or as the dates say.
    pub state: Option<SubscriptionState>,
    /// When service began.
    pub start_time: Timestamp,
    /// When the commitment ends, if there is one.
    pub commitment_end_time: Option<Timestamp>,
    /// When service ends or ended; not given keeps an end that is recorded.
    pub service_end_time: Option<Timestamp>,
    /// When billing ends or ended.
    pub billing_end_time: Option<Timestamp>,
    /// What ends it, where known.
    pub end_reason: Option<EndReason>,
    /// What the customer said; nothing keeps what is recorded with the end.
    pub stated: StatedReason,
    /// The price of one month, if there is a recurring price.
    pub monthly_price: Option<Money>,
    /// Further attributes by name.
    pub attributes: BTreeMap<String, String>,
}

/// An end as somebody wants it set.
#[derive(Clone, Debug)]
pub struct EndOrder {
    /// When service shall end.
    pub service_end_time: Timestamp,
    /// When billing shall end; the service end when not given.
    pub billing_end_time: Option<Timestamp>,
    /// What ends it, where known.
    pub reason: Option<EndReason>,
    /// What the customer said.
    pub stated: StatedReason,
}

impl Subscription {
    /// Subscriptions, live and ended, that a customer can have.
    pub const MOST: usize = 200;

    /// Returns the recorded state.
    pub fn state(&self) -> SubscriptionState {
        match (&self.end, self.standing) {
            (Some(End { reached: true, .. }), _) => SubscriptionState::Ended,
            (Some(_), _) => SubscriptionState::CancelPending,
            (None, Standing::Prospect) => SubscriptionState::Prospect,
            (None, Standing::Active) => SubscriptionState::Active,
            (None, Standing::Paused) => SubscriptionState::Paused,
            (None, Standing::Suspended) => SubscriptionState::Suspended,
        }
    }

    /// Records a subscription whole, over what is recorded.
    ///
    /// An end that is set is kept when the draft has none: a nightly feed that has not heard of a
    /// cancellation yet must not undo it. Only [`Self::reinstate`] undoes an end. What the customer
    /// said is kept in the same way: billing knows the day of an end and not what was said.
    pub fn put(
        recorded: Option<&Self>,
        draft: &SubscriptionDraft,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        if recorded.is_some_and(|subscription| subscription.account_id != draft.account_id) {
            return Err(Rejection::SubscriptionTaken {
                subscription_id: draft.subscription_id.to_string(),
            });
        }
        let known = recorded.and_then(|subscription| subscription.currency);
        let currency = match draft.monthly_price {
            Some(price) => Some(one_currency("monthly_price.currency", known, price)?),
            None => known,
        };
        let recorded_end = recorded.and_then(|subscription| subscription.end.clone());
        let end = draft.end(recorded_end.as_ref(), now)?.or(recorded_end);
        draft.check_state(end.as_ref(), now)?;
        let subscription = Self {
            account_id: draft.account_id.clone(),
            subscription_id: draft.subscription_id.clone(),
            product: draft.product.clone(),
            relationship: draft.relationship,
            contract_kind: draft.contract_kind,
            standing: draft.standing(recorded, now),
            start_time: draft.start_time,
            commitment_end_time: draft.commitment_end_time,
            end,
            monthly_price: draft.monthly_price,
            currency,
            attributes: draft.attributes.clone(),
        };
        Ok(subscription.settled(now))
    }

    /// Sets the end, at once or pending until it comes.
    ///
    /// Of two ends the earlier counts, so that a retried or reordered order never prolongs what
    /// the customer left; to postpone, reinstate and end again. What has ended stays as it ended.
    /// An end before the start is taken as one at the start: leaving is never refused.
    #[must_use]
    pub fn ended(&self, order: EndOrder, now: Timestamp) -> Self {
        let service_end_time = order.service_end_time.max(self.start_time);
        let billing_end_time = order
            .billing_end_time
            .unwrap_or(service_end_time)
            .max(self.start_time);
        let wanted = End {
            service_end_time,
            billing_end_time: Some(billing_end_time),
            reason: order.reason,
            stated: order.stated,
            reached: false,
        };
        let end = match self.settled(now).end {
            Some(recorded) if recorded.reached => recorded,
            Some(recorded) => recorded.or_earlier(wanted, order.billing_end_time.is_some()),
            None => wanted,
        };
        Self {
            end: Some(end),
            ..self.clone()
        }
        .settled(now)
    }

    /// Undoes an end that has not come yet: service end, billing end and reasons together.
    pub fn reinstate(&self, now: Timestamp) -> Result<Self, Rejection> {
        let settled = self.settled(now);
        if settled.state() == SubscriptionState::Ended {
            return Err(Rejection::IllegalState {
                state: SubscriptionState::Ended.word(),
                advice: "record a new subscription for the new lifetime",
            });
        }
        Ok(Self {
            end: None,
            ..settled
        })
    }

    /// Notes whether the end has come.
    #[must_use]
    pub fn settled(&self, now: Timestamp) -> Self {
        let mut settled = self.clone();
        if let Some(end) = &mut settled.end {
            end.reached = end.service_end_time <= now;
        }
        settled
    }

    /// Takes the currency of an amount that belongs to this subscription.
    pub fn adopt_currency(&self, amount: Money) -> Result<Currency, Rejection> {
        one_currency("amount.currency", self.currency, amount)
    }
}

impl End {
    /// Chooses between this pending end and another one.
    fn or_earlier(self, wanted: Self, billing_given: bool) -> Self {
        if wanted.service_end_time < self.service_end_time {
            return Self {
                reason: wanted.reason.or(self.reason),
                stated: wanted.stated.or(self.stated),
                ..wanted
            };
        }
        let same_end = wanted.service_end_time == self.service_end_time;
        let billing_end_time = match (self.billing_end_time, wanted.billing_end_time) {
            (Some(recorded), Some(given)) if same_end && billing_given => Some(recorded.min(given)),
            (None, given) if same_end => given,
            (recorded, _) => recorded,
        };
        Self {
            billing_end_time,
            reason: self.reason.or(wanted.reason),
            stated: self.stated.or(wanted.stated),
            ..self
        }
    }
}

impl SubscriptionDraft {
    fn end(&self, recorded: Option<&End>, now: Timestamp) -> Result<Option<End>, Rejection> {
        let Some(service_end_time) = self.service_end_time else {
            return Ok(None);
        };
        if self.state == Some(SubscriptionState::Ended) && service_end_time > now {
            return Err(Rejection::Unfit {
                field: "state",
                problem: "a service end in the future is cancel_pending, not ended",
            });
        }
        let stated_before = recorded.map(|end| end.stated.clone()).unwrap_or_default();
        Ok(Some(End {
            service_end_time,
            billing_end_time: self.billing_end_time,
            reason: self.end_reason,
            stated: self.stated.clone().or(stated_before),
            reached: service_end_time <= now,
        }))
    }

    fn check_state(&self, end: Option<&End>, now: Timestamp) -> Result<(), Rejection> {
        if end.is_some_and(|end| end.service_end_time < self.start_time) {
            return Err(Rejection::Unfit {
                field: "start_time",
                problem: "must not lie after the service end",
            });
        }
        let named_end = matches!(
            self.state,
            Some(SubscriptionState::CancelPending | SubscriptionState::Ended)
        );
        let unreached = end.is_some_and(|end| end.service_end_time > now);
        if named_end && end.is_none() {
            return Err(Rejection::Unfit {
                field: "service_end_time",
                problem: "must be set for this state",
            });
        }
        if self.state == Some(SubscriptionState::Ended) && unreached {
            return Err(Rejection::Unfit {
                field: "service_end_time",
                problem: "the recorded end has not come yet; give the service end",
            });
        }
        Ok(())
    }

    fn standing(&self, recorded: Option<&Subscription>, now: Timestamp) -> Standing {
        match self.state {
            Some(SubscriptionState::Prospect) => Standing::Prospect,
            Some(SubscriptionState::Active) => Standing::Active,
            Some(SubscriptionState::Paused) => Standing::Paused,
            Some(SubscriptionState::Suspended) => Standing::Suspended,
            Some(SubscriptionState::CancelPending | SubscriptionState::Ended) | None => {
                let fresh = if self.start_time > now {
                    Standing::Prospect
                } else {
                    Standing::Active
                };
                recorded.map_or(fresh, |subscription| subscription.standing)
            }
        }
    }
}

fn one_currency(
    field: &'static str,
    known: Option<Currency>,
    amount: Money,
) -> Result<Currency, Rejection> {
    match known {
        Some(expected) if expected != amount.currency => Err(Rejection::WrongCurrency {
            field,
            given: amount.currency,
            expected,
        }),
        _ => Ok(amount.currency),
    }
}
