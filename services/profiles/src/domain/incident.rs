//! Incidents and their recovery.

use kernel::id::{CustomerId, IncidentId, SubscriptionId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::TimelineEvent;
use super::rejection::Rejection;
use super::vocabulary::{RecoveryStep, ResponsibleParty, Severity};

/// What an incident is about. May be corrected while the incident is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentCore {
    /// The subscription it touches; none when it touches the whole relationship.
    pub subscription_id: Option<SubscriptionId>,
    /// How badly it hurts.
    pub severity: Severity,
    /// Whose doing it is, where known.
    pub responsible_party: Option<ResponsibleParty>,
    /// What it is, as a short key.
    pub category: String,
    /// When it began.
    pub open_time: Timestamp,
}

/// How an incident was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// When.
    pub resolve_time: Timestamp,
    /// What came of it, as a short key.
    pub outcome: String,
}

/// Something that went wrong for a customer, with its recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The incident.
    pub incident_id: IncidentId,
    /// What it is about.
    pub core: IncidentCore,
    /// How far recovery has come.
    pub recovery_step: Option<RecoveryStep>,
    /// When the current promise is due.
    pub promise_due_time: Option<Timestamp>,
    /// A promise was broken: a double deviation.
    pub promise_broken: bool,
    /// When the promise that was broken last was due; absent where none was made before.
    pub broken_promise_due_time: Option<Timestamp>,
    /// How it was closed, if it was.
    pub resolution: Option<Resolution>,
}

/// An incident as somebody reports it.
#[derive(Clone, Debug)]
pub struct IncidentDraft {
    /// The customer.
    pub customer_id: CustomerId,
    /// The incident.
    pub incident_id: IncidentId,
    /// What it is about.
    pub core: IncidentCore,
    /// When the first promise is due, if one was made.
    pub promise_due_time: Option<Timestamp>,
    /// How it was closed, where it is reported afterwards.
    pub resolution: Option<Resolution>,
}

/// The next step of a recovery.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryOrder {
    /// The step reached.
    pub recovery_step: RecoveryStep,
    /// When the promise made with it is due, if one was made.
    pub promise_due_time: Option<Timestamp>,
    /// The promise before this one was broken.
    pub promise_broken: bool,
}

impl Incident {
    /// Incidents that can be open for one customer at a time.
    pub const MOST_OPEN: usize = 50;

    /// Opens an incident, or corrects what an open one is about, and closes it where it is reported
    /// afterwards. Recovery is left alone.
    pub fn open(
        recorded: Option<&Self>,
        draft: &IncidentDraft,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let opened = Self::opened(recorded, draft)?;
        match &draft.resolution {
            Some(resolution) => opened.resolve(resolution.clone(), now),
            None => Ok(opened),
        }
    }

    fn opened(recorded: Option<&Self>, draft: &IncidentDraft) -> Result<Self, Rejection> {
        let Some(recorded) = recorded else {
            return Ok(Self {
                incident_id: draft.incident_id.clone(),
                core: draft.core.clone(),
                recovery_step: None,
                promise_due_time: draft.promise_due_time,
                promise_broken: false,
                broken_promise_due_time: None,
                resolution: None,
            });
        };
        if recorded.core != draft.core {
            recorded.check_open("open a new incident")?;
        }
        Ok(Self {
            core: draft.core.clone(),
            ..recorded.clone()
        })
    }

    /// Records the next step of the recovery with its promise.
    ///
    /// A new step replaces the promise, for the one before has been kept or broken by then; the
    /// same step again may only bring a promise. A broken promise stays broken.
    pub fn advance(&self, order: RecoveryOrder) -> Result<Self, Rejection> {
        self.check_open("open a new incident")?;
        if let Some(reached) = self
            .recovery_step
            .filter(|step| *step > order.recovery_step)
        {
            return Err(Rejection::IllegalState {
                state: reached.word(),
                advice: "recovery steps only go forward",
            });
        }
        // Said again, it is the same promise, not the one that took its place.
        let broken = self
            .promise_due_time
            .filter(|due| order.promise_broken && order.promise_due_time != Some(*due));
        let same_step = self.recovery_step == Some(order.recovery_step);
        let kept = self.promise_due_time.filter(|_| same_step);
        Ok(Self {
            recovery_step: Some(order.recovery_step),
            promise_due_time: order.promise_due_time.or(kept),
            promise_broken: self.promise_broken || order.promise_broken,
            broken_promise_due_time: broken.or(self.broken_promise_due_time),
            ..self.clone()
        })
    }

