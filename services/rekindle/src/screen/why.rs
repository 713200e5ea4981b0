//! Why and why not: every offer of the catalogue with what became of it, in short.

use contract::offers::v1::{OfferVerdict, Reason, ScoreTerms, VerdictKind};

use super::paper::{Page, Style};
use super::words;

pub(super) fn verdicts(page: &mut Page, verdicts: &[OfferVerdict]) {
    let keys = verdicts
        .iter()
        .map(|verdict| verdict.offer_key.chars().count());
    let widest = keys.max().unwrap_or_default();
    for (heading, kind) in [
        ("WHY", VerdictKind::Chosen),
        ("WHY NOT: qualified, not chosen", VerdictKind::NotChosen),
        ("WHY NOT: not qualified", VerdictKind::Disqualified),
    ] {
        let of_kind: Vec<_> = verdicts
            .iter()
            .filter(|verdict| verdict.kind() == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        page.heading(heading);
        let style = if kind == VerdictKind::Chosen {
            Style::Good
        } else {
            Style::Plain
        };
        for verdict in of_kind {
            let score = verdict.score.as_ref().map(score_line);
            let codes = verdict.reasons.iter().map(|reason| &reason.code);
            let said = score.into_iter().chain(codes.map(|code| spoken(code)));
            let said: Vec<String> = said.collect();
            let key = format!("{:widest$}", verdict.offer_key);
            page.labelled_in(2, style, &key, &said.join(" · "));
        }
    }
}

fn spoken(code: &str) -> String {
    words::spoken(&code.to_lowercase())
}

pub(super) fn reason_line(reason: &Reason) -> String {
    if reason.detail.is_empty() {
        reason.code.clone()
    } else {
        format!("{}: {}", reason.code, reason.detail)
    }
}

/// The score in one line: what is gained, and from which chance.
fn score_line(score: &ScoreTerms) -> String {
    let mut parts = Vec::new();
    if let Some(gain) = &score.expected_net_gain {
        parts.push(format!("{} against no offer", words::signed_money(gain)));
    }
    parts.push(format!("stays {}", words::percent(score.probability_stay)));
    parts.push(format!(
        "lasts {}",
        words::percent(score.probability_durable)
    ));
    parts.join(" · ")
}

/// Every term of a score, for explanations.
pub(super) fn score_terms(page: &mut Page, score: &ScoreTerms) {
    let label = |page: &mut Page, label: &str, value: String| {
        page.labelled_in(6, Style::Plain, label, &value);
    };
    let chances = format!(
        "stays today {}, here at 30 days {}, lasts {}",
        words::percent(score.probability_stay),
        words::percent(score.probability_here_30_days),
        words::percent(score.probability_durable),
    );
    label(page, "chances", chances);
    let value = |money: &Option<contract::types::v1::Money>| {
        money
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), words::money)
    };
    let values = format!(
        "first month {}, rest of the window {}, after {}",
        value(&score.value_first_month),
        value(&score.value_window),
        value(&score.value_after),
    );
    label(page, "values", values);
    let expected = format!(
        "{} with it, {} without: {}",
        value(&score.expected_value),
        value(&score.expected_value_no_offer),
        score
            .expected_net_gain
            .as_ref()
            .map_or_else(String::new, words::signed_money),
    );
    label(page, "expected", expected);
}
