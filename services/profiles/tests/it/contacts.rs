//! May somebody be contacted.

use contract::profiles::v1 as pb;
use contract::profiles::v1::ContactPurpose;
use contract::types::v1::{ConsentChannel, ConsentState};
use tonic::{Code, Status};

use crate::builders::{at, consent, customer, subscription};
use crate::contact_rules::{publish, rule};
use crate::stand::{NOW, Stand};
use crate::statuses::{fields, refused};

pub(crate) fn question(
    customer_id: &str,
    channel: ConsentChannel,
    purpose: ContactPurpose,
) -> pb::ContactQuestion {
    pb::ContactQuestion {
        customer_id: customer_id.to_owned(),
        channel: channel.into(),
        purpose: purpose.into(),
        send_time: None,
    }
}

fn by_email(customer_id: &str) -> pb::ContactQuestion {
    question(customer_id, ConsentChannel::Email, ContactPurpose::Service)
}

fn by_phone(customer_id: &str, send_time: &str) -> pb::ContactQuestion {
    pb::ContactQuestion {
        send_time: at(send_time),
        ..question(customer_id, ConsentChannel::Phone, ContactPurpose::Service)
    }
}

async fn ask(
    stand: &Stand,
    questions: Vec<pb::ContactQuestion>,
) -> Result<Vec<pb::ContactPermission>, Status> {
    let request = pb::MayContactRequest { questions };
    let answer = stand.consents().may_contact(request).await?;
    Ok(answer.into_inner().permissions)
}

async fn ask_one(stand: &Stand, question: pb::ContactQuestion) -> pb::ContactPermission {
    let mut answers = ask(stand, vec![question]).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn first(permission: &pb::ContactPermission) -> &str {
    &permission.findings[0].code
}

async fn say(stand: &Stand, consent: pb::Consent) {
    let request = pb::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(consent),
    };
    stand.consents().record_consent(request).await.unwrap();
}

fn objection(customer_id: &str, channel: ConsentChannel, time: &str) -> pb::Consent {
    pb::Consent {
        channel: channel.into(),
        ..consent(customer_id, ConsentState::Objected, time)
    }
}

