//! `bench speed`: everything starts once, then every measure is taken in every round, so that what
//! the machine does meanwhile falls on all of them alike.

pub(crate) mod callers;
pub(crate) mod feed;
mod shots;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::civil::Date;
use rekindle::failure::{Exit, Failure};
use rekindle::output::Output;
use rekindle::signals::StopSignals;
use rekindle::stack::DataStack;

use crate::arguments::Speed;
use crate::connections::Connections;
use crate::cpu::Consumer;
use crate::echo::Echo;
use crate::figures::{Measure, Measured, Report, Rounds, Setting, wanted};
use crate::load::{Shot, Tally, closed_loop, open_loop};
use crate::pgbench::Pgbench;
use shots::{Answers, SaveOffer, Status};
use world::World;

/// A warm cache leaves lifecycle this much work for each request at most, in microseconds.
const WARM_LIFECYCLE_US: f64 = 40.0;

/// How often the cache is filled before it is believed that it never gets warm.
const MOST_FILLS: u32 = 20;

/// The share of a peak at which the open loops run.
const HALF: f64 = 0.5;

/// Measures and reports.
pub(crate) async fn run(arguments: &Speed, as_of: Date, output: Output) -> Result<Report, Failure> {
    let wanted = wanted(&arguments.only)?;
    let mut signals = StopSignals::listen()?;
    let mut stack = DataStack::open(&arguments.stack, world::stack_options(), output).await?;
    let work = async {
        stack.start(output).await?;
        measure_on(arguments, &wanted, &stack, as_of, output).await
    };
    let measured = tokio::select! {
        measured = work => measured.map_err(|failure| world::with_logs(failure, &stack)),
        // The services and echoes end with what holds them.
        _ = signals.next() => Err(Failure::new(Exit::Interrupted, "stopped before it was done")),
    };
    stack.stop().await?;
    measured
}

async fn measure_on(
    arguments: &Speed,
    wanted: &BTreeSet<Measure>,
    stack: &DataStack,
    as_of: Date,
    output: Output,
) -> Result<Report, Failure> {
    let world = World::start(arguments, stack, as_of, output).await?;
    let mut bench = Bench::over(world, arguments, stack, output).await?;
    let mut measured = Ok(());
    for round in 1..=arguments.rounds {
        output.progress(format_args!("round {round} of {}", arguments.rounds));
        measured = bench.round(wanted).await;
        if measured.is_err() {
            break;
        }
    }
    let report = bench.report();
    bench.world.stop().await;
    measured.map(|()| report)
}

/// The measures and what they need.
struct Bench<'a> {
    arguments: &'a Speed,
    output: Output,
    world: World,
    pgbench: Result<Pgbench, Failure>,
    echo: Echo,
    hop: Echo,
    status: Status,
    save_offer: SaveOffer,
    numbers: Arc<AtomicU64>,
    rounds: Rounds,
}

impl<'a> Bench<'a> {
    async fn over(
        world: World,
        arguments: &'a Speed,
        stack: &DataStack,
        output: Output,
    ) -> Result<Self, Failure> {
        let folder = stack.directory().unwrap_or(Path::new("."));
        let postgres = stack.programs().postgres().ok();
        let pgbench = Pgbench::find(
            postgres.and_then(|programs| programs.postgres.parent()),
            stack.programs().psql()?,
            stack
                .endpoints()
                .database_url
                .as_deref()
                .unwrap_or_default(),
            folder,
            arguments.pgbench_clients,
        );
        if let Err(failure) = &pgbench {
            output.progress(format_args!("left out: {failure}"));
        }
        let count = usize::try_from(arguments.connections).unwrap_or(1);
        let open = async |uri: String| Connections::open(&uri, count).await;
        Ok(Self {
            pgbench,
            echo: Echo::at(open(world.echo.uri()).await?),
            hop: Echo::at(open(world.hop.uri()).await?),
            status: Status {
                connections: open(world.addresses.url("lifecycle")).await?,
                callers: Arc::clone(&world.callers),
            },
            save_offer: SaveOffer {
                connections: open(world.addresses.url("offers")).await?,
                callers: Arc::clone(&world.callers),
                answers: Arc::new(Answers::default()),
            },
            numbers: Arc::new(AtomicU64::new(1)),
            rounds: Rounds::default(),
            arguments,
            output,
            world,
        })
    }

