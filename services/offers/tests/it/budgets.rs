//! Budgets: what is held, spent and given back, and that the last of it is granted and no more.

use contract::offers::v1 as pb;
use contract::offers::v1::budget_service_client::BudgetServiceClient;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use futures::future::join_all;
use pb::PresentedOutcome::{Accepted, Declined, NotPresented, Presented};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::neighbours::{facts, instant};
use crate::world::{World, file, goodbye, refused, too_expensive};

/// What the discount costs: 5 dollars in each of three months.
const DISCOUNT: i64 = 1_500;

/// A desk whose discount is paid out of the budget `discounts`.
pub(crate) struct Till {
    pub(crate) world: World,
    budgets: BudgetServiceClient<Channel>,
    puts: u32,
}

pub(crate) fn budget(limit_amount: i64, currency: &str, bucket_count: u32) -> pb::Budget {
    pb::Budget {
        budget_key: "discounts".to_owned(),
        limit_amount,
        currency: currency.to_owned(),
        window: pb::BudgetWindow::Endless.into(),
        bucket_count,
        ..Default::default()
    }
}

impl Till {
    async fn open() -> Self {
        Self::selling(include_str!("budgeted.yaml")).await
    }

    async fn selling(catalogue: &str) -> Self {
        let world = World::start().await;
        let channel = world.channel().await;
        let published = CatalogueServiceClient::new(channel.clone())
            .publish_catalogue(pb::PublishCatalogueRequest {
                request_id: "budgeted".to_owned(),
                files: vec![
                    file("budgeted.yaml", catalogue),
                    file(
                        "reasons.yaml",
                        include_str!("../../../../deploy/seed/reasons.yaml"),
                    ),
                ],
                published_by: "test".to_owned(),
                note: String::new(),
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(published.problems, []);
        let offers = published.catalogue.unwrap().offers;
        assert_eq!(offers[0].budget_key, "discounts");
        Self {
            budgets: BudgetServiceClient::new(channel),
            world,
            puts: 0,
        }
    }

    pub(crate) async fn with(budget: pb::Budget) -> Self {
        let mut till = Self::open().await;
        till.put(budget).await.unwrap();
        till
    }

    pub(crate) async fn put(&mut self, budget: pb::Budget) -> Result<pb::Budget, Status> {
        self.puts += 1;
        let request = pb::PutBudgetRequest {
            request_id: format!("put-{}", self.puts),
            budget: Some(budget),
            ..Default::default()
        };
        let answer = self.budgets.put_budget(request).await?.into_inner();
        Ok(answer.budget.unwrap())
    }

    /// Held, committed and available; everything adds up.
    pub(crate) async fn sums(&mut self) -> (i64, i64, i64) {
        let request = pb::ReconcileBudgetRequest {
            budget_key: "discounts".to_owned(),
            as_of_time: None,
        };
        let answer = self.budgets.reconcile_budget(request).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.differences, []);
        let used = answer.r#use.unwrap();
        (used.held, used.committed, used.available)
    }

    pub(crate) async fn ask(&mut self, customer: &str) -> pb::RequestSaveOfferResponse {
        self.world.neighbours.put(facts(customer));
        self.world.ask(request(customer)).await.unwrap()
    }

    pub(crate) async fn answer(
        &mut self,
        customer: &str,
        answer: &pb::RequestSaveOfferResponse,
        outcome: pb::PresentedOutcome,
    ) -> Result<pb::RecordResponseResponse, Status> {
        let discount = answer.offers.iter().find(|it| it.offer_key == "discount");
        let request = pb::RecordResponseRequest {
            request_id: format!("{}-{customer}", outcome.as_str_name()),
            customer_id: customer.to_owned(),
            session_id: answer.session_id.clone(),
            contact_id: format!("k-{customer}"),
            presented_offer_id: discount.unwrap().presented_offer_id.clone(),
            outcome: outcome.into(),
            agent: None,
            disclosed: true,
        };
        self.world.answer(request).await
    }

    pub(crate) async fn leave(&mut self, customer: &str) {
        let request = pb::ConfirmCancellationRequest {
            customer_id: customer.to_owned(),
            ..goodbye(&format!("k-{customer}"))
        };
        self.world.leave(request).await.unwrap();
    }

    /// The code of the verdict on the discount.
    fn verdict(answer: &pb::RequestSaveOfferResponse) -> String {
        let mut verdicts = answer.verdicts.iter();
        let verdict = verdicts.find(|it| it.offer_key == "discount").unwrap();
        let first = verdict.reasons.first();
        first.map(|it| it.code.clone()).unwrap_or_default()
    }
}

fn request(customer: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        customer_id: customer.to_owned(),
        ..too_expensive(&format!("k-{customer}"))
    }
}

