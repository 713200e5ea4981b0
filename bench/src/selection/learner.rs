//! Our side: a year of calls through the product's arbitration, learning from each outcome on the
//! day it is known.

use std::collections::VecDeque;

use offers::domain::learning::{Learned, choose};
use statistics::selection::{
    Beliefs, Contender, Evidence, Exploration, Ladder, Pooling, SegmentDraws, Stage,
    expected_spend, price_of_budget,
};

use super::desk::Desk;
use super::world::{Caller, DAYS, MONTH, SEGMENTS, Year, real};

/// How it learns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) pooling: Pooling,
    pub(super) exploration: Exploration,
    /// After how many days what was seen counts half.
    pub(super) half_life_days: Option<f64>,
    /// What may be spent in a month, in units of money; what is left is carried over.
    pub(super) budget: Option<f64>,
}

/// What was chosen, and what it cost.
#[derive(Clone, Debug, Default)]
pub(super) struct Played {
    /// For each call the number of the arm in the world.
    pub(super) arms: Vec<usize>,
    /// What was spent by the end of each month since the beginning.
    pub(super) spent: Vec<f64>,
    /// What a unit had to return beside itself, on the last day.
    pub(super) price: f64,
}

/// On how many of the last calls the price of the budget is worked out.
const RECENT: usize = 300;

/// Plays a year.
pub(super) fn play(
    year: &Year<'_>,
    desk: &Desk,
    ladder: &Ladder,
    settings: &Settings,
    seed: u64,
) -> Played {
    let mut player = Player {
        year,
        desk,
        settings,
        evidence: Evidence::none(ladder),
        due: vec![Vec::new(); DAYS + 1],
        purse: settings.budget.map(Purse::new),
        played: Played::default(),
    };
    let mut next = 0;
    for day in 0..DAYS {
        player.learn(day);
        if let Some(purse) = &mut player.purse {
            purse.begin(day);
        }
        let first = next;
        while next < year.callers.len() && year.callers[next].day == day {
            next += 1;
        }
        if first < next {
            let beliefs = Beliefs::new(ladder, &player.evidence, &settings.pooling);
            player.answer(day, first..next, &beliefs, seed);
        }
        if (day + 1).is_multiple_of(MONTH) {
            let spent = player.purse.as_ref().map_or(0.0, |purse| purse.spent);
            player.played.spent.push(spent);
        }
    }
    player.played.price = player.purse.map_or(0.0, |purse| purse.price);
    player.played
}

struct Player<'a> {
    year: &'a Year<'a>,
    desk: &'a Desk,
    settings: &'a Settings,
    evidence: Evidence,
    /// For each day the outcomes that are known then: the stage, the call and the arm.
    due: Vec<Vec<(Stage, usize, usize)>>,
    purse: Option<Purse>,
    played: Played,
}

