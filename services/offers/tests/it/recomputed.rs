//! The figures of the review, recomputed by the statements that REVIEW.md gives.

use std::collections::BTreeMap;

use contract::offers::v1 as pb;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::review::{OFFER, outcomes, review};
use crate::world::{World, goodbye};

/// The statements of the page by the heading they stand under, with the values set.
fn statements(answer: &pb::ReviewOffersResponse) -> BTreeMap<String, String> {
    let time = |at: Option<prost_types::Timestamp>| {
        let at = at.unwrap();
        let nanos = u32::try_from(at.nanos).unwrap();
        let at = jiff_of(at.seconds, nanos);
        format!("'{at}'")
    };
    let set = [
        (":since", time(answer.since_time)),
        (":until", time(answer.review_time)),
        (":offer", format!("'{OFFER}'")),
        (":currency", "'USD'".to_owned()),
        (":holdout_key", "'calls_2027'".to_owned()),
        (":holdout", "0.05".to_owned()),
    ];
    let page = include_str!("../../REVIEW.md");
    let sections = page.split("\n## ").skip(1);
    sections
        .map(|section| {
            let (heading, text) = section.split_once('\n').unwrap();
            let (_, statement) = text.split_once("```sql\n").unwrap();
            let (statement, _) = statement.split_once("```").unwrap();
            let filled = set.iter().fold(statement.to_owned(), |sql, (name, value)| {
                sql.replace(name, value)
            });
            (heading.to_owned(), filled)
        })
        .collect()
}

fn jiff_of(seconds: i64, nanos: u32) -> kernel::time::Timestamp {
    kernel::time::Timestamp::new(seconds, i32::try_from(nanos).unwrap()).unwrap()
}

/// The numbers that a statement says, row by row; its first column is left out where it is no number.
async fn numbers(connection: &mut PgConnection, sql: &str) -> Vec<Vec<f64>> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            let columns = 0..row.len();
            columns
                .filter_map(|place| row.try_get(place).ok())
                .collect()
        })
        .collect()
}

fn assert_close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: {found:?} {wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        let off = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(off < 1e-7, "{what}: {found} is not {wanted}");
    }
}

async fn calls(world: &World) {
    outcomes(world, "offered-", 10, false, 7).await;
    world
        .execute(
            "update call_outcome set price_offer = true, decided_at = decided_at - interval '150 days', \
                 accepted_at = accepted_at - interval '150 days', left_at = left_at - interval '150 days', \
                 benefit_end_at = benefit_end_at - interval '150 days'; ",
        )
        .await;
    outcomes(world, "offered-", 400, false, 7).await;
    outcomes(world, "held-out-", 60, true, 2).await;
    for change in [
        "update call_outcome set churn_risk = (hashtext(session_id::text) & 1023) / 2048.0 \
             + case when durable then 0 else 0.3 end",
        "update call_outcome set overridden = true where customer_id like '%-1_'",
        "update call_outcome set parity_after_minor = 100 where customer_id like 'offered-_'",
        "update call_outcome set parity_refused_keys = array['ten_percent_three_months'] \
         where customer_id like 'held-out-_'",
        "update call_outcome set status = 'excluded' where customer_id like 'offered-2__'",
        "select learn_identity('held-out-3', 'offered-3')",
        "insert into budget (budget_key, revision, limit_amount, window_kind, bucket_count, updated_at) \
         values ('some', 1, 900, 'endless', 1, now())",
        "insert into budget_entry (customer_id, presented_offer_id, attempt, bucket, kind, budget_key, \
             window_start, amount, entered_at) \
         select 'c-' || number, gen_random_uuid(), 1, 0, \
             case when number % 4 = 0 then 'refund' else 'commit' end, 'some', 'epoch', number, \
             now() - make_interval(days => number) from generate_series(1, 40) as number",
    ] {
        world.execute(change).await;
    }
}

/// Three who left, of whom two said how content they were with it.
async fn leavers(world: &mut World) {
    for (contact, score) in [("k-1", None), ("k-2", Some(4)), ("k-3", Some(9))] {
        let left = world.leave(goodbye(contact)).await.unwrap();
        if score.is_some() {
            let said = pb::RecordExitSatisfactionRequest {
                request_id: String::new(),
                customer_id: "c-1".to_owned(),
                session_id: left.session_id,
                score,
                reason_key: "quick_and_easy".to_owned(),
            };
            world.desk.record_exit_satisfaction(said).await.unwrap();
        }
    }
}

