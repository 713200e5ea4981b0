//! Directions for a call, on the wire.

use contract::offers::v1 as pb;

use super::request::authority;
use crate::domain::direction::{Directions, Routing};

/// Renders what to say and not to say; absent when there is nothing.
pub(super) fn guidance(directions: &mut Directions) -> Option<pb::Guidance> {
    let guidance = pb::Guidance {
        say: std::mem::take(&mut directions.say),
        do_not_say: std::mem::take(&mut directions.do_not_say),
    };
    (guidance != pb::Guidance::default()).then_some(guidance)
}

/// Renders who should take the call.
pub(super) fn routing(routing: Routing) -> pb::Routing {
    pb::Routing {
        team: routing.team,
        authority: routing
            .authority
            .map_or(pb::AuthorityLevel::Unspecified, authority)
            .into(),
        why_key: routing.why_key,
        why: routing.why,
    }
}