    async fn round(&mut self, wanted: &BTreeSet<Measure>) -> Result<(), Failure> {
        for measure in wanted {
            let measured = match measure {
                Measure::Pgbench => self.insert().await?,
                Measure::Echo => Some(self.closed(&self.echo.clone()).await?),
                Measure::Hop => Some(self.closed(&self.hop.clone()).await?),
                Measure::Status => Some(self.closed(&self.status.clone()).await?),
                Measure::SaveOffer => {
                    self.warm().await?;
                    Some(self.closed(&self.save_offer.clone()).await?)
                }
                Measure::EchoOpen => Some(self.open(&self.echo.clone(), Measure::Echo).await?),
                Measure::SaveOfferOpen => {
                    self.warm().await?;
                    let shot = self.save_offer.clone();
                    Some(self.open(&shot, Measure::SaveOffer).await?)
                }
                Measure::SaveOfferRedisDown => Some(self.without_redis().await?),
            };
            if let Some(measured) = measured {
                let rate = measured.per_second;
                self.output
                    .progress(format_args!("  {:30} {rate:>8.0}/s", measure.label()));
                self.rounds.add(*measure, measured);
            }
        }
        Ok(())
    }

    /// Inserts with pgbench, where there is one.
    async fn insert(&self) -> Result<Option<Measured>, Failure> {
        let Ok(pgbench) = &self.pgbench else {
            return Ok(None);
        };
        self.world.settle().await?;
        Ok(Some(Measured {
            per_second: pgbench.run(self.arguments.seconds).await?,
            ..Measured::default()
        }))
    }

    async fn closed<S: Shot>(&self, shot: &S) -> Result<Measured, Failure> {
        let in_flight = usize::try_from(self.arguments.in_flight).unwrap_or(1);
        let time = self.arguments.time();
        self.measured(closed_loop(shot, &self.numbers, in_flight, time))
            .await
    }

    /// Makes calls at half the rate that this round has seen in the closed loop.
    async fn open<S: Shot>(&self, shot: &S, peak: Measure) -> Result<Measured, Failure> {
        let peak = self.rounds.last(peak).map_or(0.0, |peak| peak.per_second);
        let time = self.arguments.time();
        self.measured(open_loop(shot, &self.numbers, peak * HALF, time))
            .await
    }

    async fn without_redis(&mut self) -> Result<Measured, Failure> {
        self.world.forget_calls().await?;
        self.world.redis.kill().await;
        let measured = self.closed(&self.save_offer.clone()).await;
        self.world.redis.restart().await?;
        measured
    }

    /// Takes a measure together with the processor time of everything that runs.
    async fn measured(&self, load: impl Future<Output = Tally>) -> Result<Measured, Failure> {
        let consumers = self.world.consumers();
        let before: Vec<Duration> = times(&consumers);
        let tally = load.await;
        let after = times(&consumers);
        if let Some(failure) = tally.failure() {
            return Err(Failure::failed(failure)
                .advice("figures count only when every answer is right; see the logs"));
        }
        // The lead-in has used processor time as well: what counts is all that was made.
        let answers = tally.all_answers().max(1);
        let each = consumers.iter().zip(before.into_iter().zip(after));
        let cpu_us: BTreeMap<&'static str, f64> = each
            .map(|((name, _), (before, after))| {
                (*name, per_answer(after.saturating_sub(before), answers))
            })
            .collect();
        Ok(Measured {
            per_second: tally.per_second(),
            p50_ms: tally.quantile_ms(0.5),
            p99_ms: tally.quantile_ms(0.99),
            cpu_us,
        })
    }

    /// Fills the cache until requests for an offer leave lifecycle in peace, then forgets the calls
    /// that did it.
    async fn warm(&self) -> Result<(), Failure> {
        for _ in 0..MOST_FILLS {
            let fill = closed_loop(&self.save_offer, &self.numbers, 64, Duration::from_secs(2));
            let filled = self.measured(fill).await?;
            let lifecycle = filled.cpu_us.get("lifecycle").copied().unwrap_or_default();
            if lifecycle < WARM_LIFECYCLE_US {
                return self.world.forget_calls().await;
            }
        }
        Err(Failure::failed("the cache of offers does not get warm")
            .advice("look into the log of offers: the feed of changes may stand still"))
    }

    fn report(&self) -> Report {
        let setting = Setting {
            rounds: self.arguments.rounds,
            seconds: self.arguments.seconds,
            in_flight: self.arguments.in_flight,
            connections: self.arguments.connections,
            customers: self.arguments.customers,
            callers: self.world.callers.len(),
            offered_share: self.save_offer.answers.offered_share(),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            left_out: self
                .pgbench
                .as_ref()
                .err()
                .map(ToString::to_string)
                .into_iter()
                .collect(),
        };
        Report::of(&self.rounds, setting)
    }
}

fn times(consumers: &[(&'static str, Consumer)]) -> Vec<Duration> {
    consumers
        .iter()
        .map(|(_, consumer)| consumer.time())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
fn per_answer(time: Duration, answers: u64) -> f64 {
    time.as_micros() as f64 / answers as f64
}
