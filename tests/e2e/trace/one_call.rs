//! One trace for a call: through the three services, down to SQL and Redis.

use contract::offers::v1 as pb;
use testkit::otlp::ReceivedSpan;
use tests::desk::Call;
use tests::people::Person;
use tests::refusal::assert_refused;
use tonic::Code;

use super::span_tree::ClientTrace;
use crate::processes::{AS_CLIENTS_WISH, Processes};

/// The first question about a customer: nobody has them in memory.
const COLD: &str = "\
offers server rekindle.offers.v1.SaveDeskService/RequestSaveOffer OK
  offers client INSERT decision
  offers client redis.get
  offers client redis.set
  offers client rekindle.lifecycle.v1.StatusService/GetCustomerStatus OK
    lifecycle server rekindle.lifecycle.v1.StatusService/GetCustomerStatus OK
      lifecycle client SELECT scored_customer
      lifecycle client rekindle.profiles.v1.CustomerService/GetCustomerFacts OK
        profiles server rekindle.profiles.v1.CustomerService/GetCustomerFacts OK
          profiles client SELECT customer_snapshot
";

/// With the customer in the cache, and not for the first time: nothing is inserted at first, since
/// they have a history.
const WARM: &str = "\
offers server rekindle.offers.v1.SaveDeskService/RequestSaveOffer OK
  offers client INSERT decision
  offers client INSERT decision
  offers client SELECT save_session
  offers client redis.get
";

/// Leaving.
const LEAVING: &str = "\
offers server rekindle.offers.v1.SaveDeskService/ConfirmCancellation OK
  offers client INSERT acceptance_to_undo
  offers client INSERT cancellation
  offers client INSERT departure
  offers client INSERT outbox
  offers client INSERT outbox
  offers client INSERT save_session
  offers client INSERT session_event
  offers client SELECT cancellation
  offers client SELECT cancellation
  offers client SELECT customer_identity
  offers client SELECT customer_identity
  offers client SELECT decision
  offers client SELECT save_session
  offers client SELECT save_session
  offers client UPDATE acceptance
  offers client UPDATE acceptance
  offers client UPDATE presented_offer
  offers client UPDATE save_session
  offers client UPDATE save_session
";

/// Asking for somebody whom nobody knows.
const UNKNOWN: &str = "\
offers server rekindle.offers.v1.SaveDeskService/RequestSaveOffer NOT_FOUND
  offers client SELECT save_session
  offers client redis.get
  offers client rekindle.lifecycle.v1.StatusService/GetCustomerStatus NOT_FOUND
    lifecycle server rekindle.lifecycle.v1.StatusService/GetCustomerStatus NOT_FOUND
      lifecycle client SELECT scored_customer
      lifecycle client rekindle.profiles.v1.CustomerService/GetCustomerFacts NOT_FOUND
        profiles server rekindle.profiles.v1.CustomerService/GetCustomerFacts NOT_FOUND
          profiles client SELECT customer_snapshot
";

/// Asking nothing that can be answered.
const MALFORMED: &str = "\
offers server rekindle.offers.v1.SaveDeskService/RequestSaveOffer INVALID_ARGUMENT
";

const KEPT: &str = "01";
const NOT_KEPT: &str = "00";

async fn ask(
    processes: &Processes,
    call: &Call,
    trace: ClientTrace,
) -> Result<pb::RequestSaveOfferResponse, tonic::Status> {
    let request = trace.request(call.request.clone(), KEPT);
    let answer = processes.clients.desk().request_save_offer(request).await?;
    Ok(answer.into_inner())
}

/// Asks anew, under traces of their own, until an answer came from the cache: it is not believed
/// before the feed of changes is followed. Returns the trace of that answer.
async fn ask_until_warm(processes: &Processes, person: &Person) -> ClientTrace {
    for number in 100..160 {
        let trace = ClientTrace { number };
        let call = Call::of(person, &format!("contact-{number}"));
        ask(processes, &call, trace).await.unwrap();
        // Whatever the call waited for has ended before the call and is sent no later.
        let answered = |span: &ReceivedSpan| span.parent_span_id == trace.span_id();
        let sent = processes
            .sink
            .wait_for(|spans| trace.among(spans).iter().any(answered))
            .await;
        let asked_lifecycle = |span: &ReceivedSpan| span.name.contains("lifecycle");
        if !trace.among(&sent).iter().any(asked_lifecycle) {
            return trace;
        }
    }
    panic!("the cache is never believed")
}

