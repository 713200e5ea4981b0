//! What is known about a customer, as far as stages and scores read it.

use std::collections::BTreeMap;

use kernel::money::Money;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::clock_days::{day_number, start_of_day};

/// The facts of one customer at one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerFacts {
    /// The customer.
    pub customer_id: String,
    /// The revision these facts show.
    pub revision: u64,
    /// Every subscription, oldest first.
    pub subscriptions: Vec<Subscription>,
    /// The continuous relationships so far, first to last.
    pub lifetimes: Vec<Lifetime>,
    /// Incidents that are not resolved.
    pub open_incidents: Vec<Incident>,
    /// How many incidents there have ever been.
    pub incident_count: u32,
    /// When the last incident was resolved.
    pub last_incident_resolve_time: Option<Timestamp>,
    /// Totals by kind of event.
    pub activities: Vec<Activity>,
    /// The latest distinct days with a purchase, since 1970-01-01, ascending.
    pub purchase_days: Vec<i32>,
    /// How many distinct days had a purchase in all.
    pub purchase_day_count: u32,
    /// The customer has died.
    pub deceased: bool,
    /// Other ids of the same customer, which were merged into this one.
    pub merged_customer_ids: Vec<String>,
}

/// One subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The subscription.
    pub subscription_id: String,
    /// The business line whose rules apply.
    pub business_line: String,
    /// How leaving shows itself.
    pub relationship: Relationship,
    /// The commitment.
    pub contract_kind: ContractKind,
    /// The recorded state.
    pub state: State,
    /// When service began.
    pub start_time: Option<Timestamp>,
    /// When the commitment ends.
    pub commitment_end_time: Option<Timestamp>,
    /// When service ends or ended.
    pub service_end_time: Option<Timestamp>,
    /// When billing ends or ended.
    pub billing_end_time: Option<Timestamp>,
    /// The price of one month.
    pub monthly_price: Option<Money>,
    /// It ended because it lives on elsewhere: moved, replaced or merged. Not churn.
    pub lives_on: bool,
    /// What ended it, as systems tell it.
    pub cause: EndCause,
    /// In force, and paused as the customer asked for.
    pub paused: bool,
    /// What the customer said when it ended, as a key of the reason tree; empty when nothing was said
    /// or it is sensitive.
    pub stated_reason: String,
    /// The category of what was said; empty when nothing was.
    pub reason_category: String,
    /// The product or plan; empty when not known.
    pub product: String,
    /// Further attributes by name, as they were imported.
    pub attributes: BTreeMap<String, String>,
}

/// How leaving shows itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relationship {
    /// Leaving is an event.
    #[default]
    Contractual,
    /// Leaving is inferred from silence.
    NonContractual,
}

/// The commitment of a subscription.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum ContractKind {
    /// Not known.
    #[default]
    Unknown,
    /// Renewed each month.
    MonthToMonth,
    /// Committed for one year.
    OneYear,
    /// Committed for two years.
    TwoYear,
    /// Committed for another fixed term.
    FixedTerm,
    /// Bought when wanted.
    PayAsYouGo,
}

impl ContractKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::MonthToMonth,
        Self::OneYear,
        Self::TwoYear,
        Self::FixedTerm,
        Self::PayAsYouGo,
    ];

    /// Returns the key under which the kind is stored and shown.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::MonthToMonth => "month_to_month",
            Self::OneYear => "one_year",
            Self::TwoYear => "two_year",
            Self::FixedTerm => "fixed_term",
            Self::PayAsYouGo => "pay_as_you_go",
        }
    }

    /// Finds the kind of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// The recorded state of a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// In force: active, paused or suspended.
    #[default]
    InForce,
    /// Agreed, not started.
    Prospect,
    /// In force, with its end asked for.
    CancelPending,
    /// Out of service for good.
    Ended,
}

/// Where a relationship stands at a time, by its dates alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Agreed, or not even that.
    NotStarted,
    /// Entitled.
    Live,
    /// Over.
    Ended,
}