pub(crate) fn has_discount(answer: &pb::RequestSaveOfferResponse) -> bool {
    answer.offers.iter().any(|it| it.offer_key == "discount")
}

#[tokio::test]
async fn the_last_of_a_budget_in_parts_is_granted_and_no_more() {
    let mut till = Till::with(budget(3, "", 4)).await;
    let (_second, second) = till.world.second().await;
    let desks = [till.world.desk.clone(), second];
    let asking = (0..8).map(|number| {
        let customer = format!("c-{number}");
        till.world.neighbours.put(facts(&customer));
        let mut desk = desks[number % 2].clone();
        async move { desk.request_save_offer(request(&customer)).await }
    });
    let answers: Vec<_> = join_all(asking.collect::<Vec<_>>())
        .await
        .into_iter()
        .map(|answer| answer.unwrap().into_inner())
        .collect();
    let granted = answers.iter().filter(|answer| has_discount(answer)).count();
    assert_eq!(granted, 3);
    assert_eq!(till.sums().await, (3, 0, 0));
    for (number, answer) in answers.iter().enumerate() {
        let has = has_discount(answer);
        assert_eq!(
            Till::verdict(answer),
            if has { "" } else { "BUDGET_EXHAUSTED" }
        );
        assert_eq!(has, answer.offers[0].budget_key == "discounts");
        let explained = till
            .world
            .desk
            .explain_decision(pb::ExplainDecisionRequest {
                customer_id: format!("c-{number}"),
                decision_id: answer.decision_id.clone(),
            })
            .await
            .unwrap()
            .into_inner();
        assert!(explained.replay_agrees);
    }
}

#[tokio::test]
async fn after_a_part_is_empty_the_next_is_asked_and_no_others() {
    let mut till = Till::with(budget(8, "", 4)).await;
    for customer in ["c-1", "c-2", "c-3"] {
        assert!(has_discount(&till.ask(customer).await));
    }
    // The third found the first part empty and took from the next.
    let untouched =
        "select count(*) from budget_bucket where budget_key = 'discounts' and held = 0";
    assert_eq!(till.world.number(untouched).await, 2);
    let mut busy = till.world.database.pool.acquire().await.unwrap();
    let others = "begin; select from budget_bucket \
                  where budget_key = 'discounts' and held <> 1 for update";
    sqlx::raw_sql(others).execute(&mut *busy).await.unwrap();
    assert!(has_discount(&till.ask("c-4").await));
    sqlx::raw_sql("rollback").execute(&mut *busy).await.unwrap();
    drop(busy);
    // Nothing is stranded in the parts that come round last.
    for customer in ["c-5", "c-6", "c-7", "c-8"] {
        assert!(has_discount(&till.ask(customer).await));
    }
    assert!(!has_discount(&till.ask("c-9").await));
    assert_eq!(till.sums().await, (8, 0, 0));
}

#[tokio::test]
async fn an_amount_is_put_together_from_all_parts() {
    let mut till = Till::with(budget(DISCOUNT + 1, "USD", 4)).await;
    let answer = till.ask("c-a").await;
    assert!(has_discount(&answer));
    assert_eq!(
        till.world.number("select count(*) from budget_hold").await,
        4
    );
    let other = till.ask("c-b").await;
    assert_eq!(Till::verdict(&other), "BUDGET_EXHAUSTED");
    till.answer("c-a", &answer, Accepted).await.unwrap();
    assert_eq!(till.sums().await, (0, DISCOUNT, 1));
    till.leave("c-a").await;
    assert_eq!(till.sums().await, (0, 0, DISCOUNT + 1));
    let refunds = "select sum(amount)::bigint from budget_entry where kind = 'refund'";
    assert_eq!(till.world.number(refunds).await, DISCOUNT);
}

