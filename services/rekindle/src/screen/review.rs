//! The review of offers, as text.

use contract::offers::v1::{
    Difference, HoldoutCheck, OfferReview, ReviewFigures, ReviewOffersResponse, ReviewSide,
    ReviewVerdict, Share,
};
use contract::types::v1::Money;

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

mod leaving;
mod money;

pub(crate) use leaving::left_lines;
pub(crate) use money::{Line, by_segment, spent};

/// Shows a review: whether it can be believed, then offer by offer, those with calls first.
pub fn review(answer: &ReviewOffersResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("Which offers keep people");
    page.labelled("holdout", &holdout(answer.holdout.as_ref()));
    let calls = |offer: &OfferReview| sides(offer.all.as_ref()).0.calls;
    let (made, silent): (Vec<_>, Vec<_>) = answer.offers.iter().partition(|it| calls(it) > 0);
    for offer in made {
        one(&mut page, offer);
    }
    if !silent.is_empty() {
        let keys: Vec<&str> = silent.iter().map(|it| it.offer_key.as_str()).collect();
        page.heading("NO CALL YET THAT COUNTS");
        page.paragraph(2, Style::Faint, &keys.join(", "));
    }
    if !answer.spending.is_empty() {
        page.heading("SPENT OF BUDGETS");
    }
    for budget in &answer.spending {
        page.labelled(&budget.budget_key, &money::spent(budget));
    }
    if let Some(leaving) = &answer.exit_satisfaction {
        page.heading("HOW PEOPLE LEFT");
        for (name, said) in left_lines(leaving) {
            page.labelled(&name, &said);
        }
    }
    page.finish()
}

/// Whether the comparison can be believed, in a sentence.
pub(crate) fn holdout(check: Option<&HoldoutCheck>) -> String {
    let Some(check) = check else {
        return "nobody is held out: what offers keep cannot be told from who stays anyway"
            .to_owned();
    };
    let mut text = format!(
        "{}: {} of customers are to be held out; {} are, {} are not",
        check.holdout_key,
        words::percent(check.planned_share),
        words::grouped(u64::from(check.held_out_customers)),
        words::grouped(u64::from(check.offered_customers)),
    );
    if check.is_suspicious {
        text.push_str("; that is no accident: believe no figure before the reason is found");
    }
    if check.offered_all_the_same > 0 {
        let count = words::grouped(u64::from(check.offered_all_the_same));
        text.extend(["; ", &count, " of the held out were offered something"]);
    }
    if check.on_both_sides > 0 {
        let count = words::grouped(u64::from(check.on_both_sides));
        text.extend([
            "; ",
            &count,
            " were on both sides by two ids and count on neither",
        ]);
    }
    text
}

fn one(page: &mut Page, offer: &OfferReview) {
    page.heading(&offer.offer_key.to_uppercase());
    let style = match offer.verdict() {
        ReviewVerdict::Continue => Style::Good,
        ReviewVerdict::Drop | ReviewVerdict::Change => Style::Alert,
        ReviewVerdict::Watch | ReviewVerdict::Unspecified => Style::Plain,
    };
    page.labelled_in(2, style, "verdict", &verdict(offer));
    let (offered, held_out) = sides(offer.all.as_ref());
    let taken = format!(
        "{} offered, {} heard it, {} took it · {} held out",
        words::grouped(u64::from(offered.calls)),
        words::grouped(u64::from(offered.presented)),
        words::grouped(u64::from(offered.taken)),
        words::grouped(u64::from(held_out.calls)),
    );
    page.labelled("calls", &taken);
    for (name, kept) in kept(offer) {
        page.labelled(&name, &kept);
    }
    for (name, kept) in by_segment(offer) {
        page.labelled(&name, &kept);
    }
    if !offer.review_due.is_empty() {
        let due = if offer.is_due { ", which is over" } else { "" };
        page.labelled("review due", &format!("{}{due}", offer.review_due));
    }
    if let Some(decision) = &offer.decision {
        let word = vocabulary::REVIEW_VERDICT.word(decision.decision);
        let text = format!("{word} by {}: {}", decision.decided_by, decision.reason);
        page.labelled("decided", &text);
    }
}

/// The verdict with its reason and how sure it is.
pub(crate) fn verdict(offer: &OfferReview) -> String {
    let word = vocabulary::REVIEW_VERDICT.word(offer.verdict);
    let mut text = format!("{word}: {}", words::spoken(&offer.verdict_reason));
    if let Some(chance) = offer.chance_worth_more {
        text.extend([
            ", with ",
            &words::percent(chance),
            " worth more than nothing",
        ]);
    }
    let figures = offer.all.as_ref();
    if let Some(needed) = figures.and_then(|it| it.calls_still_needed)
        && needed > 0
    {
        let count = words::grouped(u64::from(needed));
        text.extend(["; ", &count, " calls more would tell"]);
    }
    text
}

