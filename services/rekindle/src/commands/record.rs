//! `rekindle record SESSION --customer ID`: what happened on a call, and whether it was changed.

use std::path::PathBuf;

use clap::Args;
use contract::offers::v1::{CancellationRecord, GetCancellationRecordRequest};

use super::files::write_page;
use crate::client::{ONLINE, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::output::Output;
use crate::screen::words;
use crate::{json, report};

/// Show what happened on a call about leaving, in order, and whether its record was changed.
#[derive(Debug, Args)]
pub struct Record {
    /// The session, as the agent's screen shows it.
    session: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// Write a page to show or to print into this file, complete in itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    #[command(flatten)]
    services: ServiceArguments,
}

impl Record {
    /// Asks once, prints the record and writes the page. Ends with 1 when the record was changed.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle record"))?;
        let record = self.ask(&services).await?;
        if let Some(file) = &self.html {
            write_page(file, &report::record(&record), output)?;
        }
        output.result(&json::record(&record), |_| text(&record))?;
        Ok(u8::from(!record.intact))
    }

    async fn ask(&self, services: &Services) -> Result<CancellationRecord, Failure> {
        let request = GetCancellationRecordRequest {
            customer_id: self.customer.clone(),
            session_id: self.session.clone(),
        };
        let mut desk = services.save_desk();
        let method = "rekindle.offers.v1.SaveDeskService/GetCancellationRecord";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                desk.get_cancellation_record(request).await
            })
            .await?;
        Ok(answer.record.unwrap_or_default())
    }
}

/// One line for what happened, and one for each row that was changed.
fn text(record: &CancellationRecord) -> String {
    let mut lines: Vec<String> = record
        .events
        .iter()
        .map(|event| {
            let time = words::instant(event.event_time.as_ref());
            let time = time.map_or_else(String::new, |time| time.to_string());
            let line = format!(
                "{time}  {}  {} {}",
                event.kind, event.detail, event.agent_id
            );
            line.trim_end().to_owned()
        })
        .collect();
    lines.push(String::new());
    lines.push(format!(
        "reason stated: {}",
        if record.reason.is_empty() {
            "none"
        } else {
            &record.reason
        }
    ));
    lines.extend(
        record
            .disclosures
            .iter()
            .map(|text| format!("had to be said: {text}")),
    );
    lines.push(format!(
        "policy {}, catalogue {}",
        versions(&record.policy_versions),
        versions(&record.catalogue_versions)
    ));
    if let Some(seconds) = record.seconds_to_confirmation {
        lines.push(format!("{seconds:.1} s from intent to confirmation"));
    }
    lines.push(verdict(record).to_owned());
    lines.extend(record.findings.iter().map(|finding| {
        let (table, row) = (&finding.table, &finding.row);
        format!("  {table} {row}: {}", finding.problem)
    }));
    lines.join("\n")
}

fn versions(versions: &[u64]) -> String {
    let versions: Vec<String> = versions
        .iter()
        .map(|version| format!("version {version}"))
        .collect();
    versions.join(", ")
}

const fn verdict(record: &CancellationRecord) -> &'static str {
    match (record.intact, record.sealed) {
        (false, _) => "The record was changed:",
        (true, true) => "The record is what was recorded.",
        (true, false) => {
            "Nothing was found that was changed; an older version wrote rows without hashes."
        }
    }
}