/// The ids in a trace are those that the client gave, and every span says what it is.
fn assert_described(spans: &[ReceivedSpan]) {
    for span in spans {
        assert!(!span.name.is_empty(), "{span:#?}");
        let is = |name: &str, value: &str| {
            let found = span.attributes.get(name).map(String::as_str);
            assert_eq!(found, Some(value), "{name} of {span:#?}");
        };
        if span.name.starts_with("rekindle.") {
            is("rpc.system.name", "grpc");
            is("rpc.method", &span.name);
        } else if let Some(operation) = span.name.strip_prefix("redis.") {
            is("db.system.name", "redis");
            is("db.operation.name", operation);
        } else {
            let (operation, collection) = span.name.split_once(' ').unwrap();
            is("db.system.name", "postgresql");
            is("db.operation.name", operation);
            is("db.collection.name", collection);
        }
    }
}

/// The refusals of a trace are in the logs of exactly these services, kept or not.
fn assert_logged(logs: &[(&str, String)], trace: ClientTrace, services: &[&str]) {
    let trace_id = trace.trace_id();
    let refusal = |line: &str| line.contains(&trace_id) && line.contains("call refused");
    let refused = logs.iter().filter(|(_, log)| log.lines().any(refusal));
    let mut refused: Vec<&str> = refused.map(|(service, _)| *service).collect();
    refused.sort_unstable();
    assert_eq!(refused, services, "{trace_id}");
}

/// A call's spans hang below the client's span, each below what caused it, in every service; so do
/// those of answers from the cache, of leaving and of refusals.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_tree_through_all_services_down_to_sql_and_redis() {
    let mut processes = Processes::start(&AS_CLIENTS_WISH).await;
    let (person, unknown) = (Person::named("is-traced"), Person::named("nobody"));
    person.write(&processes.clients).await;
    let call = Call::of(&person, "contact-1");
    let [cold, leaving, refused, malformed, not_kept] =
        [1, 2, 3, 4, 5].map(|number| ClientTrace { number });

    let answer = ask(&processes, &call, cold).await.unwrap();
    assert!(!answer.degraded, "{:?}", answer.degraded_reasons);
    let warm = ask_until_warm(&processes, &person).await;
    let mut desk = processes.clients.desk();
    let request = leaving.request(call.leave(), KEPT);
    desk.confirm_cancellation(request).await.unwrap();
    let answer = ask(&processes, &Call::of(&unknown, "contact-2"), refused).await;
    assert_refused(answer, Code::NotFound, "CUSTOMER_NOT_FOUND");
    let answer = ask(&processes, &Call::of(&person, "no contact"), malformed).await;
    assert_refused(answer, Code::InvalidArgument, "INVALID_FIELD");
    let request = not_kept.request(Call::of(&unknown, "contact-3").request, NOT_KEPT);
    let answer = desk.request_save_offer(request).await;
    assert_refused(answer, Code::NotFound, "CUSTOMER_NOT_FOUND");

    let logs = processes.stop().await;
    let all = processes.sink.spans();
    for (trace, expected) in [
        (cold, COLD),
        (warm, WARM),
        (leaving, LEAVING),
        (refused, UNKNOWN),
        (malformed, MALFORMED),
        (not_kept, ""),
    ] {
        let spans = trace.among(&all);
        let tree = trace.tree(&spans);
        assert!(tree == expected, "not expected:\n{tree}");
        assert_described(&spans);
    }
    assert_logged(&logs, refused, &["lifecycle", "offers", "profiles"]);
    // Lifecycle asks profiles about many customers at once, unless a trace is kept.
    assert_logged(&logs, not_kept, &["lifecycle", "offers"]);
}
