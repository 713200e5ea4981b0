//! The bank test: many callers on few small budgets, while the desk and its connections are killed
//! at random and somebody keeps adding up. Never is more given than there is, at no instant do the
//! sums differ, and what was acknowledged is there at the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::offers::v1 as pb;
use futures::future::join_all;
use futures::join;
use pb::PresentedOutcome::{Accepted, Declined, NotPresented, Presented};
use tests::clients::Clients;
use tests::desk::Call;
use tests::people::{self, Person};
use tests::seed;
use tests::wait::eventually;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::{Code, Status};

use crate::processes::{AS_CLIENTS_WISH, Processes};

const CALLERS: usize = 64;
/// How long the calls of a round may take before they are given up.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often somebody adds up.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// The budgets: key, currency, limit, parts. The money is for some dozen discounts.
const BUDGETS: [(&str, &str, i64, u32); 2] = [("money", "USD", 40_000, 3), ("offers", "", 15, 4)];

/// How long the test is: how often the desk is killed, and after how many calls each time.
struct Length {
    kills: usize,
    calls: usize,
}

impl Length {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test takes is no setting of a service"
    )]
    fn wished() -> Self {
        match std::env::var_os("REKINDLE_LONG_TESTS") {
            Some(_) => Self {
                kills: 12,
                calls: 600,
            },
            None => Self {
                kills: 2,
                calls: 150,
            },
        }
    }
}

/// What the callers of one round have in common.
struct Round<'a> {
    clients: &'a Clients,
    number: usize,
    over: watch::Sender<usize>,
    killed: AtomicBool,
}

