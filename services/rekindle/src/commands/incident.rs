//! `rekindle incident open|advance|resolve`: what went wrong for a customer, and its recovery.

use clap::{Args, Subcommand};
use contract::profiles::v1::{
    AdvanceRecoveryRequest, Incident as Wire, OpenIncidentRequest, ResolveIncidentRequest,
};
use jiff::Timestamp;
use kernel::time::{Clock as _, SystemClock};
use serde_json::json;

use crate::arguments::instant;
use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::words;
use crate::vocabulary;

/// Record what went wrong for a customer, the steps of its recovery, and its end.
#[derive(Debug, Args)]
pub struct Incident {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Something went wrong. While it is open no price offer is made.
    Open(Open),
    /// Recovery went a step further.
    Advance(Advance),
    /// It is mended.
    Resolve(Resolve),
}

#[derive(Debug, Args)]
struct Open {
    /// The incident, as you name it; a new one when left out.
    incident_id: Option<String>,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// How badly it hurts: minor, major, critical.
    #[arg(long, value_parser = |word: &str| vocabulary::SEVERITY.number(word))]
    severity: i32,

    /// What it is, as a short key, for example `outage`.
    #[arg(long, default_value = "", value_name = "KEY")]
    category: String,

    /// The subscription it touches; the whole relationship when left out.
    #[arg(long, default_value = "", value_name = "ID")]
    subscription: String,

    /// Whose doing it is: company, partner, customer, nobody.
    #[arg(long, value_parser = |word: &str| vocabulary::RESPONSIBLE_PARTY.number(word))]
    responsible: Option<i32>,

    /// When it began; now when left out.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,

    /// What was promised is due then.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    promise: Option<Timestamp>,
}

#[derive(Debug, Args)]
struct Advance {
    /// The incident.
    incident_id: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// The step reached: own, explain, act, curb, amend.
    #[arg(long, value_parser = |word: &str| vocabulary::RECOVERY_STEP.number(word))]
    step: i32,

    /// What was promised with it is due then.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    promise: Option<Timestamp>,

    /// The promise before was broken.
    #[arg(long)]
    promise_broken: bool,
}

#[derive(Debug, Args)]
struct Resolve {
    /// The incident.
    incident_id: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// What came of it, as a short key.
    #[arg(long, default_value = "resolved", value_name = "KEY")]
    outcome: String,

    /// When; now when left out.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
}

impl Incident {
    /// Does one of the three.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle incident"))?;
        let incident = match &self.verb {
            Verb::Open(open) => open.send(&services).await?,
            Verb::Advance(advance) => advance.send(&services).await?,
            Verb::Resolve(resolve) => resolve.send(&services).await?,
        };
        print(&incident.unwrap_or_default(), output)
    }
}

impl Open {
    async fn send(&self, services: &Services) -> Result<Option<Wire>, Failure> {
        let since = self.since.unwrap_or_else(|| SystemClock.now());
        let request = OpenIncidentRequest {
            request_id: new_request_id(),
            incident: Some(Wire {
                customer_id: self.customer.clone(),
                incident_id: self.incident_id.clone().unwrap_or_else(new_request_id),
                subscription_id: self.subscription.clone(),
                severity: self.severity,
                responsible_party: self.responsible.unwrap_or_default(),
                category: self.category.clone(),
                open_time: Some(wire_time(since)),
                promise_due_time: self.promise.map(wire_time),
                ..Wire::default()
            }),
        };
        let mut incidents = services.incidents();
        let method = "rekindle.profiles.v1.IncidentService/OpenIncident";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                incidents.open_incident(request).await
            })
            .await?;
        Ok(answer.incident)
    }
}

impl Advance {
    async fn send(&self, services: &Services) -> Result<Option<Wire>, Failure> {
        let request = AdvanceRecoveryRequest {
            request_id: new_request_id(),
            customer_id: self.customer.clone(),
            incident_id: self.incident_id.clone(),
            recovery_step: self.step,
            promise_due_time: self.promise.map(wire_time),
            promise_broken: self.promise_broken,
        };
        let mut incidents = services.incidents();
        let method = "rekindle.profiles.v1.IncidentService/AdvanceRecovery";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                incidents.advance_recovery(request).await
            })
            .await?;
        Ok(answer.incident)
    }
}

impl Resolve {
    async fn send(&self, services: &Services) -> Result<Option<Wire>, Failure> {
        let request = ResolveIncidentRequest {
            request_id: new_request_id(),
            customer_id: self.customer.clone(),
            incident_id: self.incident_id.clone(),
            resolve_time: self.at.map(wire_time),
            outcome: self.outcome.clone(),
        };
        let mut incidents = services.incidents();
        let method = "rekindle.profiles.v1.IncidentService/ResolveIncident";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                incidents.resolve_incident(request).await
            })
            .await?;
        Ok(answer.incident)
    }
}

fn print(incident: &Wire, output: Output) -> Result<u8, Failure> {
    let time = |wire: Option<&_>| words::instant(wire).map(|time| time.to_string());
    let resolved = time(incident.resolve_time.as_ref());
    let step = (incident.recovery_step != 0)
        .then(|| vocabulary::RECOVERY_STEP.word(incident.recovery_step));
    let severity = vocabulary::SEVERITY.word(incident.severity);
    let document = json!({
        "customer_id": incident.customer_id,
        "incident_id": incident.incident_id,
        "subscription_id": incident.subscription_id,
        "severity": severity,
        "category": incident.category,
        "open_time": time(incident.open_time.as_ref()),
        "recovery_step": step,
        "promise_due_time": time(incident.promise_due_time.as_ref()),
        "promise_broken": incident.promise_broken,
        "resolve_time": resolved,
        "outcome": incident.outcome,
    });
    output.result(&document, |_| {
        let state = match (&resolved, &step) {
            (Some(when), _) => format!("resolved {when}: {}", incident.outcome),
            (None, None) => "open".to_owned(),
            (None, Some(step)) => format!("open, recovery at {step}"),
        };
        format!("incident {} ({severity}), {state}", incident.incident_id)
    })?;
    Ok(0)
}
