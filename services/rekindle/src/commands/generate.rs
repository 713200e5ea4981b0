//! `rekindle generate-customers`: believable customers that belong to nobody.

use clap::Args;
use contract::profiles::v1::{AdvanceRecoveryRequest, ResolveIncidentRequest};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::time::{Clock as _, SystemClock};

use crate::client::{IN_BULK, ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::import::{Summary, send};
use crate::json;
use crate::output::Output;
use crate::progress::Progress;
use crate::sample::{Recovery, Sample};
use crate::screen::{self, Paper};

/// How many steps of recoveries are recorded at a time.
const AT_A_TIME: usize = 4;

/// Load generated customers: the same seed and day give the same ones, and load nothing twice.
///
/// Several business lines, contracts and tenures; some have left and some came back; with incidents
/// and how far their recovery is, consents, bills, purchases and contacts.
#[derive(Debug, Args)]
pub struct GenerateCustomers {
    /// How many.
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    count: u64,

    /// The seed.
    #[arg(long, default_value_t = 42, value_name = "N")]
    seed: u64,

    /// The day they live on; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,

    #[command(flatten)]
    services: ServiceArguments,
}

impl GenerateCustomers {
    /// Generates, streams, sums up.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle generate-customers"))?;
        let as_of = self.as_of.unwrap_or_else(today);
        let sample = Sample {
            count: self.count,
            seed: self.seed,
            as_of,
        };
        let summary = load_sample(&services, sample, output).await?;
        output.result(&json::import("sample", &summary), |_| {
            screen::import("sample", &summary, 20, Paper::of_stdout())
        })?;
        Ok(if summary.refused == 0 {
            0
        } else {
            Exit::Failed.code()
        })
    }
}

/// This day in UTC.
pub(super) fn today() -> Date {
    SystemClock.now().to_zoned(TimeZone::UTC).date()
}

/// Imports a sample and records the recoveries of its incidents.
pub(super) async fn load_sample(
    services: &Services,
    sample: Sample,
    output: Output,
) -> Result<Summary, Failure> {
    let progress = Progress::begin(output, "customers", sample.count);
    let summary = send(services, sample.rows(), progress).await?;
    if summary.refused == 0 {
        stream::iter(sample.recoveries())
            .map(|recovery| record_recovery(services, recovery))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<Vec<()>>()
            .await?;
    }
    Ok(summary)
}

async fn record_recovery(services: &Services, recovery: Recovery) -> Result<(), Failure> {
    match recovery {
        Recovery::Advance(request) => advance_recovery(services, request).await,
        Recovery::Resolve(request) => resolve_incident(services, request).await,
    }
}

async fn advance_recovery(
    services: &Services,
    request: AdvanceRecoveryRequest,
) -> Result<(), Failure> {
    let incidents = services.incidents();
    let method = "rekindle.profiles.v1.IncidentService/AdvanceRecovery";
    services
        .call_again(method, IN_BULK, request, |request| {
            let mut incidents = incidents.clone();
            async move { incidents.advance_recovery(request).await }
        })
        .await
        .map(drop)
}

async fn resolve_incident(
    services: &Services,
    request: ResolveIncidentRequest,
) -> Result<(), Failure> {
    let incidents = services.incidents();
    let method = "rekindle.profiles.v1.IncidentService/ResolveIncident";
    services
        .call_again(method, IN_BULK, request, |request| {
            let mut incidents = incidents.clone();
            async move { incidents.resolve_incident(request).await }
        })
        .await
        .map(drop)
}
