//! Personal data stays where it belongs: in the tables of profiles that are made for it.

use tonic::Code;

use super::evidence::{Evidence, left_behind, places};
use super::story::{self, ADDRESS, EMAIL, NAME, NOTE, PHONE, UNKNOWN_ID};
use crate::processes::{Processes, TALKATIVE};

/// Each datum with a word of it that is found however the rest is encoded, and the only places
/// where it may be.
const CANARIES: [(&str, &str, &[&str]); 7] = [
    (NAME, "canariella", &["profiles.customer"]),
    (NAME, "oriolesdotter", &["profiles.customer"]),
    (EMAIL, "aviarymail", &["profiles.customer"]),
    (PHONE, "900123", &["profiles.customer"]),
    (
        ADDRESS,
        "featherstitch",
        &[
            "profiles.customer_snapshot",
            "profiles.request_log",
            "profiles.subscription",
        ],
    ),
    (NOTE, "wagtailina", &["profiles.consent", "profiles.event"]),
    (UNKNOWN_ID, "nestboxmail", &[]),
];

/// There is something to search in every kind of place, or finding nothing would mean nothing.
fn assert_telling(evidence: &[Evidence]) {
    for (word, expected) in [
        ("call refused", "the log of offers"),
        ("call refused", "the log of lifecycle"),
        ("call failed", "the log of profiles"),
        (
            "rekindle.offers.v1.SaveDeskService/RequestSaveOffer",
            "spans and metrics",
        ),
        ("rpc.server.call.duration", "spans and metrics"),
        ("rekindle.cache.operations", "spans and metrics"),
        ("insert into customer", "spans and metrics"),
        ("stays", "redis"),
        ("leaves", "profiles.outbox"),
        ("leaves", "offers.outbox_as_written"),
        ("contact-leaves", "offers.decision"),
        ("contact-leaves", "offers.save_session"),
    ] {
        let found = places(evidence, word);
        assert!(found.contains(&expected), "{word} is in {found:?} only");
    }
}

/// A day of calls, retries, refusals and failures, with everything logged and every trace kept.
#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_in_its_tables_and_in_no_span_metric_log_error_row_or_cache() {
    let mut processes = Processes::start(&TALKATIVE).await;
    let day = story::play(&processes).await;
    let mut evidence = left_behind(&mut processes).await;
    evidence.extend(day.answers);
    assert_telling(&evidence);
    for (datum, word, allowed) in CANARIES {
        assert!(datum.to_lowercase().contains(word), "{word} is not of it");
        let mut found = places(&evidence, word);
        found.sort_unstable();
        assert_eq!(found, allowed, "{word}");
    }
    let unknown = day.unknown;
    assert_eq!(
        (unknown.code, unknown.reason.as_str()),
        (Code::NotFound, "CUSTOMER_NOT_FOUND")
    );
    assert_eq!(unknown.metadata["customer_id"], UNKNOWN_ID);
    assert_eq!((unknown.metadata.len(), unknown.fields.len()), (1, 0));
}
