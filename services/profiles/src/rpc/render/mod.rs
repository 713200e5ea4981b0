//! From the domain to the wire.

mod contact;
mod facts;
mod records;

pub(super) use contact::{contact_rules, permission};
pub(super) use facts::facts;
pub(super) use records::{account, consent, customer, event, incident, merged, subscription};

use contract::types::v1 as types;
use edge::wire;
use kernel::money::Money;
use kernel::time::Timestamp;

use crate::domain::vocabulary::Numbered;

/// Writes a word that may be absent.
pub(super) fn number<W: Numbered>(word: Option<W>) -> i32 {
    word.map_or(0, |word| i32::from(word.number()))
}

/// Writes an instant.
pub(super) fn time(instant: Timestamp) -> prost_types::Timestamp {
    wire::timestamp(instant)
}

/// Writes an instant that may be absent.
pub(super) fn optional_time(instant: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    instant.map(wire::timestamp)
}

/// Writes an amount that may be absent.
pub(super) fn money(amount: Option<Money>) -> Option<types::Money> {
    amount.map(|amount| types::Money {
        minor: amount.minor,
        currency: amount.currency.to_string(),
    })
}

/// Writes an id that may be absent.
pub(super) fn id<K>(id: Option<&kernel::id::Id<K>>) -> String {
    id.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use contract::profiles::v1 as pb;
    use serde::Serialize;

    use super::*;
    use crate::domain::subscription::Standing;
    use crate::domain::vocabulary::{
        ChangeKind, ConsentChannel, ConsentState, ContactBasis, ContactPurpose, ContractKind,
        CustomerKind, EndReason, EventKind, RecoveryStep, Relationship, ResponsibleParty, Severity,
        SubscriptionState,
    };

    /// Compares the numbers and names of a vocabulary with those of the contract.
    fn agree<W: Numbered + Serialize>(prefix: &str, name: impl Fn(i32) -> Option<&'static str>) {
        for word in W::ALL {
            let ours = serde_json::to_value(word).unwrap();
            let ours = ours.as_str().unwrap().to_uppercase();
            let number = i32::from(word.number());
            assert_eq!(name(number), Some(format!("{prefix}_{ours}").as_str()));
        }
        let next = i32::try_from(W::ALL.len()).unwrap() + 1;
        assert_eq!(
            name(next),
            None,
            "{prefix} has more values than the domain knows"
        );
    }

    #[test]
    fn the_vocabulary_of_contacts_is_that_of_the_contract() {
        agree::<ContactPurpose>("CONTACT_PURPOSE", |n| {
            pb::ContactPurpose::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ContactBasis>("CONTACT_BASIS", |n| {
            pb::ContactBasis::try_from(n).ok().map(|v| v.as_str_name())
        });
    }

    #[test]
    fn the_vocabulary_is_that_of_the_contract() {
        agree::<CustomerKind>("CUSTOMER_KIND", |n| {
            types::CustomerKind::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<Relationship>("RELATIONSHIP_TYPE", |n| {
            types::RelationshipType::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ContractKind>("CONTRACT_KIND", |n| {
            types::ContractKind::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<SubscriptionState>("SUBSCRIPTION_STATE", |n| {
            types::SubscriptionState::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<EndReason>("END_REASON", |n| {
            types::EndReason::try_from(n).ok().map(|v| v.as_str_name())
        });
        agree::<EventKind>("EVENT_KIND", |n| {
            types::EventKind::try_from(n).ok().map(|v| v.as_str_name())
        });
        agree::<Severity>("INCIDENT_SEVERITY", |n| {
            types::IncidentSeverity::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ResponsibleParty>("RESPONSIBLE_PARTY", |n| {
            pb::ResponsibleParty::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<RecoveryStep>("RECOVERY_STEP", |n| {
            types::RecoveryStep::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ConsentChannel>("CONSENT_CHANNEL", |n| {
            types::ConsentChannel::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ConsentState>("CONSENT_STATE", |n| {
            types::ConsentState::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        agree::<ChangeKind>("CHANGE_KIND", |n| {
            pb::ChangeKind::try_from(n).ok().map(|v| v.as_str_name())
        });
        for standing in Standing::ALL {
            let state = SubscriptionState::from_number(standing.number()).unwrap();
            assert_eq!(format!("{standing:?}"), format!("{state:?}"));
        }
    }
}
