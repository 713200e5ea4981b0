//! What the tests of imported models have in common: a fixture that says of customers what becomes of
//! them.

use std::collections::HashMap;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::import_model_request::Part;
use contract::lifecycle::v1::model_input::Kind;
use contract::types::v1 as facts;
use tonic::Status;

use crate::world::{Running, World, contract, customer, ended};

pub(crate) const CONTRACTS: [(&str, facts::ContractKind, f64); 3] = [
    ("month_to_month", facts::ContractKind::MonthToMonth, 1.0),
    ("one_year", facts::ContractKind::OneYear, -0.5),
    ("two_year", facts::ContractKind::TwoYear, -1.5),
];
/// How many days before today customers are looked at: the last thing anybody did was yesterday, and
/// the horizon is ninety days.
const LANDMARK_DAYS_AGO: f64 = 91.0;

pub(crate) fn file(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join(format!("../../shared/foreign_model/fixtures/{name}.onnx"));
    std::fs::read(path).unwrap()
}

/// The same model in a file with so many bytes more: a field of text that nobody reads.
pub(crate) fn padded(name: &str, bytes: usize) -> Vec<u8> {
    let mut padded = file(name);
    // Field 6 of a model, of the wire type of texts, and the length in groups of seven bits.
    padded.push(6 << 3 | 2);
    let mut rest = bytes;
    while rest >= 0x80 {
        padded.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    padded.push(u8::try_from(rest).unwrap());
    padded.resize(padded.len() + bytes, b' ');
    padded
}

pub(crate) fn number(name: &str, feature: &str, when_missing: Option<f64>) -> wire::ModelInput {
    wire::ModelInput {
        name: name.to_owned(),
        feature: feature.to_owned(),
        kind: Some(Kind::Number(wire::NumberInput { when_missing })),
    }
}

pub(crate) fn word(name: &str, feature: &str, levels: &[&str]) -> wire::ModelInput {
    let levels = levels.iter().map(|level| (*level).to_owned()).collect();
    wire::ModelInput {
        name: name.to_owned(),
        feature: feature.to_owned(),
        kind: Some(Kind::Category(wire::CategoryInput {
            levels,
            encoding: wire::CategoryEncoding::Indicators.into(),
        })),
    }
}

/// What the fixture `named_inputs` reads, in terms of a customer.
pub(crate) fn declaration() -> wire::ModelDeclaration {
    let levels = CONTRACTS.map(|(name, ..)| name);
    wire::ModelDeclaration {
        inputs: vec![
            number("tenure_months", "", None),
            number("monthly_charge", "monthly_price", None),
            number("support_calls", "attribute.support_calls", Some(0.0)),
            word("contract", "contract_kind", &levels),
        ],
        business_lines: vec!["telecom".to_owned()],
        trained_by: "data science, north".to_owned(),
        description: "by the book".to_owned(),
        ..wire::ModelDeclaration::default()
    }
}

/// The same with the words the wrong way round.
pub(crate) fn wrong_way_round() -> wire::ModelDeclaration {
    let mut declaration = declaration();
    declaration.inputs[3] = word(
        "contract",
        "contract_kind",
        &["two_year", "one_year", "month_to_month"],
    );
    declaration
}

pub(crate) fn parts(
    declaration: wire::ModelDeclaration,
    file: &[u8],
) -> Vec<wire::ImportModelRequest> {
    let pieces = file
        .chunks(file.len().div_ceil(4).clamp(1, 1 << 20))
        .map(|piece| Part::Piece(piece.to_vec()));
    std::iter::once(Part::Declaration(declaration))
        .chain(pieces)
        .map(|part| wire::ImportModelRequest { part: Some(part) })
        .collect()
}

pub(crate) async fn send(
    service: &Running,
    messages: Vec<wire::ImportModelRequest>,
) -> Result<(Vec<String>, wire::Model), Status> {
    let stream = tokio_stream::iter(messages);
    let mut stream = service.models().import_model(stream).await?.into_inner();
    let mut steps = Vec::new();
    while let Some(step) = stream.message().await? {
        steps.push(step.step);
        if let Some(model) = step.model {
            return Ok((steps, model));
        }
    }
    panic!("the import ended without a model")
}

pub(crate) async fn import(
    service: &Running,
    declaration: wire::ModelDeclaration,
    name: &str,
) -> Result<wire::Model, Status> {
    let sent = send(service, parts(declaration, &file(name))).await;
    sent.map(|(_, model)| model)
}

pub(crate) async fn activate(service: &Running, version: u64, reason: &str) -> Result<u64, Status> {
    let request = wire::ActivateModelRequest {
        version,
        force: !reason.is_empty(),
        reason: reason.to_owned(),
        activated_by: "analyst-7".to_owned(),
        ..wire::ActivateModelRequest::default()
    };
    let answer = service.models().activate_model(request).await?;
    Ok(answer.into_inner().previous_version)
}

pub(crate) async fn world() -> World {
    World::start_with(|settings| {
        settings.model_attributes = vec!["support_calls".to_owned(), "gender".to_owned()];
    })
    .await
}

/// Numbers between zero and one, as good as drawn, always the same.
pub(crate) fn drawn(number: u64, stream: u64) -> f64 {
    let mut bits = (number << 8 | stream).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
}

/// A subscription as the model sees it at the landmark.
pub(crate) struct Drawn {
    started_days_ago: i64,
    price_minor: i64,
    calls: u32,
    contract: usize,
}

impl Drawn {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small"
    )]
    pub(crate) fn of(number: u64) -> Self {
        Self {
            started_days_ago: 120 + (drawn(number, 1) * 1_500.0) as i64,
            price_minor: 2_000 + (drawn(number, 2) * 9_000.0) as i64,
            calls: (drawn(number, 3) * 4.0) as u32,
            contract: (drawn(number, 4) * 2.999) as usize,
        }
    }

    /// What the fixture says of it, days before today.
    #[expect(clippy::cast_precision_loss, reason = "small")]
    pub(crate) fn probability(&self, days_ago: f64) -> f64 {
        let tenure = (self.started_days_ago as f64 - days_ago) / (365.25 / 12.0);
        let log_odds = -0.3 - 0.04 * tenure
            + 0.02 * self.price_minor as f64 / 100.0
            + 0.5 * f64::from(self.calls)
            + CONTRACTS[self.contract].2;
        1.0 / (1.0 + (-log_odds).exp())
    }

    pub(crate) fn subscription(&self, ended_days_ago: Option<i64>) -> facts::SubscriptionFacts {
        let attributes = [
            ("support_calls", self.calls.to_string()),
            ("gender", "f".to_owned()),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        let subscription = match ended_days_ago {
            Some(days) => ended("s", self.started_days_ago, days),
            None => contract("s", self.started_days_ago),
        };
        facts::SubscriptionFacts {
            attributes: HashMap::from(attributes),
            contract_kind: CONTRACTS[self.contract].1.into(),
            monthly_price: Some(facts::Money {
                minor: self.price_minor,
                currency: "EUR".to_owned(),
            }),
            ..subscription
        }
    }
}