/// What a caller was told of the acceptance of an offer.
#[derive(Clone, Debug)]
struct Told {
    presented_offer_id: String,
    left: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_never_overspent_whatever_is_killed() {
    let length = Length::wished();
    let mut processes = Processes::start(&AS_CLIENTS_WISH).await;
    open_the_bank(&processes.clients).await;
    let mut told = Vec::new();
    for number in 0..length.kills {
        let callers: Vec<Person> = (0..CALLERS)
            .map(|caller| Person::named(&format!("round-{number}-{caller}")))
            .collect();
        people::import(&processes.clients, &callers).await;
        if number > 0 {
            raise_limits(&processes.clients, number).await;
        }
        let clients = processes.clients.clone();
        let round = Round {
            clients: &clients,
            number,
            over: watch::Sender::new(0),
            killed: AtomicBool::new(false),
        };
        let pool = processes.databases.offers.pool.clone();
        let calling = join_all(callers.iter().map(|person| call(&round, person)));
        let adding_up = add_up_while(&pool, &round.killed);
        let killing = async {
            let mut over = round.over.subscribe();
            let enough = over.wait_for(|over| *over >= length.calls);
            timeout(PATIENCE, enough).await.unwrap().unwrap();
            processes.kill_offers();
            round.killed.store(true, Ordering::Relaxed);
        };
        let (heard, looks, ()) = join!(calling, adding_up, killing);
        assert!(looks > 0);
        told.extend(heard.into_iter().flatten());
        processes.restart_offers().await;
    }
    assert!(told.iter().any(|told| !told.left) && told.iter().any(|told| told.left));
    assert_everything_adds_up(&processes, &told).await;
}

async fn open_the_bank(clients: &Clients) {
    people::import(clients, &people::population()).await;
    seed::fit(clients).await;
    let mut files = seed::files(&["reasons.yaml"]);
    files.push(pb::SourceFile {
        name: "bank.yaml".to_owned(),
        text: include_str!("bank.yaml").to_owned(),
    });
    let catalogue = pb::PublishCatalogueRequest {
        request_id: "bank".to_owned(),
        files,
        published_by: "tests".to_owned(),
        note: String::new(),
    };
    seed::publish(clients).await;
    let published = clients.catalogues().publish_catalogue(catalogue).await;
    assert_eq!(published.unwrap().into_inner().problems, []);
    raise_limits(clients, 0).await;
}

/// Puts the budgets, a little larger in each round, so that there is something left to give.
async fn raise_limits(clients: &Clients, round: usize) {
    for (key, currency, limit, parts) in BUDGETS {
        let times = i64::try_from(round).unwrap() + 1;
        let budget = pb::Budget {
            budget_key: key.to_owned(),
            limit_amount: limit * times,
            currency: currency.to_owned(),
            window: pb::BudgetWindow::Endless.into(),
            bucket_count: parts,
            ..Default::default()
        };
        seed::put_budget(clients, &format!("put-{round}"), budget).await;
    }
}

/// Rings again and again, until the desk is killed.
async fn call(round: &Round<'_>, person: &Person) -> Vec<Told> {
    let mut told = Vec::new();
    for number in 0.. {
        let contact = format!("{}-{}-{number}", person.id(), round.number);
        let call = Call::of(person, &contact).because("too_expensive");
        let Some(answer) = insist(round, async || call.try_ask(round.clients).await).await else {
            break;
        };
        answer_offers(round, &call, &answer, number, &mut told).await;
        round.over.send_modify(|over| *over += 1);
    }
    told
}

/// Takes the first offer, or refuses it, or hangs up, each in its turn; every other caller leaves at
/// last, which undoes what they took, and the others never do.
async fn answer_offers(
    round: &Round<'_>,
    call: &Call,
    answer: &pb::RequestSaveOfferResponse,
    number: usize,
    told: &mut Vec<Told>,
) -> Option<()> {
    let turn = call.request.customer_id.len() + call.request.customer_id.as_bytes()[8] as usize;
    let turn = (turn + number + usize::from(*call.request.customer_id.as_bytes().last()?)) % 6;
    let leaves = call
        .request
        .customer_id
        .ends_with(['1', '3', '5', '7', '9']);
    if answer.offers.is_empty() || turn == 0 {
        return if leaves {
            leave(round, call, told).await
        } else {
            Some(())
        };
    }
    let outcomes = match turn {
        1 => &[Presented, Declined][..],
        2 => &[NotPresented],
        _ => &[Accepted],
    };
    for outcome in outcomes {
        let response = call.response(answer, *outcome);
        let recording = async || {
            let mut desk = round.clients.desk();
            desk.record_response(response.clone()).await
        };
        insist(round, recording).await?;
    }
    if *outcomes == [Accepted] {
        told.push(Told {
            presented_offer_id: answer.offers[0].presented_offer_id.clone(),
            left: false,
        });
    }
    if turn == 3 && leaves {
        leave(round, call, told).await?;
    }
    Some(())
}

/// Leaves, which undoes whatever the caller accepted before, on whichever contact. Leaving that was
/// not acknowledged may have happened, so that nobody knows then what became of that.
async fn leave(round: &Round<'_>, call: &Call, told: &mut Vec<Told>) -> Option<()> {
    let leaving = async || call.try_leave(round.clients).await;
    if insist(round, leaving).await.is_none() {
        told.clear();
        return None;
    }
    for told in told {
        told.left = true;
    }
    Some(())
}

/// Tries again with the same request while a connection of the desk is gone; `None` once the desk is.
async fn insist<T>(round: &Round<'_>, attempt: impl AsyncFn() -> Result<T, Status>) -> Option<T> {
    for _ in 0..1_000 {
        match attempt().await {
            Ok(answer) => return Some(answer),
            Err(_) if round.killed.load(Ordering::Relaxed) => return None,
            Err(status) => {
                let passing = [
                    Code::Unavailable,
                    Code::DeadlineExceeded,
                    Code::Cancelled,
                    Code::Unknown,
                ];
                assert!(passing.contains(&status.code()), "{status:?}");
                tokio::task::yield_now().await;
            }
        }
    }
    None
}

/// One instant of a budget: its limit, and what is held and committed by the parts, the holds and
/// the ledger.
const ADD_UP: &str = "\
    select budget_key, limit_amount, \
           (select coalesce(sum(held + committed), 0)::bigint from budget_bucket bucket \
            where bucket.budget_key = budget.budget_key), \
           (select coalesce(sum(amount), 0)::bigint from budget_hold hold \
            where hold.budget_key = budget.budget_key and state in ('held', 'committed')), \
           (select coalesce(sum(case kind when 'hold' then amount when 'commit' then 0 else -amount end), 0)::bigint \
            from budget_entry entry where entry.budget_key = budget.budget_key) \
    from budget";

/// Ends some connection of the desk, in whatever it does.
const KILL_ONE: &str = "\
    select pg_terminate_backend(pid) from pg_stat_activity \
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' \
    order by random() limit 1";

/// Adds everything up again and again until the desk is killed, and ends a connection now and then.
async fn add_up_while(pool: &sqlx::PgPool, killed: &AtomicBool) -> usize {
    let mut looks = 0;
    let mut connection = pool.acquire().await.unwrap();
    let mut ticks = tokio::time::interval(BETWEEN_LOOKS);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !killed.load(Ordering::Relaxed) {
        ticks.tick().await;
        let budgets: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(ADD_UP)
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        for (key, limit, parts, holds, ledger) in budgets {
            assert!(parts <= limit, "{key}: {parts} of {limit}");
            assert_eq!((parts, parts), (holds, ledger), "{key}");
        }
        looks += 1;
        if looks % 25 == 0 {
            sqlx::query(KILL_ONE)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
    }
    looks
}

async fn assert_everything_adds_up(processes: &Processes, told: &[Told]) {
    let pool = &processes.databases.offers.pool;
    let number =
        async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(pool).await.unwrap() };
    let noted = "select (select count(*) from budget_return) + \
                        (select count(*) from acceptance_to_undo)";
    eventually("everything noted is undone and given back", async || {
        (number(noted).await == 0).then_some(())
    })
    .await;
    let mut committed = 0;
    for (key, ..) in BUDGETS {
        let request = pb::ReconcileBudgetRequest {
            budget_key: key.to_owned(),
            as_of_time: None,
        };
        let answer = processes.clients.budgets().reconcile_budget(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(answer.differences, [], "{key}");
        committed += answer.r#use.unwrap().committed;
    }
    assert!(committed > 0);
    for told in told {
        let kept: Option<String> = sqlx::query_scalar(
            "select fulfilment from acceptance where presented_offer_id = $1::uuid",
        )
        .bind(&told.presented_offer_id)
        .fetch_optional(pool)
        .await
        .unwrap();
        let expected = if told.left {
            "rolled_back"
        } else {
            "requested"
        };
        assert_eq!(kept.as_deref(), Some(expected), "{told:?}");
    }
    let held_twice = "select count(*) from (select from budget_entry \
                      where kind in ('commit', 'release', 'expire') \
                      group by customer_id, presented_offer_id, attempt, bucket having count(*) > 1) as twice";
    assert_eq!(number(held_twice).await, 0);
    let refused = "select count(*) from decision where record like '%BUDGET_EXHAUSTED%'";
    assert!(
        number(refused).await > 0,
        "the budgets were never exhausted"
    );
}
