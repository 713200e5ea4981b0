//! The log of a way of choosing: checked once, where it is made.

/// One call of the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoggedCall {
    /// Which kind of call it was, from zero: what is known when choosing.
    pub context: usize,
    /// What was chosen, from zero.
    pub arm: usize,
    /// With which probability it was.
    pub propensity: f64,
    /// What came of it.
    pub reward: f64,
}

/// Calls in the order in which they came, with how many contexts and arms there are.
#[derive(Clone, Debug)]
pub struct Log {
    calls: Vec<LoggedCall>,
    contexts: usize,
    arms: usize,
}

/// Why calls are no log.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LogRefusal {
    /// There are too few to fit on some and judge on others.
    #[error("{have} calls are too few: {need} are needed")]
    TooFew {
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// A probability with which something was chosen is above zero and at most one.
    #[error("call {call} was chosen with the probability {propensity}: it must be in (0, 1]")]
    Propensity {
        /// The call, the first being number zero.
        call: usize,
        /// What it says.
        propensity: f64,
    },
    /// A reward is a finite number.
    #[error("the reward of call {call} is not a finite number")]
    Reward {
        /// The call, the first being number zero.
        call: usize,
    },
}

impl Log {
    /// Checks calls.
    pub fn new(calls: Vec<LoggedCall>) -> Result<Self, LogRefusal> {
        let need = super::reward_model::FOLDS;
        if calls.len() < need {
            let have = calls.len();
            return Err(LogRefusal::TooFew { have, need });
        }
        for (call, logged) in calls.iter().enumerate() {
            let propensity = logged.propensity;
            if !(propensity > 0.0 && propensity <= 1.0) {
                return Err(LogRefusal::Propensity { call, propensity });
            }
            if !logged.reward.is_finite() {
                return Err(LogRefusal::Reward { call });
            }
        }
        let contexts = calls.iter().map(|call| call.context + 1).max();
        let arms = calls.iter().map(|call| call.arm + 1).max();
        Ok(Self {
            contexts: contexts.unwrap_or(0),
            arms: arms.unwrap_or(0),
            calls,
        })
    }

    /// The calls, in their order.
    pub fn calls(&self) -> &[LoggedCall] {
        &self.calls
    }

    /// One more than the highest context.
    pub fn contexts(&self) -> usize {
        self.contexts
    }

    /// One more than the highest arm that was ever chosen.
    pub fn arms(&self) -> usize {
        self.arms
    }
}
