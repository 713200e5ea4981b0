//! Messages that are well formed and mean anything: whatever comes, it is answered or refused by
//! name, and never is it our fault.

use kernel::entropy::Entropy;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use testkit::entropy::Seeded;
use tests::refusal::Refused;
use tonic::Code;

use crate::messages::{rpc_of, rpcs};
use crate::sound::requests;
use crate::suite::Suite;

/// How many messages each RPC gets, and in the long form of the tests.
const MESSAGES: usize = 30;
const MANY_MESSAGES: usize = 1_000;
/// Where the dice begin; a failure names the message, which is the same in every run.
const SEED: u64 = 20_261_122;
/// How deep messages are filled.
const DEPTH: usize = 4;

/// Texts that have broken something somewhere, beside those that this suite knows.
const TEXTS: [&str; 22] = [
    "",
    "sound",
    "sound-service",
    "sound-account",
    "sound-call",
    "sound-ask",
    "too_expensive",
    "US-CA",
    "en",
    "default",
    "2026-11-22",
    "1.5",
    "999999999999999999999.-1",
    "00000000-0000-0000-0000-000000000000",
    "01a200c0-c86d-7089-a8cc-cc48691555f4",
    "'; drop table decision; --",
    "a\u{0}b",
    "\u{202e}\u{feff}",
    "na\u{ef}ve \u{1f9e8}",
    "{\"a\": [",
    "rules: &a [*a]\n",
    "%s%n\\x00${jndi:ldap://x}",
];

#[expect(
    clippy::disallowed_methods,
    reason = "the one switch of the tests, and they have no settings"
)]
fn messages() -> usize {
    match std::env::var_os("REKINDLE_LONG_TESTS") {
        Some(_) => MANY_MESSAGES,
        None => MESSAGES,
    }
}

struct Dice(Seeded);

impl Dice {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % bound as u64).unwrap()
    }

    fn number(&self) -> i64 {
        let extremes = [
            0,
            1,
            -1,
            2,
            100,
            1_000,
            i64::MAX,
            i64::MIN,
            1 << 31,
            1 << 53,
        ];
        match self.below(3) {
            0 => extremes[self.below(extremes.len())],
            1 => i64::try_from(self.0.next_u64() >> 32).unwrap(),
            _ => self.0.next_u64().cast_signed(),
        }
    }

    fn text(&self) -> String {
        match self.below(12) {
            0 => "x".repeat(1 + self.below(5_000)),
            1 => (0..self.below(80))
                .map(|_| char::from(u8::try_from(self.below(128)).unwrap()))
                .collect(),
            _ => TEXTS[self.below(TEXTS.len())].to_owned(),
        }
    }

    fn message(&self, kind: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        for field in kind.fields() {
            // Most fields are given, or nothing would get past the first check.
            if self.below(5) > 0 && (depth < DEPTH || !matches!(field.kind(), Kind::Message(_))) {
                message.set_field(&field, self.field(&field, depth));
            }
        }
        message
    }

    fn field(&self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else {
                unreachable!("a map is a message of key and value")
            };
            let value = entry.map_entry_value_field();
            let entries =
                (0..self.below(4)).map(|_| (MapKey::String(self.text()), self.one(&value, depth)));
            return Value::Map(entries.collect());
        }
        if field.is_list() {
            let most = [1, 3, 3, 40][self.below(4)];
            let items = (0..self.below(most + 1)).map(|_| self.one(field, depth));
            return Value::List(items.collect());
        }
        self.one(field, depth)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "any number will do"
    )]
    fn one(&self, field: &FieldDescriptor, depth: usize) -> Value {
        let number = self.number();
        match field.kind() {
            Kind::String => Value::String(self.text()),
            Kind::Bool => Value::Bool(number % 2 == 0),
            Kind::Int32 => Value::I32(number as i32),
            Kind::Int64 => Value::I64(number),
            Kind::Uint32 => Value::U32(number as u32),
            Kind::Uint64 => Value::U64(number as u64),
            Kind::Double => Value::F64(f64::from_bits(number as u64)),
            Kind::Enum(_) if self.below(3) == 0 => Value::EnumNumber(number as i32),
            Kind::Enum(kind) => {
                let count = kind.values().count();
                Value::EnumNumber(kind.values().nth(self.below(count)).unwrap().number())
            }
            Kind::Message(kind) => Value::Message(self.message(&kind, depth + 1)),
            other => unreachable!("the contract has no {other:?}"),
        }
    }
}

/// Codes that say that it was our fault, or nothing at all.
const OUR_FAULT: [Code; 4] = [
    Code::Internal,
    Code::Unknown,
    Code::DataLoss,
    Code::Cancelled,
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_message_says_it_is_never_our_fault() {
    let suite = Suite::start().await;
    requests(&suite.clients).await;
    let dice = Dice(Seeded::new(SEED));
    let mut refused_count = 0;
    for rpc in rpcs().iter().filter(|rpc| !rpc.streaming) {
        for _ in 0..messages() {
            let message = dice.message(&rpc.input, 0);
            let Err(status) = rpc.send(&suite.clients, message.encode_to_vec()).await else {
                continue;
            };
            refused_count += 1;
            let refused = Refused::of(&status);
            let place = format!("{}: {message}\n{refused:?}", rpc.name);
            assert!(!OUR_FAULT.contains(&refused.code), "{place}");
            assert_eq!(
                refused.domain,
                format!("{}.rekindle", rpc.service),
                "{place}"
            );
            assert!(!refused.reason.is_empty(), "{place}");
            let has_fields = !refused.fields.is_empty();
            assert_eq!(has_fields, refused.reason == "INVALID_FIELD", "{place}");
        }
    }
    assert!(
        refused_count > 100,
        "only {refused_count} were refused: are the dice loaded?"
    );
}

/// The suite still works after all of it.
#[tokio::test(flavor = "multi_thread")]
async fn sound_requests_with_random_changes_leave_a_suite_that_works() {
    let suite = Suite::start().await;
    let sound = requests(&suite.clients).await;
    let dice = Dice(Seeded::new(SEED + 1));
    let all = rpcs();
    for request in &sound {
        let rpc = rpc_of(&all, request.method);
        for _ in 0..messages() / 2 {
            let bytes = request.bytes.as_slice();
            let mut message = DynamicMessage::decode(rpc.input.clone(), bytes).unwrap();
            let fields: Vec<_> = rpc.input.fields().collect();
            if fields.is_empty() {
                break;
            }
            let field = &fields[dice.below(fields.len())];
            message.set_field(field, dice.field(field, 0));
            if let Err(status) = rpc.send(&suite.clients, message.encode_to_vec()).await {
                let code = Refused::of(&status).code;
                assert!(
                    !OUR_FAULT.contains(&code),
                    "{}: {message}\n{status:?}",
                    rpc.name
                );
            }
        }
    }
    let person = tests::people::Person::named("afterwards");
    person.write(&suite.clients).await;
    let screen = tests::desk::Call::of(&person, "afterwards")
        .ask(&suite.clients)
        .await;
    assert!(!screen.degraded);
}
