//! "May we ask them back?", of people who left, by the contact rules that the project ships.

use contract::profiles::v1 as profiles;
use contract::types::v1::ConsentChannel;
use prost_types::Timestamp;
use tests::people::Person;

use crate::care::publish_contact_rules;
use crate::suite::Suite;

/// Somebody who left ten days ago and can be reached in every way.
async fn left(suite: &Suite, name: &str, place: &str) -> Person {
    let person = Person::named(name).lives_in(place).left_days_ago(10);
    let person = person.can_be_reached();
    person.write(&suite.clients).await;
    person
}

async fn ask(
    suite: &Suite,
    person: &Person,
    channel: ConsentChannel,
    send_time: Option<Timestamp>,
) -> profiles::ContactPermission {
    let question = profiles::ContactQuestion {
        customer_id: person.id().to_owned(),
        channel: channel.into(),
        purpose: profiles::ContactPurpose::Marketing.into(),
        send_time,
    };
    let request = profiles::MayContactRequest {
        questions: vec![question],
    };
    let answer = suite.clients.consents().may_contact(request).await.unwrap();
    answer.into_inner().permissions.remove(0)
}

/// The finding that comes first and its rule.
fn first(permission: &profiles::ContactPermission) -> (&str, &str) {
    let first = &permission.findings[0];
    (&first.code, &first.rule)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_is_asked_back_where_and_when_the_rules_of_their_place_allow_it() {
    let suite = Suite::start().await;
    let version = publish_contact_rules(&suite.clients).await;
    let californian = left(&suite, "californian", "US-CA").await;
    let berliner = left(&suite, "berliner", "DE-BE").await;
    let londoner = left(&suite, "londoner", "GB").await;
    let nowhere = left(&suite, "nowhere", "").await;

    // Within 18 months of the last transaction, by day.
    let now = ask(&suite, &californian, ConsentChannel::Phone, None).await;
    assert_eq!(now.rules_version, version);
    let open = match now.next_allowed_time {
        Some(next) => ask(&suite, &californian, ConsentChannel::Phone, Some(next)).await,
        None => now,
    };
    assert!(open.allowed, "{:?}", open.findings);
    let basis = open
        .findings
        .iter()
        .find(|one| one.code == "EXISTING_RELATIONSHIP");
    assert_eq!(basis.unwrap().rule, "us_phone_marketing");

    let call = ask(&suite, &berliner, ConsentChannel::Phone, None).await;
    assert_eq!(first(&call).0, "NO_CONSENT");
    assert_eq!(call.next_allowed_time, None);
    // What a customer may be written about is over with the relationship.
    let mail = ask(&suite, &londoner, ConsentChannel::Email, None).await;
    assert_eq!(first(&mail), ("RELATIONSHIP_OVER", "gb_soft_opt_in"));
    let mail = ask(&suite, &nowhere, ConsentChannel::Email, None).await;
    assert_eq!(first(&mail).0, "NO_CONSENT");
}