/// What an offer keeps and costs: each figure with its name.
pub(crate) fn kept(offer: &OfferReview) -> Vec<(String, String)> {
    let default = ReviewFigures::default();
    let figures = offer.all.as_ref().unwrap_or(&default);
    let (offered, held_out) = sides(Some(figures));
    let mut lines = windows(figures);
    let after = [
        ("30 days after it", offered.here_30_days_after_terms),
        ("90 days after it", offered.here_90_days_after_terms),
    ];
    let after = after
        .into_iter()
        .filter(|(_, share)| share.is_some_and(|it| it.calls > 0));
    lines.extend(after.map(|(name, share)| (name.to_owned(), shown(share))));
    lines.extend(money::worth(figures, &offer.currency));
    lines.extend(money::at_equal_risk(figures));
    lines.push(("cost".to_owned(), cost(figures, &offered, &offer.currency)));
    if offered.serial_calls > 0 {
        let count = words::grouped(u64::from(offered.serial_calls));
        let text = format!("{count} calls of customers who rang for the third time or more");
        lines.push(("serial".to_owned(), text));
    }
    lines.extend(money::dependence(&offered));
    lines.extend(money::parity(offer));
    lines.extend(money::overridden(&offered, &held_out));
    lines
}

/// Who was still here on the day of each window, on both sides.
fn windows(figures: &ReviewFigures) -> Vec<(String, String)> {
    let (offered, held_out) = sides(Some(figures));
    let windows = [
        (
            "30 days",
            offered.here_30_days,
            held_out.here_30_days,
            figures.lift_30_days,
        ),
        (
            "90 days",
            offered.here_90_days,
            held_out.here_90_days,
            figures.lift_90_days,
        ),
        (
            "180 days",
            offered.here_180_days,
            held_out.here_180_days,
            figures.lift_180_days,
        ),
        (
            "lasts",
            offered.durable,
            held_out.durable,
            figures.durable_lift,
        ),
    ];
    windows
        .into_iter()
        .map(|(name, with, without, lift)| (name.to_owned(), compared(with, without, lift)))
        .collect()
}

fn cost(figures: &ReviewFigures, offered: &ReviewSide, currency: &str) -> String {
    let all = words::money(&Money {
        minor: offered.cost_minor,
        currency: currency.to_owned(),
    });
    match figures.cost_per_incremental_save_minor {
        Some(each) => format!(
            "{all}, {} for each kept who would have left",
            amount(each, currency)
        ),
        None => all,
    }
}

/// An amount that is no whole number of minor units.
pub(super) fn amount(minor: f64, currency: &str) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, and such amounts are nobody's"
    )]
    let minor = minor.round() as i64;
    words::money(&Money {
        minor,
        currency: currency.to_owned(),
    })
}

fn compared(with: Option<Share>, without: Option<Share>, lift: Option<Difference>) -> String {
    let sides = format!(
        "{} of the offered, {} of the held out",
        shown(with),
        shown(without)
    );
    match lift {
        Some(lift) => format!(
            "{sides}: {}, 95 % of the time {} to {}{}",
            points(lift.difference),
            points(lift.low),
            points(lift.high),
            always(lift, points)
        ),
        None => sides,
    }
}

/// The interval that is right however often somebody looks, where there is one.
pub(super) fn always(lift: Difference, said: impl Fn(f64) -> String) -> String {
    match (lift.always_low, lift.always_high) {
        (Some(low), Some(high)) => {
            format!(", {} to {} however often you look", said(low), said(high))
        }
        _ => String::new(),
    }
}

pub(super) fn points(difference: f64) -> String {
    format!("{:+.1} points", 100.0 * difference)
}

pub(super) fn shown(share: Option<Share>) -> String {
    match share {
        Some(share) if share.calls > 0 => {
            let of = words::grouped(u64::from(share.calls));
            format!("{} ({of})", words::percent(share.share))
        }
        _ => "nobody knows yet".to_owned(),
    }
}

fn sides(figures: Option<&ReviewFigures>) -> (ReviewSide, ReviewSide) {
    let sides = figures.map(|it| {
        (
            it.offered.unwrap_or_default(),
            it.held_out.unwrap_or_default(),
        )
    });
    sides.unwrap_or_default()
}