    /// Closes the incident. The first resolution stands.
    pub fn resolve(&self, resolution: Resolution, now: Timestamp) -> Result<Self, Rejection> {
        if self.resolution.is_some() {
            return Ok(self.clone());
        }
        if resolution.resolve_time < self.core.open_time {
            return Err(Rejection::Unfit {
                field: "resolve_time",
                problem: "must not lie before the opening of the incident",
            });
        }
        if now + TimelineEvent::CLOCK_TOLERANCE < resolution.resolve_time {
            return Err(Rejection::Unfit {
                field: "resolve_time",
                problem: "must not lie in the future",
            });
        }
        Ok(Self {
            resolution: Some(resolution),
            ..self.clone()
        })
    }

    fn check_open(&self, advice: &'static str) -> Result<(), Rejection> {
        if self.resolution.is_some() {
            return Err(Rejection::IllegalState {
                state: "resolved",
                advice,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn draft(severity: Severity) -> IncidentDraft {
        IncidentDraft {
            customer_id: CustomerId::parse("c").unwrap(),
            incident_id: IncidentId::parse("i").unwrap(),
            core: IncidentCore {
                subscription_id: None,
                severity,
                responsible_party: None,
                category: "outage".to_owned(),
                open_time: at(100),
            },
            promise_due_time: Some(at(200)),
            resolution: None,
        }
    }

    fn opened() -> Incident {
        Incident::open(None, &draft(Severity::Minor), at(150)).unwrap()
    }

    fn step(recovery_step: RecoveryStep, promise: Option<i64>, broken: bool) -> RecoveryOrder {
        RecoveryOrder {
            recovery_step,
            promise_due_time: promise.map(at),
            promise_broken: broken,
        }
    }

    fn resolution(second: i64) -> Resolution {
        Resolution {
            resolve_time: at(second),
            outcome: "fixed".to_owned(),
        }
    }

    #[test]
    fn opening_again_corrects_the_facts_and_leaves_the_recovery_alone() {
        let acting = opened()
            .advance(step(RecoveryStep::Act, Some(300), false))
            .unwrap();
        let worse = Incident::open(Some(&acting), &draft(Severity::Critical), at(150)).unwrap();
        assert_eq!(worse.core.severity, Severity::Critical);
        assert_eq!(worse.promise_due_time, Some(at(300)));
    }

    #[test]
    fn steps_only_go_forward_and_a_broken_promise_stays_broken() {
        let acting = opened()
            .advance(step(RecoveryStep::Act, None, true))
            .unwrap();
        assert_eq!(acting.promise_due_time, None);
        assert_eq!(acting.broken_promise_due_time, Some(at(200)));
        assert!(matches!(
            acting.advance(step(RecoveryStep::Own, None, false)),
            Err(Rejection::IllegalState { state: "act", .. })
        ));
        let again = acting
            .advance(step(RecoveryStep::Act, None, false))
            .unwrap();
        assert_eq!(again, acting);
    }

    #[test]
    fn the_promise_that_was_broken_is_the_one_before() {
        let order = step(RecoveryStep::Act, Some(300), true);
        let acting = opened().advance(order).unwrap();
        assert_eq!(acting.broken_promise_due_time, Some(at(200)));
        assert_eq!(acting.advance(order).unwrap(), acting, "said again");
        let amended = acting.advance(step(RecoveryStep::Amend, None, true));
        assert_eq!(amended.unwrap().broken_promise_due_time, Some(at(300)));
    }

    #[test]
    fn what_is_reported_afterwards_is_closed_from_the_start() {
        let mended = |second| IncidentDraft {
            resolution: Some(resolution(second)),
            ..draft(Severity::Major)
        };
        let closed = Incident::open(None, &mended(400), at(400)).unwrap();
        assert_eq!(closed.resolution, Some(resolution(400)));
        let again = Incident::open(Some(&closed), &mended(401), at(500)).unwrap();
        assert_eq!(again, closed, "the first resolution stands");
        assert!(Incident::open(None, &mended(99), at(400)).is_err());
        let known = opened();
        let closed = Incident::open(Some(&known), &mended(400), at(400));
        assert!(closed.is_ok_and(|it| it.resolution.is_some()));
    }

    #[test]
    fn what_is_resolved_stays_as_it_was_resolved() {
        let closed = opened().resolve(resolution(400), at(400)).unwrap();
        assert_eq!(closed.resolve(resolution(401), at(401)).unwrap(), closed);
        assert!(
            closed
                .advance(step(RecoveryStep::Amend, None, false))
                .is_err()
        );
        assert!(Incident::open(Some(&closed), &draft(Severity::Major), at(500)).is_err());
        assert_eq!(
            Incident::open(Some(&closed), &draft(Severity::Minor), at(500)).unwrap(),
            closed
        );
    }

    #[test]
    fn a_resolution_lies_between_the_opening_and_now() {
        assert!(opened().resolve(resolution(99), at(400)).is_err());
        assert!(opened().resolve(resolution(701), at(400)).is_err());
        assert!(opened().resolve(resolution(700), at(400)).is_ok());
    }
}
