//! The list of facts: names, types, and where each comes from.

use super::vocabulary::{self, Vocabulary};
use super::{Description, Fact, Level, ValueType};

const fn boolean(fact: Fact, level: Level, name: &'static str, doc: &'static str) -> Description {
    Description {
        fact,
        name,
        value_type: ValueType::Boolean,
        level,
        vocabulary: Vocabulary::Any,
        range: (i64::MIN, i64::MAX),
        moves_with_time: false,
        doc,
    }
}

const fn integer(
    fact: Fact,
    level: Level,
    name: &'static str,
    range: (i64, i64),
    doc: &'static str,
) -> Description {
    Description {
        value_type: ValueType::Integer,
        range,
        ..boolean(fact, level, name, doc)
    }
}

const fn text(
    fact: Fact,
    level: Level,
    name: &'static str,
    vocabulary: Vocabulary,
    doc: &'static str,
) -> Description {
    Description {
        value_type: ValueType::Text,
        vocabulary,
        ..boolean(fact, level, name, doc)
    }
}

const fn text_set(
    fact: Fact,
    level: Level,
    name: &'static str,
    vocabulary: Vocabulary,
    doc: &'static str,
) -> Description {
    Description {
        value_type: ValueType::TextSet,
        ..text(fact, level, name, vocabulary, doc)
    }
}

const fn moving(description: Description) -> Description {
    Description {
        moves_with_time: true,
        ..description
    }
}

const COUNT: (i64, i64) = (0, i64::MAX);
const SHARE: (i64, i64) = (0, 10_000);
const ANY: (i64, i64) = (i64::MIN, i64::MAX);