type Rows = Vec<Vec<f64>>;

fn counts(side: &pb::ReviewSide) -> Vec<f64> {
    let counts = [side.calls, side.presented, side.taken, side.overridden];
    let mut row: Vec<f64> = counts.map(f64::from).to_vec();
    row.push(f64::from(i32::try_from(side.cost_minor).unwrap()));
    row.push(f64::from(side.serial_calls));
    row
}

fn shares<const COUNT: usize>(shares: [Option<pb::Share>; COUNT]) -> Vec<f64> {
    shares.map(|share| share.unwrap().share).to_vec()
}

fn here(side: &pb::ReviewSide) -> Vec<f64> {
    shares([
        side.here_30_days,
        side.here_90_days,
        side.here_180_days,
        side.durable,
    ])
}

/// What the review says of who stays, by the heading of the statement that says it.
fn of_comparison(all: &pb::ReviewFigures) -> Vec<(&'static str, Rows)> {
    let (offered, held_out) = (all.offered.unwrap(), all.held_out.unwrap());
    let (lift, value) = (all.durable_lift.unwrap(), all.value_per_call_minor.unwrap());
    let brought = vec![
        value.difference,
        value.low,
        all.net_retained_margin_minor.unwrap().difference,
        all.cost_per_incremental_save_minor.unwrap(),
    ];
    let adjusted = all.durable_lift_at_equal_risk.unwrap();
    let kept = vec![
        lift.difference,
        lift.low,
        lift.high,
        lift.always_low(),
        lift.always_high(),
    ];
    let after = shares([
        offered.here_30_days_after_terms,
        offered.here_90_days_after_terms,
        offered.took_price_before,
        offered.rang_again,
    ]);
    assert!(after[2] > 0.0, "{after:?}");
    vec![
        (
            "What was offered, heard and taken",
            vec![counts(&offered), counts(&held_out)],
        ),
        ("Who is still here", vec![here(&offered), here(&held_out)]),
        ("What it kept beyond those who stay anyway", vec![kept]),
        ("What it brought", vec![brought]),
        (
            "The lift at equal risk",
            vec![vec![adjusted.difference, all.explained_by_risk.unwrap()]],
        ),
        (
            "After the terms end, and dependence on discounts",
            vec![after],
        ),
    ]
}

/// What it says beside that.
fn beside(answer: &pb::ReviewOffersResponse) -> Vec<(&'static str, Rows)> {
    let offer = &answer.offers[0];
    let curve = offer.offered_survival.iter();
    let curve = curve.map(|point| vec![f64::from(point.week), point.share]);
    let holdout = answer.holdout.as_ref().unwrap();
    let sides = [
        holdout.offered_customers,
        holdout.held_out_customers,
        holdout.on_both_sides,
    ];
    let parity = [offer.parity_breaches, offer.parity_refused];
    let leaving = answer.exit_satisfaction.as_ref().unwrap();
    assert_eq!((leaving.cancellations, leaving.rated), (3, 2));
    let spent = answer.spending[0].weeks.last().unwrap().spent_so_far;
    vec![
        ("How long they stay", curve.collect()),
        ("The two sides", vec![sides.map(f64::from).to_vec()]),
        (
            "Prices against those of new customers",
            vec![parity.map(f64::from).to_vec()],
        ),
        (
            "What was spent",
            vec![vec![f64::from(i32::try_from(spent).unwrap())]],
        ),
        (
            "How content those were who left",
            vec![vec![
                f64::from(leaving.cancellations),
                f64::from(leaving.rated),
                leaving.mean_score(),
            ]],
        ),
    ]
}

#[tokio::test]
async fn each_figure_is_what_the_page_says_it_is() {
    let mut world = World::start().await;
    calls(&world).await;
    leavers(&mut world).await;
    let answer = review(&world, OFFER).await;
    let statements = statements(&answer);
    let mut connection = world.database.pool.acquire().await.unwrap();
    let view = &statements["The calls that count"];
    sqlx::raw_sql(AssertSqlSafe(view.clone()))
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut wanted = of_comparison(answer.offers[0].all.as_ref().unwrap());
    wanted.extend(beside(&answer));
    // The view is the one that is not compared by itself.
    assert_eq!(wanted.len() + 1, statements.len());
    for (heading, wanted) in wanted {
        let found = numbers(&mut connection, &statements[heading]).await;
        assert_eq!(found.len(), wanted.len(), "{heading}: {found:?}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_close(found, wanted, heading);
        }
    }
}
