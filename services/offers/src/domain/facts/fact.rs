//! Facts by name, and what is known about each before anybody has a value for it.

use std::fmt;

use super::ValueType;
use super::list::DESCRIPTIONS;
use super::vocabulary::Vocabulary;

/// What a fact is about, which decides where it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// About the customer, the subscription or the desk's history with them: cached between calls.
    Customer,
    /// About this call: never in eligibility.
    Call,
}

/// What is known about a fact before anybody has a value for it.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The fact.
    pub fact: Fact,
    /// Its written name.
    pub name: &'static str,
    /// Its type.
    pub value_type: ValueType,
    /// What it is about.
    pub level: Level,
    /// Which texts it may take.
    pub vocabulary: Vocabulary,
    /// The least and the greatest number it may take.
    pub range: (i64, i64),
    /// Its value may change with time alone.
    pub moves_with_time: bool,
    /// What it means.
    pub doc: &'static str,
}

/// A typed fact that rules may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fact {
    /// Who the customer is in law.
    CustomerKind,
    /// Days since the current lifetime began.
    CustomerTenureDays,
    /// Days of all lifetimes together, without those between them.
    CustomerTotalTenureDays,
    /// How many continuous relationships there have been; two or more: they came back.
    CustomerLifetimeCount,
    /// How many subscriptions are live.
    CustomerLiveSubscriptionCount,
    /// How many subscriptions have ended.
    CustomerEndedSubscriptionCount,
    /// How many incidents are open.
    CustomerOpenIncidentCount,
    /// The severity of the worst open incident: 0 none, 1 minor, 2 major, 3 critical.
    CustomerWorstOpenIncidentSeverity,
    /// Days since the last incident was resolved; unknown when none ever was.
    CustomerDaysSinceIncidentResolved,
    /// The life-cycle stage.
    CustomerStage,
    /// The chance of leaving within the horizon; 10,000 is certain.
    CustomerChurnRiskBasisPoints,
    /// What the relationship is still worth, in minor units of the customer's currency.
    CustomerValueRemainingMinor,
    /// The customer asked for, or needs, particular care.
    CustomerVulnerable,
    /// The customer has died.
    CustomerDeceased,
    /// The customer asked never to be made an offer.
    CustomerDoNotOffer,
    /// Where the customer lives: ISO 3166-1 or 3166-2.
    CustomerJurisdiction,
    /// Days since the last contact; unknown when there was none.
    CustomerDaysSinceLastContact,
    /// How many contacts there were.
    CustomerContactCount,
    /// How many people the customer referred.
    CustomerReferralCount,
    /// How many payments failed.
    CustomerPaymentFailedCount,
    /// The business line.
    SubscriptionBusinessLine,
    /// The product or plan.
    SubscriptionProduct,
    /// Whether leaving is an event or inferred.
    SubscriptionRelationship,
    /// The commitment.
    SubscriptionContractKind,
    /// The recorded state.
    SubscriptionState,
    /// Days since its service began.
    SubscriptionTenureDays,
    /// The monthly price, in minor units of its currency.
    SubscriptionMonthlyPriceMinor,
    /// The currency of the monthly price.
    SubscriptionCurrency,
    /// Days until the commitment ends, negative once it has; unknown without one.
    SubscriptionDaysToCommitmentEnd,
    /// The chance that this subscription ends within the horizon; 10,000 is certain.
    SubscriptionChurnRiskBasisPoints,
    /// What this subscription is still worth, in minor units of its currency.
    SubscriptionValueRemainingMinor,
    /// How many offers were presented to the customer within 365 days.
    DeskOffersPresented365Days,
    /// How many offers the customer accepted within 365 days.
    DeskOffersAccepted365Days,
    /// Days since the customer last accepted a discount; unknown when they never did.
    DeskDaysSinceLastAcceptedDiscount,
    /// How many save sessions the customer had within 730 days.
    DeskSaveSessions730Days,
    /// The reason stated; unknown when none was.
    CallReason,
    /// They left before for the reason stated; unknown when none was.
    CallLeftForThisReasonBefore,
    /// The place they move to, or would come back to, can be served; unknown until it was looked up.
    CallDestinationServiceable,
    /// The category of the reason stated.
    CallReasonCategory,
    /// Further reasons stated.
    CallSecondaryReasons,
    /// What the customer said they want.
    CallIntent,
    /// How the parties speak.
    CallChannel,
    /// The place whose rules hold for this call.
    CallJurisdiction,
    /// Why the parties speak.
    CallOccasion,
    /// The language spoken, BCP 47.
    CallLanguage,
    /// How much the agent may grant: 1 agent, 2 senior, 3 manager.
    AgentAuthority,
    /// The agent's team.
    AgentTeam,
}

impl Fact {
    /// How many facts there are.
    pub const COUNT: usize = DESCRIPTIONS.len();

    /// Returns every fact in the order of the list.
    pub fn all() -> impl Iterator<Item = Self> {
        DESCRIPTIONS.iter().map(|description| description.fact)
    }

    /// Finds a fact by its written name.
    pub fn from_name(name: &str) -> Option<Self> {
        DESCRIPTIONS
            .iter()
            .find(|description| description.name == name)
            .map(|description| description.fact)
    }

    /// Returns what is known about the fact.
    pub const fn description(self) -> &'static Description {
        &DESCRIPTIONS[self as usize]
    }

    /// Returns the written name.
    pub const fn name(self) -> &'static str {
        self.description().name
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FactSet(u64);

// One bit for each fact.
const _: () = assert!(Fact::COUNT <= 64);

impl FactSet {
    /// Adds a fact.
    pub const fn insert(&mut self, fact: Fact) {
        self.0 |= 1 << fact as u8;
    }

    /// Adds every fact of another set.
    pub const fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Tells whether a fact is in the set.
    pub const fn contains(self, fact: Fact) -> bool {
        self.0 & (1 << fact as u8) != 0
    }

    /// Returns the facts in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        Fact::all().filter(move |fact| self.contains(*fact))
    }
}