pub(super) static DESCRIPTIONS: [Description; 47] = [
    text(
        Fact::CustomerKind,
        Level::Customer,
        "customer.kind",
        Vocabulary::Closed(vocabulary::CUSTOMER_KINDS),
        "Who the customer is in law.",
    ),
    moving(integer(
        Fact::CustomerTenureDays,
        Level::Customer,
        "customer.tenure_days",
        COUNT,
        "Days since the current lifetime began.",
    )),
    moving(integer(
        Fact::CustomerTotalTenureDays,
        Level::Customer,
        "customer.total_tenure_days",
        COUNT,
        "Days of all lifetimes together, without those between them.",
    )),
    integer(
        Fact::CustomerLifetimeCount,
        Level::Customer,
        "customer.lifetime_count",
        COUNT,
        "How many continuous relationships there have been; two or more: they came back.",
    ),
    moving(integer(
        Fact::CustomerLiveSubscriptionCount,
        Level::Customer,
        "customer.live_subscription_count",
        COUNT,
        "How many subscriptions are live.",
    )),
    moving(integer(
        Fact::CustomerEndedSubscriptionCount,
        Level::Customer,
        "customer.ended_subscription_count",
        COUNT,
        "How many subscriptions have ended.",
    )),
    integer(
        Fact::CustomerOpenIncidentCount,
        Level::Customer,
        "customer.open_incident_count",
        COUNT,
        "How many incidents are open.",
    ),
    integer(
        Fact::CustomerWorstOpenIncidentSeverity,
        Level::Customer,
        "customer.worst_open_incident_severity",
        (0, 3),
        "The severity of the worst open incident: 0 none, 1 minor, 2 major, 3 critical.",
    ),
    moving(integer(
        Fact::CustomerDaysSinceIncidentResolved,
        Level::Customer,
        "customer.days_since_incident_resolved",
        COUNT,
        "Days since the last incident was resolved; unknown when none ever was.",
    )),
    moving(text(
        Fact::CustomerStage,
        Level::Customer,
        "customer.stage",
        Vocabulary::Closed(vocabulary::STAGES),
        "The life-cycle stage.",
    )),
    moving(integer(
        Fact::CustomerChurnRiskBasisPoints,
        Level::Customer,
        "customer.churn_risk_basis_points",
        SHARE,
        "The chance of leaving within the horizon; 10,000 is certain.",
    )),
    moving(integer(
        Fact::CustomerValueRemainingMinor,
        Level::Customer,
        "customer.value_remaining_minor",
        ANY,
        "What the relationship is still worth, in minor units of the customer's currency.",
    )),
    boolean(
        Fact::CustomerVulnerable,
        Level::Customer,
        "customer.vulnerable",
        "The customer asked for, or needs, particular care.",
    ),
    boolean(
        Fact::CustomerDeceased,
        Level::Customer,
        "customer.deceased",
        "The customer has died.",
    ),
    boolean(
        Fact::CustomerDoNotOffer,
        Level::Customer,
        "customer.do_not_offer",
        "The customer asked never to be made an offer.",
    ),
    text(
        Fact::CustomerJurisdiction,
        Level::Customer,
        "customer.jurisdiction",
        Vocabulary::Jurisdictions,
        "Where the customer lives: ISO 3166-1 or 3166-2.",
    ),
    moving(integer(
        Fact::CustomerDaysSinceLastContact,
        Level::Customer,
        "customer.days_since_last_contact",
        COUNT,
        "Days since the last contact; unknown when there was none.",
    )),
    integer(
        Fact::CustomerContactCount,
        Level::Customer,
        "customer.contact_count",
        COUNT,
        "How many contacts there were.",
    ),
    integer(
        Fact::CustomerReferralCount,
        Level::Customer,
        "customer.referral_count",
        COUNT,
        "How many people the customer referred.",
    ),
    integer(
        Fact::CustomerPaymentFailedCount,
        Level::Customer,
        "customer.payment_failed_count",
        COUNT,
        "How many payments failed.",
    ),
    text(
        Fact::SubscriptionBusinessLine,
        Level::Customer,
        "subscription.business_line",
        Vocabulary::Any,
        "The business line.",
    ),
    text(
        Fact::SubscriptionProduct,
        Level::Customer,
        "subscription.product",
        Vocabulary::Any,
        "The product or plan.",
    ),
    text(
        Fact::SubscriptionRelationship,
        Level::Customer,
        "subscription.relationship",
        Vocabulary::Closed(vocabulary::RELATIONSHIPS),
        "Whether leaving is an event or inferred.",
    ),
    text(
        Fact::SubscriptionContractKind,
        Level::Customer,
        "subscription.contract_kind",
        Vocabulary::Closed(vocabulary::CONTRACT_KINDS),
        "The commitment.",
    ),
    moving(text(
        Fact::SubscriptionState,
        Level::Customer,
        "subscription.state",
        Vocabulary::Closed(vocabulary::SUBSCRIPTION_STATES),
        "The recorded state.",
    )),
    moving(integer(
        Fact::SubscriptionTenureDays,
        Level::Customer,
        "subscription.tenure_days",
        COUNT,
        "Days since its service began.",
    )),
    integer(
        Fact::SubscriptionMonthlyPriceMinor,
        Level::Customer,
        "subscription.monthly_price_minor",
        COUNT,
        "The monthly price, in minor units of its currency.",
    ),
    text(
        Fact::SubscriptionCurrency,
        Level::Customer,
        "subscription.currency",
        Vocabulary::Currencies,
        "The currency of the monthly price.",
    ),
    moving(integer(
        Fact::SubscriptionDaysToCommitmentEnd,
        Level::Customer,
        "subscription.days_to_commitment_end",
        ANY,
        "Days until the commitment ends, negative once it has; unknown without one.",
    )),
    moving(integer(
        Fact::SubscriptionChurnRiskBasisPoints,
        Level::Customer,
        "subscription.churn_risk_basis_points",
        SHARE,
        "The chance that this subscription ends within the horizon; 10,000 is certain.",
    )),
    moving(integer(
        Fact::SubscriptionValueRemainingMinor,
        Level::Customer,
        "subscription.value_remaining_minor",
        ANY,
        "What this subscription is still worth, in minor units of its currency.",
    )),
    moving(integer(
        Fact::DeskOffersPresented365Days,
        Level::Customer,
        "desk.offers_presented_365_days",
        COUNT,
        "How many offers were presented to the customer within 365 days.",
    )),
    moving(integer(
        Fact::DeskOffersAccepted365Days,
        Level::Customer,
        "desk.offers_accepted_365_days",
        COUNT,
        "How many offers the customer accepted within 365 days.",
    )),
    moving(integer(
        Fact::DeskDaysSinceLastAcceptedDiscount,
        Level::Customer,
        "desk.days_since_last_accepted_discount",
        COUNT,
        "Days since the customer last accepted a discount; unknown when they never did.",
    )),
    moving(integer(
        Fact::DeskSaveSessions730Days,
        Level::Customer,
        "desk.save_sessions_730_days",
        COUNT,
        "How many save sessions the customer had within 730 days.",
    )),
    text(
        Fact::CallReason,
        Level::Call,
        "call.reason",
        Vocabulary::Reasons,
        "The reason stated; unknown when none was.",
    ),
    boolean(
        Fact::CallLeftForThisReasonBefore,
        Level::Call,
        "call.left_for_this_reason_before",
        "They left before for the reason stated; unknown when none was.",
    ),
    boolean(
        Fact::CallDestinationServiceable,
        Level::Call,
        "call.destination_serviceable",
        "The place they move to, or would come back to, can be served; unknown until it was looked up.",
    ),
    text(
        Fact::CallReasonCategory,
        Level::Call,
        "call.reason_category",
        Vocabulary::ReasonCategories,
        "The category of the reason stated.",
    ),
    text_set(
        Fact::CallSecondaryReasons,
        Level::Call,
        "call.secondary_reasons",
        Vocabulary::Reasons,
        "Further reasons stated.",
    ),
    text(
        Fact::CallIntent,
        Level::Call,
        "call.intent",
        Vocabulary::Closed(vocabulary::INTENTS),
        "What the customer said they want.",
    ),
    text(
        Fact::CallChannel,
        Level::Call,
        "call.channel",
        Vocabulary::Closed(vocabulary::CHANNELS),
        "How the parties speak.",
    ),
    text(
        Fact::CallJurisdiction,
        Level::Call,
        "call.jurisdiction",
        Vocabulary::Jurisdictions,
        "The place whose rules hold for this call.",
    ),
    text(
        Fact::CallOccasion,
        Level::Call,
        "call.occasion",
        Vocabulary::Closed(vocabulary::OCCASIONS),
        "Why the parties speak.",
    ),
    text(
        Fact::CallLanguage,
        Level::Call,
        "call.language",
        Vocabulary::Any,
        "The language spoken, BCP 47.",
    ),
    integer(
        Fact::AgentAuthority,
        Level::Call,
        "agent.authority",
        (1, 3),
        "How much the agent may grant: 1 agent, 2 senior, 3 manager.",
    ),
    text(
        Fact::AgentTeam,
        Level::Call,
        "agent.team",
        Vocabulary::Any,
        "The agent's team.",
    ),
];
