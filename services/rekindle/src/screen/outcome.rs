//! What happened at the end of a call.

use contract::offers::v1::{
    Acknowledgement, ConfirmCancellationResponse, PresentedOutcome, RecordResponseResponse,
};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// An offer was answered.
pub fn responded(answer: &RecordResponseResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.heading("WHAT HAPPENED");
    if let Some(offer) = &answer.offer {
        let outcome = words::spoken(&vocabulary::PRESENTED_OUTCOME.word(offer.outcome));
        let is_accepted = offer.outcome() == PresentedOutcome::Accepted;
        let style = if is_accepted {
            Style::Good
        } else {
            Style::Plain
        };
        page.labelled_in(
            2,
            style,
            &outcome,
            &format!("{} ({})", offer.title, offer.offer_key),
        );
        page.labelled("id", &offer.presented_offer_id);
        if let Some(terms) = offer.terms.as_ref().filter(|_| is_accepted) {
            page.labelled("terms", &terms.summary);
        }
    }
    if answer.replayed {
        page.labelled("", "recorded before: nothing was done twice");
    }
    page.labelled(
        "session",
        &words::spoken(&vocabulary::SESSION_STATE.word(answer.session_state)),
    );
    page.finish()
}

/// A cancellation was confirmed.
pub fn acknowledged(answer: &ConfirmCancellationResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.heading("WHAT HAPPENED");
    match &answer.acknowledgement {
        Some(acknowledgement) => proof(&mut page, acknowledgement),
        None => page.paragraph(2, Style::Alert, "cancelled, without an acknowledgement"),
    }
    if answer.replayed {
        page.labelled("", "confirmed before: this is that acknowledgement");
    }
    page.labelled(
        "session",
        &words::spoken(&vocabulary::SESSION_STATE.word(answer.session_state)),
    );
    page.finish()
}

fn proof(page: &mut Page, acknowledgement: &Acknowledgement) {
    let when = words::optional_minute(acknowledgement.acknowledge_time.as_ref());
    page.labelled_in(2, Style::Good, "cancelled", &format!("acknowledged {when}"));
    page.labelled("quote", &acknowledgement.acknowledgement_id);
    page.labelled("sha-256", &acknowledgement.hash);
    let service = words::optional_minute(acknowledgement.service_end_time.as_ref());
    page.labelled("service ends", &service);
    let billing = words::optional_minute(acknowledgement.billing_end_time.as_ref());
    page.labelled("billing ends", &billing);
    let source = words::spoken(&vocabulary::DATES_SOURCE.word(acknowledgement.dates_source));
    page.labelled("dates from", &source);
}
