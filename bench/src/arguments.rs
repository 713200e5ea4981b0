//! What can be typed after `bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rekindle::arguments::StackArguments;

/// Measures the suite on this machine, as ratios within one run.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub(crate) struct Arguments {
    /// Print the figures as one JSON document.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The speed of the services against a tonic echo and pgbench.
    Speed(Box<Speed>),
    /// The models against published figures, and their speed against numpy and lifetimes.
    Models(Box<Models>),
    /// The whole portfolio scored and stored, against a plain COPY of its rows.
    Portfolio(Box<Portfolio>),
    /// What the product's way of choosing offers gains on simulated save desks.
    Selection(Box<Selection>),
    /// A year of simulated calls through the real services, and their review against the truth.
    Year(Box<Year>),
    /// Serve an echo; `speed` starts these itself.
    #[command(hide = true)]
    Echo {
        /// Ask this echo before each answer.
        #[arg(long, value_name = "URL")]
        next: Option<String>,
    },
}

/// How long and with how much load is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Speed {
    /// How often everything is measured; the medians count.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,

    /// How long each measure of a round takes.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,

    /// Calls in flight in the closed loops.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    pub(crate) in_flight: u32,

    /// Connections over which the load comes.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) connections: u32,

    /// Clients of pgbench.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) pgbench_clients: u32,

    /// Customers that are generated; those with a contract they could cancel ask for offers. With
    /// fewer than a measure has calls, some call twice, and their history is read.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    pub(crate) customers: u64,

    /// Folder with the catalogue, the reasons, the policy and the rules to publish.
    #[arg(long, default_value = "deploy/seed", value_name = "DIR")]
    pub(crate) seed: PathBuf,

    /// Measure no more than these; all of them when none is named.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// Where Postgres and Redis come from.
    #[command(flatten)]
    pub(crate) stack: StackArguments,
}

/// Which figures of the models are found, and on what.
#[derive(Debug, Clone, Args)]
pub(crate) struct Models {
    /// How often everything is timed; the medians count.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,

    /// Customers that are drawn for both sides.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    pub(crate) customers: u32,

    /// Where the draw begins.
    #[arg(long, default_value_t = 1_997)]
    pub(crate) seed: u64,

    /// Folder of the data sets; what is not there is left out.
    #[arg(
        long,
        env = "REKINDLE_SHARED_DATA",
        default_value = "../shared/data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,

    /// A Python with the packages of bench/python/requirements.txt; without it, no comparison.
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,

    /// The script of the other side.
    #[arg(long, default_value = "bench/python/models.py", value_name = "FILE")]
    pub(crate) script: PathBuf,

    /// Find no more than these, by name or by the beginning of names; all when none is named.
    #[arg(long, value_delimiter = ',', value_name = "KEY")]
    pub(crate) only: Vec<String>,
}

impl Speed {
    /// How long each measure of a round takes.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// How large a portfolio is scored.
#[derive(Debug, Clone, Args)]
pub(crate) struct Portfolio {
    /// Customers of the portfolio; a tenth of it is measured as well.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    pub(crate) customers: u64,

    /// How often the rows are copied; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) copies: u32,

    /// Folder with the rules to publish.
    #[arg(long, default_value = "deploy/seed", value_name = "DIR")]
    pub(crate) seed: PathBuf,

    /// Where Postgres and Redis come from.
    #[command(flatten)]
    pub(crate) stack: StackArguments,
}

/// Which worlds are played, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct Selection {
    /// A file of worlds, as JSON, packed or not.
    #[arg(
        long,
        default_value = "../shared/reference/savedesk_envs.json.gz",
        value_name = "FILE"
    )]
    pub(crate) worlds: PathBuf,

    /// Draw so many worlds anew instead.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) drawn: Option<u32>,

    /// Play no more than so many of them.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) most: Option<u32>,

    /// What is played.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = [Variant::Main, Variant::Drift, Variant::Budget, Variant::Arms]
    )]
    pub(crate) variants: Vec<Variant>,

    /// Where all draws but those of the calls begin.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// Discounts that last and discounts that do not, with few calls and with many.
    Main,
    /// Offers that stop working in the sixth month.
    Drift,
    /// A budget.
    Budget,
    /// Few offers and many.
    Arms,
}

/// How long a year is played, and with how many calls.
#[derive(Debug, Clone, Args)]
pub(crate) struct Year {
    /// Calls, each of a customer of its own.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    pub(crate) calls: u64,

    /// In how many weeks they come.
    #[arg(long, default_value_t = 52, value_parser = clap::value_parser!(u64).range(1..=104))]
    pub(crate) weeks: u64,

    /// How many weeks go by afterwards, in which windows ripen.
    #[arg(long, default_value_t = 27, value_parser = clap::value_parser!(u64).range(0..=104))]
    pub(crate) ripening_weeks: u64,

    /// Offers of the desk: as many that last, that hold for their terms, and that do nothing.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=60).map(usize::from))]
    pub(crate) offers: usize,

    /// Where all draws begin.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Calls in flight.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1_024).map(usize::from))]
    pub(crate) in_flight: usize,

    /// The file that moves the clock of this process; it starts itself again with one.
    #[arg(long, env = crate::year::calendar::FILE, hide = true)]
    pub(crate) clock_file: Option<PathBuf>,

    /// Folder with the policy and the rules to publish.
    #[arg(long, default_value = "deploy/seed", value_name = "DIR")]
    pub(crate) seed_files: PathBuf,

    /// Where the programs of Postgres and Redis come from.
    #[command(flatten)]
    pub(crate) stack: StackArguments,
}
