//! Everything that can be wrong with a sound request, one thing at a time, by its descriptor.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};

/// A request with one fault.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The field at fault, as a violation names it.
    pub(crate) field: String,
    /// What is wrong, for people.
    pub(crate) what: String,
    /// The request.
    pub(crate) request: DynamicMessage,
}

/// A change to a message with where and what it was.
type Spoilt = (String, String, DynamicMessage);

/// Texts that are no id: too long, with a blank, a line end, another script.
const NO_IDS: [&str; 4] = ["a b", "a\n", "na\u{ef}ve", "\u{202e}"];

/// Fields that are only ever answered: what a request says there is not read.
const OUTPUT_ONLY: [&str; 4] = [
    "customer.etag",
    "incident.state",
    "incident.recovery_step",
    "incident.outcome",
];

/// Finds every fault of a sound request. `optional` names the ids that may be left out. What is
/// wrong inside a file is no fault of the request: the answer lists it as problems of the file.
pub(crate) fn faults(sound: &DynamicMessage, optional: &[&str]) -> Vec<Fault> {
    spoil(sound, "", optional)
        .into_iter()
        .map(|(field, what, request)| Fault {
            field,
            what,
            request,
        })
        .collect()
}

fn spoil(message: &DynamicMessage, prefix: &str, optional: &[&str]) -> Vec<Spoilt> {
    let mut spoilt = Vec::new();
    for field in message.descriptor().fields() {
        let path = format!("{prefix}{}", field.name());
        let is_file = message.descriptor().name() == "SourceFile" && field.name() == "text";
        if is_file || OUTPUT_ONLY.contains(&path.as_str()) {
            continue;
        }
        let value = message.get_field(&field).into_owned();
        let given = message.has_field(&field);
        for (inside, what, value) in spoil_value(&field, &path, &value, given, optional) {
            let mut changed = message.clone();
            changed.set_field(&field, value);
            spoilt.push((inside, what, changed));
        }
    }
    spoilt
}

fn spoil_value(
    field: &FieldDescriptor,
    path: &str,
    value: &Value,
    given: bool,
    optional: &[&str],
) -> Vec<(String, String, Value)> {
    if let Value::List(items) = value {
        let mut spoilt = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = format!("{path}[{index}]");
            for (inside, what, item) in spoil_one(field, &place, item, true, &[]) {
                let mut items = items.clone();
                items[index] = item;
                spoilt.push((inside, what, Value::List(items)));
            }
        }
        return spoilt;
    }
    if field.is_map() {
        return Vec::new();
    }
    spoil_one(field, path, value, given, optional)
}

fn spoil_one(
    field: &FieldDescriptor,
    path: &str,
    value: &Value,
    given: bool,
    optional: &[&str],
) -> Vec<(String, String, Value)> {
    let at = |what: String, value: Value| (path.to_owned(), what, value);
    match (field.kind(), value) {
        (Kind::String, _) => {
            let texts = if is_id(field.name()) {
                no_ids(optional.contains(&path))
            } else {
                no_texts()
            };
            let texts = texts.into_iter();
            texts
                .map(|text| at(shown(&text), Value::String(text)))
                .collect()
        }
        (Kind::Enum(_), _) => {
            let numbers = [9_999, -1, i32::MAX, i32::MIN].into_iter();
            numbers
                .map(|number| at(number.to_string(), Value::EnumNumber(number)))
                .collect()
        }
        (Kind::Message(kind), Value::Message(inner)) if given => match kind.full_name() {
            "google.protobuf.Timestamp" => no_times(inner)
                .into_iter()
                .map(|time| at(format!("{time}"), Value::Message(time)))
                .collect(),
            "rekindle.type.v1.Money" => no_money(inner)
                .into_iter()
                .map(|(part, money)| {
                    let what = format!("{money}");
                    (format!("{path}{part}"), what, Value::Message(money))
                })
                .collect(),
            _ => spoil(inner, &format!("{path}."), optional)
                .into_iter()
                .map(|(inside, what, inner)| (inside, what, Value::Message(inner)))
                .collect(),
        },
        _ => Vec::new(),
    }
}

fn shown(text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    format!("{start:?} ({} bytes)", text.len())
}

fn is_id(name: &str) -> bool {
    name.ends_with("_id") || name.ends_with("_ids") || name == "business_line"
}

fn no_ids(may_be_empty: bool) -> Vec<String> {
    let mut texts: Vec<String> = NO_IDS.iter().map(|text| (*text).to_owned()).collect();
    texts.push("x".repeat(65));
    if !may_be_empty {
        texts.push(String::new());
    }
    texts
}

fn no_texts() -> Vec<String> {
    vec!["a\u{0}b".to_owned(), "x".repeat(20_000)]
}

fn no_times(sound: &DynamicMessage) -> Vec<DynamicMessage> {
    let with = |field: &str, value: Value| {
        let mut time = sound.clone();
        time.set_field_by_name(field, value);
        time
    };
    vec![
        with("seconds", Value::I64(-1)),
        with("seconds", Value::I64(253_402_300_799)),
        with("seconds", Value::I64(i64::MAX)),
        with("seconds", Value::I64(i64::MIN)),
        with("nanos", Value::I32(-1)),
        with("nanos", Value::I32(1_000_000_000)),
    ]
}

fn no_money(sound: &DynamicMessage) -> Vec<(&'static str, DynamicMessage)> {
    let with = |field: &str, value: Value| {
        let mut money = sound.clone();
        money.set_field_by_name(field, value);
        money
    };
    let mut wrong = Vec::new();
    for minor in [-1, 1_000_000_000_001, i64::MAX, i64::MIN] {
        wrong.push((".minor", with("minor", Value::I64(minor))));
    }
    for currency in ["", "usd", "XQQ", "US$", "DOLLAR"] {
        wrong.push((
            ".currency",
            with("currency", Value::String(currency.to_owned())),
        ));
    }
    wrong
}
