//! What is believed after the evidence: means for reckoning, draws for choosing.

use super::beta::beta;
use super::evidence::{Count, Evidence};
use super::ladder::{Ladder, Pooling, Stage, Strengths};
use crate::numeric::draw::Draws;
use crate::numeric::log_space::logistic;

/// A chance of a group is kept this far from zero and one, or nothing below it could differ.
const LEAST_CHANCE: f64 = 1e-4;

/// How many draws a choice rests on: shares of wins are multiples of a hundredth.
const DRAWS: usize = 100;

/// What is believed after some evidence.
#[derive(Clone, Debug)]
pub struct Beliefs {
    groups: Vec<usize>,
    arms: usize,
    pooling: Pooling,
    /// For each stage.
    stages: Vec<StageBeliefs>,
}

/// The two lower steps of the ladder for one stage.
#[derive(Clone, Debug)]
struct StageBeliefs {
    /// For each group and arm, the parameters of its beta distribution, before sharpening.
    groups: Vec<(f64, f64)>,
    /// For each segment and arm, what was seen.
    cells: Vec<Count>,
}

/// The draws for one segment: for each arm and stage a chance in each of them.
#[derive(Clone, Debug)]
pub struct SegmentDraws {
    chances: Vec<f64>,
}

impl Beliefs {
    /// Believes what the ladder says, corrected by the evidence.
    pub fn new(ladder: &Ladder, evidence: &Evidence, pooling: &Pooling) -> Self {
        let stages = Stage::ALL.iter().map(|stage| {
            let strengths = pooling.stages[stage.place()];
            StageBeliefs::new(ladder, evidence, *stage, strengths)
        });
        Self {
            groups: ladder.groups().to_vec(),
            arms: ladder.arms().len(),
            pooling: *pooling,
            stages: stages.collect(),
        }
    }

    /// The mean chances of the stages of an arm in a segment.
    pub fn means(&self, segment: usize, arm: usize) -> [f64; 3] {
        let group = self.groups[segment];
        Stage::ALL.map(|stage| {
            let stage_beliefs = &self.stages[stage.place()];
            let (a, b) = stage_beliefs.groups[group * self.arms + arm];
            let cell = stage_beliefs.cells[segment * self.arms + arm];
            let strength = self.pooling.stages[stage.place()].segment;
            (strength * a / (a + b) + cell.successes) / (strength + cell.calls)
        })
    }

    /// Draws the chances of a segment. Segments of one group share the draws of their group, so that
    /// what is not known about it is drawn once.
    pub fn draw(&self, segment: usize, seed: u64) -> SegmentDraws {
        let mut chances = Vec::with_capacity(self.arms * Stage::ALL.len() * DRAWS);
        for arm in 0..self.arms {
            for stage in Stage::ALL {
                self.draw_cell(stage, segment, arm, seed, &mut chances);
            }
        }
        SegmentDraws { chances }
    }

    fn draw_cell(&self, stage: Stage, segment: usize, arm: usize, seed: u64, into: &mut Vec<f64>) {
        let beliefs = &self.stages[stage.place()];
        let group = self.groups[segment];
        let (a, b) = beliefs.groups[group * self.arms + arm];
        let cell = beliefs.cells[segment * self.arms + arm];
        let strength = self.pooling.stages[stage.place()].segment;
        let sharpening = self.pooling.sharpening;
        let mut of_group = Draws::new(seed, place(0, stage, group, arm));
        let mut of_segment = Draws::new(seed, place(1, stage, segment, arm));
        for _ in 0..DRAWS {
            let parent = beta(&mut of_group, sharpening * a, sharpening * b)
                .clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE);
            let yes = strength * parent + cell.successes;
            let no = strength * (1.0 - parent) + cell.calls - cell.successes;
            into.push(beta(&mut of_segment, sharpening * yes, sharpening * no));
        }
    }
}

