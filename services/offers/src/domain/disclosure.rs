//! What policy wants said before the first offer is read out, and whether it was.

use kernel::id::SessionId;
use kernel::refusal::Refusal;

use super::answer::Answer;
use super::policy::PolicyOutcome;

/// What has to be recorded of disclosures before an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Nothing.
    Settled,
    /// That they were made, just now.
    Record,
}

/// Tells whether an answer has to do with disclosures at all.
pub const fn concerns(answer: Answer, says_disclosed: bool) -> bool {
    says_disclosed || matches!(answer, Answer::Presented | Answer::Accepted)
}

/// Says what to record, or refuses an offer that was read out before what had to come first.
pub fn settle(
    policy: &PolicyOutcome,
    recorded: bool,
    says_disclosed: bool,
    session_id: SessionId,
) -> Result<Disclosure, Refusal> {
    if policy.disclosures.is_empty() || recorded {
        return Ok(Disclosure::Settled);
    }
    if says_disclosed {
        return Ok(Disclosure::Record);
    }
    Err(Refusal::refused(
        "DISCLOSURE_REQUIRED",
        "say the disclosures of the policy first: record them with RecordStep, or set disclosed",
    )
    .with("session_id", session_id)
    .with("disclosure_count", policy.disclosures.len()))
}

#[cfg(test)]
mod tests {
    use kernel::time::Timestamp;

    use super::*;

    #[test]
    fn an_offer_waits_for_what_must_be_said_first() {
        let session = SessionId::new(Timestamp::UNIX_EPOCH, [0; 10]);
        let silent = PolicyOutcome::strictest();
        let telling = PolicyOutcome {
            disclosures: vec!["You can cancel in this call.".to_owned()],
            ..PolicyOutcome::strictest()
        };
        for (policy, recorded, says, expected) in [
            (&silent, false, false, Some(Disclosure::Settled)),
            (&telling, true, false, Some(Disclosure::Settled)),
            (&telling, false, true, Some(Disclosure::Record)),
            (&telling, false, false, None),
        ] {
            let settled = settle(policy, recorded, says, session);
            match expected {
                Some(expected) => assert_eq!(settled.unwrap(), expected),
                None => assert_eq!(settled.unwrap_err().reason, "DISCLOSURE_REQUIRED"),
            }
        }
        assert!(!concerns(Answer::Declined, false) && concerns(Answer::Presented, false));
    }
}
