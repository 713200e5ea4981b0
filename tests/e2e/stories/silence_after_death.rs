//! Somebody dies: the company says nothing more to them, and does what it owes.

use std::collections::BTreeSet;

use contract::lifecycle::v1::{CareKind, CareState};
use contract::offers::v1 as offers;
use tests::desk::Call;
use tests::people::Person;
use tests::seed;
use tests::wait::eventually;

use crate::care::{
    by, handed_out, kinds_of, lease, of_team, publish_care_plan, publish_contact_rules, stands,
    tasks_of,
};
use crate::suite::{Plan, Suite};

const TO_THEM: [CareKind; 2] = [CareKind::Welcome, CareKind::ActivationCheck];

async fn start() -> Suite {
    let suite = Plan::default().start_empty().await;
    seed::publish(&suite.clients).await;
    publish_contact_rules(&suite.clients).await;
    publish_care_plan(&suite.clients).await;
    suite
}

/// Somebody new to whom the company has things to say.
async fn new_customer(suite: &Suite, name: &str) -> Person {
    let person = Person::named(name).customer_for_days(5).can_be_reached();
    person.write(&suite.clients).await;
    for kind in TO_THEM {
        stands(&suite.clients, &person, kind, CareState::Waiting).await;
    }
    person
}

/// Nothing that would have reached them is left, and nothing is handed out to be sent.
async fn is_left_in_peace(suite: &Suite, person: &Person) {
    for kind in TO_THEM {
        let dropped = stands(&suite.clients, person, kind, CareState::Dropped).await;
        assert_eq!(
            (dropped.state_reason.as_str(), dropped.lease_count),
            ("CUSTOMER_DIED", 0)
        );
    }
    assert_eq!(lease(&suite.clients, by("mailer")).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_it_is_recorded_nothing_goes_to_them_any_more() {
    let suite = start().await;
    let mut person = new_customer(&suite, "has-died").await;
    let other = new_customer(&suite, "lives-on").await;
    person.customer.deceased = true;
    let revision = person.write_customer(&suite.clients).await;

    stands(
        &suite.clients,
        &person,
        CareKind::Welcome,
        CareState::Dropped,
    )
    .await;
    let leased = lease(&suite.clients, by("mailer")).await;
    assert_eq!(handed_out(&leased), [(CareKind::Welcome, other.id())]);
    is_left_in_peace(&suite, &person).await;

    // Whatever is said in a call.
    let call = Call::of(&person, "k-1")
        .because("too_expensive")
        .not_before(revision);
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.outcome(), offers::DecisionOutcome::LetGo);
    assert_eq!(screen.offers, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heirs_end_it_and_the_company_settles_what_is_open() {
    let suite = start().await;
    let mut person = new_customer(&suite, "ended-by-heirs").await;
    let call = Call::of(&person, "k-1").because("deceased");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.offers, []);
    call.confirm(&suite.clients).await;

    let clients = &suite.clients;
    let owners = eventually("the steps of the exit are there", async || {
        let tasks = tasks_of(clients, &person).await;
        let steps = tasks
            .into_iter()
            .filter(|task| task.kind() == CareKind::ExitStep);
        let owners: BTreeSet<String> = steps.map(|task| task.owner).collect();
        (!owners.is_empty()).then_some(owners)
    })
    .await;
    let expected = ["billing", "care", "contracts", "data"].map(str::to_owned);
    assert_eq!(owners, expected.into());
    is_left_in_peace(&suite, &person).await;

    // It is recorded as well. News is followed in order: whoever comes later is known after it.
    person.customer.deceased = true;
    person.write_customer(clients).await;
    new_customer(&suite, "comes-later").await;

    // The final bill is made, and nobody is asked back.
    let leased = lease(clients, of_team("billing")).await;
    assert_eq!(handed_out(&leased), [(CareKind::ExitStep, person.id())]);
    let final_bill = leased[0].task.as_ref().unwrap();
    let subject = format!("{}/final_bill", person.subscription_id());
    assert_eq!(final_bill.subject, subject);
    let kinds: BTreeSet<CareKind> = kinds_of(clients, &person).await.into_iter().collect();
    let known = TO_THEM.into_iter().chain([CareKind::ExitStep]);
    assert_eq!(kinds, known.collect());
}
