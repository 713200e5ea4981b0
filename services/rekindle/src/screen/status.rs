//! Where a customer stands, with the evidence.

use contract::lifecycle::v1::{
    ChurnRisk, ContributionMethod, CustomerStatus, SubscriptionStatus, ValueRemaining,
};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// The whole status.
pub fn status(status: &CustomerStatus, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title(&format!("Customer {}", status.customer_id));
    let stage = words::spoken(&vocabulary::STAGE.word(status.stage));
    page.labelled_in(
        2,
        Style::Strong,
        "stage",
        &format!("{stage} (rule {})", status.stage_rule),
    );
    if !status.explanation.is_empty() {
        page.labelled("", &status.explanation);
    }
    match &status.stage_since_time {
        Some(since) => page.labelled("since", &words::optional_minute(Some(since))),
        None if status.without_stage_memory => {
            page.labelled("since", "not known just now: earlier stages cannot be read");
        }
        None => {}
    }
    for evidence in &status.evidence {
        let compared = match evidence.threshold.as_str() {
            "" => String::new(),
            threshold => format!(", compared with {threshold}"),
        };
        page.labelled(
            "",
            &format!("{} = {}{compared}", evidence.fact, evidence.value),
        );
    }
    let further: Vec<String> = status
        .further_stages
        .iter()
        .map(|stage| words::spoken(&vocabulary::STAGE.word(*stage)))
        .collect();
    if !further.is_empty() {
        page.labelled("also", &further.join(", "));
    }
    let live = if status.live { "live" } else { "not live" };
    let lifetime = words::ordinal(status.lifetime_count.max(1));
    let tenure = words::tenure(status.tenure_days);
    page.labelled(
        "relationship",
        &format!("{live}, {lifetime} time with us, {tenure}"),
    );
    page.labelled("risk", &risk(status.churn_risk.as_ref()));
    reasons(&mut page, status.churn_risk.as_ref());
    page.labelled("value", &value(status.value_remaining.as_ref()));
    for subscription in &status.subscriptions {
        subscription_lines(&mut page, subscription);
    }
    provenance(&mut page, status);
    page.finish()
}

fn risk(risk: Option<&ChurnRisk>) -> String {
    risk.map_or_else(
        || "no estimate".to_owned(),
        |risk| {
            let chance = words::percent(risk.probability);
            let (lower, upper) = (words::percent(risk.lower), words::percent(risk.upper));
            let days = risk.horizon_days;
            let sample = words::grouped(risk.sample_size);
            format!(
                "{chance} leave within {days} days ({lower} to {upper}, from {sample} customers)"
            )
        },
    )
}

fn value(value: Option<&ValueRemaining>) -> String {
    let Some((value, amount)) = value.and_then(|value| Some((value, value.amount.as_ref()?)))
    else {
        return "no estimate".to_owned();
    };
    let margin = value
        .monthly_margin
        .as_ref()
        .map_or_else(String::new, words::money);
    format!(
        "{} from here: {:.1} months of {margin}, within {} months",
        words::money(amount),
        value.residual_months,
        value.horizon_months
    )
}

/// What speaks for leaving and for staying, to be said aloud.
fn reasons(page: &mut Page, risk: Option<&ChurnRisk>) {
    let contributions = risk.iter().flat_map(|risk| &risk.contributions);
    for contribution in contributions {
        page.labelled("", &contribution.sentence);
    }
    let method = risk.map(ChurnRisk::contribution_method);
    if method == Some(ContributionMethod::Occlusion) {
        let text =
            "found from the outside: what the imported model says with a typical value instead";
        page.labelled("", text);
    }
}

fn subscription_lines(page: &mut Page, subscription: &SubscriptionStatus) {
    page.heading(&format!("SUBSCRIPTION {}", subscription.subscription_id));
    let live = if subscription.live { "live" } else { "ended" };
    let stage = words::spoken(&vocabulary::STAGE.word(subscription.stage));
    let tenure = words::tenure(subscription.tenure_days);
    page.labelled("stage", &format!("{stage}, {live}, {tenure}"));
    if let Some(alive) = subscription.probability_alive {
        page.labelled(
            "alive",
            &format!("{} still a customer", words::percent(alive)),
        );
    }
    if let Some(purchases) = subscription.expected_purchases {
        page.labelled("to come", &format!("{purchases:.2} purchases expected"));
    }
    if subscription.live {
        page.labelled("risk", &risk(subscription.churn_risk.as_ref()));
        page.labelled("value", &value(subscription.value_remaining.as_ref()));
    }
    let reasons: Vec<String> = subscription
        .absent_score_reasons
        .iter()
        .map(|reason| words::spoken(reason))
        .collect();
    if !reasons.is_empty() {
        page.labelled("not scored", &reasons.join(", "));
    }
}

