//! The offers on the agent's screen, each with its terms, its price afterwards and its expiry.

use contract::offers::v1::{
    DecisionOutcome, OfferTerms, PresentedOffer, PresentedOutcome, RequestSaveOfferResponse,
};
use jiff::Timestamp;

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

pub(super) fn offers(page: &mut Page, answer: &RequestSaveOfferResponse, now: Timestamp) {
    page.heading("OFFERS");
    if answer.outcome() != DecisionOutcome::Present || answer.offers.is_empty() {
        page.paragraph(2, Style::Plain, "none: let them go");
        for reason in &answer.let_go_reasons {
            page.labelled_in(
                4,
                Style::Plain,
                "why",
                &format!("{}: {}", reason.code, reason.detail),
            );
        }
        return;
    }
    for (index, presented) in answer.offers.iter().enumerate() {
        if index > 0 {
            page.gap();
        }
        let title = format!("{}  {}", index + 1, presented.title);
        page.paragraph(2, Style::Strong, &title);
        offer(page, presented, Some(now));
    }
}

/// One offer by itself, as it is read out.
pub fn made(presented: &PresentedOffer, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.heading("THE OFFER");
    page.paragraph(2, Style::Strong, &presented.title);
    offer(&mut page, presented, None);
    page.finish()
}

fn offer(page: &mut Page, offer: &PresentedOffer, now: Option<Timestamp>) {
    let label = |page: &mut Page, label: &str, value: &str| {
        page.labelled_in(5, Style::Plain, label, value);
    };
    let lever = words::spoken(&vocabulary::LEVER.word(offer.lever));
    label(page, "offer", &format!("{} ({lever})", offer.offer_key));
    if let Some(terms) = &offer.terms {
        label(page, "terms", &terms.summary);
        label(page, "price", &price(terms));
        if let Some(amount) = &terms.one_off_amount {
            label(page, "once", &words::money(amount));
        }
        let commitment = match terms.commitment_months {
            0 => "none".to_owned(),
            months => words::count(u64::from(months), "month"),
        };
        label(page, "commitment", &commitment);
    }
    label(page, "say", &offer.script);
    for notice in &offer.notices {
        label(page, "say with it", notice);
    }
    if offer.owed {
        label(page, "owed", "hand it over whatever they decide");
    }
    if let Some(expire) = words::instant(offer.expire_time.as_ref()) {
        let until = words::minute(expire);
        let held = now.map_or_else(
            || until.clone(),
            |now| format!("{until} ({})", words::distance(now, expire)),
        );
        label(page, "held until", &held);
    }
    if let Some(gain) = &offer.expected_net_gain {
        let gain = words::signed_money(gain);
        label(
            page,
            "gain",
            &format!("{gain} expected, against offering nothing"),
        );
    }
    if offer.outcome() != PresentedOutcome::Decided {
        let outcome = words::spoken(&vocabulary::PRESENTED_OUTCOME.word(offer.outcome));
        label(page, "outcome", &outcome);
    }
    label(page, "id", &offer.presented_offer_id);
}

/// The price now, during and after the benefit, in one line.
fn price(terms: &OfferTerms) -> String {
    let mut parts = Vec::new();
    if let Some(now) = &terms.price_now {
        parts.push(format!("{} now", words::money(now)));
    }
    if let Some(during) = &terms.price_during
        && terms.benefit_months > 0
    {
        let months = words::count(u64::from(terms.benefit_months), "month");
        parts.push(format!("{} for {months}", words::money(during)));
    }
    if let Some(after) = &terms.price_after {
        let from = words::instant(terms.benefit_end_time.as_ref())
            .filter(|_| terms.benefit_months > 0)
            .map_or_else(String::new, |end| format!(" from {}", words::day(end)));
        parts.push(format!("{} afterwards{from}", words::money(after)));
    }
    if parts.is_empty() {
        "does not change".to_owned()
    } else {
        parts.join(" → ")
    }
}