/// One continuous relationship.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifetime {
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// It ended because it lives on elsewhere. Not churn.
    pub lives_on: bool,
    /// What ended it, as systems tell it.
    pub cause: EndCause,
    /// What the customer said when it ended; empty as in a subscription.
    pub stated_reason: String,
    /// The category of what was said.
    pub reason_category: String,
}

/// What ended a relationship, as far as figures tell ends apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EndCause {
    /// The customer, or nobody knows.
    #[default]
    Customer,
    /// A payment that failed or was disputed.
    Payment,
    /// The provider.
    Provider,
    /// Death.
    Death,
    /// Silence: nobody said anything.
    Silence,
    /// The contract ended, and nobody renewed it.
    NotRenewed,
}

/// One open incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// The subscription it touches; empty when it touches the whole relationship.
    pub subscription_id: String,
    /// When it began.
    pub open_time: Option<Timestamp>,
    /// The incident.
    pub incident_id: String,
    /// When the current promise to the customer is due, if one was made.
    pub promise_due_time: Option<Timestamp>,
    /// A promise made in this recovery was broken.
    pub promise_broken: bool,
    /// When the promise that was broken last was due, where that is known.
    pub broken_promise_due_time: Option<Timestamp>,
}

/// The kinds of events that stages and scores read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityKind {
    /// Something was bought.
    Purchase,
    /// A bill was paid.
    Payment,
    /// A payment failed.
    PaymentFailed,
    /// The service was used.
    Usage,
    /// Somebody else was told of the company.
    Referral,
    /// Anything else.
    Other,
}

/// The total of one kind of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The kind.
    pub kind: ActivityKind,
    /// How many there were.
    pub count: u32,
    /// The first.
    pub first_time: Option<Timestamp>,
    /// The last.
    pub last_time: Option<Timestamp>,
    /// The sum of the amounts.
    pub total: Option<Money>,
}

impl Subscription {
    /// Says where the subscription stands at a time. What is recorded as over without a date is
    /// over at every time; a suspension keeps the contract in force.
    pub fn standing(&self, as_of: Timestamp) -> Standing {
        let over = self.service_end_time.is_some_and(|end| end <= as_of);
        let over_without_date = self.state == State::Ended && self.service_end_time.is_none();
        if over || over_without_date {
            return Standing::Ended;
        }
        let ahead = self.start_time.is_some_and(|start| start > as_of);
        if ahead || self.state == State::Prospect {
            return Standing::NotStarted;
        }
        Standing::Live
    }
}

impl CustomerFacts {
    /// Tells whether the customer has died, as far as it is recorded.
    pub fn has_died(&self, as_of: Timestamp) -> bool {
        let mut subscriptions = self.subscriptions.iter();
        let is_live = |it: &Subscription| it.standing(as_of) == Standing::Live;
        let ended_by_death = subscriptions.any(|it| it.cause == EndCause::Death);
        self.deceased || (ended_by_death && !self.subscriptions.iter().any(is_live))
    }

    /// Finds the total of one kind of event.
    pub fn activity(&self, kind: ActivityKind) -> Option<&Activity> {
        self.activities
            .iter()
            .find(|activity| activity.kind == kind)
    }

    /// Finds the last sign of life until a time: a purchase, a payment or a use.
    pub fn last_sign_of_life(&self, as_of: Timestamp) -> Option<Timestamp> {
        use ActivityKind::{Payment, Purchase, Usage};
        let recorded = [Purchase, Payment, Usage]
            .into_iter()
            .filter_map(|kind| self.activity(kind))
            .flat_map(|activity| [activity.last_time, activity.first_time])
            .flatten()
            .filter(|time| *time <= as_of)
            .max();
        recorded.max(self.last_purchase_day(as_of).map(start_of_day))
    }

    /// Finds the last day with a purchase until a time.
    pub fn last_purchase_day(&self, as_of: Timestamp) -> Option<i32> {
        let today = day_number(as_of);
        self.purchase_days
            .iter()
            .rev()
            .copied()
            .find(|day| *day <= today)
    }
}
