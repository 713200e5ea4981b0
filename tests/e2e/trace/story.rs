//! A day at the desk with customers whose personal data cannot be mistaken for anything else.

use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use tests::clients::Clients;
use tests::desk::{Call, agent};
use tests::people::{self, Person, days_ago};
use tests::refusal::Refused;
use tests::seed;
use tests::wait::eventually;
use tonic::Code;

use super::evidence::{Evidence, of_redis, of_refusal};
use crate::processes::Processes;

/// Personal data that has a field of its own.
pub(super) const NAME: &str = "Canariella Oriolesdotter";
pub(super) const EMAIL: &str = "canariella@aviarymail.example";
pub(super) const PHONE: &str = "+44 7700 900123";

/// Where the service is delivered: one of the further attributes of a subscription.
pub(super) const ADDRESS: &str = "12 Featherstitch Lane, Nestborough";

/// What somebody writes down although only a short key is asked for.
pub(super) const NOTE: &str = "moulting, call her sister Wagtailina";

/// An id that nobody has, and that nobody should have chosen.
pub(super) const UNKNOWN_ID: &str = "owner@nestboxmail.example";

/// What was said to the services' clients.
pub(super) struct Day {
    /// Everything that clients were answered.
    pub(super) answers: Vec<Evidence>,
    /// How the call about an unknown customer was refused.
    pub(super) unknown: Refused,
}

/// A customer with all of it.
fn person(id: &str) -> Person {
    let mut person = Person::named(id);
    NAME.clone_into(&mut person.customer.display_name);
    EMAIL.clone_into(&mut person.customer.email);
    PHONE.clone_into(&mut person.customer.phone);
    let address = ("service_address".to_owned(), ADDRESS.to_owned());
    person.subscription.attributes.extend([address]);
    person
}

/// Plays the day.
pub(super) async fn play(processes: &Processes) -> Day {
    let clients = &processes.clients;
    people::import(clients, &people::population()).await;
    seed::fit(clients).await;
    seed::publish(clients).await;
    let (stays, leaves) = (person("stays"), person("leaves"));
    let mut answers = Vec::new();
    keep_orders(processes).await;
    write_down(clients, &stays, &leaves).await;
    stay(processes, &stays, &mut answers).await;
    leave(clients, &leaves, &mut answers).await;
    be_refused(clients, &stays, &mut answers).await;
    fail(processes, &mut answers).await;
    let unknown = ask_about_nobody(clients, &mut answers).await;
    Day { answers, unknown }
}

/// An order is deleted when it is carried out: what was written is kept aside.
async fn keep_orders(processes: &Processes) {
    let keep = "create table outbox_as_written as select * from outbox with no data;
        create function keep_outbox() returns trigger language plpgsql as
            'begin insert into outbox_as_written select new.*; return null; end';
        create trigger keep_outbox after insert on outbox
            for each row execute function keep_outbox();";
    let pool = &processes.databases.offers.pool;
    sqlx::raw_sql(keep).execute(pool).await.unwrap();
}

/// One is written by calls, with a retry; the other is imported. Something happens to both.
async fn write_down(clients: &Clients, stays: &Person, leaves: &Person) {
    stays.write(clients).await;
    for _ in 0..2 {
        let request = profiles::UpsertCustomerRequest {
            request_id: "write-once".to_owned(),
            customer: Some(stays.customer.clone()),
            ..Default::default()
        };
        clients.customers().upsert_customer(request).await.unwrap();
    }
    people::import(clients, std::slice::from_ref(leaves)).await;
    for person in [stays, leaves] {
        let event = profiles::TimelineEvent {
            customer_id: person.id().to_owned(),
            event_id: "rang-us".to_owned(),
            kind: types::EventKind::Contact.into(),
            event_time: Some(days_ago(1)),
            detail: NOTE.to_owned(),
            ..Default::default()
        };
        let request = profiles::RecordEventsRequest {
            request_id: String::new(),
            events: vec![event],
        };
        let recorded = clients.timeline().record_events(request).await.unwrap();
        assert_eq!(recorded.into_inner().recorded_count, 1);
        let consent = profiles::Consent {
            customer_id: person.id().to_owned(),
            channel: types::ConsentChannel::Email.into(),
            state: types::ConsentState::Granted.into(),
            record_time: Some(days_ago(1)),
            source: NOTE.to_owned(),
        };
        let request = profiles::RecordConsentRequest {
            request_id: String::new(),
            consent: Some(consent),
        };
        clients.consents().record_consent(request).await.unwrap();
    }
}

/// Takes the first offer. The cache is looked at while it holds the customer.
async fn stay(processes: &Processes, person: &Person, answers: &mut Vec<Evidence>) {
    let clients = &processes.clients;
    let call = Call::of(person, "contact-stays").because("too_expensive");
    let screen = call.ask(clients).await;
    assert!(!screen.degraded, "{:?}", screen.degraded_reasons);
    let cached = eventually("the customer is in the cache", async || {
        let cached = of_redis(&processes.redis).await;
        cached.has("computed_at").then_some(cached)
    });
    answers.push(cached.await);
    let outcome = offers::PresentedOutcome::Accepted;
    let accepted = call.record(clients, &screen, outcome).await;
    let session = call.session(clients, &screen.session_id).await;
    let request = offers::ExplainDecisionRequest {
        customer_id: person.id().to_owned(),
        decision_id: screen.decision_id.clone(),
    };
    let explained = clients.desk().explain_decision(request).await.unwrap();
    let shown = format!("{screen:?} {accepted:?} {session:?} {explained:?}");
    answers.push(Evidence::new("the agent's screen", shown));
}

