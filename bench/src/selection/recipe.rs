//! The recipe that worlds are drawn by: what is known of the trade, and how far worlds are apart.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::world::{
    Arm, FOR_GOOD, REASONS, SEGMENTS, World, discounts, is_discount, is_long, log_odds, logistic,
    reason, tier,
};

/// Log-odds or chances, by segment and arm.
type Table = Vec<Vec<f64>>;

/// A world that is being drawn.
struct Recipe<'a> {
    arms: &'a [Arm],
    chance: ChaCha8Rng,
}

/// Draws a world; the same seed draws the same one.
pub(super) fn drawn(seed: u64, arms: &[Arm]) -> World {
    let mut recipe = Recipe {
        arms,
        chance: ChaCha8Rng::seed_from_u64(seed),
    };
    let stay = recipe.stay();
    let here = recipe.here();
    let durable = recipe.durable();
    let (stay_later, durable_later) = changed(arms, &stay, &durable);
    World {
        seed,
        p: shares(),
        stay: chances(stay),
        here: chances(here),
        durable: chances(durable),
        stay_later: Some(chances(stay_later)),
        durable_later: Some(chances(durable_later)),
    }
}

impl Recipe<'_> {
    fn normal(&mut self, deviation: f64) -> f64 {
        let drawn: f64 = StandardNormal.sample(&mut self.chance);
        drawn * deviation
    }

    /// A number for each arm that offers something.
    fn each_offer(&mut self, deviation: f64) -> Vec<f64> {
        let arms = 0..self.arms.len();
        arms.map(|arm| {
            if arm == 0 {
                0.0
            } else {
                self.normal(deviation)
            }
        })
        .collect()
    }

    fn stay(&mut self) -> Table {
        let of_arm = self.each_offer(0.35);
        let of_reason: Table = (0..REASONS).map(|_| self.each_offer(0.3)).collect();
        let segments = 0..SEGMENTS;
        segments
            .map(|segment| {
                let own = self.each_offer(0.25);
                let shared = self.normal(0.1);
                let row = own.iter().enumerate();
                row.map(|(arm, own)| {
                    let drawn = of_arm[arm] + of_reason[reason(segment)][arm] + own + shared;
                    drawn + self.known(segment, arm)
                })
                .collect()
            })
            .collect()
    }

    /// What is known of staying today.
    fn known(&self, segment: usize, arm: usize) -> f64 {
        let (reason, kind) = (reason(segment), kind(arm));
        let long = f64::from(u8::from(is_long(segment)));
        let recognised = if kind == RECOGNITION { 0.5 * long } else { 0.0 };
        let offered = if arm == 0 {
            0.0
        } else {
            MAIN[kind] + MATCHING[reason][kind]
        };
        let dear = if is_discount(&self.arms[arm]) {
            -0.15 * [0.0, 1.0, 2.0][tier(segment)]
        } else {
            0.0
        };
        log_odds(BASE[reason]) + 0.25 * long + offered + recognised + dear
    }

    fn here(&mut self) -> Table {
        self.table(|segment, _| log_odds(0.95) + moving(segment), 0.15)
    }

    fn durable(&mut self) -> Table {
        let count = self.arms.len();
        let of_arm: Vec<f64> = (0..count).map(|_| self.normal(0.25)).collect();
        let known = |segment: usize, arm: usize| {
            let long = f64::from(u8::from(is_long(segment)));
            log_odds(DURABLE[kind(arm)]) + 0.25 * long + of_arm[arm] + moving(segment)
        };
        self.table(known, 0.2)
    }

    fn table(&mut self, known: impl Fn(usize, usize) -> f64, deviation: f64) -> Table {
        let arms = self.arms.len();
        let segments = 0..SEGMENTS;
        segments
            .map(|segment| {
                let row = 0..arms;
                row.map(|arm| known(segment, arm) + self.normal(deviation))
                    .collect()
            })
            .collect()
    }
}

/// In the sixth month discounts stop working; a new device, and a repair, work better.
fn changed(arms: &[Arm], stay: &Table, durable: &Table) -> (Table, Table) {
    let (mut stay, mut durable) = (stay.clone(), durable.clone());
    for (row, durable) in stay.iter_mut().zip(&mut durable) {
        for (place, arm) in discounts(arms) {
            row[arm] -= 1.0;
            if place % 4 >= 2 {
                durable[arm] -= 0.5;
            }
        }
        for (arm, cell) in row.iter_mut().enumerate().skip(1) {
            *cell += match kind(arm) {
                DEVICE => 0.8,
                REPAIR => 0.3,
                _ => 0.0,
            };
        }
    }
    (stay, durable)
}

