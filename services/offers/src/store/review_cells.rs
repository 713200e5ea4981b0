//! The figures of a review, as the database adds them up.

use kernel::id::OfferKey;
use sqlx::PgConnection;
use statistics::lift::{Covaried, Group, Values};
use storage::StoreError;
use tracing::Instrument;

use super::review::{WhichReview, count, currency, offer_key};
use super::session::bind;
use super::statement;
use crate::domain::catalogue::{Learning, ValueTiers};
use crate::domain::review::{Cell, CustomerKind, Side};

struct Row {
    offer_key: String,
    reason_key: Option<String>,
    margin_currency: Option<String>,
    held_out: bool,
    value_tier: Option<i32>,
    long_term: Option<bool>,
    about_price: bool,
    calls: i64,
    presented: i64,
    taken: i64,
    overridden: i64,
    calls_30: i64,
    here_30: i64,
    calls_90: i64,
    here_90: i64,
    calls_180: i64,
    here_180: i64,
    durable_calls: i64,
    durable_here: i64,
    stayed_calls: i64,
    stayed_here: i64,
    valued: i64,
    risk_calls: i64,
    risk_here: i64,
    cost: i64,
    ended_30: i64,
    after_30: i64,
    ended_90: i64,
    after_90: i64,
    price_before: i64,
    ended_60: i64,
    rang_again: i64,
    serial: i64,
    value_sum: f64,
    value_squares: f64,
    risk_sum: f64,
    risk_squares: f64,
    risk_lasting: f64,
}

pub(super) async fn cells(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<Vec<Cell>, StoreError> {
    let kinds = which.kinds.as_ref();
    let tiers = kinds.map(|kinds| tiers(&kinds.value_tiers));
    let (currencies, middle, high) = tiers.unwrap_or_default();
    let long_term_days = kinds.map_or(0, Learning::long_term_days);
    sqlx::query_file_as!(
        Row,
        "src/store/review_figures.sql",
        bind(which.since) as _,
        bind(which.now) as _,
        which.offer_key.as_ref().map_or("", OfferKey::as_str),
        kinds.is_some(),
        &currencies,
        &middle,
        &high,
        i32::try_from(long_term_days).unwrap_or(i32::MAX),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "call_outcome"))
    .await?
    .into_iter()
    .map(cell)
    .collect()
}

/// Currencies, and from which margin on a customer is worth something and much in each.
fn tiers(tiers: &ValueTiers) -> (Vec<String>, Vec<i64>, Vec<i64>) {
    let both = tiers.middle.iter().filter_map(|middle| {
        let high = tiers.high.get(middle.currency)?;
        Some((middle.currency.to_string(), middle.minor, high.minor))
    });
    let (mut currencies, mut middles, mut highs) = (Vec::new(), Vec::new(), Vec::new());
    for (currency, middle, high) in both {
        currencies.push(currency);
        middles.push(middle);
        highs.push(high);
    }
    (currencies, middles, highs)
}

fn cell(row: Row) -> Result<Cell, StoreError> {
    let kind = row.value_tier.zip(row.long_term);
    Ok(Cell {
        offer_key: offer_key(&row.offer_key)?,
        currency: currency(row.margin_currency.as_deref())?,
        held_out: row.held_out,
        kind: kind.map(|(tier, long_term)| CustomerKind {
            value_tier: count(tier.into()),
            long_term,
        }),
        about_price: row.about_price,
        side: side(&row),
        reason: row.reason_key,
    })
}

fn side(row: &Row) -> Side {
    let group = |calls: i64, saves: i64| Group {
        calls: count(calls),
        saves: count(saves),
    };
    Side {
        calls: count(row.calls),
        presented: count(row.presented),
        taken: count(row.taken),
        windows: [
            group(row.calls_30, row.here_30),
            group(row.calls_90, row.here_90),
            group(row.calls_180, row.here_180),
        ],
        durable: group(row.durable_calls, row.durable_here),
        values: Values {
            calls: count(row.valued),
            sum: row.value_sum,
            sum_of_squares: row.value_squares,
        },
        cost_minor: row.cost,
        after_terms: [
            group(row.ended_30, row.after_30),
            group(row.ended_90, row.after_90),
        ],
        serial_calls: count(row.serial),
        overridden: count(row.overridden),
        stayed: group(row.stayed_calls, row.stayed_here),
        took_price_before: group(row.taken, row.price_before),
        rang_again: group(row.ended_60, row.rang_again),
        by_risk: Covaried {
            calls: count(row.risk_calls),
            saves: count(row.risk_here),
            sum: row.risk_sum,
            sum_of_squares: row.risk_squares,
            sum_of_saves: row.risk_lasting,
        },
    }
}
