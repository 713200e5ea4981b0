//! Where a customer stands, with the evidence.

use contract::lifecycle::v1::{ChurnRisk, CustomerStatus, SubscriptionStatus, ValueRemaining};

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
        version => format!("{} {version}", words::spoken(&status.model_kind)),
    };
    let text = format!(
        "as of {as_of} · revision {} · rules {} · {model}",
        status.revision, status.rules_version
    );
    page.gap();
    page.paragraph(0, Style::Faint, &text);
}
