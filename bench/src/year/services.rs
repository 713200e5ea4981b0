//! What runs: the three services under the moved clock, and waiting for their jobs by reading what
//! these write.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use contract::offers::v1::review_service_client::ReviewServiceClient;
use contract::offers::v1::{ReviewOffersRequest, ReviewOffersResponse};
use rekindle::client::{Services, Trace};
use rekindle::failure::Failure;
use rekindle::output::Output;
use rekindle::stack::{DataStack, run_sql};
use rekindle::suite::{Addresses, SERVICES, Suite};
use tokio::time::interval;

use super::desk::{Counts, Desk};
use super::truth::OfferTruth;
use super::{calendar, customers, files};
use crate::arguments::Year;
use crate::connections::{Connections, said};
use crate::portfolio::memory::peak_rss_mib;
use crate::speed::world::{rekindle, service_arguments};
use crate::speed::{callers, feed};

/// Generated customers, some of whom have left: what tenures are known from. At least and at most.
const OF_BEFORE: [u64; 2] = [1_000, 4_000];

/// Jobs wait by the monotonic clock, which a simulated week does not move: they look more often. The
/// whole portfolio, which lifecycle scores twice a day, nobody looks at.
const SETTINGS: [(&str, &str); 5] = [
    ("REKINDLE_OFFERS__DELIVERY_PERIOD_MS", "10"),
    ("REKINDLE_OFFERS__OUTCOME_PERIOD_MS", "50"),
    ("REKINDLE_OFFERS__SWEEP_PERIOD_MS", "200"),
    ("REKINDLE_OFFERS__LEARNING_PERIOD_MS", "5000"),
    ("REKINDLE_LIFECYCLE__SCORING_INTERVAL_MS", "157784630000"),
];

/// What is still to be done at this simulated instant.
const STILL_TO_DO: &str = "\
select (select count(*) from outbox where set_aside_reason is null)
     + (select count(*) from call_to_measure)
     + (select count(*) from call_outcome where look_at <= now());
";

/// The mean margin of a month and what an offer cost that was taken, by offer, in minor units.
const AMOUNTS: &str = "\
select compared_offer_key, avg(monthly_margin_minor), coalesce(avg(cost_minor), 0) from call_outcome
where compared_offer_key is not null and decided_at >= now() - interval '400 days' group by 1;
";

const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// How long a review of all calls may take.
const REVIEW_PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing may get less before it is believed that it never does.
const PATIENCE: Duration = Duration::from_mins(5);

/// The services and the way to them.
pub(super) struct Running {
    suite: Suite,
    addresses: Addresses,
    psql: PathBuf,
    databases: BTreeMap<&'static str, String>,
    offers: Connections,
}

/// The margin of a month and the cost of an offer that is taken, in minor units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Amounts {
    pub(super) monthly_margin: f64,
    pub(super) cost: f64,
}

/// The largest memory of each service in MiB, and the size of all databases.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) peak_rss_mib: Vec<(&'static str, u64)>,
    pub(super) databases_mib: u64,
}

