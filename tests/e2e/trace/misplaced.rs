//! Personal data where none belongs: a name in every text field of every request, one at a time.

use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};
use tests::people::{self, Person};
use tests::seed;

use super::evidence::{left_behind, of_refusal, places};
use crate::messages::{Rpc, rpc_of, rpcs};
use crate::processes::{Processes, TALKATIVE};
use crate::sound::{Sound, requests};

/// What all the names have in common.
const NAME: &str = "Oriole Plumage";

/// Where offers and lifecycle keep a text as it was given, and which request gave it: what the
/// company's own people call their teams, their files and themselves.
const KEPT: [&str; 8] = [
    "lifecycle.model_activation < ActivateModel reason",
    "offers.decision < OverrideOffer agent.team",
    "offers.decision < RequestAlternative agent.team",
    "offers.decision < RequestSaveOffer agent.team",
    "offers.publication < PublishCatalogue files[0].name",
    "offers.publication < PublishCatalogue published_by",
    "offers.publication < PublishPolicy files[0].name",
    "offers.publication < PublishPolicy published_by",
];

/// A request with a name of its own in one place.
struct Misplaced {
    /// The method and the field.
    place: String,
    name: String,
    request: DynamicMessage,
}

/// Puts names into a sound request, one for each of its text fields.
fn misplace(rpc: &Rpc, sound: &Sound, names: &mut impl Iterator<Item = String>) -> Vec<Misplaced> {
    let message = DynamicMessage::decode(rpc.input.clone(), sound.bytes.as_slice()).unwrap();
    let mut misplaced = Vec::new();
    for (field, name, mut request) in in_message(&message, names) {
        // Another call, or what was answered to the sound one would be answered again.
        let of_session = request
            .descriptor()
            .get_field_by_name("session_id")
            .is_some();
        for id in ["request_id", "contact_id"] {
            let part_of_session = of_session && id == "contact_id";
            if field != id && request.has_field_by_name(id) && !part_of_session {
                request.set_field_by_name(id, Value::String(name.replace(' ', "-")));
            }
        }
        misplaced.push(Misplaced {
            place: format!("{} {field}", sound.method),
            name,
            request,
        });
    }
    misplaced
}

/// A value with a name in one place: where, the name, the value.
type Spoilt<T> = Vec<(String, String, T)>;

fn in_message(
    message: &DynamicMessage,
    names: &mut impl Iterator<Item = String>,
) -> Spoilt<DynamicMessage> {
    let mut spoilt = Vec::new();
    for field in message.descriptor().fields() {
        let value = message.get_field(&field).into_owned();
        for (inside, name, value) in in_value(&field, &value, names) {
            let mut changed = message.clone();
            changed.set_field(&field, value);
            spoilt.push((format!("{}{inside}", field.name()), name, changed));
        }
    }
    spoilt
}

fn in_value(
    field: &FieldDescriptor,
    value: &Value,
    names: &mut impl Iterator<Item = String>,
) -> Spoilt<Value> {
    match (field.kind(), value) {
        _ if field.is_map() => in_map(names),
        (Kind::String, Value::List(_)) => {
            let name = names.next().unwrap();
            let list = Value::List(vec![Value::String(name.clone())]);
            vec![("[0]".to_owned(), name, list)]
        }
        (Kind::String, _) => {
            let name = names.next().unwrap();
            vec![(String::new(), name.clone(), Value::String(name))]
        }
        (Kind::Message(_), Value::Message(inner)) => in_message(inner, names)
            .into_iter()
            .map(|(inside, name, inner)| (format!(".{inside}"), name, Value::Message(inner)))
            .collect(),
        (Kind::Message(_), Value::List(items)) => in_first(items, names),
        _ => Vec::new(),
    }
}

fn in_first(items: &[Value], names: &mut impl Iterator<Item = String>) -> Spoilt<Value> {
    let Some(Value::Message(first)) = items.first() else {
        return Vec::new();
    };
    in_message(first, names)
        .into_iter()
        .map(|(inside, name, first)| {
            let mut items = items.to_vec();
            items[0] = Value::Message(first);
            (format!("[0].{inside}"), name, Value::List(items))
        })
        .collect()
}

fn in_map(names: &mut impl Iterator<Item = String>) -> Spoilt<Value> {
    let (key, value) = (names.next().unwrap(), names.next().unwrap());
    let entry = |key: &str, value: &str| {
        let value = Value::String(value.to_owned());
        Value::Map([(MapKey::String(key.to_owned()), value)].into())
    };
    vec![
        (".key".to_owned(), key.clone(), entry(&key, "x")),
        (".value".to_owned(), value.clone(), entry("x", &value)),
    ]
}

/// Wherever it is put, a name is in no span, metric, log line, error, order or cache entry, and in
/// no row of offers and lifecycle beside those of texts about the company itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_misplaced_name_is_told_to_nobody() {
    let mut processes = Processes::start(&TALKATIVE).await;
    let clients = processes.clients.clone();
    people::import(&clients, &people::population()).await;
    seed::fit(&clients).await;
    seed::publish(&clients).await;
    let all = rpcs();
    let mut names = (1..).map(|number| format!("{NAME} {number:04}"));
    let (mut misplaced, mut evidence) = (Vec::new(), Vec::new());
    for sound in requests(&clients).await {
        let rpc = rpc_of(&all, sound.method);
        for one in misplace(rpc, &sound, &mut names) {
            let answer = rpc.send(&clients, one.request.encode_to_vec()).await;
            evidence.extend(answer.err().map(|status| of_refusal(&one.place, &status)));
            misplaced.push(one);
        }
    }
    assert!(misplaced.len() > 100, "only {} were tried", misplaced.len());
    Person::named("comes-after").write(&clients).await;
    evidence.extend(left_behind(&mut processes).await);
    let told = |place: &&str| !place.starts_with("profiles.") || *place == "profiles.outbox";
    let mut kept = Vec::new();
    for one in &misplaced {
        let found = places(&evidence, &one.name);
        let found = found.into_iter().filter(told);
        kept.extend(found.map(|place| format!("{place} < {}", one.place)));
    }
    kept.sort();
    assert!(kept == KEPT, "{kept:#?}");
}