#[tokio::test]
async fn a_hold_is_given_back_once_however_the_offer_ends() {
    let mut till = Till::with(budget(10 * DISCOUNT, "USD", 2)).await;
    let whole = (0, 0, 10 * DISCOUNT);
    for (customer, outcomes) in [
        ("c-declines", &[Presented, Declined][..]),
        ("c-unread", &[NotPresented]),
    ] {
        let answer = till.ask(customer).await;
        // Asked again, the desk says the same and takes nothing more.
        assert!(till.ask(customer).await.replayed);
        assert_eq!(till.sums().await, (DISCOUNT, 0, 9 * DISCOUNT));
        for outcome in outcomes {
            till.answer(customer, &answer, *outcome).await.unwrap();
        }
        assert_eq!(till.sums().await, whole, "{customer}");
    }
    till.ask("c-leaves").await;
    till.leave("c-leaves").await;
    assert_eq!(till.sums().await, whole);

    let late = till.ask("c-late").await;
    let world = &till.world;
    world
        .execute("update presented_offer set expires_at = now() where outcome = 'decided'")
        .await;
    let expired = "select count(*) from budget_entry where kind = 'expire'";
    world.wait_for(expired, 1).await;
    let refusal = till.answer("c-late", &late, Accepted).await;
    refused(refusal, Code::FailedPrecondition, "OFFER_EXPIRED");
    till.leave("c-late").await;
    assert_eq!(till.sums().await, whole);
    let entries = "select count(*) from budget_entry where kind <> 'hold'";
    assert_eq!(till.world.number(entries).await, 4);
}

#[tokio::test]
async fn what_was_promised_is_honoured_when_the_budget_is_gone_and_after_a_restart() {
    let mut till = Till::with(budget(1, "", 1)).await;
    let promised = till.ask("c-first").await;
    assert!(has_discount(&promised) && !has_discount(&till.ask("c-second").await));
    let refusal = till.put(budget(0, "", 1)).await;
    refused(refusal, Code::FailedPrecondition, "BUDGET_BELOW_USE");
    till.world = till.world.restart().await;
    till.budgets = BudgetServiceClient::new(till.world.channel().await);
    till.answer("c-first", &promised, Accepted).await.unwrap();
    assert_eq!(till.sums().await, (0, 1, 0));
    assert!(!has_discount(&till.ask("c-third").await));
}

/// Which statement of somebody who leaves waited for a lock while something was done, however briefly.
/// That nobody else does is not asked for: the sweep may.
async fn waits_until(pool: &sqlx::PgPool, done: impl Future<Output = ()>) -> Vec<String> {
    let mut waits = Vec::new();
    let mut done = std::pin::pin!(done);
    loop {
        let waiting = sqlx::query_scalar(
            "select query from pg_stat_activity activity \
             where datname = current_database() and wait_event_type = 'Lock' \
               and exists (select from pg_locks locked where locked.pid = activity.pid \
                   and locked.relation = 'cancellation'::regclass and locked.granted \
                   and locked.mode = 'RowExclusiveLock')",
        )
        .fetch_all(pool);
        tokio::select! {
            biased;
            () = &mut done => return waits,
            waiting = waiting => waits.extend(waiting.unwrap()),
        }
    }
}

#[tokio::test]
async fn leaving_does_not_wait_for_a_budget_and_gives_back_what_it_held() {
    let mut till = Till::with(budget(2, "", 1)).await;
    till.ask("c-held").await;
    let accepted = till.ask("c-accepted").await;
    till.answer("c-accepted", &accepted, Accepted)
        .await
        .unwrap();
    let mut busy = till.world.database.pool.acquire().await.unwrap();
    sqlx::raw_sql("begin; select from budget_bucket for update")
        .execute(&mut *busy)
        .await
        .unwrap();
    let watched = till.world.database.pool.clone();
    let leaving = async {
        till.leave("c-held").await;
        till.leave("c-accepted").await;
    };
    let waits = waits_until(&watched, leaving).await;
    assert_eq!(waits, Vec::<String>::new());
    let left = "select count(*) from cancellation";
    assert_eq!(till.world.number(left).await, 2);
    sqlx::raw_sql("rollback").execute(&mut *busy).await.unwrap();
    drop(busy);
    let noted = "select (select count(*) from budget_return) + \
                 (select sum(held + committed)::bigint from budget_bucket)";
    till.world.wait_for(noted, 0).await;
    assert_eq!(till.sums().await, (0, 0, 2));
}

