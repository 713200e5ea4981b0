//! Everybody plays the same year of the same world.

use rekindle::failure::Failure;

use super::desk::Desk;
use super::learner::{self, Played, Settings};
use super::report::{Line, Mean};
use super::rivals;
use super::world::{Arm, DAYS, MONTH, World, Year, real};

/// The arms that the fixed rules name.
const ALWAYS_50: usize = 4;

/// The setting of a contest.
#[derive(Clone, Debug)]
pub(super) struct Contest {
    /// The parts of its name.
    pub(super) name: Vec<String>,
    pub(super) calls_a_month: usize,
    pub(super) harsh: bool,
    pub(super) drifts: bool,
    /// How much our side may spend, as a share of what whoever knows the truth would spend freely.
    pub(super) budget_share: Option<f64>,
    /// What is learnt anew counts the more, the shorter: in days.
    pub(super) half_life_days: Option<f64>,
    /// How much our side should capture, and how much is aimed at.
    pub(super) goal: Option<[f64; 2]>,
}

/// What came of one world: the share captured by each side, and more about ours.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) captured: Vec<(&'static str, f64)>,
    pub(super) ours: Vec<(&'static str, f64)>,
}

/// Plays one world.
pub(super) fn play(
    contest: &Contest,
    world: &World,
    arms: &[Arm],
    settings: &Settings,
    seed: u64,
) -> Result<Outcome, Failure> {
    let harsh = contest.harsh.then(|| world.harsh(arms));
    let world = harsh.as_ref().unwrap_or(world);
    let year = Year::drawn(world, arms, contest.calls_a_month, contest.drifts);
    let desk = Desk::open(arms)?;
    let judge = Judge::new(&year, contest.budget_share);
    let settings = Settings {
        half_life_days: contest.half_life_days,
        budget: judge.budget,
        ..*settings
    };
    let played = learner::play(&year, &desk, &desk.ladder()?, &settings, seed ^ world.seed);
    let mut captured = vec![("ours", judge.captured(&played.arms))];
    if contest.budget_share.is_none() {
        if arms.len() > 11 {
            captured.push(("expert", judge.captured(&rivals::expert(&year))));
        }
        let most_accepted = rivals::most_accepted(&year, seed ^ world.seed);
        captured.push(("eps", judge.captured(&most_accepted)));
        if arms.len() > ALWAYS_50 {
            let always = rivals::always(&year, ALWAYS_50);
            captured.push(("always50", judge.captured(&always)));
        }
        let uniform = rivals::uniform(&year, seed ^ world.seed);
        captured.push(("uniform", judge.captured(&uniform)));
    }
    Ok(Outcome {
        captured,
        ours: judge.more(&played),
    })
}

/// Who knows the truth.
struct Judge<'a> {
    year: &'a Year<'a>,
    nothing: Vec<usize>,
    best: Vec<usize>,
    /// What may be spent in a month.
    budget: Option<f64>,
}

impl<'a> Judge<'a> {
    fn new(year: &'a Year<'a>, budget_share: Option<f64>) -> Self {
        let nothing = rivals::always(year, 0);
        let free = rivals::oracle(year, 0.0);
        let judge = Self {
            year,
            nothing,
            best: free,
            budget: None,
        };
        let Some(share) = budget_share else {
            return judge;
        };
        let spent = judge.spend(&judge.best) * share;
        // The best under the same budget: whoever knows the truth pays a price of their own.
        let price = statistics::selection::price_of_budget(
            |price| judge.spend(&rivals::oracle(year, price)),
            spent,
        );
        Self {
            best: rivals::oracle(year, price),
            budget: Some(spent / 12.0),
            ..judge
        }
    }

    fn spend(&self, arms: &[usize]) -> f64 {
        let calls = self.year.callers.iter().zip(arms);
        calls
            .map(|(caller, arm)| self.year.stay(caller, *arm) * self.year.cost(caller, *arm))
            .sum()
    }

    fn captured(&self, arms: &[usize]) -> f64 {
        self.captured_from(arms, 0)
    }

    fn captured_from(&self, arms: &[usize], first: usize) -> f64 {
        let worth = |arms: &[usize]| -> f64 {
            let calls = self.year.callers.iter().zip(arms).skip(first);
            calls
                .map(|(caller, arm)| self.year.worth(caller, *arm))
                .sum()
        };
        let nothing = worth(&self.nothing);
        (worth(arms) - nothing) / (worth(&self.best) - nothing)
    }

    fn more(&self, played: &Played) -> Vec<(&'static str, f64)> {
        let calls = real(self.year.callers.len());
        let callers = &self.year.callers;
        let last_quarter = callers.partition_point(|caller| caller.day < DAYS - 3 * MONTH);
        let mut more = vec![
            (
                "last_quarter",
                self.captured_from(&played.arms, last_quarter),
            ),
            ("cost_per_call", self.spend(&played.arms) / calls),
        ];
        if let Some(budget) = self.budget {
            let spent = played.spent.iter().enumerate();
            let of_granted = spent.map(|(month, spent)| spent / (budget * real(month + 1)));
            let of_granted: Vec<f64> = of_granted.collect();
            more.push(("spent", of_granted.last().copied().unwrap_or(0.0)));
            more.push(("most_spent", of_granted.iter().copied().fold(0.0, f64::max)));
            more.push(("price", played.price));
        }
        more
    }
}

/// The lines of a contest over all its worlds.
pub(super) fn lines(contest: &Contest, outcomes: &[Outcome]) -> Vec<Line> {
    let Some(first) = outcomes.first() else {
        return Vec::new();
    };
    let mean = |pick: &dyn Fn(&Outcome) -> f64| {
        let values: Vec<f64> = outcomes.iter().map(pick).collect();
        Mean::of(&values)
    };
    let place_of = |who: &str| first.captured.iter().position(|(each, _)| *each == who);
    // World by world, which tells more than two intervals beside each other.
    let over_expert = place_of("ours")
        .zip(place_of("expert"))
        .map(|(ours, expert)| {
            let over =
                mean(&|outcome: &Outcome| outcome.captured[ours].1 - outcome.captured[expert].1);
            ("over_expert", over)
        });
    let sides = first.captured.iter().enumerate();
    sides
        .map(|(side, (who, _))| {
            let ours = *who == "ours";
            let more = first.ours.iter().enumerate().filter(|_| ours);
            let more = more.map(|(place, (name, _))| {
                let values: Vec<f64> = outcomes.iter().map(|it| it.ours[place].1).collect();
                // A budget that one world overspends is overspent, whatever the others left.
                let found = match *name {
                    "most_spent" => Mean::of(&[values.iter().copied().fold(0.0, f64::max)]),
                    _ => Mean::of(&values),
                };
                (*name, found)
            });
            Line {
                name: [contest.name.clone(), vec![(*who).to_owned()]].concat(),
                captured: mean(&|outcome: &Outcome| outcome.captured[side].1),
                more: more.chain(over_expert.filter(|_| ours)).collect(),
                goal: contest.goal.filter(|_| ours),
            }
        })
        .collect()
}
