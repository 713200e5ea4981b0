//! "Do not text me", said on the first day.

use std::sync::Arc;

use contract::lifecycle::v1 as pb;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::profiles::v1 as profiles;
use contract::types::v1::{ConsentChannel, ConsentState};
use kernel::time::{Clock, SystemClock, Timestamp};
use testkit::clock::FixedClock;
use tests::people::{Person, days_ago};

use crate::care::{
    by, complete, handed_out, lease, publish_care_plan, publish_contact_rules, stands,
};
use crate::suite::{Plan, Suite};

const CHANNELS: [ConsentChannel; 5] = [
    ConsentChannel::Phone,
    ConsentChannel::Email,
    ConsentChannel::Sms,
    ConsentChannel::Post,
    ConsentChannel::App,
];

/// The next time it is about noon in California, so that the hour forbids nothing.
fn noon() -> Timestamp {
    let now = SystemClock.now().as_second();
    let today = now - now % 86_400 + 20 * 3_600;
    let noon = if today < now { today + 86_400 } else { today };
    Timestamp::from_second(noon).unwrap()
}

async fn start(noon: Timestamp) -> (Suite, u64) {
    let plan = Plan {
        lifecycle_clock: Some(Arc::new(FixedClock::at(&noon.to_string()))),
        ..Plan::default()
    };
    let suite = plan.start_empty().await;
    let version = publish_contact_rules(&suite.clients).await;
    publish_care_plan(&suite.clients).await;
    (suite, version)
}

/// Somebody whose welcome is due and who objects to some channels.
async fn new_customer(suite: &Suite, name: &str, objected: &[ConsentChannel]) -> Person {
    let person = Person::named(name).customer_for_days(1).can_be_reached();
    person.write(&suite.clients).await;
    for channel in objected {
        let consent = profiles::Consent {
            customer_id: person.id().to_owned(),
            channel: (*channel).into(),
            state: ConsentState::Objected.into(),
            record_time: Some(days_ago(0)),
            source: "text".to_owned(),
        };
        let request = profiles::RecordConsentRequest {
            consent: Some(consent),
            ..profiles::RecordConsentRequest::default()
        };
        let mut consents = suite.clients.consents();
        assert!(
            consents
                .record_consent(request)
                .await
                .unwrap()
                .into_inner()
                .changed
        );
    }
    let clients = &suite.clients;
    stands(clients, &person, CareKind::Welcome, CareState::Waiting).await;
    person
}

/// A sender that has one channel.
fn only(channel: ConsentChannel) -> pb::LeaseTasksRequest {
    pb::LeaseTasksRequest {
        channels: vec![channel.into()],
        ..by("sender")
    }
}

/// What is found first about a welcome on each channel.
async fn first_findings(
    suite: &Suite,
    person: &Person,
    noon: Timestamp,
) -> Vec<(ConsentChannel, bool, String)> {
    let send_time = Some(prost_types::Timestamp {
        seconds: noon.as_second(),
        nanos: 0,
    });
    let question = |channel: &ConsentChannel| profiles::ContactQuestion {
        customer_id: person.id().to_owned(),
        channel: (*channel).into(),
        purpose: profiles::ContactPurpose::Care.into(),
        send_time,
    };
    let request = profiles::MayContactRequest {
        questions: CHANNELS.iter().map(question).collect(),
    };
    let answer = suite.clients.consents().may_contact(request).await.unwrap();
    let permissions = answer.into_inner().permissions.into_iter();
    permissions
        .map(|it| (it.channel(), it.allowed, it.findings[0].code.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_texts_is_welcomed_in_another_way() {
    let noon = noon();
    let (suite, version) = start(noon).await;
    let texted = new_customer(&suite, "may-be-texted", &[]).await;
    let objector = new_customer(&suite, "not-by-text", &[ConsentChannel::Sms]).await;

    let clients = &suite.clients;
    let leased = lease(clients, only(ConsentChannel::Sms)).await;
    assert_eq!(handed_out(&leased), [(CareKind::Welcome, texted.id())]);
    complete(clients, &leased[0]).await;

    let leased = lease(clients, only(ConsentChannel::Email)).await;
    assert_eq!(handed_out(&leased), [(CareKind::Welcome, objector.id())]);
    let task = leased[0].task.as_ref().unwrap();
    assert_eq!(task.channel(), ConsentChannel::Email);
    assert_eq!(task.permission_rules_version, version);
    let seen = &task.permission_findings;
    assert!(seen.iter().any(|code| code == "EXISTING_RELATIONSHIP"));

    for (channel, allowed, code) in first_findings(&suite, &objector, noon).await {
        let is_text = channel == ConsentChannel::Sms;
        assert_eq!((allowed, code == "OBJECTED"), (!is_text, is_text), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_nothing_at_all_gets_nothing_at_all() {
    let noon = noon();
    let (suite, _) = start(noon).await;
    let silent = new_customer(&suite, "leave-me-alone", &CHANNELS).await;
    let reached = new_customer(&suite, "glad-to-hear", &[]).await;

    let clients = &suite.clients;
    let leased = lease(clients, by("sender")).await;
    assert_eq!(handed_out(&leased), [(CareKind::Welcome, reached.id())]);
    let dropped = stands(clients, &silent, CareKind::Welcome, CareState::Dropped).await;
    assert_eq!(
        (dropped.state_reason.as_str(), dropped.lease_count),
        ("OBJECTED", 0)
    );
    let objected = CHANNELS.map(|channel| (channel, false, "OBJECTED".to_owned()));
    assert_eq!(first_findings(&suite, &silent, noon).await, objected);
}