#[tokio::test]
async fn a_budget_that_cannot_pay_keeps_its_offers_and_no_others_from_a_call() {
    let mut till = Till::open().await;
    let unknown = till.ask("c-1").await;
    assert_eq!(Till::verdict(&unknown), "BUDGET_UNKNOWN");
    assert_eq!(unknown.offers[0].offer_key, "smaller_plan");

    till.put(budget(1_000_000, "EUR", 1)).await.unwrap();
    let euros = till.ask("c-2").await;
    assert_eq!(Till::verdict(&euros), "BUDGET_OTHER_CURRENCY");

    let mut till = Till::open().await;
    let closed = pb::Budget {
        window: pb::BudgetWindow::Fixed.into(),
        open_time: Some(instant("2020-01-01T00:00:00Z")),
        close_time: Some(instant("2020-02-01T00:00:00Z")),
        ..budget(1_000_000, "USD", 1)
    };
    till.put(closed.clone()).await.unwrap();
    let early = till.ask("c-3").await;
    assert_eq!(Till::verdict(&early), "BUDGET_NOT_OPEN");
    let longer = pb::Budget {
        close_time: Some(instant("2100-01-01T00:00:00Z")),
        ..closed
    };
    till.put(longer).await.unwrap();
    assert!(has_discount(&till.ask("c-4").await));
}

#[tokio::test]
async fn a_later_step_takes_from_the_budget_too() {
    let mut till = Till::with(budget(1, "", 3)).await;
    for (customer, gets_it) in [("c-one", true), ("c-two", false)] {
        till.world.neighbours.put(facts(customer));
        let mut moved = request(customer);
        "moved_out_of_area".clone_into(&mut moved.reason);
        till.world.ask(moved).await.unwrap();
        let second = pb::RequestSaveOfferRequest {
            request_id: format!("second-{customer}"),
            step: 2,
            ..request(customer)
        };
        let answer = till.world.ask(second).await.unwrap();
        assert_eq!(has_discount(&answer), gets_it);
    }
    assert_eq!(till.sums().await, (1, 0, 0));
}

#[tokio::test]
async fn each_day_begins_with_all_of_a_daily_budget() {
    let daily = pb::Budget {
        window: pb::BudgetWindow::CalendarDay.into(),
        ..budget(1, "", 2)
    };
    let mut till = Till::with(daily).await;
    assert!(has_discount(&till.ask("c-today").await));
    assert!(!has_discount(&till.ask("c-late").await));
    // What is there was yesterday's, and nobody has asked today.
    till.world
        .execute(
            "alter table budget_entry disable trigger all; \
             update budget_entry set window_start = window_start - interval '1 day'; \
             update budget_hold set window_start = window_start - interval '1 day'; \
             update budget_bucket set window_start = window_start - interval '1 day'",
        )
        .await;
    let standing =
        "select count(*) from budget_bucket where window_start >= date_trunc('day', now(), 'UTC')";
    assert_eq!(till.world.number(standing).await, 0);
    let mut next = till.ask("c-morning").await;
    // The desk may not have looked since.
    for number in 0.. {
        if has_discount(&next) || number == 100 {
            break;
        }
        next = till.ask(&format!("c-morning-{number}")).await;
    }
    assert!(has_discount(&next));
    assert_eq!(till.sums().await, (1, 0, 0));
}

