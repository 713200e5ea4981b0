//! `bench portfolio`: the whole portfolio scored and stored, as a ratio to a plain COPY of the same
//! rows into a table with the same indexes, in the same Postgres, in the same run.
//!
//! Some thousand generated customers go through profiles, the feed and lifecycle; their snapshots
//! are then multiplied in lifecycle's database. Scored is by the service itself, as a process of
//! its own whose largest memory is told: once with nothing scored yet, and once more after other
//! rules were published, when every row is replaced.

pub(crate) mod memory;
mod report;
mod sql;

use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::civil::Date;
use rekindle::client::{Services, Trace};
use rekindle::failure::{Exit, Failure};
use rekindle::output::Output;
use rekindle::signals::StopSignals;
use rekindle::stack::DataStack;
use rekindle::suite::{Addresses, Suite};
use serde_json::Value;

use crate::arguments::Portfolio;
use crate::speed::{callers, feed, world};
pub(crate) use report::Report;
use report::{Run, Size};

/// How many customers are generated; the others are copies of these.
const TEMPLATES: u64 = 2_000;

/// The smaller portfolio is this part of the larger: memory must not differ.
const SMALLER: u64 = 10;

/// Measures and reports.
pub(crate) async fn run(
    arguments: &Portfolio,
    as_of: Date,
    output: Output,
) -> Result<Report, Failure> {
    let mut signals = StopSignals::listen()?;
    let mut stack = DataStack::open(&arguments.stack, world::stack_options(), output).await?;
    let work = async {
        stack.start(output).await?;
        measure(arguments, &stack, as_of, output).await
    };
    let measured = tokio::select! {
        measured = work => measured.map_err(|failure| world::with_logs(failure, &stack)),
        // The services end with what holds them.
        _ = signals.next() => Err(Failure::new(Exit::Interrupted, "stopped before it was done")),
    };
    stack.stop().await?;
    measured
}

/// What is measured on.
struct Bench<'a> {
    arguments: &'a Portfolio,
    stack: &'a DataStack,
    folder: PathBuf,
    psql: PathBuf,
    url: String,
    output: Output,
}

async fn measure(
    arguments: &Portfolio,
    stack: &DataStack,
    as_of: Date,
    output: Output,
) -> Result<Report, Failure> {
    let folder = stack
        .directory()
        .ok_or_else(|| Failure::failed("the stack has no folder"))?;
    let url = stack.endpoints().database_url.clone();
    let bench = Bench {
        arguments,
        stack,
        folder: folder.to_owned(),
        psql: stack.programs().psql()?.to_owned(),
        url: url.unwrap_or_default(),
        output,
    };
    bench.load_templates(as_of).await?;
    let smaller = bench.size(arguments.customers.div_ceil(SMALLER)).await?;
    let larger = bench.size(arguments.customers).await?;
    Ok(Report::of(vec![smaller, larger]))
}

impl Bench<'_> {
    /// Brings the generated customers into lifecycle the way all customers come there.
    async fn load_templates(&self, as_of: Date) -> Result<(), Failure> {
        let (mut suite, addresses) = self.suite()?;
        suite.migrate(self.output).await?;
        suite.start(self.output).await?;
        let rules = self.arguments.seed.join("rules.toml").display().to_string();
        world::rekindle(&["rules", "publish", &rules], &addresses, self.output).await?;
        let urls = world::service_arguments(&addresses);
        let services = Services::at(&urls, Trace::begin("bench"))?;
        callers::load(&services, TEMPLATES, as_of, self.output).await?;
        feed::settled(&self.psql, self.stack.endpoints(), self.output).await?;
        world::rekindle(&["model", "fit"], &addresses, self.output).await?;
        suite.stop().await;
        sql::keep_templates(&self.psql, &self.url).await
    }

    fn suite(&self) -> Result<(Suite, Addresses), Failure> {
        let addresses = Addresses::from_port_base(0)?;
        let endpoints = self.stack.endpoints();
        let suite = Suite::open(addresses.clone(), endpoints, &self.folder, Vec::new())?;
        Ok((suite, addresses))
    }

    /// Measures a portfolio of one size with a fresh process.
    async fn size(&self, customers: u64) -> Result<Size, Failure> {
        self.output
            .progress(format_args!("a portfolio of {customers} customers"));
        sql::multiply(&self.psql, &self.url, customers).await?;
        let (mut suite, addresses) = self.suite()?;
        suite.start(self.output).await?;
        let first = self.score(&addresses).await?;
        let rules = self.arguments.seed.join("rules.toml").display().to_string();
        // Other rules are in use from now on, so that everybody is scored again.
        let publish = ["rules", "publish", &rules];
        world::rekindle(&publish, &addresses, self.output).await?;
        let again = self.score(&addresses).await?;
        let processes = suite.process_ids().into_iter();
        let mut lifecycle = processes.filter(|(name, _)| *name == "lifecycle");
        let peak_rss_mib = lifecycle
            .find_map(|(_, id)| memory::peak_rss_mib(id))
            .unwrap_or_default();
        suite.stop().await;
        Ok(Size {
            customers,
            first,
            again,
            peak_rss_mib,
            copy_rows_per_second: self.copy(customers, Indexes::AsStored).await?,
            bare_copy_rows_per_second: self.copy(customers, Indexes::None).await?,
        })
    }

    /// Scores everybody and waits for the end of the run, which the service times itself.
    async fn score(&self, addresses: &Addresses) -> Result<Run, Failure> {
        let said = world::rekindle(&["--json", "portfolio", "score"], addresses, self.output);
        let document: Value = serde_json::from_str(said.await?.trim())
            .map_err(|error| Failure::failed(format!("portfolio score says no JSON: {error}")))?;
        let run = Run::read(&document)
            .ok_or_else(|| Failure::failed(format!("portfolio score says {document}")))?;
        self.output.progress(format_args!(
            "  scored {} in {:.2} s",
            run.scored_customers, run.seconds
        ));
        Ok(run)
    }

    async fn copy(&self, customers: u64, indexes: Indexes) -> Result<f64, Failure> {
        let file = self.folder.join("scored_customer.copy");
        let mut rates = Vec::new();
        for _ in 0..self.arguments.copies {
            let rate = self.copy_once(customers, indexes, &file).await?;
            rates.push(rate);
        }
        rates.sort_by(f64::total_cmp);
        Ok(rates.get(rates.len() / 2).copied().unwrap_or_default())
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    async fn copy_once(
        &self,
        customers: u64,
        indexes: Indexes,
        file: &Path,
    ) -> Result<f64, Failure> {
        sql::prepare_copy(&self.psql, &self.url, indexes == Indexes::AsStored, file).await?;
        let began = Instant::now();
        sql::copy(&self.psql, &self.url, file).await?;
        let rate = customers as f64 / began.elapsed().as_secs_f64();
        self.output.progress(format_args!(
            "  COPY, indexes {indexes:?}: {rate:.0} rows/s"
        ));
        Ok(rate)
    }
}

/// With which indexes rows are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Indexes {
    AsStored,
    None,
}
