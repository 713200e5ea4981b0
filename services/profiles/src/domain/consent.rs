//! What customers said about being contacted.

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::vocabulary::{ConsentChannel, ConsentState};

/// One thing a customer said about being contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The customer.
    pub customer_id: CustomerId,
    /// What was said, about what, and when. Said twice is said once.
    pub statement: Statement,
    /// Where it was said, as a short key.
    pub source: String,
}

/// What was said about a channel at one instant. The order is that of weight: of two statements
/// about one channel the later counts, and of the same instant the objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Statement {
    /// The channel.
    pub channel: ConsentChannel,
    /// When it was said.
    pub record_time: Timestamp,
    /// What was said.
    pub state: ConsentState,
}

/// Keeps, of each channel, the statement that counts.
pub fn latest(statements: impl IntoIterator<Item = Statement>) -> Vec<Statement> {
    let mut sorted: Vec<Statement> = statements.into_iter().collect();
    sorted.sort_unstable();
    sorted.dedup_by(|later, kept| {
        let same_channel = later.channel == kept.channel;
        if same_channel {
            *kept = *later;
        }
        same_channel
    });
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_counts_and_an_objection_beats_an_agreement_of_the_same_instant() {
        let said = |channel, second, state| Statement {
            channel,
            record_time: Timestamp::from_second(second).unwrap(),
            state,
        };
        let kept = latest([
            said(ConsentChannel::Email, 5, ConsentState::Objected),
            said(ConsentChannel::Phone, 9, ConsentState::Objected),
            said(ConsentChannel::Phone, 9, ConsentState::Granted),
            said(ConsentChannel::Phone, 3, ConsentState::Granted),
            said(ConsentChannel::Email, 7, ConsentState::Granted),
        ]);
        assert_eq!(
            kept,
            [
                said(ConsentChannel::Phone, 9, ConsentState::Objected),
                said(ConsentChannel::Email, 7, ConsentState::Granted),
            ]
        );
    }
}
