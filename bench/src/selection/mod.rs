//! `bench selection`: a simulated save desk, driven through the product's arbitration, and how much
//! of what could be gained at best is gained.
//!
//! | room | owns |
//! |---|---|
//! | `world` | who calls, and how likely each offer keeps them |
//! | `recipe` | how worlds are drawn |
//! | `desk` | the arms of a world as offers of the product |
//! | `learner` | our year: choosing, learning, paying |
//! | `rivals` | fixed rules, chance, acceptance, and whoever knows the truth |
//! | `contest` | one setting over many worlds |

mod contest;
mod desk;
mod learner;
mod recipe;
mod report;
mod rivals;
#[cfg(test)]
mod smoke_tests;
mod world;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rekindle::failure::Failure;
use rekindle::output::Output;
use rekindle::progress::Progress;
use statistics::selection::{Exploration, Pooling};

use crate::arguments::{Selection, Variant};
use contest::{Contest, Outcome};
use learner::Settings;
pub(crate) use report::Report;
use world::{Arm, World, Worlds};

/// The honest product: some are held out, and everything is tried now and then.
const EXPLORATION: Exploration = Exploration {
    floor: 0.005,
    holdout: 0.05,
};

/// After how many days what was seen counts half.
const HALF_LIFE_DAYS: f64 = 365.0;

/// Where drawn worlds begin: nobody else's begin there.
const FIRST_DRAWN: u64 = 2_000;

/// Plays every contest that is wanted.
pub(crate) fn run(arguments: &Selection, output: Output) -> Result<Report, Failure> {
    let (mut worlds, described) = worlds(arguments)?;
    if let Some(most) = arguments.most {
        worlds.envs.truncate(most as usize);
    }
    let mut report = Report {
        worlds: described,
        lines: Vec::new(),
    };
    for variant in &arguments.variants {
        let contests = match variant {
            Variant::Main => main_contests(),
            Variant::Drift => drift_contests(&worlds),
            Variant::Budget => budget_contests(),
            Variant::Arms => {
                for count in [4, 6, 12, 25, 50] {
                    let arms = recipe::arms(count);
                    let drawn = drawn(worlds.envs.len().min(8) as u64, &arms);
                    let many = Worlds { arms, envs: drawn };
                    let contests = arms_contests(count);
                    play_all(&contests, &many, arguments.seed, output, &mut report)?;
                }
                continue;
            }
        };
        play_all(&contests, &worlds, arguments.seed, output, &mut report)?;
    }
    Ok(report)
}

fn worlds(arguments: &Selection) -> Result<(Worlds, String), Failure> {
    if let Some(count) = arguments.drawn {
        let arms = recipe::arms(12);
        let envs = drawn(u64::from(count), &arms);
        let described = format!("{count} worlds drawn anew, from {FIRST_DRAWN} on");
        return Ok((Worlds { arms, envs }, described));
    }
    let file = &arguments.worlds;
    let shown = file.display();
    let unread = |why: String| {
        Failure::failed(format!("{shown} cannot be read: {why}"))
            .advice("name a file of worlds with --worlds, or draw some with --drawn 20")
    };
    let is_packed = file.extension().is_some_and(|ending| ending == "gz");
    let bytes = if is_packed {
        let unpacked = Command::new("gzip").arg("-dc").arg(file).output();
        let unpacked = unpacked.map_err(|error| unread(error.to_string()))?;
        if !unpacked.status.success() {
            return Err(unread(
                String::from_utf8_lossy(&unpacked.stderr).trim().to_owned(),
            ));
        }
        unpacked.stdout
    } else {
        std::fs::read(file).map_err(|error| unread(error.to_string()))?
    };
    let worlds: Worlds =
        serde_json::from_slice(&bytes).map_err(|error| unread(error.to_string()))?;
    worlds.check().map_err(unread)?;
    let described = format!("{} worlds of {shown}", worlds.envs.len());
    Ok((worlds, described))
}

