//! The page of a call about leaving: what happened, by whom and when, and what proves it.

use std::fmt::Write as _;

use contract::offers::v1::{CancellationRecord, RecordFinding, SessionEvent};
use prost_types::Timestamp;

use super::markup::{escaped, page, table};
use crate::screen::words;
use crate::vocabulary;

/// Draws the page.
pub fn record(record: &CancellationRecord) -> String {
    let mut body = String::new();
    let session = escaped(&record.session_id);
    let (customer, contact) = (escaped(&record.customer_id), escaped(&record.contact_id));
    // Writing to a string cannot fail.
    let _ = writeln!(
        body,
        "<p>Customer {customer}, contact {contact}, subscription {}, session {session}.</p>\n\
         <p>{}</p>",
        escaped(&record.subscription_id),
        state_of_record(record),
    );
    let stated = [("reason stated", or_none(&record.reason))];
    body.push_str(&table("What was said", &["", ""], &pairs(stated)));
    if !record.disclosures.is_empty() {
        let said: Vec<Vec<String>> = record
            .disclosures
            .iter()
            .map(|it| vec![it.clone()])
            .collect();
        body.push_str(&table("What had to be said", &["in these words"], &said));
    }
    let events: Vec<Vec<String>> = record.events.iter().map(event).collect();
    let heads = ["place", "when", "what", "who", "more", "SHA-256"];
    body.push_str(&table("What happened", &heads, &events));
    if let Some(proof) = &record.acknowledgement {
        let rows = [
            ("acknowledgement", proof.acknowledgement_id.clone()),
            ("when", time(proof.acknowledge_time.as_ref())),
            ("service ends", time(proof.service_end_time.as_ref())),
            ("billing ends", time(proof.billing_end_time.as_ref())),
            (
                "the dates come from",
                vocabulary::DATES_SOURCE.word(proof.dates_source),
            ),
            ("it is a", exit_type(record)),
            ("SHA-256", proof.hash.clone()),
        ];
        body.push_str(&table("The acknowledgement", &["", ""], &pairs(rows)));
    }
    let rows = [
        ("policy", numbers(&record.policy_versions)),
        ("catalogue", numbers(&record.catalogue_versions)),
        (
            "seconds from intent to confirmation",
            record
                .seconds_to_confirmation
                .map_or_else(String::new, |seconds| format!("{seconds:.1}")),
        ),
    ];
    body.push_str(&table("Versions and time", &["", ""], &pairs(rows)));
    if !record.findings.is_empty() {
        let rows: Vec<Vec<String>> = record.findings.iter().map(finding).collect();
        body.push_str(&table(
            "What was changed",
            &["table", "row", "problem"],
            &rows,
        ));
    }
    page("Record of a call", &body)
}

fn exit_type(record: &CancellationRecord) -> String {
    let plan = record.exit_plan.as_ref();
    plan.map_or_else(String::new, |plan| vocabulary::EXIT_TYPE.word(plan.r#type))
}

const fn state_of_record(record: &CancellationRecord) -> &'static str {
    match (record.intact, record.sealed) {
        (false, _) => "<strong>The record was changed after it was made.</strong>",
        (true, true) => "The record is what was recorded: every hash fits.",
        (true, false) => {
            "Nothing was found that was changed. An older version wrote rows without hashes."
        }
    }
}

fn event(event: &SessionEvent) -> Vec<String> {
    vec![
        event.sequence.to_string(),
        time(event.event_time.as_ref()),
        words::spoken(&event.kind),
        event.agent_id.clone(),
        event.detail.clone(),
        event.hash.clone(),
    ]
}

fn or_none(reason: &str) -> String {
    if reason.is_empty() { "none" } else { reason }.to_owned()
}

fn finding(finding: &RecordFinding) -> Vec<String> {
    vec![
        finding.table.clone(),
        finding.row.clone(),
        finding.problem.clone(),
    ]
}

fn pairs<const N: usize>(rows: [(&str, String); N]) -> Vec<Vec<String>> {
    let rows = rows.into_iter();
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .collect()
}

fn numbers(versions: &[u64]) -> String {
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    versions.join(", ")
}

fn time(time: Option<&Timestamp>) -> String {
    words::instant(time).map_or_else(String::new, |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use contract::offers::v1::{Acknowledgement, DatesSource, ExitPlan, ExitType};

    use super::*;

    #[test]
    fn a_page_tells_the_call_escapes_what_it_shows_and_says_what_was_changed() {
        let mut call = CancellationRecord {
            session_id: "s<1>".to_owned(),
            events: vec![SessionEvent {
                sequence: 1,
                kind: "stated".to_owned(),
                detail: "disconnect".to_owned(),
                ..Default::default()
            }],
            intact: true,
            sealed: true,
            ..Default::default()
        };
        let page = record(&call);
        assert!(page.contains("s&lt;1&gt;") && page.contains("disconnect"));
        assert!(page.contains("every hash fits") && !page.contains("What was changed"));
        call.acknowledgement = Some(Acknowledgement {
            dates_source: DatesSource::Contract.into(),
            ..Acknowledgement::default()
        });
        call.exit_plan = Some(ExitPlan {
            r#type: ExitType::Withdrawal.into(),
            ..ExitPlan::default()
        });
        let page = super::record(&call);
        assert!(page.contains("<td>contract</td>") && page.contains("<td>withdrawal</td>"));
        call.intact = false;
        call.findings = vec![RecordFinding {
            table: "session_event".to_owned(),
            row: "s 2".to_owned(),
            problem: "is missing".to_owned(),
        }];
        let page = record(&call);
        assert!(page.contains("What was changed") && page.contains("s 2"));
    }
}
