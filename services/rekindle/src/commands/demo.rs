//! `rekindle demo`: everything once, from an empty machine to one cancellation call.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Args;
use contract::offers::v1::Problem;

use super::budget::put_budgets;
use super::care::publish_care_plan;
use super::catalogue::publish_catalogue;
use super::contact::publish_contact_rules;
use super::generate::{load_sample, today};
use super::model::fit_model;
use super::policy::publish_policy;
use super::rules::publish_rules;
use super::showcase;
use crate::arguments::StackArguments;
use crate::client::{ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::sample::{Caller, Sample};
use crate::screen;
use crate::seed;
use crate::signals::StopSignals;
use crate::stack::{Durability, Lifetime, StackOptions};
use crate::suite::{Addresses, LocalSuite};
use crate::trace::Collector;

/// The first port when the demo stays up: where the other commands look by themselves.
const USUAL_PORT_BASE: u16 = 7101;

/// Show the whole suite at work: start it, load generated customers, play one cancellation call.
///
/// A private Postgres and Redis and the three services are started; rules, offers and policy are
/// published; generated customers are loaded and the model is fitted. Then somebody rings because
/// it is too expensive: the agent's screen, the decision explained, and the trace of the call
/// through all services are printed. Nothing is left behind.
#[derive(Debug, Args)]
pub struct Demo {
    /// Stay up until Ctrl-C, and say what to try.
    #[arg(long)]
    keep: bool,

    /// How many customers to load.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    customers: u64,

    /// Who they are and who rings; the same seed gives the same ones.
    #[arg(long, default_value_t = 42, value_name = "N")]
    seed: u64,

    /// The first of three ports; free ones when left out, and 7101 with --keep.
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,

    #[command(flatten)]
    data: StackArguments,
}

/// What was played.
#[derive(Debug)]
struct Played {
    /// Who rang, and then who else might; at least one.
    callers: Vec<Caller>,
    /// The decision of the call.
    decision_id: String,
}

impl Demo {
    /// Starts, shows, stops.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let mut signals = StopSignals::listen()?;
        // It outlives the services, which send their last spans while they stop.
        let mut collector = Collector::start()?;
        let mut suite = self.open(&collector, output).await?;
        let ran = tokio::select! {
            started = suite.start(output) => match started {
                Ok(()) => self.show(&mut suite, &mut collector, &mut signals, output).await,
                Err(failure) => Err(failure),
            },
            signal = signals.next() => Ok(signal.exit_code()),
        };
        output.progress("stopping");
        let stopped = suite.stop().await;
        let code = ran?;
        stopped?;
        Ok(code)
    }

    async fn open(&self, collector: &Collector, output: Output) -> Result<LocalSuite, Failure> {
        let options = StackOptions {
            durability: Durability::Durable,
            lifetime: Lifetime::ThisRun,
        };
        let usual = if self.keep { USUAL_PORT_BASE } else { 0 };
        let addresses = Addresses::from_port_base(self.port_base.unwrap_or(usual))?;
        let endpoint = (
            "REKINDLE__PROCESS__TELEMETRY__OTLP_ENDPOINT".to_owned(),
            OsString::from(collector.address()),
        );
        LocalSuite::open(&self.data, options, addresses, vec![endpoint], output).await
    }

    async fn show(
        &self,
        suite: &mut LocalSuite,
        collector: &mut Collector,
        signals: &mut StopSignals,
        output: Output,
    ) -> Result<u8, Failure> {
        let urls = ServiceArguments {
            profiles_url: suite.addresses().url("profiles"),
            lifecycle_url: suite.addresses().url("lifecycle"),
            offers_url: suite.addresses().url("offers"),
        };
        // Boxed, for it holds every step of the demo.
        let play = Box::pin(self.play(&urls, collector, output));
        let played = tokio::select! {
            played = play => played?,
            failure = suite.first_end() => return Err(failure),
            signal = signals.next() => return Ok(signal.exit_code()),
        };
        if self.keep {
            output.progress(what_next(&urls, &played));
            tokio::select! {
                failure = suite.first_end() => return Err(failure),
                // Stopping is what Ctrl-C is for here: nothing failed.
                _signal = signals.next() => {}
            }
        }
        Ok(0)
    }

    async fn play(
        &self,
        urls: &ServiceArguments,
        collector: &mut Collector,
        output: Output,
    ) -> Result<Played, Failure> {
        let services = Services::at(urls, Trace::begin("rekindle demo: load"))?;
        publish(&services, output).await?;
        let sample = Sample {
            count: self.customers,
            seed: self.seed,
            as_of: today(),
        };
        let callers = self.prepare(&services, sample, output).await?;
        let decision_id =
            Box::pin(showcase::play(&services, &callers[0], collector, output)).await?;
        Ok(Played {
            callers,
            decision_id,
        })
    }

    async fn prepare(
        &self,
        services: &Services,
        sample: Sample,
        output: Output,
    ) -> Result<Vec<Caller>, Failure> {
        // The first rings; the others are for those who stay and try.
        let callers: Vec<Caller> = sample.callers().take(3).collect();
        if callers.is_empty() {
            let message = format!("none of {} customers fits the call", self.customers);
            return Err(Failure::new(Exit::Usage, message).advice("load more: --customers 1000"));
        }
        let summary = load_sample(services, sample, output).await?;
        if let Some(refusal) = summary.refusals.first() {
            let message = format!("generated customer {} was refused", refusal.row);
            return Err(Failure::new(Exit::Internal, message)
                .reason(&refusal.reason)
                .detail(format!("{}: {}", refusal.field, refusal.message)));
        }
        fit_model(services, output).await?;
        Ok(callers)
    }
}

