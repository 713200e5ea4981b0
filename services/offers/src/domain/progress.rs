//! How far a session has come, and whether the customer has refused: a refusal is never forgotten,
//! whatever state the session goes to.

use super::session::{IllegalStep, State, Step};

/// A session between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    /// How far it has come.
    pub state: State,
    /// The customer has refused: no offer is made any more that they have not heard.
    pub refused: bool,
}

impl Progress {
    /// Reads a session whose refusal is kept apart from its state.
    pub const fn of(state: State, refused: bool) -> Self {
        Self {
            state,
            refused: refused || state.is_refusal(),
        }
    }

    /// Takes a step, or says why it is refused.
    pub fn after(self, step: Step) -> Result<Self, IllegalStep> {
        if self.refused && step.pitches() {
            return Err(IllegalStep {
                state: self.state,
                step,
                refused: true,
            });
        }
        let state = self.state.after(step)?;
        Ok(Self::of(state, self.refused || step.refuses()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::named::Named;

    const STEPS: [Step; 19] = [
        Step::TakeOwed,
        Step::Override,
        Step::Ask,
        Step::Offer,
        Step::Present,
        Step::NotPresent,
        Step::Accept,
        Step::Decline,
        Step::DeclineOne,
        Step::Disclose,
        Step::GrantPermission,
        Step::RefusePermission,
        Step::Reaffirm,
        Step::Alternative,
        Step::Cancel,
        Step::Reinstate,
        Step::Transfer,
        Step::Abandon,
        Step::Close,
    ];

    fn any_step() -> impl Strategy<Value = Step> {
        prop::sample::select(STEPS.to_vec())
    }

    /// Plays what can be played of a sequence, and returns every point on the way with the step
    /// that led to it.
    fn play(start: Progress, steps: &[Step]) -> Vec<(Step, Progress)> {
        let mut now = start;
        let mut way = Vec::new();
        for &step in steps {
            if let Ok(next) = now.after(step) {
                way.push((step, next));
                now = next;
            }
        }
        way
    }

    proptest! {
        #[test]
        fn leaving_is_one_step_from_everywhere(
            steps in prop::collection::vec(any_step(), 0..20),
        ) {
            let start = Progress::of(State::Opened, false);
            let way = play(start, &steps);
            for now in way.iter().map(|(_, now)| *now).chain([start]) {
                prop_assert_eq!(now.after(Step::Cancel).unwrap().state, State::CancelRecorded);
            }
        }

        #[test]
        fn after_a_refusal_nothing_new_is_handed_out_or_read_out(
            state in prop::sample::select(State::NAMES.to_vec()),
            refused in any::<bool>(),
            steps in prop::collection::vec(any_step(), 0..20),
        ) {
            let mut refused = Progress::of(state.0, refused).refused;
            for (step, now) in play(Progress::of(state.0, refused), &steps) {
                prop_assert!(!(refused && step.pitches()), "{:?} after a refusal", step);
                refused |= step.refuses();
                prop_assert_eq!(now.refused, refused);
            }
        }

        #[test]
        fn what_is_done_is_left_only_by_staying_or_by_closing(
            refused in any::<bool>(),
            step in any_step(),
        ) {
            let done = Progress::of(State::CancelRecorded, refused);
            if let Ok(next) = done.after(step) {
                let expected = match step {
                    Step::Accept => State::SaveRecorded,
                    Step::Close | Step::Reinstate => State::Closed,
                    _ => State::CancelRecorded,
                };
                prop_assert_eq!(next.state, expected);
            }
        }
    }

    #[test]
    fn permission_is_asked_and_then_granted_or_refused() {
        let asked = Progress::of(State::IntentStated, false)
            .after(Step::Disclose)
            .and_then(|now| now.after(Step::GrantPermission))
            .unwrap();
        assert_eq!(asked, Progress::of(State::PermissionAsked, false));
        assert_eq!(asked.after(Step::Offer).unwrap().state, State::Offered);
        let refused = asked.after(Step::RefusePermission).unwrap();
        assert_eq!(refused, Progress::of(State::Declined, true));
        assert!(refused.after(Step::GrantPermission).unwrap_err().refused);
    }
}
