//! The arms with what is believed of them, the segments with their groups, and how strongly each
//! step of the ladder holds on to the one above.

use serde::{Deserialize, Serialize};

/// A stage that a save goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The customer stays today.
    Stay,
    /// They are here at 30 days, given that they stayed.
    Here30Days,
    /// It lasts, given that they were here at 30 days.
    Durable,
}

impl Stage {
    /// Every stage, in its order.
    pub const ALL: [Self; 3] = [Self::Stay, Self::Here30Days, Self::Durable];

    pub(super) const fn place(self) -> usize {
        match self {
            Self::Stay => 0,
            Self::Here30Days => 1,
            Self::Durable => 2,
        }
    }
}

/// What is believed of an arm before anything is seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmPrior {
    /// The chance of each stage.
    pub chances: [f64; 3],
    /// As how many calls the belief counts.
    pub weight: f64,
    /// Which arms it resembles: what is seen of some tells something of the others.
    pub family: usize,
}

/// How strongly a stage holds on to the steps above, in calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strengths {
    /// Of an arm in a group to the arm.
    pub group: f64,
    /// Of an arm in a segment to the arm in its group.
    pub segment: f64,
    /// As how many calls the catalogue counts against the other arms of a family; absent where arms
    /// tell nothing of each other.
    pub family: Option<f64>,
}

/// How strongly the steps hold on to each other, and how far draws are drawn together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooling {
    /// For each stage.
    pub stages: [Strengths; 3],
    /// With how many times the evidence draws are made: above one they explore less.
    pub sharpening: f64,
}

impl Default for Pooling {
    /// Whether somebody stays hangs on reason and offer; whether they are still here and whether it
    /// lasts hang on the offer, and hardly on who it was made to. As so many calls one step counts
    /// as `1/(p(1−p)σ²)`, σ being how far log-odds are apart below it: .7 between the reasons of an
    /// offer and .35 between the segments of a reason, at first; .3 or less afterwards. What
    /// discounts of one size turn out to be worth tells of the others. Draws may be sharp, since floors
    /// and the holdout try everything now and then. Figures are in `bench/README.md`.
    fn default() -> Self {
        let strengths = |group, segment, family| Strengths {
            group,
            segment,
            family,
        };
        Self {
            stages: [
                strengths(10.0, 40.0, None),
                strengths(300.0, 700.0, None),
                strengths(200.0, 80.0, Some(10.0)),
            ],
            sharpening: 5.0,
        }
    }
}

/// The arms and the segments.
#[derive(Clone, Debug)]
pub struct Ladder {
    arms: Vec<ArmPrior>,
    groups: Vec<usize>,
    group_count: usize,
    /// For each group and arm what is believed there, where it is not what is believed of the arm.
    of_groups: Vec<Option<[f64; 3]>>,
}

/// Why arms and segments are no ladder.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LadderRefusal {
    /// There is nothing to choose from, or nobody to choose for.
    #[error("a ladder needs an arm and a segment")]
    Empty,
    /// A chance is between zero and one, neither included.
    #[error("arm {arm} has the chance {chance}: it must be between 0 and 1")]
    Chance {
        /// The arm.
        arm: usize,
        /// What it says.
        chance: f64,
    },
    /// A weight is a finite number above zero.
    #[error("arm {arm} has the weight {weight}: it must be above zero")]
    Weight {
        /// The arm.
        arm: usize,
        /// What it says.
        weight: f64,
    },
}

impl Ladder {
    /// Checks arms and the group of each segment.
    pub fn new(arms: Vec<ArmPrior>, groups: Vec<usize>) -> Result<Self, LadderRefusal> {
        let highest = groups.iter().max().ok_or(LadderRefusal::Empty)?;
        if arms.is_empty() {
            return Err(LadderRefusal::Empty);
        }
        for (arm, prior) in arms.iter().enumerate() {
            check_chances(arm, prior.chances)?;
            if !(prior.weight > 0.0 && prior.weight.is_finite()) {
                let weight = prior.weight;
                return Err(LadderRefusal::Weight { arm, weight });
            }
        }
        let group_count = highest + 1;
        Ok(Self {
            of_groups: vec![None; group_count * arms.len()],
            arms,
            group_count,
            groups,
        })
    }

    /// Believes something else of an arm in one group than of the arm as such: what is seen of the arm
    /// moves both alike, in log-odds. Where there is no such group or arm nothing changes.
    pub fn believe(
        &mut self,
        group: usize,
        arm: usize,
        chances: [f64; 3],
    ) -> Result<(), LadderRefusal> {
        check_chances(arm, chances)?;
        let place = group * self.arms.len() + arm;
        let known = arm < self.arms.len();
        if let Some(of_group) = self.of_groups.get_mut(place).filter(|_| known) {
            *of_group = Some(chances);
        }
        Ok(())
    }

    /// What is believed of an arm in a group before anything is seen.
    pub fn chance_in(&self, group: usize, arm: usize, stage: Stage) -> f64 {
        let of_group = self.of_groups.get(group * self.arms.len() + arm);
        let chances = of_group.copied().flatten();
        chances.unwrap_or(self.arms[arm].chances)[stage.place()]
    }

    /// The arms.
    pub fn arms(&self) -> &[ArmPrior] {
        &self.arms
    }

    /// How many segments there are.
    pub fn segments(&self) -> usize {
        self.groups.len()
    }

    /// The group of each segment.
    pub fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// One more than the highest group.
    pub fn group_count(&self) -> usize {
        self.group_count
    }
}

fn check_chances(arm: usize, chances: [f64; 3]) -> Result<(), LadderRefusal> {
    let mut chances = chances.into_iter();
    match chances.find(|chance| !(*chance > 0.0 && *chance < 1.0)) {
        Some(chance) => Err(LadderRefusal::Chance { arm, chance }),
        None => Ok(()),
    }
}
