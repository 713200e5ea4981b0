//! "You have left me without a line for a day, and now I have had enough."

use contract::offers::v1 as pb;
use tests::desk::{Call, codes, verdict};
use tests::people::Person;

use crate::suite::Suite;

const PRICE_LEVERS: [pb::Lever; 3] = [
    pb::Lever::PriceDiscount,
    pb::Lever::TermChange,
    pb::Lever::EarlyRenewal,
];

/// While something is broken nobody argues about price, whatever reason is stated.
#[tokio::test(flavor = "multi_thread")]
async fn no_price_is_offered_while_an_incident_is_open() {
    let suite = Suite::start().await;
    let person = Person::named("without-a-line");
    person.write(&suite.clients).await;
    let revision = person.suffers(&suite.clients, "outage").await;

    let angry = Call::of(&person, "k-1")
        .because("incident_unresolved")
        .not_before(revision);
    let screen = angry.ask(&suite.clients).await;
    let who = screen.customer.as_ref().unwrap();
    assert_eq!(
        (who.stage.as_str(), who.open_incident_count),
        ("first_disagreement", 1)
    );
    assert!(
        who.be_human_about
            .iter()
            .any(|about| about == "open_incident:outage")
    );
    for offer in &screen.offers {
        assert!(!PRICE_LEVERS.contains(&offer.lever()), "{offer:?}");
    }
    let mending = [pb::Lever::ServiceFix, pb::Lever::Goodwill];
    assert!(
        mending.contains(&screen.offers[0].lever()),
        "what is broken is mended first"
    );

    let about_price = Call::of(&person, "k-2")
        .because("too_expensive")
        .not_before(revision);
    let screen = about_price.ask(&suite.clients).await;
    for key in ["ten_percent_three_months", "twenty_percent_six_months"] {
        let codes = codes(&verdict(&screen, key).reasons);
        assert!(codes.contains(&"OPEN_INCIDENT"), "{key}: {codes:?}");
    }
    for offer in &screen.offers {
        assert!(!PRICE_LEVERS.contains(&offer.lever()), "{offer:?}");
    }
}

/// Once it is mended, price can be spoken about again, and the screen says that it is fresh.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_incident_a_price_can_be_offered_again() {
    let suite = Suite::start().await;
    let person = Person::named("has-a-line-again");
    person.write(&suite.clients).await;
    person.suffers(&suite.clients, "outage").await;
    let resolved = contract::profiles::v1::ResolveIncidentRequest {
        customer_id: person.id().to_owned(),
        incident_id: format!("{}-outage", person.id()),
        outcome: "line_replaced".to_owned(),
        ..Default::default()
    };
    let resolved = suite
        .clients
        .incidents()
        .resolve_incident(resolved)
        .await
        .unwrap();
    let revision = resolved.into_inner().revision;

    let call = Call::of(&person, "k-1")
        .because("too_expensive")
        .not_before(revision);
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.customer.as_ref().unwrap().open_incident_count, 0);
    let discount = verdict(&screen, "ten_percent_three_months");
    assert!(!codes(&discount.reasons).contains(&"OPEN_INCIDENT"));
    assert_ne!(
        discount.kind(),
        pb::VerdictKind::Disqualified,
        "it is ranked again"
    );
}
