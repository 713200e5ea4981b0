//! What a review says beside who stays: dependence on discounts, prices, segments, and budgets.

use contract::offers::v1::{BudgetSpending, OfferReview, ReviewFigures, ReviewSide};

use super::{always, amount, points, shown, words};

/// A figure with its name.
pub(crate) type Line = (String, String);

/// What was spent of a budget, in a sentence.
pub(crate) fn spent(of: &BudgetSpending) -> String {
    let so_far = of.weeks.last().map_or(0, |week| week.spent_so_far);
    let given_back: i64 = of.weeks.iter().map(|week| week.given_back).sum();
    format!(
        "{} spent, {} given back; the limit is {}, {}",
        counted(so_far, &of.currency),
        counted(given_back, &of.currency),
        counted(of.limit_amount, &of.currency),
        words::spoken(&of.window),
    )
}

/// An amount, or a number of offers where a budget counts these.
fn counted(count: i64, currency: &str) -> String {
    if currency.is_empty() {
        return format!("{count} offers");
    }
    words::money(&contract::types::v1::Money {
        minor: count,
        currency: currency.to_owned(),
    })
}

/// What a call and all of them brought beyond those held out.
pub(super) fn worth(figures: &ReviewFigures, currency: &str) -> Vec<Line> {
    let money = |minor: f64| amount(minor, currency);
    let each = figures.value_per_call_minor.map(|value| {
        let text = format!(
            "{} a call within 180 days, 95 % of the time {} to {}{}",
            money(value.difference),
            money(value.low),
            money(value.high),
            always(value, money)
        );
        ("worth".to_owned(), text)
    });
    let all = figures.net_retained_margin_minor.map(|margin| {
        let text = format!(
            "{} retained, the cost taken off, 95 % of the time {} to {}",
            money(margin.difference),
            money(margin.low),
            money(margin.high)
        );
        ("net margin".to_owned(), text)
    });
    each.into_iter().chain(all).collect()
}

/// On how many calls of each side somebody decided otherwise.
pub(super) fn overridden(offered: &ReviewSide, held_out: &ReviewSide) -> Option<Line> {
    if offered.overridden + held_out.overridden == 0 {
        return None;
    }
    let text = format!(
        "{} of the offered and {} of the held out were decided otherwise by somebody",
        words::grouped(u64::from(offered.overridden)),
        words::grouped(u64::from(held_out.overridden)),
    );
    Some(("overridden".to_owned(), text))
}

/// The lift with the risk taken out, and how much that explains.
pub(super) fn at_equal_risk(figures: &ReviewFigures) -> Option<Line> {
    let lift = figures.durable_lift_at_equal_risk?;
    let explained = figures.explained_by_risk.unwrap_or_default();
    let text = format!(
        "lasts {}, 95 % of the time {} to {}; the risk known on the call explains {}",
        points(lift.difference),
        points(lift.low),
        points(lift.high),
        words::percent(explained),
    );
    Some(("at equal risk".to_owned(), text))
}

/// How much those who take it depend on discounts.
pub(super) fn dependence(offered: &ReviewSide) -> Vec<Line> {
    let told = [
        (
            "took one before",
            offered.took_price_before,
            "took another offer about price in the year before",
        ),
        (
            "rang again",
            offered.rang_again,
            "rang to leave within 60 days of its end",
        ),
    ];
    let known = told.into_iter().filter_map(|(name, share, what)| {
        let share = share.filter(|share| share.calls > 0)?;
        Some((name.to_owned(), format!("{} {what}", shown(Some(share)))))
    });
    known.collect()
}

/// How its price was kept from being above that of new customers.
pub(super) fn parity(offer: &OfferReview) -> Option<Line> {
    if offer.parity_breaches + offer.parity_refused == 0 {
        return None;
    }
    let text = format!(
        "{} accepted above the price of a new customer, {} not offered for that",
        words::grouped(u64::from(offer.parity_breaches)),
        words::grouped(u64::from(offer.parity_refused)),
    );
    Some(("parity".to_owned(), text))
}

/// Each segment with what it came to, where that was asked for.
pub(crate) fn by_segment(offer: &OfferReview) -> Vec<Line> {
    let segments = offer.by_segment.iter();
    segments
        .filter_map(|of| {
            let figures = of.figures.as_ref()?;
            let (offered, held_out) = (figures.offered?, figures.held_out?);
            let worth = ["worth little", "worth something", "worth much"];
            let tier = usize::try_from(of.value_tier).ok();
            let tier = tier.and_then(|tier| worth.get(tier)).unwrap_or(&"");
            let since = if of.long_term { "long here" } else { "new" };
            let reason = if of.reason.is_empty() {
                "no reason"
            } else {
                &of.reason
            };
            let mut text = format!(
                "{tier}, {since}: {} offered, {} held out",
                words::grouped(u64::from(offered.calls)),
                words::grouped(u64::from(held_out.calls)),
            );
            if let Some(lift) = figures.durable_lift {
                text.extend(["; lasts ", &points(lift.difference)]);
            }
            if let Some(value) = figures.value_per_call_minor {
                text.extend(["; ", &amount(value.difference, &offer.currency), " a call"]);
            }
            Some((reason.to_owned(), text))
        })
        .collect()
}