/// Customers of whom each leaves as likely as the fixture says.
pub(crate) fn subscribers(world: &World, count: u64) {
    for number in 0..count {
        let drawn_one = Drawn::of(number);
        let leaves = drawn(number, 5) < drawn_one.probability(LANDMARK_DAYS_AGO);
        let days = i64::try_from(number % 80).unwrap();
        let subscription = drawn_one.subscription(leaves.then_some(1 + days));
        world
            .profiles
            .put(customer(&format!("f-{number}"), vec![subscription]));
    }
}

pub(crate) fn newcomer(
    world: &World,
    id: &str,
    change: impl FnOnce(&mut facts::SubscriptionFacts),
) -> Drawn {
    let drawn = Drawn {
        started_days_ago: 400,
        price_minor: 9_000,
        calls: 2,
        contract: 0,
    };
    let mut subscription = drawn.subscription(None);
    change(&mut subscription);
    world.profiles.put(customer(id, vec![subscription]));
    drawn
}

/// Imports the fixture and puts it in use, with no model of ours beside it.
pub(crate) async fn serving(world: &World) -> wire::Model {
    subscribers(world, 300);
    world.service.fit().await.1.unwrap();
    let model = import(&world.service, declaration(), "named_inputs").await;
    let model = model.unwrap();
    activate(&world.service, model.version, "").await.unwrap();
    model
}