#[tokio::test]
async fn a_budget_is_written_once_and_keeps_what_holds_rest_on() {
    let mut till = Till::with(budget(10, "USD", 2)).await;
    let get = pb::GetBudgetRequest {
        budget_key: "discounts".to_owned(),
    };
    let read = till.budgets.get_budget(get.clone()).await.unwrap();
    let read = read.into_inner().budget.unwrap();
    let put =
        |request_id: &str, budget: pb::Budget, etag: &str, validate_only| pb::PutBudgetRequest {
            request_id: request_id.to_owned(),
            budget: Some(budget),
            etag: etag.to_owned(),
            validate_only,
        };
    let more = pb::Budget {
        limit_amount: 20,
        bucket_count: 0,
        ..budget(20, "USD", 0)
    };
    let would = till
        .budgets
        .put_budget(put("more", more.clone(), &read.etag, true))
        .await
        .unwrap();
    assert_eq!(would.into_inner().budget.unwrap().limit_amount, 20);
    let still = till.budgets.get_budget(get).await.unwrap().into_inner();
    assert_eq!(still.budget.as_ref(), Some(&read));

    let write = put("more", more.clone(), &read.etag, false);
    let first = till.budgets.put_budget(write.clone()).await.unwrap();
    let again = till.budgets.put_budget(write).await.unwrap();
    assert_eq!(first.get_ref(), again.get_ref());
    let stored = first.into_inner().budget.unwrap();
    assert_eq!(
        (stored.bucket_count, stored.r#use.unwrap().available),
        (2, 20)
    );

    let stale = till
        .budgets
        .put_budget(put("stale", more.clone(), &read.etag, false))
        .await;
    refused(stale, Code::Aborted, "ETAG_MISMATCH");
    let reused = till
        .budgets
        .put_budget(put("more", budget(5, "USD", 2), "", false))
        .await;
    refused(reused, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    for other in [
        budget(20, "EUR", 2),
        budget(20, "", 2),
        budget(20, "USD", 1),
    ] {
        refused(
            till.put(other).await,
            Code::FailedPrecondition,
            "BUDGET_FIELD_FIXED",
        );
    }
}

#[tokio::test]
async fn budgets_are_bounded_and_listed_by_key_in_pages() {
    let mut till = Till::with(budget(10, "USD", 2)).await;
    let unknown = pb::GetBudgetRequest {
        budget_key: "nothing".to_owned(),
    };
    let unknown = till.budgets.get_budget(unknown).await;
    refused(unknown, Code::NotFound, "BUDGET_NOT_FOUND");

    till.world
        .execute(
            "insert into budget (budget_key, revision, limit_amount, window_kind, bucket_count, updated_at) \
             select 'b-' || number, 1, 1, 'endless', 1, now() \
             from generate_series(1, 1000 - (select count(*)::int from budget)) as number",
        )
        .await;
    let one_more = pb::Budget {
        budget_key: "one_more".to_owned(),
        ..budget(1, "", 1)
    };
    refused(
        till.put(one_more).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListBudgetsRequest {
            page_size: 100,
            page_token,
        };
        let page = till
            .budgets
            .list_budgets(request)
            .await
            .unwrap()
            .into_inner();
        listed.extend(page.budgets.into_iter().map(|budget| budget.budget_key));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed.len(), 1_000);
    assert!(listed.windows(2).all(|pair| pair[0] < pair[1]));
}

#[tokio::test]
async fn a_sum_that_somebody_changed_is_found() {
    let mut till = Till::with(budget(5, "", 1)).await;
    till.ask("c-1").await;
    till.world
        .execute("update budget_bucket set held = held + 1")
        .await;
    let request = pb::ReconcileBudgetRequest {
        budget_key: "discounts".to_owned(),
        as_of_time: None,
    };
    let answer = till
        .budgets
        .reconcile_budget(request)
        .await
        .unwrap()
        .into_inner();
    let found: Vec<_> = answer
        .differences
        .iter()
        .map(|it| (it.what.as_str(), it.against.as_str(), it.found, it.expected))
        .collect();
    let held = |against| ("held", against, 2, 1);
    assert_eq!(found, [held("holds"), held("ledger"), held("promises")]);
}

/// Of two who override, one may give back to the budget that the other takes from.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "holds a lock as another writer would"
)]
async fn an_override_locks_the_budgets_it_gives_back_to_and_takes_from_in_one_order() {
    let sold = include_str!("budgeted.yaml").replace(
        "lever: right_size\n",
        "lever: right_size\n    budget: a_plans\n",
    );
    let mut till = Till::selling(&sold).await;
    till.put(budget(5, "", 1)).await.unwrap();
    let plans = pb::Budget {
        budget_key: "a_plans".to_owned(),
        ..budget(5, "", 1)
    };
    till.put(plans).await.unwrap();
    let answer = till.ask("c-a").await;
    assert!(has_discount(&answer) && answer.offers.len() == 1);

    let pool = till.world.database.pool.clone();
    let mut busy = pool.begin().await.unwrap();
    sqlx::raw_sql("select from budget_bucket where budget_key = 'a_plans' for update")
        .execute(&mut *busy)
        .await
        .unwrap();
    let request = pb::OverrideOfferRequest {
        request_id: "override".to_owned(),
        customer_id: "c-a".to_owned(),
        session_id: answer.session_id.clone(),
        contact_id: "k-c-a".to_owned(),
        offer_key: "smaller_plan".to_owned(),
        agent: Some(pb::Agent {
            agent_id: "senior-1".to_owned(),
            authority: pb::AuthorityLevel::Senior.into(),
            team: String::new(),
        }),
        reason: "they_asked_for_it".to_owned(),
    };
    let mut desk = till.world.desk.clone();
    let (overridden, ()) = futures::join!(desk.override_offer(request), async {
        let waiting = "select count(*) from pg_stat_activity \
                       where datname = current_database() and wait_event_type = 'Lock'";
        till.world.wait_for(waiting, 1).await;
        // Whoever waits for the first has nothing that comes after it.
        sqlx::raw_sql("select from budget_bucket where budget_key = 'discounts' for update nowait")
            .execute(&mut *busy)
            .await
            .unwrap();
        busy.rollback().await.unwrap();
    });
    overridden.unwrap();
    assert_eq!(till.sums().await, (0, 0, 5));
    let held = "select held from budget_bucket where budget_key = 'a_plans'";
    assert_eq!(till.world.number(held).await, 1);
}