fn moving(segment: usize) -> f64 {
    if reason(segment) == 1 { -0.3 } else { 0.0 }
}

fn chances(table: Table) -> Table {
    let row = |row: Vec<f64>| row.into_iter().map(logistic).collect();
    table.into_iter().map(row).collect()
}

/// The arm of the recipe that an arm is like; beyond the twelfth they begin again.
fn kind(arm: usize) -> usize {
    if arm == 0 { 0 } else { 1 + (arm - 1) % 11 }
}

const REPAIR: usize = 8;
const DEVICE: usize = 9;
const RECOGNITION: usize = 10;

const BASE: [f64; REASONS] = [0.12, 0.03, 0.10, 0.12, 0.08];
const MAIN: [f64; 12] = [0.0, 0.7, 1.2, 1.7, 2.3, 0.9, 1.1, 0.8, 0.9, 1.1, 0.5, 0.3];
const DURABLE: [f64; 12] = [
    0.88, 0.80, 0.74, 0.66, 0.55, 0.80, 0.88, 0.80, 0.90, 0.88, 0.90, 0.88,
];
/// How much better an offer answers one reason than another.
const MATCHING: [[f64; 12]; REASONS] = [
    [0.0, 0.2, 0.4, 0.6, 0.8, 0.0, 0.8, 0.0, -0.5, 0.0, 0.0, 0.0],
    [
        0.0, -1.6, -1.6, -1.6, -1.6, -0.6, -1.6, -1.6, -1.6, -1.6, -1.6, 2.2,
    ],
    [0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.0, 0.7, 0.0, 0.0],
    [
        0.0, -0.5, -0.5, -0.5, -0.5, 0.0, 0.0, 0.0, 1.6, 0.0, 0.3, 0.0,
    ],
    [
        0.0, -0.3, -0.3, -0.3, -0.3, 1.0, 0.7, -0.4, 0.0, 0.0, 0.0, 0.0,
    ],
];

/// The shares of the segments in the calls.
fn shares() -> Vec<f64> {
    let of_reason = [0.34, 0.16, 0.20, 0.16, 0.14];
    let share = |segment: usize| {
        let tenure = if is_long(segment) { 0.45 } else { 0.55 };
        of_reason[reason(segment)] * [0.45, 0.38, 0.17][tier(segment)] * tenure
    };
    (0..SEGMENTS).map(share).collect()
}

/// The arms of the recipe: twelve, or the first of them, or some of them more than once.
pub(super) fn arms(count: usize) -> Vec<Arm> {
    let arm = |place: usize| {
        let (name, discount, months, fixed_cost, class, check_months) = ARMS[kind(place)];
        Arm {
            name: match (place.max(1) - 1) / 11 {
                0 => name.to_owned(),
                again => format!("{name}_{again}"),
            },
            discount,
            months,
            fixed_cost,
            class: class.to_owned(),
            check_months,
        }
    };
    (0..count).map(arm).collect()
}

const ARMS: [(&str, f64, u32, f64, &str, u32); 12] = [
    ("no_offer", 0.0, 0, 0.0, "none", 3),
    ("disc10_3m", 0.10, 3, 0.0, "disc", 4),
    ("disc20_3m", 0.20, 3, 0.0, "disc", 4),
    ("disc30_6m", 0.30, 6, 0.0, "disc", 7),
    ("disc50_6m", 0.50, 6, 0.0, "disc", 7),
    ("pause_2m", 1.0, 2, 0.0, "pause", 4),
    ("downgrade", 0.35, FOR_GOOD, 0.0, "plan", 3),
    ("upgrade_free_6m", 0.12, 6, 0.0, "perk", 7),
    ("service_fix_credit", 0.0, 0, 25.0, "fix", 3),
    ("device_swap", 0.0, 0, 60.0, "perk", 3),
    ("loyalty_recognition", 0.0, 0, 8.0, "perk", 3),
    ("move_and_follow", 0.0, 0, 15.0, "fix", 3),
];
