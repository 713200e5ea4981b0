//! Says in one plain sentence why a customer is in a stage, fit to be read out to the customer.

use kernel::time::Timestamp;

use crate::domain::stage::{Classification, Finding, Measure, Stage};

/// Explains a stage by the evidence of its rule.
pub fn explain(classification: &Classification) -> String {
    let finding = &classification.finding;
    match finding.rule {
        "leaving.end_set" => on_day(finding, "The service is set to end"),
        "leaving.cancel_pending" => {
            "Has told us that the service should end; the day is not set yet.".to_owned()
        }
        "leaving.commitment_end" => match count(finding) {
            0 => "The contract runs out today and has not been renewed.".to_owned(),
            days => format!(
                "The contract runs out in {} and has not been renewed.",
                counted(days, "day")
            ),
        },
        "lost.ended" => on_day(finding, "The service ended"),
        "lost.hiatus" | "lapsed.hiatus" => {
            let silence = span(count(finding));
            format!("Has neither bought nor used anything for {silence}.")
        }
        "phoenix.return" => match count(finding) {
            0 => "Came back to us today after having been away.".to_owned(),
            days => format!("Came back to us {} ago after having been away.", span(days)),
        },
        "first_disagreement.open" => {
            let incidents = counted(count(finding), "incident");
            format!("Has {incidents} with us that we have not put right yet.")
        }
        "first_disagreement.not_calm_yet" => match count(finding) {
            0 => "Had an incident with us that was put right today.".to_owned(),
            days => format!(
                "Had an incident with us that was put right {} ago.",
                span(days)
            ),
        },
        "at_risk.failed_payments" => {
            let payments = counted(count(finding), "payment");
            format!("{payments} failed, and none has come since.")
        }
        _ => by_estimate(classification),
    }
}

/// The sentences of stages that rest on estimates, trends and tenure.
fn by_estimate(classification: &Classification) -> String {
    let finding = &classification.finding;
    match finding.rule {
        "at_risk.churn_risk" => likelihood(finding, "Is more likely to leave than most"),
        "at_risk.not_calm_yet" => {
            likelihood(finding, "Was more likely to leave than most until just now")
        }
        "at_risk.dwell" => "Was more likely to leave than most a few days ago.".to_owned(),
        "growing.subscriptions" => {
            let services = counted(count(finding), "service");
            format!("Has more with us than half a year ago: {services}.")
        }
        "growing.purchases" => {
            let days = counted(count(finding), "day");
            format!("Buys more than before: on {days} of the last half year.")
        }
        "growing.dwell" => "Had more with us a few days ago than half a year before.".to_owned(),
        "acquired.not_started" => on_day(finding, "The service begins"),
        "acquired.no_subscription" => "Has no service with us yet.".to_owned(),
        "acquired.nothing_used" => match count(finding) {
            0 => "Joined us today and has not used the service yet.".to_owned(),
            days => format!(
                "Joined us {} ago and has not used the service yet.",
                span(days)
            ),
        },
        "onboarding.early_days" => match count(finding) {
            0 => "Is new with us since today.".to_owned(),
            days => format!("Is new with us: for {}.", span(days)),
        },
        _ => with_us(classification),
    }
}

fn with_us(classification: &Classification) -> String {
    let days = count(&classification.finding);
    match classification.stage {
        _ if days == 0 => "Is with us since today.".to_owned(),
        Stage::LongTerm => format!("Has been with us for {}.", span(days)),
        _ => format!("With us for {}.", span(days)),
    }
}

/// The first count of the evidence, which is what the rule compared.
fn count(finding: &Finding) -> u32 {
    let mut counts = finding.evidence.iter().map(|evidence| &evidence.value);
    counts
        .find_map(|value| match value {
            Measure::Count(count) => Some(*count),
            _ => None,
        })
        .unwrap_or(0)
}

fn on_day(finding: &Finding, what: &str) -> String {
    let mut times = finding.evidence.iter().map(|evidence| &evidence.value);
    let time = times.find_map(|value| match value {
        Measure::Time(time) => Some(*time),
        _ => None,
    });
    match time {
        Some(time) => format!("{what} on {}.", date(time)),
        None => format!("{what}; the day is not known."),
    }
}

fn likelihood(finding: &Finding, what: &str) -> String {
    let share = |fact: &str| {
        finding.evidence.iter().find_map(|evidence| {
            let Measure::Share(share) = evidence.value else {
                return None;
            };
            (evidence.fact == fact).then_some(share)
        })
    };
    match (
        share("churn_risk.probability"),
        share("churn_risk.base_rate"),
    ) {
        (Some(risk), Some(usual)) => {
            format!("{what}: {} against {}.", percent(risk), percent(usual))
        }
        _ => format!("{what}."),
    }
}

/// A share in whole percent, never as nothing or everything when it is neither.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 {
        return "less than 1 %".to_owned();
    }
    format!("{percent:.0} %")
}

fn counted(count: u32, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else {
        format!("{count} {thing}s")
    }
}

/// Days in the largest units that people count them in: years of 365 days, months of a twelfth.
fn span(days: u32) -> String {
    let (years, months) = (days / 365, days % 365 * 12 / 365);
    match (years, months) {
        (0, 0..=1) => counted(days, "day"),
        (0, months) => counted(months, "month"),
        (years, 0) => counted(years, "year"),
        (years, months) => format!(
            "{} and {}",
            counted(years, "year"),
            counted(months, "month")
        ),
    }
}

/// A day as people say it, for example "3 May 2026".
fn date(time: Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
#[path = "explanation_tests.rs"]
mod tests;