/// Hears an offer, declines, and leaves in words of their own; profiles carries it out.
async fn leave(clients: &Clients, person: &Person, answers: &mut Vec<Evidence>) {
    let call = Call::of(person, "contact-leaves").because("too_expensive");
    let screen = call.ask(clients).await;
    let outcome = offers::PresentedOutcome::Declined;
    let declined = call.record(clients, &screen, outcome).await;
    let mut leaving = call.leave();
    NOTE.clone_into(&mut leaving.reason);
    let left = clients.desk().confirm_cancellation(leaving).await.unwrap();
    eventually("the subscription's end is set", async || {
        let recorded = person.recorded_subscription(clients).await;
        recorded.service_end_time
    })
    .await;
    let shown = format!("{screen:?} {declined:?} {left:?}");
    answers.push(Evidence::new("the agent's screen", shown));
}

/// Fields of a request for an offer that no personal data belongs into.
const FIELDS: [&str; 9] = [
    "customer_id",
    "subscription_id",
    "contact_id",
    "request_id",
    "reason",
    "secondary_reasons[0]",
    "jurisdiction",
    "language",
    "agent.agent_id",
];

/// Puts personal data into one of these fields.
fn spoil(field: &str, asked: &mut offers::RequestSaveOfferRequest) {
    match field {
        "customer_id" => NAME.clone_into(&mut asked.customer_id),
        "subscription_id" => PHONE.clone_into(&mut asked.subscription_id),
        "contact_id" => PHONE.clone_into(&mut asked.contact_id),
        "request_id" => NAME.clone_into(&mut asked.request_id),
        "reason" => EMAIL.clone_into(&mut asked.reason),
        "secondary_reasons[0]" => asked.secondary_reasons = vec![NOTE.to_owned()],
        "jurisdiction" => ADDRESS.clone_into(&mut asked.jurisdiction),
        "language" => ADDRESS.clone_into(&mut asked.language),
        "agent.agent_id" => asked.agent = Some(agent(NAME)),
        other => panic!("there is no {other}"),
    }
}

/// Refused for personal data in the wrong place, which is named and not repeated.
async fn be_refused(clients: &Clients, person: &Person, answers: &mut Vec<Evidence>) {
    let call = Call::of(person, "contact-refused");
    for field in FIELDS {
        let mut call = call.clone();
        spoil(field, &mut call.request);
        let Err(status) = call.try_ask(clients).await else {
            panic!("{field} is taken as it is");
        };
        assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status:?}");
        assert_eq!(Refused::of(&status).fields, [field]);
        answers.push(of_refusal(field, &status));
    }
    leave_with_misplaced_data(clients).await;
    let mut mangled = person.customer.clone();
    mangled.display_name.push('\u{7}');
    mangled.email = EMAIL.repeat(20);
    mangled.phone = PHONE.repeat(9);
    ADDRESS.clone_into(&mut mangled.jurisdiction);
    answers.push(refused_customer(clients, mangled, Code::InvalidArgument).await);
}

/// Nobody is kept from leaving for it, and it is left out.
async fn leave_with_misplaced_data(clients: &Clients) {
    let person = person("leaves-misplaced");
    person.write(clients).await;
    let mut leaving = Call::of(&person, "contact-misplaced").leave();
    NAME.clone_into(&mut leaving.request_id);
    NAME.clone_into(&mut leaving.cancel_token);
    leaving.reason = NOTE.repeat(9);
    leaving.agent = Some(agent(NAME));
    clients.desk().confirm_cancellation(leaving).await.unwrap();
}

/// A constraint that fails: the database quotes the row.
async fn fail(processes: &Processes, answers: &mut Vec<Evidence>) {
    sqlx::raw_sql("alter table customer add constraint spoilt_check check (not vulnerable)")
        .execute(&processes.databases.profiles.pool)
        .await
        .unwrap();
    let mut failing = person("fails").customer;
    failing.vulnerable = true;
    answers.push(refused_customer(&processes.clients, failing, Code::Internal).await);
}

async fn refused_customer(clients: &Clients, customer: profiles::Customer, code: Code) -> Evidence {
    let request = profiles::UpsertCustomerRequest {
        customer: Some(customer),
        ..Default::default()
    };
    let answer = clients.customers().upsert_customer(request).await;
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    of_refusal("writing a customer", &status)
}

/// The refusal names the id to the one who gave it, where the contract says so.
async fn ask_about_nobody(clients: &Clients, answers: &mut Vec<Evidence>) -> Refused {
    let nobody = Call::of(&Person::named(UNKNOWN_ID), "contact-unknown");
    let status = nobody.try_ask(clients).await.unwrap_err();
    answers.push(Evidence::new(
        "the refusal of an unknown id",
        status.message(),
    ));
    Refused::of(&status)
}
