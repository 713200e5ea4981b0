//! What is believed after the evidence: means for reckoning, draws for choosing.

use std::sync::Arc;

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
    chances: Arc<[f64]>,
    /// One arm with other draws than these: the arm, and its chances at each stage.
    instead: Option<(usize, Arc<[f64]>)>,
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
        SegmentDraws {
            chances: chances.into(),
            instead: None,
        }
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
        let (chances, arm) = match &self.instead {
            Some((instead, chances)) if *instead == arm => (chances, 0),
            _ => (&self.chances, arm),
        };
        let start = (arm * Stage::ALL.len() + stage.place()) * DRAWS;
        chances.get(start..start + DRAWS).unwrap_or_default()
    }

    /// The same draws with one arm moved by so much at each stage, in log-odds: for calls of which
    /// something else is believed than of their segment.
    #[must_use]
    pub fn with_shift(&self, arm: usize, shifts: [f64; 3]) -> Self {
        let shifted = Stage::ALL.into_iter().flat_map(|stage| {
            let drawn = self.chances(arm, stage).iter();
            drawn.map(move |chance| moved(*chance, shifts[stage.place()]))
        });
        Self {
            instead: Some((arm, shifted.collect())),
            chances: Arc::clone(&self.chances),
        }
    }
}

/// How far the second chance is from the first, in log-odds.
pub fn log_odds_between(first: f64, second: f64) -> f64 {
    log_odds(second) - log_odds(first)
}

/// A chance moved by so much in log-odds; exactly what it was where that is nothing.
pub fn moved(chance: f64, shift: f64) -> f64 {
    if shift == 0.0 {
        return chance;
    }
    logistic(log_odds(chance) + shift)
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
            let (group, arm) = (place / arms, place % arms);
            let mean = moved(means[arm], shift(ladder, stage, group, arm));
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

/// How much better an arm is believed to do in a group than as such, in log-odds.
fn shift(ladder: &Ladder, stage: Stage, group: usize, arm: usize) -> f64 {
    let own = ladder.arms()[arm].chances[stage.place()];
    log_odds_between(own, ladder.chance_in(group, arm, stage))
}

/// The mean chance of each arm over all groups.
fn arm_means(ladder: &Ladder, stage: Stage, strengths: Strengths, groups: &[Told]) -> Vec<f64> {
    let arms = ladder.arms().len();
    let mut told: Vec<Vec<Shifted>> = vec![Vec::new(); arms];
    for (place, group) in groups.iter().enumerate() {
        let (group, arm, seen) = (place / arms, place % arms, group.above(strengths.group));
        if seen.calls > 0.0 {
            let shift = shift(ladder, stage, group, arm);
            told[arm].push(Shifted { seen, shift });
        }
    }
    let means = ladder.arms().iter().enumerate().map(|(arm, prior)| {
        let believed = match strengths.family {
            Some(weight) => believed_with_family(ladder, stage, arm, weight, &told),
            None => prior.chances[stage.place()],
        };
        mean_of(prior.weight, believed, &told[arm])
    });
    means.collect()
}

/// What the groups tell of an arm, each of them believed to lie so far from it in log-odds.
#[derive(Clone, Copy, Debug)]
struct Shifted {
    seen: Told,
    shift: f64,
}

/// After so many halvings a mean is known to the last digit.
const HALVINGS: usize = 60;

/// The mean of an arm: what is believed of it, as so many calls, and what its groups tell. Where they
/// are believed to differ it is the mean at which as many successes are expected in all as were seen:
/// a logistic regression with the differences as offsets, and nothing but the mean to find. A rate of
/// a few calls is never moved itself, which would make more of it than it is.
fn mean_of(weight: f64, believed: f64, told: &[Shifted]) -> f64 {
    let sum = |part: fn(&Told) -> f64| told.iter().map(|group| part(&group.seen)).sum::<f64>();
    let (calls, successes) = (sum(|seen| seen.calls), sum(|seen| seen.successes));
    if told.iter().all(|group| group.shift == 0.0) {
        return (weight * believed + successes) / (weight + calls);
    }
    let seen = weight * believed + successes;
    let expected = |mean: f64| {
        let groups = told
            .iter()
            .map(|group| group.seen.calls * moved(mean, group.shift));
        weight * mean + groups.sum::<f64>()
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if expected(middle) < seen {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// What the catalogue says of an arm, moved as far as the other arms of its family turned out to be
/// better or worse than it says, in log-odds.
fn believed_with_family(
    ladder: &Ladder,
    stage: Stage,
    arm: usize,
    weight: f64,
    told: &[Vec<Shifted>],
) -> f64 {
    let own = &ladder.arms()[arm];
    let said = own.chances[stage.place()];
    let (mut seen, mut expected) = (Told::default(), 0.0);
    for (other, prior) in ladder.arms().iter().enumerate() {
        if other != arm && prior.family == own.family {
            let (all, said) = all_groups(&told[other], prior.chances[stage.place()]);
            let above = all.above(prior.weight);
            seen.add(above);
            expected += above.calls * said;
        }
    }
    if seen.calls <= 0.0 {
        return said;
    }
    let expected = expected / seen.calls;
    let found = (weight * expected + seen.successes) / (weight + seen.calls);
    logistic(log_odds(said) + log_odds(found) - log_odds(expected))
}

/// What all groups tell of an arm, and which chance the catalogue gives it on these calls.
fn all_groups(told: &[Shifted], said: f64) -> (Told, f64) {
    let (mut all, mut expected) = (Told::default(), 0.0);
    for group in told {
        all.add(group.seen);
        expected += group.seen.calls * moved(said, group.shift);
    }
    let said = if all.calls > 0.0 {
        expected / all.calls
    } else {
        said
    };
    (all, said)
}

fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE);
    (chance / (1.0 - chance)).ln()
}