/// A number for each cell of each step, so that each has draws of its own.
fn place(step: u64, stage: Stage, row: usize, arm: usize) -> u64 {
    let (row, arm) = (row as u64, arm as u64);
    (((row << 20) | arm) << 3) | (stage.place() as u64) << 1 | step
}

impl SegmentDraws {
    /// How many draws there are.
    pub fn len(&self) -> usize {
        DRAWS
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chances.is_empty()
    }

    /// The drawn chances of an arm at a stage.
    pub fn chances(&self, arm: usize, stage: Stage) -> &[f64] {
        let start = (arm * Stage::ALL.len() + stage.place()) * DRAWS;
        self.chances.get(start..start + DRAWS).unwrap_or_default()
    }
}

// === impl StageBeliefs ===

/// What the cells below a step tell of it.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    calls: f64,
    successes: f64,
}

impl Told {
    /// As how many calls of the step above it counts, at most one more than its strength.
    fn above(self, strength: f64) -> Self {
        if self.calls <= 0.0 {
            return Self::default();
        }
        let kept = (strength + 1.0) / (self.calls + strength);
        Self {
            calls: self.calls * kept,
            successes: self.successes * kept,
        }
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.successes += other.successes;
    }
}

impl StageBeliefs {
    fn new(ladder: &Ladder, evidence: &Evidence, stage: Stage, strengths: Strengths) -> Self {
        let arms = ladder.arms().len();
        let mut cells = Vec::with_capacity(ladder.segments() * arms);
        let mut groups = vec![Told::default(); ladder.group_count() * arms];
        for (segment, group) in ladder.groups().iter().enumerate() {
            for arm in 0..arms {
                let count = evidence.count(stage, segment, arm);
                let told = Told {
                    calls: count.calls,
                    successes: count.successes,
                };
                groups[group * arms + arm].add(told.above(strengths.segment));
                cells.push(count);
            }
        }
        let means = arm_means(ladder, stage, strengths, &groups);
        let groups = groups.iter().enumerate().map(|(place, told)| {
            let mean = means[place % arms];
            (
                strengths.group * mean + told.successes,
                strengths.group * (1.0 - mean) + told.calls - told.successes,
            )
        });
        Self {
            groups: groups.collect(),
            cells,
        }
    }
}

/// The mean chance of each arm over all groups.
fn arm_means(ladder: &Ladder, stage: Stage, strengths: Strengths, groups: &[Told]) -> Vec<f64> {
    let priors = ladder.arms();
    let mut told = vec![Told::default(); priors.len()];
    for (place, group) in groups.iter().enumerate() {
        told[place % priors.len()].add(group.above(strengths.group));
    }
    let means = priors.iter().enumerate().map(|(arm, prior)| {
        let believed = match strengths.family {
            Some(weight) => believed_with_family(ladder, stage, arm, weight, &told),
            None => prior.chances[stage.place()],
        };
        (prior.weight * believed + told[arm].successes) / (prior.weight + told[arm].calls)
    });
    means.collect()
}

/// What the catalogue says of an arm, moved as far as the other arms of its family turned out to be
/// better or worse than it says, in log-odds.
fn believed_with_family(
    ladder: &Ladder,
    stage: Stage,
    arm: usize,
    weight: f64,
    told: &[Told],
) -> f64 {
    let own = &ladder.arms()[arm];
    let said = own.chances[stage.place()];
    let (mut seen, mut expected) = (Told::default(), 0.0);
    for (other, prior) in ladder.arms().iter().enumerate() {
        if other != arm && prior.family == own.family {
            let above = told[other].above(prior.weight);
            seen.add(above);
            expected += above.calls * prior.chances[stage.place()];
        }
    }
    if seen.calls <= 0.0 {
        return said;
    }
    let expected = expected / seen.calls;
    let found = (weight * expected + seen.successes) / (weight + seen.calls);
    logistic(log_odds(said) + log_odds(found) - log_odds(expected))
}

fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE);
    (chance / (1.0 - chance)).ln()
}