/// Of many at once one is paid for. The others are decided again, and compared by what they were to be
/// offered: those who are held out take nothing from any budget and are never told that it is empty.
#[tokio::test]
async fn a_call_decided_again_is_compared_by_what_it_was_to_be_offered() {
    let till = Till::with(budget(1, "", 1)).await;
    let asking = (0..8).map(|number| {
        let customer = format!("c-{number}");
        till.world.neighbours.put(facts(&customer));
        let mut desk = till.world.desk.clone();
        async move { desk.request_save_offer(request(&customer)).await.unwrap() }
    });
    let answers = join_all(asking).await;
    let paid = answers.iter().filter(|it| has_discount(it.get_ref()));
    assert_eq!(paid.count(), 1);
    let again = "select count(*) from decision where record::jsonb ->> 'first_choice' = 'discount'";
    assert!(till.world.number(again).await > 0);
    let long_ago = "update save_session set updated_at = now() - interval '5 hours'";
    till.world.execute(long_ago).await;
    let described = "select count(*) from call_outcome where described_at is not null";
    till.world.wait_for(described, 8).await;
    let compared = "select count(*) from call_outcome outcome \
         join decision using (customer_id, session_id) \
         where record::jsonb ->> 'first_choice' = 'discount' \
           and compared_offer_key is distinct from 'discount'";
    assert_eq!(till.world.number(compared).await, 0);
}

#[tokio::test]
async fn the_review_tells_what_was_spent_of_each_budget() {
    let mut till = Till::with(budget(10_000, "USD", 1)).await;
    for customer in ["c-one", "c-two"] {
        let answer = till.ask(customer).await;
        till.answer(customer, &answer, Accepted).await.unwrap();
    }
    till.leave("c-two").await;
    let given_back = "select count(*) from budget_entry where kind = 'refund'";
    till.world.wait_for(given_back, 1).await;
    let mut review = ReviewServiceClient::new(till.world.channel().await);
    let answer = review
        .review_offers(pb::ReviewOffersRequest::default())
        .await;
    let answer = answer.unwrap().into_inner();
    let [spending] = &answer.spending[..] else {
        panic!("{answer:?}");
    };
    assert_eq!(
        (
            spending.budget_key.as_str(),
            spending.currency.as_str(),
            spending.limit_amount
        ),
        ("discounts", "USD", 10_000)
    );
    let [week] = &spending.weeks[..] else {
        panic!("{spending:?}");
    };
    assert_eq!(
        (week.committed, week.given_back, week.spent_so_far),
        (2 * DISCOUNT, DISCOUNT, DISCOUNT)
    );
}