impl Running {
    /// Starts everything on a stack that runs, publishes the desk and loads the customers.
    pub(super) async fn start(
        arguments: &Year,
        world: &[OfferTruth],
        stack: &DataStack,
        output: Output,
    ) -> Result<Self, Failure> {
        let folder = stack
            .directory()
            .ok_or_else(|| Failure::failed("the stack has no folder"))?;
        let psql = stack.programs().psql()?.to_owned();
        let addresses = Addresses::from_port_base(0)?;
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.into()));
        let endpoints = stack.endpoints();
        let mut suite = Suite::open(addresses.clone(), endpoints, folder, settings.into())?;
        suite.migrate(output).await?;
        suite.start(output).await?;
        let review_due = review_due();
        let catalogue = files::catalogue(world, arguments.seed, &review_due);
        let write = |name: &str, text: String| {
            let file = folder.join(name);
            let shown = file.display().to_string();
            std::fs::write(&file, text)
                .map(|()| shown.clone())
                .map_err(|error| Failure::failed(format!("{shown} cannot be written: {error}")))
        };
        let reasons = write("reasons.yaml", files::reasons(world))?;
        let catalogue = write("catalogue.yaml", catalogue)?;
        let seed = |name: &str| arguments.seed_files.join(name).display().to_string();
        for words in [
            ["catalogue", "publish", &reasons, &catalogue].as_slice(),
            &["policy", "publish", &seed("policy.yaml")],
            &["rules", "publish", &seed("rules.toml")],
        ] {
            rekindle(words, &addresses, output).await?;
        }
        let services = Services::at(&service_arguments(&addresses), Trace::begin("bench"))?;
        let [least, most] = OF_BEFORE;
        let of_before = arguments.calls.clamp(least, most);
        callers::load(&services, of_before, crate::today(), output).await?;
        feed::settled(&psql, endpoints, output).await?;
        rekindle(&["model", "fit"], &addresses, output).await?;
        customers::load(&services, arguments.calls, calendar::now(), output).await?;
        feed::settled(&psql, endpoints, output).await?;
        let url = |service| {
            endpoints
                .service_url(service)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Self {
            databases: SERVICES.into_iter().map(|it| (it, url(it))).collect(),
            offers: Connections::open(&addresses.url("offers"), 2).await?,
            suite,
            addresses,
            psql,
        })
    }

    /// The desk of the calls.
    pub(super) async fn desk(
        &self,
        arguments: &Year,
        world: Vec<OfferTruth>,
    ) -> Result<Desk, Failure> {
        Ok(Desk {
            offers: self.offers.clone(),
            profiles: Connections::open(&self.addresses.url("profiles"), 2).await?,
            world,
            seed: arguments.seed,
            in_flight: arguments.in_flight,
            leaving: Mutex::default(),
            counts: Mutex::new(Counts::default()),
        })
    }

    /// Waits until orders are delivered and whatever is due was looked at.
    pub(super) async fn caught_up(&self) -> Result<(), Failure> {
        let mut ticks = interval(LOOK_AGAIN);
        let (mut least, mut since) = (u64::MAX, Instant::now());
        loop {
            ticks.tick().await;
            let left: u64 = self.sql("offers", STILL_TO_DO).await?.parse().unwrap_or(1);
            if left == 0 {
                return Ok(());
            }
            if left < least {
                (least, since) = (left, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                return Err(Failure::failed(format!(
                    "{left} orders and outcomes are due, and nobody looks at them"
                ))
                .advice("look into the log of offers"));
            }
        }
    }

    /// Waits until the services have followed the feed, and have looked at what it told.
    pub(super) async fn followed(&self, stack: &DataStack, output: Output) -> Result<(), Failure> {
        feed::settled(&self.psql, stack.endpoints(), output).await?;
        self.caught_up().await
    }

    /// What the service says of the offers.
    pub(super) async fn review(&self) -> Result<ReviewOffersResponse, Failure> {
        let mut reviews = ReviewServiceClient::new(self.offers.of(0));
        let mut request = tonic::Request::new(ReviewOffersRequest::default());
        request.set_timeout(REVIEW_PATIENCE);
        let answer = reviews.review_offers(request).await;
        let refused = |status| Failure::failed(format!("ReviewOffers: {}", said(&status)));
        Ok(answer.map_err(refused)?.into_inner())
    }

    /// The amounts of each offer.
    pub(super) async fn amounts(&self) -> Result<BTreeMap<String, Amounts>, Failure> {
        let said = self.sql("offers", AMOUNTS).await?;
        Ok(said.lines().filter_map(amounts).collect())
    }

    pub(super) async fn memory(&self) -> Result<Memory, Failure> {
        let processes = self.suite.process_ids().into_iter();
        let size = "select pg_database_size(current_database()) / 1048576;";
        let mut databases_mib = 0;
        for service in SERVICES {
            databases_mib += self.sql(service, size).await?.parse::<u64>().unwrap_or(0);
        }
        Ok(Memory {
            peak_rss_mib: processes
                .filter_map(|(service, id)| Some((service, peak_rss_mib(id)?)))
                .collect(),
            databases_mib,
        })
    }

    async fn sql(&self, service: &str, script: &str) -> Result<String, Failure> {
        let url = self.databases.get(service).map_or("", String::as_str);
        Ok(run_sql(&self.psql, url, script).await?.trim().to_owned())
    }

    /// Stops the services.
    pub(super) async fn stop(&mut self) {
        self.suite.stop().await;
    }
}

fn amounts(line: &str) -> Option<(String, Amounts)> {
    let mut fields = line.split('|');
    let key = fields.next()?.to_owned();
    let mut number = || fields.next()?.parse().ok();
    let amounts = Amounts {
        monthly_margin: number()?,
        cost: number()?,
    };
    Some((key, amounts))
}

/// A day on which nobody asks for reviews yet.
fn review_due() -> String {
    let today = crate::today();
    today.saturating_add(jiff::Span::new().years(2)).to_string()
}
