//! A decision explained: what was asked, what was known, how each offer was scored, what was drawn.

use contract::offers::v1::ExplainDecisionResponse;

use super::paper::{Page, Paper, Style};
use super::why::score_terms;
use super::words;
use crate::vocabulary;

/// The whole explanation.
pub fn explanation(explained: &ExplainDecisionResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("Why this was decided");
    if let Some(answer) = &explained.answer {
        page.labelled("decision", &answer.decision_id);
        let outcome = words::spoken(&vocabulary::DECISION_OUTCOME.word(answer.outcome));
        let when = words::optional_minute(answer.decide_time.as_ref());
        let took = words::grouped(explained.decide_microseconds);
        page.labelled("outcome", &format!("{outcome}, {when}, in {took} µs"));
        let policy = answer
            .policy
            .as_ref()
            .map_or(0, |policy| policy.policy_version);
        let catalogue = answer.catalogue_version;
        page.labelled(
            "versions",
            &format!("catalogue {catalogue}, policy {policy}"),
        );
    }
    drawn(&mut page, explained);
    facts(&mut page, explained);
    scores(&mut page, explained);
    page.finish()
}

fn drawn(page: &mut Page, explained: &ExplainDecisionResponse) {
    let chance = words::percent(explained.propensity);
    let drawn = format!(
        "{}, drawn with {chance}, seed {}",
        explained.arm, explained.seed
    );
    page.labelled("arm", &drawn);
    let (style, replay) = if explained.replay_agrees {
        (
            Style::Good,
            "deciding again on the stored inputs gives the same answer",
        )
    } else {
        (
            Style::Alert,
            "deciding again on the stored inputs gives ANOTHER answer",
        )
    };
    page.labelled_in(2, style, "replay", replay);
    if !explained.trace_id.is_empty() {
        page.labelled("trace", &explained.trace_id);
    }
}

fn facts(page: &mut Page, explained: &ExplainDecisionResponse) {
    if explained.facts.is_empty() {
        return;
    }
    page.heading("WHAT THE RULES SAW");
    let mut facts: Vec<_> = explained.facts.iter().collect();
    facts.sort();
    let widest = facts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    for (name, value) in facts {
        page.labelled(&format!("{name:widest$}"), value);
    }
}

fn scores(page: &mut Page, explained: &ExplainDecisionResponse) {
    let Some(answer) = &explained.answer else {
        return;
    };
    page.heading("EVERY OFFER");
    for verdict in &answer.verdicts {
        let kind = words::spoken(&vocabulary::VERDICT.word(verdict.kind));
        page.paragraph(2, Style::Strong, &format!("{}: {kind}", verdict.offer_key));
        if let Some(score) = &verdict.score {
            score_terms(page, score);
        }
        for reason in &verdict.reasons {
            page.labelled_in(
                6,
                Style::Plain,
                "reason",
                &format!("{}: {}", reason.code, reason.detail),
            );
        }
    }
}
