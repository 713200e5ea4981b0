//! What somebody with more authority could offer, on the wire.

use contract::offers::v1 as pb;

use super::render::money;
use super::request::authority;
use crate::domain::authority::Escalation;

/// Renders an offer that only authority keeps from a call.
pub(super) fn escalation(escalation: Escalation) -> pb::Escalation {
    pb::Escalation {
        authority: authority(escalation.level).into(),
        offer_key: escalation.offer_key.to_string(),
        title: escalation.title,
        expected_net_gain: Some(money(escalation.gain)),
    }
}