async fn merge(stand: &Stand, stays: &str, merged: &str) {
    let request = pb::MergeCustomersRequest {
        request_id: String::new(),
        customer_id: stays.to_owned(),
        merged_customer_id: merged.to_owned(),
    };
    stand.customers().merge_customers(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_for_whom_when_by_which_rules_and_why() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let answer = ask_one(&stand, by_email("c")).await;
    assert!(answer.allowed);
    assert_eq!((answer.customer_id.as_str(), answer.revision), ("c", 3));
    assert_eq!(answer.channel(), ConsentChannel::Email);
    assert_eq!(answer.purpose(), ContactPurpose::Service);
    assert_eq!(answer.send_time, at(NOW));
    assert_eq!(answer.until_time, at("2026-12-14T12:00:00Z"));
    assert_eq!(answer.rules_version, 0);
    let codes: Vec<&str> = answer.findings.iter().map(|one| &*one.code).collect();
    assert_eq!(
        codes,
        ["ADDRESS_ON_RECORD", "NO_BASIS_NEEDED", "WITHIN_HOURS"]
    );
    assert_eq!(answer.findings[1].rule, "built_in_service");
    let marketing = question("c", ConsentChannel::Email, ContactPurpose::Marketing);
    let answer = ask_one(&stand, marketing.clone()).await;
    assert_eq!((answer.allowed, first(&answer)), (false, "NO_CONSENT"));
    assert_eq!((answer.until_time, answer.next_allowed_time), (None, None));
    let granted = pb::Consent {
        channel: ConsentChannel::Email.into(),
        ..consent("c", ConsentState::Granted, "2026-11-01T00:00:00Z")
    };
    say(&stand, granted).await;
    assert!(ask_one(&stand, marketing).await.allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_closes_its_channel_and_the_latest_statement_counts() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    say(
        &stand,
        objection("c", ConsentChannel::Email, "2026-05-02T00:00:00Z"),
    )
    .await;
    let answer = ask_one(&stand, by_email("c")).await;
    assert_eq!((answer.allowed, first(&answer)), (false, "OBJECTED"));
    let later = pb::Consent {
        channel: ConsentChannel::Email.into(),
        ..consent("c", ConsentState::Granted, "2026-05-03T00:00:00Z")
    };
    say(&stand, later).await;
    assert!(ask_one(&stand, by_email("c")).await.allowed);
    say(
        &stand,
        objection("c", ConsentChannel::Email, "2026-05-03T00:00:00Z"),
    )
    .await;
    assert!(!ask_one(&stand, by_email("c")).await.allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_under_any_id_of_a_person_counts_under_all() {
    let stand = Stand::start().await;
    stand.upsert(customer("old")).await.unwrap();
    stand.upsert(customer("new")).await.unwrap();
    say(
        &stand,
        objection("old", ConsentChannel::Email, "2026-05-02T00:00:00Z"),
    )
    .await;
    let agreed_later = pb::Consent {
        channel: ConsentChannel::Email.into(),
        ..consent("new", ConsentState::Granted, "2026-06-01T00:00:00Z")
    };
    say(&stand, agreed_later).await;
    assert!(ask_one(&stand, by_email("new")).await.allowed);
    merge(&stand, "new", "old").await;
    for id in ["new", "old"] {
        let answer = ask_one(&stand, by_email(id)).await;
        assert_eq!(
            (answer.allowed, first(&answer)),
            (false, "OBJECTED"),
            "{id}"
        );
        assert_eq!(answer.customer_id, "new");
    }
    let by_sms = |id| question(id, ConsentChannel::Sms, ContactPurpose::Service);
    say(
        &stand,
        objection("old", ConsentChannel::Sms, "2026-06-02T00:00:00Z"),
    )
    .await;
    assert_eq!(first(&ask_one(&stand, by_sms("new")).await), "OBJECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_contacted_who_is_not_known_was_erased_or_has_died() {
    let stand = Stand::start().await;
    stand.upsert(customer("gone")).await.unwrap();
    stand.upsert(customer("gone-too")).await.unwrap();
    merge(&stand, "gone", "gone-too").await;
    let request = pb::EraseCustomerRequest {
        request_id: String::new(),
        customer_id: "gone".to_owned(),
    };
    stand.customers().erase_customer(request).await.unwrap();
    let died = pb::Customer {
        deceased: true,
        ..customer("died")
    };
    stand.upsert(died).await.unwrap();
    let questions = ["nobody", "gone", "gone-too", "died"].map(by_email);
    let answers = ask(&stand, questions.to_vec()).await.unwrap();
    let told: Vec<(&str, &str, u64)> = answers
        .iter()
        .map(|one| (one.customer_id.as_str(), first(one), one.revision))
        .collect();
    let expected = [
        ("nobody", "UNKNOWN_CUSTOMER", 0),
        ("gone", "ERASED", 0),
        ("gone-too", "ERASED", 0),
        ("died", "DECEASED", 1),
    ];
    assert_eq!(told, expected);
    assert!(answers.iter().all(|one| !one.allowed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_an_address_is_closed() {
    let stand = Stand::start().await;
    let silent = pb::Customer {
        email: " ".to_owned(),
        phone: String::new(),
        ..customer("c")
    };
    stand.upsert(silent).await.unwrap();
    for channel in [
        ConsentChannel::Email,
        ConsentChannel::Phone,
        ConsentChannel::Sms,
    ] {
        let asked = question("c", channel, ContactPurpose::Service);
        let answer = ask_one(&stand, asked).await;
        assert_eq!(first(&answer), "CHANNEL_CLOSED", "{channel:?}");
        assert_eq!(answer.findings[0].rule, "");
    }
    let letter = question("c", ConsentChannel::Post, ContactPurpose::Service);
    assert!(ask_one(&stand, letter).await.allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_hold_in_all_zones_of_the_place_or_in_that_of_the_customer() {
    let stand = Stand::start().await;
    let everywhere = pb::Customer {
        jurisdiction: "US".to_owned(),
        time_zone: String::new(),
        ..customer("somewhere")
    };
    stand.upsert(everywhere).await.unwrap();
    let unknown = pb::Customer {
        jurisdiction: String::new(),
        time_zone: String::new(),
        ..customer("nowhere")
    };
    stand.upsert(unknown).await.unwrap();
    let eastern = pb::Customer {
        time_zone: "America/New_York".to_owned(),
        ..customer("eastern")
    };
    stand.upsert(eastern).await.unwrap();
    let hours = pb::ContactHours {
        start_minute: 480,
        end_minute: 1_260,
        iso_weekdays: Vec::new(),
    };
    let rules = vec![
        rule("everything", "default", pb::ContactBasis::None),
        pb::ContactRule {
            hours: Some(hours),
            ..rule("us_hours", "US", pb::ContactBasis::Unspecified)
        },
    ];
    let places = vec![pb::ContactPlace {
        place: "US".to_owned(),
        time_zones: vec!["America/New_York".to_owned(), "Pacific/Honolulu".to_owned()],
        groups: Vec::new(),
    }];
    publish(&stand, rules, places).await.unwrap();

    // Nine in New York, four in Honolulu, on the Sunday after the clocks were put back.
    let early = "2026-11-01T14:00:00Z";
    let answer = ask_one(&stand, by_phone("somewhere", early)).await;
    assert_eq!((answer.allowed, first(&answer)), (false, "QUIET_HOURS"));
    assert_eq!(answer.findings[0].rule, "us_hours");
    assert_eq!(answer.next_allowed_time, at("2026-11-01T18:00:00Z"));
    assert_eq!(answer.rules_version, 1);
    let answer = ask_one(&stand, by_phone("somewhere", "2026-11-01T18:00:00Z")).await;
    assert_eq!(answer.until_time, at("2026-11-02T02:00:00Z"));
    // The day before it was summer, and nine in New York an hour sooner.
    let answer = ask_one(&stand, by_phone("eastern", "2026-10-31T11:59:59Z")).await;
    assert_eq!(answer.next_allowed_time, at("2026-10-31T12:00:00Z"));
    let answer = ask_one(&stand, by_phone("eastern", "2026-11-01T12:59:59Z")).await;
    assert_eq!(answer.next_allowed_time, at("2026-11-01T13:00:00Z"));
    let answer = ask_one(&stand, by_phone("nowhere", early)).await;
    assert_eq!((answer.allowed, first(&answer)), (false, "QUIET_HOURS"));
    assert_eq!(answer.next_allowed_time, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_left_may_be_asked_back_for_as_long_as_the_rule_says() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let ended = pb::Subscription {
        service_end_time: at("2026-11-01T00:00:00Z"),
        ..subscription("c", "a", "s")
    };
    stand.put(ended).await.unwrap();
    let lately = pb::ContactRule {
        relationship_days: 548,
        ..rule("lately", "default", pb::ContactBasis::ExistingRelationship)
    };
    publish(&stand, vec![lately], Vec::new()).await.unwrap();
    let asked = |time| pb::ContactQuestion {
        send_time: at(time),
        ..question("c", ConsentChannel::Post, ContactPurpose::Marketing)
    };
    let answer = ask_one(&stand, asked("2028-05-01T00:00:00Z")).await;
    assert!(answer.allowed);
    assert_eq!(answer.until_time, at("2028-05-02T00:00:00Z"));
    let answer = ask_one(&stand, asked("2028-05-02T00:00:00Z")).await;
    assert_eq!(
        (answer.allowed, first(&answer)),
        (false, "RELATIONSHIP_OVER")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_questions_are_answered_in_their_order_and_no_more() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let names: Vec<String> = (0..200)
        .map(|number| match number % 2 {
            0 => "c".to_owned(),
            _ => format!("nobody-{number}"),
        })
        .collect();
    let questions: Vec<_> = names.iter().map(|name| by_email(name)).collect();
    let answers = ask(&stand, questions.clone()).await.unwrap();
    let answered: Vec<&str> = answers.iter().map(|one| &*one.customer_id).collect();
    assert_eq!(answered, names);
    assert!(answers.iter().step_by(2).all(|one| one.allowed));
    let more = [questions, vec![by_email("c")]].concat();
    for (questions, field) in [(more, "questions"), (Vec::new(), "questions")] {
        let refusal = ask(&stand, questions).await;
        let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields(&status), [field]);
    }
    let bad = pb::ContactQuestion {
        customer_id: "a b".to_owned(),
        channel: 99,
        purpose: 0,
        send_time: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
    };
    let refusal = ask(&stand, vec![by_email("c"), bad.clone(), bad]).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    let expected: Vec<String> = (1..=2)
        .flat_map(|index| {
            ["channel", "customer_id", "purpose", "send_time"]
                .map(|field| format!("questions[{index}].{field}"))
        })
        .collect();
    assert_eq!(fields(&status), expected);
}
