//! Reasons of a risk in words that an agent can say aloud.

use crate::domain::propensity::features::{ATTRIBUTE, Feature};

/// From here on something speaks strongly: it doubles the odds.
const STRONG: f64 = 0.7;

/// Says what a fact of a customer does to the chance that they leave.
pub(in crate::domain) fn sentence(
    input: &str,
    feature: Option<&Feature<'_>>,
    log_odds: f64,
) -> String {
    let strongly = if log_odds.abs() >= STRONG {
        "strongly "
    } else {
        ""
    };
    let direction = if log_odds > 0.0 { "leaving" } else { "staying" };
    let fact = fact(input, feature);
    format!("{fact}: speaks {strongly}for {direction}.")
}

fn fact(input: &str, feature: Option<&Feature<'_>>) -> String {
    let number = match feature {
        Some(Feature::Number(number)) => Some(*number),
        _ => None,
    };
    match (input, number) {
        ("tenure_months", Some(months)) => format!("With us for {}", duration(months)),
        ("monthly_price", Some(price)) => format!("Pays {price:.2} a month"),
        ("months_to_commitment_end", Some(months)) if months > 0.0 => {
            format!("The commitment lasts for another {}", duration(months))
        }
        ("months_to_commitment_end", Some(_)) => "The commitment is over".to_owned(),
        ("months_to_commitment_end", None) => "There is no commitment of a known term".to_owned(),
        ("lifetimes_before", Some(before)) if before >= 1.0 => "Has come back before".to_owned(),
        ("lifetimes_before", _) => "Has not left before".to_owned(),
        ("live_subscriptions", Some(count)) => {
            format!("Has {count:.0} {}", plural(count, "contract"))
        }
        ("purchases_lately", Some(count)) => {
            format!(
                "Bought on {count:.0} {} in three months",
                plural(count, "day")
            )
        }
        ("contract_kind", _) => contract(feature),
        _ => format!("{}{}", spoken(input), value(feature)),
    }
}

fn contract(feature: Option<&Feature<'_>>) -> String {
    let Some(Feature::Word(kind)) = feature else {
        return "The kind of contract is not known".to_owned();
    };
    let kind = match kind.as_ref() {
        "month_to_month" => "renewed month by month",
        "one_year" => "for one year",
        "two_year" => "for two years",
        "fixed_term" => "for a fixed term",
        "pay_as_you_go" => "paid as it is used",
        _ => "of a kind that is not known",
    };
    format!("The contract is {kind}")
}

fn value(feature: Option<&Feature<'_>>) -> String {
    match feature {
        None => " is not known".to_owned(),
        Some(Feature::Number(number)) => format!(" is {number:.2}"),
        Some(Feature::Word(word)) => format!(" is {}", word.replace('_', " ")),
        Some(Feature::Text(text)) => format!(" is {text}"),
    }
}

fn duration(months: f64) -> String {
    let whole = months.max(0.0).floor();
    let (years, rest) = ((whole / 12.0).floor(), whole % 12.0);
    let years_text = format!("{years:.0} {}", plural(years, "year"));
    let rest_text = format!("{rest:.0} {}", plural(rest, "month"));
    match (years >= 1.0, rest >= 1.0) {
        (true, true) => format!("{years_text} and {rest_text}"),
        (true, false) => years_text,
        (false, true) => rest_text,
        (false, false) => "less than a month".to_owned(),
    }
}

fn plural(count: f64, word: &str) -> String {
    let ending = if (count - 1.0).abs() < 0.5 { "" } else { "s" };
    format!("{word}{ending}")
}

/// Parts the words of an imported name: `PaperlessBilling` becomes "Paperless billing".
fn spoken(input: &str) -> String {
    let name = input.strip_prefix(ATTRIBUTE).unwrap_or(input);
    let mut spoken = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' {
            spoken.push(' ');
        } else if letter.is_uppercase() && after_small {
            spoken.push(' ');
            spoken.extend(letter.to_lowercase());
        } else if spoken.is_empty() {
            spoken.extend(letter.to_uppercase());
        } else {
            spoken.push(letter);
        }
        after_small = letter.is_lowercase();
    }
    spoken
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn facts_are_said_in_words_of_the_domain() {
        let number = |number| Some(Feature::Number(number));
        let say = |input: &str, feature: Option<Feature<'_>>, log_odds| {
            sentence(input, feature.as_ref(), log_odds)
        };
        assert_eq!(
            say("tenure_months", number(38.4), -0.9),
            "With us for 3 years and 2 months: speaks strongly for staying."
        );
        let month = Some(Feature::Word(Cow::Borrowed("month_to_month")));
        assert_eq!(
            say("contract_kind", month, 0.4),
            "The contract is renewed month by month: speaks for leaving."
        );
        assert_eq!(
            say(
                "attribute.InternetService",
                Some(Feature::Text("Fiber optic")),
                0.3
            ),
            "Internet service is Fiber optic: speaks for leaving."
        );
        assert_eq!(
            say("attribute.tech_support", None, 0.3),
            "Tech support is not known: speaks for leaving."
        );
        assert_eq!(
            say("live_subscriptions", number(1.0), -0.1),
            "Has 1 contract: speaks for staying."
        );
    }
}