/// Publishes what the project ships.
async fn publish(services: &Services, output: Output) -> Result<(), Failure> {
    let by = "rekindle demo";
    let rules = publish_rules(services, seed::rules()?, false).await?;
    let contact_rules = publish_contact_rules(services, seed::contact_rules()?, false).await?;
    publish_care_plan(services, seed::care_plan()?, false).await?;
    let catalogue = publish_catalogue(services, seed::catalogue(), by, "").await?;
    if catalogue.catalogue.is_none() {
        refuse_problems(&catalogue.problems)?;
    }
    let policy = publish_policy(services, seed::policy(), by, "", false).await?;
    if policy.version == 0 {
        refuse_problems(&policy.problems)?;
    }
    put_budgets(services, seed::budgets()?, false).await?;
    let offers = catalogue
        .catalogue
        .map_or(0, |version| version.offers.len());
    output.progress(format_args!(
        "published    rules of {} lines, {offers} offers, {} policy rows, {} contact rules",
        rules.business_lines.len(),
        policy.row_count,
        contact_rules.rules.len()
    ));
    Ok(())
}

fn refuse_problems(problems: &[Problem]) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Exit::BadInput, "the files built in cannot be published");
    Err(screen::problems(problems)
        .lines()
        .fold(failure, Failure::detail))
}

fn what_next(urls: &ServiceArguments, played: &Played) -> String {
    let mut at = String::new();
    for (name, url, usual) in [
        ("PROFILES", &urls.profiles_url, "http://127.0.0.1:7101"),
        ("LIFECYCLE", &urls.lifecycle_url, "http://127.0.0.1:7102"),
        ("OFFERS", &urls.offers_url, "http://127.0.0.1:7103"),
    ] {
        if url != usual {
            // Writing to a string cannot fail.
            let _ = writeln!(at, "  export REKINDLE_{name}_URL={url}");
        }
    }
    let customer = &played.callers[0].customer_id;
    let mut calls = String::new();
    for (caller, how) in played.callers[1..].iter().zip([
        "--reason moved_out_of_area",
        "--reason too_expensive --respond cancel",
    ]) {
        let _ = writeln!(
            calls,
            "  rekindle call --customer {} {how}",
            caller.customer_id
        );
    }
    format!(
        "\nThe suite stays up; Ctrl-C stops it. Try from another terminal:\n{at}  \
         rekindle status {customer}\n{calls}  \
         rekindle explain {} --customer {customer}\n  \
         rekindle policy explain --jurisdiction US-MN --channel phone\n  \
         rekindle catalogue show",
        played.decision_id
    )
}
