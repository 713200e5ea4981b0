//! The figures of the review, recomputed by the statements that REVIEW.md gives.

use std::collections::BTreeMap;

use contract::offers::v1 as pb;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::review::{OFFER, outcomes, review};
use crate::world::World;

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

#[tokio::test]
async fn each_figure_is_what_the_page_says_it_is() {
    let world = World::start().await;
    calls(&world).await;
    let answer = review(&world, OFFER).await;
    let statements = statements(&answer);
    let mut connection = world.database.pool.acquire().await.unwrap();
    let view = &statements["The calls that count"];
    sqlx::raw_sql(AssertSqlSafe(view.clone()))
        .execute(&mut *connection)
        .await
        .unwrap();
    let offer = &answer.offers[0];
    let all = offer.all.unwrap();
    let (offered, held_out) = (all.offered.unwrap(), all.held_out.unwrap());
    let mut compared = 1;
    let mut compare = async |heading: &str, wanted: Vec<Vec<f64>>| {
        let found = numbers(&mut connection, &statements[heading]).await;
        assert_eq!(found.len(), wanted.len(), "{heading}: {found:?}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_close(found, wanted, heading);
        }
        compared += 1;
    };

    let counts = |side: &pb::ReviewSide| {
        let counts = [side.calls, side.presented, side.taken, side.overridden];
        let mut row: Vec<f64> = counts.map(f64::from).to_vec();
        row.push(f64::from(i32::try_from(side.cost_minor).unwrap()));
        row.push(f64::from(side.serial_calls));
        row
    };
    compare(
        "What was offered, heard and taken",
        vec![counts(&offered), counts(&held_out)],
    )
    .await;
    let here = |side: &pb::ReviewSide| {
        let shares = [
            side.here_30_days,
            side.here_90_days,
            side.here_180_days,
            side.durable,
        ];
        shares.map(|share| share.unwrap().share).to_vec()
    };
    compare("Who is still here", vec![here(&offered), here(&held_out)]).await;
    let lift = all.durable_lift.unwrap();
    let of_lift = vec![
        lift.difference,
        lift.low,
        lift.high,
        lift.always_low(),
        lift.always_high(),
    ];
    compare("What it kept beyond those who stay anyway", vec![of_lift]).await;
    let value = all.value_per_call_minor.unwrap();
    let brought = vec![
        value.difference,
        value.low,
        all.net_retained_margin_minor.unwrap().difference,
        all.cost_per_incremental_save_minor.unwrap(),
    ];
    compare("What it brought", vec![brought]).await;
    let adjusted = all.durable_lift_at_equal_risk.unwrap();
    let at_equal_risk = vec![adjusted.difference, all.explained_by_risk.unwrap()];
    compare("The lift at equal risk", vec![at_equal_risk]).await;
    let after = [
        offered.here_30_days_after_terms,
        offered.here_90_days_after_terms,
        offered.took_price_before,
        offered.rang_again,
    ];
    let after = after.map(|share| share.unwrap().share).to_vec();
    assert!(after[2] > 0.0, "{after:?}");
    compare(
        "After the terms end, and dependence on discounts",
        vec![after],
    )
    .await;
    let curve = offer.offered_survival.iter();
    let curve = curve.map(|point| vec![f64::from(point.week), point.share]);
    compare("How long they stay", curve.collect()).await;
    let holdout = answer.holdout.unwrap();
    let sides = [
        holdout.offered_customers,
        holdout.held_out_customers,
        holdout.on_both_sides,
    ];
    compare("The two sides", vec![sides.map(f64::from).to_vec()]).await;
    let parity = [offer.parity_breaches, offer.parity_refused].map(f64::from);
    compare(
        "Prices against those of new customers",
        vec![parity.to_vec()],
    )
    .await;
    let spent = answer.spending[0].weeks.last().unwrap().spent_so_far;
    let spent = f64::from(i32::try_from(spent).unwrap());
    compare("What was spent", vec![vec![spent]]).await;
    assert_eq!(
        compared,
        statements.len(),
        "a statement that nobody compares"
    );
}
