//! A decision explained: what was asked, what was known, how each offer was scored, what was drawn.

use contract::offers::v1::{ExplainDecisionResponse, VerdictKind};

use super::learned;
use super::paper::{Page, Paper, Style};
use super::why::{reason_line, score_terms};
use super::words;
use crate::vocabulary;

/// What was asked, known, scored and drawn.
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
    if let Some(side) = &explained.holdout {
        page.labelled("holdout", &learned::side(side));
    }
    if let Some(draw) = &explained.draw {
        page.labelled("learned", &format!("version {}", draw.learned_version));
        for arm in &draw.arms {
            page.paragraph(4, Style::Plain, &learned::drawn_arm(arm));
        }
    }
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
    for (heading, kind) in [
        ("CHOSEN", VerdictKind::Chosen),
        ("QUALIFIED, NOT CHOSEN", VerdictKind::NotChosen),
        ("NOT QUALIFIED", VerdictKind::Disqualified),
    ] {
        let verdicts = explained.verdicts.iter();
        let of_kind: Vec<_> = verdicts.filter(|verdict| verdict.kind() == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        page.heading(heading);
        for verdict in of_kind {
            page.paragraph(2, Style::Strong, &verdict.offer_key);
            if let Some(score) = &verdict.score {
                score_terms(page, score);
            }
            for reason in &verdict.reasons {
                page.paragraph(6, Style::Plain, &reason_line(reason));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::offers::v1::{OfferVerdict, Reason, ScoreTerms};
    use contract::types::v1::Money;

    use super::*;

    fn explained() -> ExplainDecisionResponse {
        let verdict = |key: &str, kind: VerdictKind, score| OfferVerdict {
            offer_key: key.to_owned(),
            kind: kind.into(),
            reasons: vec![Reason {
                code: "ELIGIBILITY".to_owned(),
                detail: format!("about {key}"),
            }],
            score,
        };
        let score = ScoreTerms {
            probability_stay: 0.4,
            expected_net_gain: Some(Money {
                minor: 10_805,
                currency: "USD".to_owned(),
            }),
            ..Default::default()
        };
        ExplainDecisionResponse {
            verdicts: vec![
                verdict("never", VerdictKind::Disqualified, None),
                verdict("best", VerdictKind::Chosen, Some(score)),
            ],
            facts: [("customer.tenure_days".to_owned(), "405".to_owned())].into(),
            arm: "best".to_owned(),
            propensity: 1.0,
            ..Default::default()
        }
    }

    #[test]
    fn facts_scores_and_a_replay_that_differs_are_shown() {
        let text = explanation(&explained(), Paper::plain(100));
        for expected in [
            "customer.tenure_days 405",
            "+108.05 USD",
            "stays today 40 %",
            "ANOTHER answer",
        ] {
            assert!(text.contains(expected), "\"{expected}\" in\n{text}");
        }
        assert!(text.find("about best") < text.find("about never"), "{text}");
    }
}