impl Player<'_> {
    fn learn(&mut self, day: usize) {
        for (stage, call, arm) in std::mem::take(&mut self.due[day]) {
            let caller = &self.year.callers[call];
            let outcome = self.year.outcome(caller, self.desk.number(arm));
            let (reached, passed) = match stage {
                Stage::Stay => (true, outcome.stayed),
                Stage::Here30Days => (outcome.stayed, outcome.here),
                Stage::Durable => (outcome.here, outcome.lasted),
            };
            if reached {
                self.evidence.add(stage, caller.segment, arm, passed);
            }
        }
        if let Some(half_life) = self.settings.half_life_days {
            self.evidence.age(1.0, half_life);
        }
    }

    fn answer(&mut self, day: usize, calls: std::ops::Range<usize>, beliefs: &Beliefs, seed: u64) {
        let version = seed.wrapping_mul(1_000_003).wrapping_add(day as u64);
        let mut of_segments: Vec<Option<SegmentDraws>> = vec![None; SEGMENTS];
        for call in calls {
            let caller = &self.year.callers[call];
            let draws = of_segments[caller.segment]
                .get_or_insert_with(|| beliefs.draw(caller.segment, version));
            let mut contenders = self.desk.contenders(caller);
            let mut price = 0.0;
            if let Some(purse) = &mut self.purse {
                price = purse.price(self.year, beliefs, call);
                purse.remember(caller, &contenders);
                purse.keep_affordable(&mut contenders);
            }
            let learned = Learned {
                draws,
                price,
                exploration: self.settings.exploration,
            };
            let choice = choose(&contenders, &learned, seed ^ (call as u64) << 20);
            let number = self.desk.number(choice.arm);
            self.played.arms.push(number);
            let stayed = self.year.outcome(caller, number).stayed;
            if let Some(purse) = self.purse.as_mut().filter(|_| stayed) {
                purse.spend(self.year.cost(caller, number));
            }
            self.expect(day, call, choice.arm);
        }
    }

    /// Notes when the outcomes of a call will be known.
    fn expect(&mut self, day: usize, call: usize, arm: usize) {
        let months = self.year.arms[self.desk.number(arm)].check_months as usize;
        let after = [
            (Stage::Stay, 1),
            (Stage::Here30Days, MONTH + 1),
            (Stage::Durable, months * MONTH + 1),
        ];
        for (stage, days) in after {
            if let Some(due) = self.due.get_mut(day + days) {
                due.push((stage, call, arm));
            }
        }
    }
}

/// The money, and what a unit of it must return.
struct Purse {
    each_month: f64,
    granted: f64,
    spent: f64,
    price: f64,
    solved_at: Option<usize>,
    recent: VecDeque<(usize, Vec<Contender>)>,
    day: usize,
}

impl Purse {
    fn new(each_month: f64) -> Self {
        Self {
            each_month,
            granted: 0.0,
            spent: 0.0,
            price: 0.0,
            solved_at: None,
            recent: VecDeque::with_capacity(RECENT),
            day: 0,
        }
    }

    fn begin(&mut self, day: usize) {
        self.day = day;
        self.solved_at = None;
        if day.is_multiple_of(MONTH) {
            self.granted += self.each_month;
        }
    }

    fn left(&self) -> f64 {
        self.granted - self.spent
    }

    /// The price of the day: what is left of the month over the calls that are expected, at the
    /// rate of the days before. Towards the end of a month it is worked out anew for each call.
    fn price(&mut self, year: &Year<'_>, beliefs: &Beliefs, call: usize) -> f64 {
        let days_left = MONTH - self.day % MONTH;
        if self.solved_at.is_some() && days_left > 2 {
            return self.price;
        }
        self.solved_at = Some(call);
        let each_day = real(year.callers.len()) / real(DAYS);
        let before = year.callers[..call].iter().rev();
        let today = before.take_while(|caller| caller.day == self.day).count();
        let calls = (each_day * real(days_left) - real(today)).max(1.0);
        let budget = self.left().max(0.0) / calls;
        let recent: Vec<(&[Contender], Vec<[f64; 3]>)> = self
            .recent
            .iter()
            .map(|(segment, contenders)| {
                let means = contenders
                    .iter()
                    .map(|contender| beliefs.means(*segment, contender.arm));
                (contenders.as_slice(), means.collect())
            })
            .collect();
        if recent.is_empty() {
            return self.price;
        }
        let spend = |price: f64| {
            let each = recent
                .iter()
                .map(|(contenders, means)| expected_spend(contenders, means, price));
            each.sum::<f64>() / real(recent.len()) / 100.0
        };
        self.price = price_of_budget(spend, budget);
        self.price
    }

    fn remember(&mut self, caller: &Caller, contenders: &[Contender]) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((caller.segment, contenders.to_vec()));
    }

    /// What cannot be paid for is not offered.
    fn keep_affordable(&self, contenders: &mut Vec<Contender>) {
        let left = self.left() * 100.0;
        contenders.retain(|contender| contender.values.cost <= left);
    }

    fn spend(&mut self, amount: f64) {
        self.spent += amount;
    }
}
