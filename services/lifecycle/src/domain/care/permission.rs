//! What permissions make of a task that is due: a channel, a later time, or its end.

use kernel::time::Timestamp;

use super::{CareKind, Channel};

/// The customer objected.
pub const OBJECTED: &str = "OBJECTED";
/// The customer was erased.
pub const ERASED: &str = "ERASED";
/// There is no channel left to reach the customer on.
const NO_CHANNEL: &str = "NO_CHANNEL";

/// What profiles says about one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// The channel.
    pub channel: Channel,
    /// The contact is allowed now.
    pub is_allowed: bool,
    /// What was looked at, as codes, what forbids it first.
    pub findings: Vec<Finding>,
    /// When it is allowed next, where only time forbids it.
    pub next_allowed_time: Option<Timestamp>,
    /// The version of the contact rules.
    pub rules_version: u64,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, as a code.
    pub code: String,
    /// It speaks against the contact.
    pub forbids: bool,
}

/// What becomes of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It does not reach the customer and needs no permission.
    NoContact,
    /// It may be done now on this channel.
    Allowed(Permission),
    /// It waits until then.
    Later {
        /// Until when.
        time: Timestamp,
        /// What forbids it, as a code.
        reason: String,
    },
    /// This sender's channels are closed for it; it waits for another one on the others.
    Elsewhere {
        /// The channels that are left.
        channels: Vec<Channel>,
    },
    /// It will never be done.
    Never {
        /// Why, as a code.
        reason: String,
    },
    /// The customer was erased: nothing of them is kept.
    Erased,
}

/// Decides on a task by the permissions of all its channels, best first. `wanted` are the channels
/// that the sender has, all when empty.
pub fn decide(kind: CareKind, permissions: &[Permission], wanted: &[Channel]) -> Verdict {
    if permissions.iter().any(|it| is_forbidden_by(it, ERASED)) {
        return Verdict::Erased;
    }
    // Who said "no" on one channel is not asked back on another.
    let is_refused = permissions.iter().any(|it| is_forbidden_by(it, OBJECTED));
    if kind.is_for_the_gone() && is_refused {
        let reason = OBJECTED.to_owned();
        return Verdict::Never { reason };
    }
    let of_sender = |it: &&Permission| wanted.is_empty() || wanted.contains(&it.channel);
    let mut usable = permissions.iter().filter(of_sender);
    if let Some(allowed) = usable.find(|it| it.is_allowed) {
        return Verdict::Allowed(allowed.clone());
    }
    let open = permissions.iter().filter(|it| is_open(it));
    let open: Vec<&Permission> = open.collect();
    if open.is_empty() {
        let reason = first_obstacle(permissions);
        return Verdict::Never { reason };
    }
    let later = open.iter().copied().filter(of_sender);
    let next = later.filter_map(|it| Some((it.next_allowed_time?, it)));
    match next.min_by_key(|(time, _)| *time) {
        Some((time, it)) => Verdict::Later {
            time,
            reason: obstacle(it).unwrap_or_default().to_owned(),
        },
        None => Verdict::Elsewhere {
            channels: open.iter().map(|it| it.channel).collect(),
        },
    }
}

/// Allowed now, or once it is time.
fn is_open(permission: &Permission) -> bool {
    permission.is_allowed || permission.next_allowed_time.is_some()
}

fn is_forbidden_by(permission: &Permission, code: &str) -> bool {
    let mut findings = permission.findings.iter();
    findings.any(|finding| finding.forbids && finding.code == code)
}

fn obstacle(permission: &Permission) -> Option<&str> {
    let mut findings = permission.findings.iter();
    let found = findings.find(|finding| finding.forbids)?;
    Some(found.code.as_str())
}

fn first_obstacle(permissions: &[Permission]) -> String {
    let first = permissions.iter().find_map(obstacle);
    first.unwrap_or(NO_CHANNEL).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(channel: Channel, codes: &[(&str, bool)], next: Option<i64>) -> Permission {
        let finding = |(code, forbids): &(&str, bool)| Finding {
            code: (*code).to_owned(),
            forbids: *forbids,
        };
        Permission {
            channel,
            is_allowed: codes.iter().all(|(_, forbids)| !forbids),
            findings: codes.iter().map(finding).collect(),
            next_allowed_time: next.and_then(|second| Timestamp::from_second(second).ok()),
            rules_version: 1,
        }
    }

    fn never(reason: &str) -> Verdict {
        Verdict::Never {
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn the_best_channel_that_is_allowed_is_taken() {
        let email = permission(Channel::Email, &[("NO_CONSENT", true)], None);
        let phone = permission(Channel::Phone, &[("WITHIN_HOURS", false)], None);
        let sms = permission(Channel::Sms, &[("CONSENT_GIVEN", false)], None);
        let all = [email, phone.clone(), sms.clone()];
        let decided = |wanted: &[Channel]| decide(CareKind::Welcome, &all, wanted);
        assert_eq!(decided(&[]), Verdict::Allowed(phone));
        assert_eq!(decided(&[Channel::Sms]), Verdict::Allowed(sms));
        let left = Verdict::Elsewhere {
            channels: vec![Channel::Phone, Channel::Sms],
        };
        assert_eq!(decided(&[Channel::Email]), left);
    }

    #[test]
    fn what_only_time_forbids_waits_for_the_first_channel_that_opens() {
        let phone = permission(Channel::Phone, &[("QUIET_HOURS", true)], Some(500));
        let sms = permission(Channel::Sms, &[("QUIET_HOURS", true)], Some(400));
        let email = permission(Channel::Email, &[("OBJECTED", true)], None);
        let decided = decide(CareKind::Welcome, &[phone, email, sms], &[]);
        let later = Verdict::Later {
            time: Timestamp::from_second(400).unwrap(),
            reason: "QUIET_HOURS".to_owned(),
        };
        assert_eq!(decided, later);
    }

    #[test]
    fn what_nothing_allows_ends_with_its_first_obstacle() {
        let email = permission(Channel::Email, &[("NO_CONSENT", true)], None);
        let phone = permission(Channel::Phone, &[("DECEASED", true)], None);
        assert_eq!(
            decide(CareKind::Welcome, &[phone, email], &[]),
            never("DECEASED")
        );
        assert_eq!(decide(CareKind::Welcome, &[], &[]), never("NO_CHANNEL"));
    }

    #[test]
    fn who_objected_anywhere_is_not_asked_back() {
        let email = permission(Channel::Email, &[("CONSENT_GIVEN", false)], None);
        let phone = permission(Channel::Phone, &[("OBJECTED", true)], None);
        let all = [email.clone(), phone];
        assert_eq!(decide(CareKind::WinBack, &all, &[]), never(OBJECTED));
        let asked = decide(CareKind::Welcome, &all, &[]);
        assert_eq!(asked, Verdict::Allowed(email));
    }

    #[test]
    fn of_the_erased_nothing_is_kept() {
        let email = permission(Channel::Email, &[(ERASED, true)], None);
        assert_eq!(decide(CareKind::ExitStep, &[email], &[]), Verdict::Erased);
    }
}