fn provenance(page: &mut Page, status: &CustomerStatus) {
    let as_of = words::optional_minute(status.as_of_time.as_ref());
    let model = match status.model_version {
        0 => "no model".to_owned(),
        version => format!("risk by {} {version}", words::spoken(&status.model_kind)),
    };
    let text = format!(
        "as of {as_of} · revision {} · rules {} · {model}",
        status.revision, status.rules_version
    );
    page.gap();
    page.paragraph(0, Style::Faint, &text);
    let scores = status.score_models.iter().map(|from| {
        let score = from.score().as_str_name();
        let score = words::spoken(&score.trim_start_matches("SCORE_").to_lowercase());
        format!("{score} by {} {}", words::spoken(&from.kind), from.version)
    });
    let scores: Vec<String> = scores.collect();
    if !scores.is_empty() {
        page.paragraph(0, Style::Faint, &scores.join(" · "));
    }
}

#[cfg(test)]
mod tests {
    use contract::lifecycle::v1::{Evidence, RiskContribution, Score, ScoreModel, Stage};
    use contract::types::v1::Money;

    use super::*;

    fn usd(minor: i64) -> Money {
        Money {
            minor,
            currency: "USD".to_owned(),
        }
    }

    #[test]
    fn a_status_shows_stage_evidence_risk_and_value() {
        let of_customer = CustomerStatus {
            customer_id: "c-1".to_owned(),
            stage: Stage::AtRisk.into(),
            stage_rule: "at_risk.churn_risk".to_owned(),
            evidence: vec![Evidence {
                fact: "churn_risk.probability".to_owned(),
                value: "0.08".to_owned(),
                threshold: "0.03".to_owned(),
            }],
            further_stages: vec![Stage::Onboarding.into()],
            live: true,
            lifetime_count: 2,
            churn_risk: Some(ChurnRisk {
                probability: 0.081,
                lower: 0.07,
                upper: 0.09,
                horizon_days: 90,
                sample_size: 3_687,
                contributions: vec![RiskContribution {
                    sentence: "With us for 3 months: speaks for leaving.".to_owned(),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            score_models: vec![ScoreModel {
                score: Score::ExpectedPurchases.into(),
                kind: "purchase".to_owned(),
                version: 2,
            }],
            value_remaining: Some(ValueRemaining {
                amount: Some(usd(37_682)),
                residual_months: 23.0,
                horizon_months: 36,
                monthly_margin: Some(usd(1_642)),
            }),
            ..Default::default()
        };
        let text = status(&of_customer, Paper::plain(100));
        for expected in [
            "at risk (rule at_risk.churn_risk)",
            "churn_risk.probability = 0.08, compared with 0.03",
            "onboarding",
            "live, 2nd time with us",
            "8.1 % leave within 90 days (7.0 % to 9.0 %, from 3,687 customers)",
            "With us for 3 months: speaks for leaving.",
            "expected purchases by purchase 2",
            "376.82 USD from here: 23.0 months of 16.42 USD, within 36 months",
        ] {
            assert!(text.contains(expected), "\"{expected}\" in\n{text}");
        }
    }

    #[test]
    fn an_absent_estimate_is_said_to_be_absent() {
        let subscription = SubscriptionStatus {
            subscription_id: "s-1".to_owned(),
            live: true,
            absent_score_reasons: vec!["no_life_table".to_owned()],
            ..Default::default()
        };
        let of_customer = CustomerStatus {
            subscriptions: vec![subscription],
            ..Default::default()
        };
        let text = status(&of_customer, Paper::plain(100));
        assert!(
            text.contains("no estimate") && text.contains("no life table"),
            "{text}"
        );
        assert!(text.contains("no model"), "{text}");
    }
}
