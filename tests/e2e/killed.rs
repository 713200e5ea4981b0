//! What the desk acknowledged outlives the desk, whenever it is killed.

use std::sync::atomic::{AtomicUsize, Ordering};

use contract::offers::v1 as pb;
use futures::future::join_all;
use futures::join;
use tests::clients::Clients;
use tests::desk::Call;
use tests::people::Person;
use tests::wait::eventually;

use crate::processes::{AS_CLIENTS_WISH, Processes};

const KILLS: usize = 3;
/// Customers who ring at the same time, again and again.
const CALLERS: usize = 8;
/// How many calls are over when the desk is killed.
const CALLS: usize = 60;

/// A call with what the desk acknowledged of it.
struct Acknowledged {
    call: Call,
    answer: pb::RequestSaveOfferResponse,
    left: Option<pb::Acknowledgement>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_at_any_time() {
    let mut processes = Processes::start(&AS_CLIENTS_WISH).await;
    let mut people = Vec::new();
    for number in 0..CALLERS {
        let person = Person::named(&format!("caller-{number}"));
        person.write(&processes.clients).await;
        people.push(person);
    }
    for kill in 0..KILLS {
        let over = AtomicUsize::new(0);
        let clients = processes.clients.clone();
        let ringing = people
            .iter()
            .map(|person| ring(&clients, person, kill, &over));
        let killing = async {
            eventually("calls are under way", async || {
                (over.load(Ordering::Relaxed) >= CALLS).then_some(())
            })
            .await;
            processes.kill_offers();
        };
        let (acknowledged, ()) = join!(join_all(ringing), killing);
        processes.restart_offers().await;
        for acknowledged in acknowledged.into_iter().flatten() {
            assert_remembered(&processes.clients, acknowledged).await;
        }
        assert_nothing_is_half_written(&processes).await;
    }
}

/// Rings, asks and leaves, until nobody answers any more.
async fn ring(
    clients: &Clients,
    person: &Person,
    kill: usize,
    over: &AtomicUsize,
) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let contact = format!("{}-{kill}-{number}", person.id());
        let call = Call::of(person, &contact);
        let Ok(answer) = call.try_ask(clients).await else {
            break;
        };
        let left = clients.desk().confirm_cancellation(call.leave()).await;
        let left = left.ok().map(tonic::Response::into_inner);
        acknowledged.push(Acknowledged {
            call,
            answer,
            left: left.and_then(|left| left.acknowledgement),
        });
        over.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

/// The same question gets the same answer, and who had left has left.
async fn assert_remembered(clients: &Clients, acknowledged: Acknowledged) {
    let Acknowledged { call, answer, left } = acknowledged;
    let again = call.ask(clients).await;
    assert!(again.replayed, "{}", call.request.contact_id);
    let as_then = pb::RequestSaveOfferResponse {
        replayed: false,
        ..again
    };
    assert_eq!(as_then, answer);
    if left.is_some() {
        assert_eq!(call.confirm(clients).await.acknowledgement, left);
    }
}

/// Whatever was under way is there as a whole or not at all.
async fn assert_nothing_is_half_written(processes: &Processes) {
    let halves = "select count(*) from save_session session \
                  left join decision using (customer_id, session_id) \
                  left join request_log log on log.request_id = session.contact_id || '-ask' \
                  where decision.session_id is null or log.request_id is null";
    let half: i64 = sqlx::query_scalar(halves)
        .fetch_one(&processes.databases.offers.pool)
        .await
        .unwrap();
    assert_eq!(half, 0);
}