fn drawn(count: u64, arms: &[Arm]) -> Vec<World> {
    let seeds = FIRST_DRAWN..FIRST_DRAWN + count;
    seeds.map(|seed| recipe::drawn(seed, arms)).collect()
}

fn contest(name: &[&str], calls_a_month: usize) -> Contest {
    Contest {
        name: name.iter().map(|part| (*part).to_owned()).collect(),
        calls_a_month,
        harsh: false,
        drifts: false,
        budget_share: None,
        half_life_days: Some(HALF_LIFE_DAYS),
        goal: None,
    }
}

fn main_contests() -> Vec<Contest> {
    let settings = [
        ("mild", 200, [0.70, 0.74]),
        ("mild", 2_000, [0.835, 0.87]),
        ("harsh", 200, [0.615, 0.66]),
        ("harsh", 2_000, [0.75, 0.80]),
    ];
    let contests = settings.into_iter().map(|(relapse, calls, goal)| Contest {
        harsh: relapse == "harsh",
        goal: Some(goal),
        ..contest(&[relapse, &calls.to_string()], calls)
    });
    contests.collect()
}

/// Worlds that change in the sixth month, and how fast to forget then.
fn drift_contests(worlds: &Worlds) -> Vec<Contest> {
    let change = worlds
        .envs
        .iter()
        .any(|world| world.stay_later.is_some() || world.durable_later.is_some());
    let lives = [
        ("never", None),
        ("365", Some(365.0)),
        ("180", Some(180.0)),
        ("90", Some(90.0)),
    ];
    let contests = lives.into_iter().filter(|_| change);
    let contests = contests.map(|(name, half_life_days)| Contest {
        drifts: true,
        half_life_days,
        ..contest(&["drift", name], 2_000)
    });
    contests.collect()
}

fn budget_contests() -> Vec<Contest> {
    let contests = [1.5, 0.7, 0.5, 0.3, 0.15].into_iter().map(|share| Contest {
        budget_share: Some(share),
        ..contest(&["budget", &share.to_string()], 2_000)
    });
    contests.collect()
}

fn arms_contests(count: usize) -> Vec<Contest> {
    let contests = [200, 2_000]
        .into_iter()
        .map(|calls| contest(&["arms", &count.to_string(), &calls.to_string()], calls));
    contests.collect()
}

/// Plays contests on all worlds, as many at a time as there are processors.
fn play_all(
    contests: &[Contest],
    worlds: &Worlds,
    seed: u64,
    output: Output,
    report: &mut Report,
) -> Result<(), Failure> {
    let settings = Settings {
        pooling: Pooling::default(),
        exploration: EXPLORATION,
        half_life_days: None,
        budget: None,
    };
    for contest in contests {
        let label = contest.name.join(" ");
        let progress = Progress::begin(output, label.clone(), worlds.envs.len() as u64);
        let outcomes = play_worlds(contest, worlds, &settings, seed, progress)?;
        report.lines.extend(contest::lines(contest, &outcomes));
    }
    Ok(())
}

fn play_worlds(
    contest: &Contest,
    worlds: &Worlds,
    settings: &Settings,
    seed: u64,
    progress: Progress,
) -> Result<Vec<Outcome>, Failure> {
    let next = AtomicUsize::new(0);
    let played: Mutex<(Vec<(usize, Outcome)>, Progress)> = Mutex::new((Vec::new(), progress));
    let work = || -> Result<(), Failure> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(world) = worlds.envs.get(place) else {
                return Ok(());
            };
            let outcome = contest::play(contest, world, &worlds.arms, settings, seed)?;
            let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
            let (outcomes, progress) = &mut *played;
            outcomes.push((place, outcome));
            progress.reached(outcomes.len() as u64, "worlds");
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let ends = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(Failure::failed("a world was not played to its end")))
        });
        ends.collect::<Vec<_>>()
    });
    ends.into_iter().collect::<Result<(), Failure>>()?;
    let (mut outcomes, progress) = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    progress.end(format_args!("{} worlds", outcomes.len()));
    // The order in which threads end must not show in the sums.
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}
