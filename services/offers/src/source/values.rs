//! Single values: texts, numbers, days, names of closed vocabularies, amounts.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use kernel::key::{KEY_FORM, is_key};
use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::Date;

use super::fields::entries;
use super::node::{Kind, Node};
use crate::domain::catalogue::Amounts;
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::predicate::draft::Scalar;
use crate::domain::problem::{Code, Placed, Problems};

/// The largest amount, in minor units.
const MAX_MINOR: i64 = 1_000_000_000_000;

/// Reads what is written as a single value.
pub(super) fn scalar(node: &Node) -> Option<Scalar> {
    let Kind::Scalar { text, plain } = &node.kind else {
        return None;
    };
    if !plain {
        return Some(Scalar::Text(text.clone()));
    }
    Some(match text.as_str() {
        "true" | "True" | "TRUE" => Scalar::Boolean(true),
        "false" | "False" | "FALSE" => Scalar::Boolean(false),
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Other("nothing".to_owned()),
        number if looks_like_a_number(number) => number
            .parse()
            .map_or_else(|_| Scalar::Other(number.to_owned()), Scalar::Integer),
        _ => Scalar::Text(text.clone()),
    })
}

/// Everything YAML would take for a number, so that a quoted text is a text and nothing else is.
fn looks_like_a_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && text.parse::<f64>().is_ok()
}

/// Reads a text of 1 to `max` characters without control characters; lines may end in it.
pub(super) fn text(node: &Node, max: usize, problems: &mut Problems) -> Option<String> {
    let Kind::Scalar { text, .. } = &node.kind else {
        problems.add(
            &node.place,
            Code::WrongShape,
            format!("a text is needed; here is {}", node.describe()),
        );
        return None;
    };
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > max {
        let message = format!("a text of 1 to {max} characters is needed; this has {length}");
        problems.add(&node.place, Code::BadValue, message);
        return None;
    }
    if text
        .chars()
        .any(|character| character.is_control() && character != '\n')
    {
        problems.add(
            &node.place,
            Code::BadValue,
            "control characters are not read out: drop them",
        );
        return None;
    }
    Some(text.to_owned())
}

/// Reads a text together with its place.
pub(super) fn placed_text(
    node: &Node,
    max: usize,
    problems: &mut Problems,
) -> Option<Placed<String>> {
    Some(Placed::new(text(node, max, problems)?, node.place.clone()))
}

/// Reads true or false.
pub(super) fn boolean(node: &Node, problems: &mut Problems) -> Option<bool> {
    match scalar(node) {
        Some(Scalar::Boolean(value)) => Some(value),
        _ => bad(node, "true or false", problems),
    }
}

/// Reads a whole number within bounds.
pub(super) fn integer<T>(
    node: &Node,
    bounds: RangeInclusive<T>,
    problems: &mut Problems,
) -> Option<T>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    let Some(Scalar::Integer(written)) = scalar(node) else {
        return bad(node, "a whole number", problems);
    };
    let within = T::try_from(written)
        .ok()
        .filter(|number| bounds.contains(number));
    if within.is_none() {
        let (least, greatest) = (bounds.start(), bounds.end());
        let message = format!("{written} is out of range: {least} to {greatest}");
        problems.add(&node.place, Code::OutOfRange, message);
    }
    within
}

/// Reads a share in basis points up to a greatest one.
pub(super) fn basis_points(
    node: &Node,
    bounds: RangeInclusive<u32>,
    problems: &mut Problems,
) -> Option<BasisPoints> {
    integer(node, bounds, problems).map(BasisPoints)
}

/// Reads a number between two bounds, both excluded where `open`.
pub(super) fn decimal(
    node: &Node,
    bounds: RangeInclusive<f64>,
    problems: &mut Problems,
) -> Option<f64> {
    let number = match scalar(node) {
        Some(Scalar::Integer(_) | Scalar::Other(_)) => match &node.kind {
            Kind::Scalar { text, .. } => text.parse::<f64>().ok(),
            _ => None,
        },
        _ => None,
    };
    let Some(number) = number else {
        return bad(node, "a number such as 0.35", problems);
    };
    if bounds.contains(&number) {
        return Some(number);
    }
    let (least, greatest) = (bounds.start(), bounds.end());
    let message = format!("{number} is out of range: {least} to {greatest}");
    problems.add(&node.place, Code::OutOfRange, message);
    None
}

/// Reads a day.
pub(super) fn day(node: &Node, problems: &mut Problems) -> Option<Date> {
    match &node.kind {
        Kind::Scalar { text, .. } => match Date::from_str(text) {
            Ok(day) => Some(day),
            Err(_) => bad(node, "a day such as 2027-03-31", problems),
        },
        _ => bad(node, "a day such as 2027-03-31", problems),
    }
}

/// Reads a name of a closed vocabulary.
pub(super) fn named<T: Named>(node: &Node, problems: &mut Problems) -> Option<T> {
    let Kind::Scalar { text, .. } = &node.kind else {
        return bad(node, "a name", problems);
    };
    let value = T::from_name(text);
    if value.is_none() && !problems.is_full() {
        let hint = did_you_mean(text, T::names());
        let message = match hint.as_str() {
            "" => format!("{text:?} is not known; known are {}", T::names().join(", ")),
            hint => format!("{text:?} is not known{hint}"),
        };
        problems.add(&node.place, Code::UnknownValue, message);
    }
    value
}

/// Reads a list; a single value is none.
pub(super) fn list<'a>(node: &'a Node, problems: &mut Problems) -> &'a [Node] {
    if let Kind::List(nodes) = &node.kind {
        return nodes;
    }
    let message = format!(
        "a list such as [a, b] is needed; here is {}",
        node.describe()
    );
    problems.add(&node.place, Code::WrongShape, message);
    &[]
}

/// Reads a list of names of a closed vocabulary.
pub(super) fn named_list<T: Named>(node: &Node, problems: &mut Problems) -> Vec<T> {
    list(node, problems)
        .iter()
        .filter_map(|node| named(node, problems))
        .collect()
}

/// Reads an amount for each currency, none of them negative.
pub(super) fn amounts(node: &Node, problems: &mut Problems) -> Amounts {
    let mut amounts = Amounts::default();
    for (code, amount) in entries(node, "amounts by currency, such as {EUR: 2500},", problems) {
        let minor = integer(amount, 0..=MAX_MINOR, problems);
        match Currency::parse(&code.value) {
            Ok(currency) => {
                amounts = amounts.with(Money::new(minor.unwrap_or_default(), currency));
            }
            Err(complaint) => {
                let message = format!("{} {complaint}", code.value);
                problems.add(&code.place, Code::BadValue, message);
            }
        }
    }
    amounts
}

/// Tells whether a text is a name as authors give them: lower-case words joined by `_`.
pub(super) fn check_name(name: &Placed<String>, what: &str, problems: &mut Problems) -> bool {
    let fits = is_key(&name.value);
    if !fits {
        let message = format!("{:?} is no name for {what}: {KEY_FORM}", name.value);
        problems.add(&name.place, Code::BadValue, message);
    }
    fits
}

fn bad<T>(node: &Node, needed: &str, problems: &mut Problems) -> Option<T> {
    let there = match &node.kind {
        Kind::Scalar { text, .. } if !text.is_empty() => {
            format!("{:?}", text.chars().take(40).collect::<String>())
        }
        _ => node.describe().to_owned(),
    };
    let message = format!("{needed} is needed; here is {there}");
    problems.add(&node.place, Code::BadValue, message);
    None
}
