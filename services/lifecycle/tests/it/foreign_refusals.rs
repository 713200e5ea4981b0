//! Models that are not taken: each by its field or its reason, and nothing is left behind.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::import_model_request::Part;
use contract::lifecycle::v1::model_input::Kind;
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::foreign_world::{
    declaration, file, import, newcomer, number, padded, parts, send, serving, subscribers, word,
    world,
};
use crate::world::{check_refusal, faulty_fields};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table is read from top to bottom")]
async fn what_cannot_be_a_model_is_refused_by_field_and_leaves_nothing() {
    let world = world().await;
    let model = serving(&world).await;
    let changed = |change: &dyn Fn(&mut wire::ModelDeclaration)| {
        let mut declaration = declaration();
        change(&mut declaration);
        declaration
    };
    let named = file("named_inputs");
    let price = |feature: &str| number("monthly_charge", feature, None);
    let cases: Vec<(wire::ModelDeclaration, Vec<u8>, &str)> = vec![
        (declaration(), named[..200].to_vec(), "piece"),
        (declaration(), b"not a model".to_vec(), "piece"),
        (declaration(), file("unsupported"), "piece"),
        (declaration(), file("logistic"), "declaration.inputs"),
        (
            changed(&|it| it.output = "nowhere".to_owned()),
            named.clone(),
            "declaration.output",
        ),
        (
            changed(&|it| it.inputs[1] = price("mood")),
            named.clone(),
            "declaration.inputs[1].feature",
        ),
        (
            changed(&|it| it.inputs[1] = price("attribute.spelt_wrong")),
            named.clone(),
            "declaration.inputs[1].feature",
        ),
        (
            changed(&|it| it.inputs[1] = price("attribute.gender")),
            named.clone(),
            "declaration.inputs[1].feature",
        ),
        (
            changed(&|it| it.inputs[1] = price("product")),
            named.clone(),
            "declaration.inputs[1].feature",
        ),
        // What nobody is known to have done; only trees read gaps.
        (
            changed(&|it| it.inputs[1] = price("purchases_lately")),
            named.clone(),
            "declaration.inputs[1].number.when_missing",
        ),
        (
            changed(&|it| it.inputs[1].kind = None),
            named.clone(),
            "declaration.inputs[1].kind",
        ),
        (
            changed(&|it| it.inputs[1] = number("x", "monthly_price", Some(f64::NAN))),
            named.clone(),
            "declaration.inputs[1].number.when_missing",
        ),
        (
            changed(&|it| it.inputs[3] = word("contract", "contract_kind", &["a", "a"])),
            named.clone(),
            "declaration.inputs[3].category.levels",
        ),
        (
            changed(&|it| it.inputs.clear()),
            named.clone(),
            "declaration.inputs",
        ),
        (
            changed(&|it| it.trained_by = String::new()),
            named.clone(),
            "declaration.trained_by",
        ),
        (
            changed(&|it| it.business_lines = vec![" ".to_owned()]),
            named.clone(),
            "declaration.business_lines[0]",
        ),
        (
            place_among_two(),
            file("says_nan"),
            "declaration.inputs[3].category.levels",
        ),
        (declaration(), Vec::new(), "piece"),
    ];
    for (declaration, file, field) in cases {
        let refused = send(&world.service, parts(declaration, &file)).await;
        assert_eq!(faulty_fields(&refused.unwrap_err()), [field]);
    }
    let only_piece = parts(declaration(), &named)[1..].to_vec();
    let refused = send(&world.service, only_piece).await;
    assert_eq!(faulty_fields(&refused.unwrap_err()), ["declaration"]);

    assert_eq!(world.count("fitted_model").await, 2);
    assert_eq!(world.count("foreign_model_file").await, 1);
    newcomer(&world, "new", |_| {});
    let status = world.service.status_of("new").await;
    assert_eq!(status.model_version, model.version);
}

/// A declaration of a matrix of four numbers.
fn matrix() -> wire::ModelDeclaration {
    let mut declaration = declaration();
    declaration.inputs = vec![
        number("a", "tenure_months", None),
        number("b", "monthly_price", None),
        number("c", "attribute.support_calls", Some(0.0)),
        number("d", "live_subscriptions", None),
    ];
    declaration
}

/// The same with a contract as its place in a list that lacks the third.
fn place_among_two() -> wire::ModelDeclaration {
    let mut declaration = matrix();
    let levels = ["month_to_month", "one_year"].map(str::to_owned).to_vec();
    "contract_kind".clone_into(&mut declaration.inputs[3].feature);
    declaration.inputs[3].kind = Some(Kind::Category(wire::CategoryInput {
        levels,
        encoding: wire::CategoryEncoding::Place.into(),
    }));
    declaration
}

#[tokio::test]
async fn what_says_no_probability_is_refused_and_leaves_nothing() {
    let world = world().await;
    subscribers(&world, 300);
    let code = Code::FailedPrecondition;
    for name in ["says_nan", "says_log_odds"] {
        let refused = import(&world.service, matrix(), name).await.unwrap_err();
        let metadata = [("group", "telecom"), ("cause", "no_probability")];
        check_refusal(&refused, code, "MODEL_NOT_EVALUATED", &metadata);
    }
    let mut elsewhere = declaration();
    elsewhere.business_lines = vec!["energy".to_owned()];
    let refused = import(&world.service, elsewhere, "named_inputs").await;
    let metadata = [("group", "energy")];
    check_refusal(&refused.unwrap_err(), code, "TOO_LITTLE_DATA", &metadata);
    assert_eq!(world.count("fitted_model").await, 0);
    assert_eq!(world.count("foreign_model_file").await, 0);
}

#[tokio::test]
async fn the_same_import_again_brings_the_same_version() {
    let world = world().await;
    subscribers(&world, 300);
    let mut declared = declaration();
    // For every line that it can be judged in.
    declared.business_lines.clear();
    declared.request_id = "import-1".to_owned();
    for _ in 0..2 {
        let model = import(&world.service, declared.clone(), "named_inputs").await;
        assert_eq!(model.unwrap().version, 1);
    }
    assert_eq!(world.count("fitted_model").await, 1);
    let mut other = declared.clone();
    other.description = "another one".to_owned();
    let mut file = file("named_inputs");
    let refused = send(&world.service, parts(other, &file)).await.unwrap_err();
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, "REQUEST_ID_REUSED", &[]);
    file.push(0);
    let refused = send(&world.service, parts(declared, &file))
        .await
        .unwrap_err();
    check_refusal(&refused, code, "REQUEST_ID_REUSED", &[]);
}

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_stored_is_not_used() {
    let world = world().await;
    let model = serving(&world).await;
    let sql = "update foreign_model_file set content = set_byte(content, 100, 0)";
    sqlx::query(sql)
        .execute(&world.database.pool)
        .await
        .unwrap();
    let request = wire::GetModelRequest {
        version: model.version,
        kind: 0,
    };
    let other = world.another(2).await;
    newcomer(&world, "new", |_| {});
    let status = other.status_of("new").await;
    assert_eq!(status.model_kind, "life_table");
    let shown = other
        .models()
        .get_model(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(shown.model.unwrap().problem, "corrupt");
    let drift = wire::CheckDriftRequest {
        version: model.version,
        kind: 0,
    };
    let refused = other.models().check_drift(drift).await.unwrap_err();
    check_refusal(&refused, Code::FailedPrecondition, "MODEL_CORRUPT", &[]);
}

#[tokio::test]
async fn a_file_comes_in_pieces_within_bounds() {
    let world = world().await;
    subscribers(&world, 100);
    let large = padded("named_inputs", 3 << 20);
    let taken = send(&world.service, parts(declaration(), &large)).await;
    let origin = taken.unwrap().1.foreign_model.unwrap();
    assert_eq!(origin.file_bytes, u64::try_from(large.len()).unwrap());
    let first = parts(declaration(), &[1])[0].clone();
    let piece = |bytes: Vec<u8>| wire::ImportModelRequest {
        part: Some(Part::Piece(bytes)),
    };
    let in_one = vec![first.clone(), piece(padded("named_inputs", 1 << 20))];
    let twice = vec![first.clone(), first.clone()];
    for (messages, field) in [(in_one, "piece"), (twice, "declaration")] {
        let refused = send(&world.service, messages).await;
        assert_eq!(faulty_fields(&refused.unwrap_err()), [field]);
    }
    // It is not waited for the end of what never ends.
    let pieces = std::iter::once(first).chain(vec![piece(vec![7; 1 << 20]); 33]);
    let endless = tokio_stream::iter(pieces.collect::<Vec<_>>())
        .chain(futures::stream::pending::<wire::ImportModelRequest>());
    let mut models = world.service.models();
    let refused = models.import_model(endless);
    let refused = tokio::time::timeout(std::time::Duration::from_secs(20), refused);
    let refused = refused.await.unwrap().err().unwrap();
    assert_eq!(faulty_fields(&refused), ["piece"]);
    assert_eq!(world.count("fitted_model").await, 1);
}

/// Whoever sends slowly holds a place; beyond these nobody's file is read.
#[tokio::test]
async fn only_so_many_files_are_held_at_once() {
    let world = world().await;
    let mut senders = Vec::new();
    let slow = (0..2).map(|_| {
        let (sender, messages) = tokio::sync::mpsc::channel(1);
        senders.push(sender);
        let stream = tokio_stream::wrappers::ReceiverStream::new(messages);
        let mut models = world.service.models();
        async move { models.import_model(stream).await.map(|_| ()) }
    });
    let slow = futures::future::join_all(slow.collect::<Vec<_>>());
    let refused = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            ticks.tick().await;
            // Until both have come, it is refused for what it is.
            let refused = send(&world.service, parts(declaration(), &[1])).await;
            let refused = refused.unwrap_err();
            if refused.code() == Code::Unavailable {
                return refused;
            }
        }
    };
    let patience = tokio::time::timeout(std::time::Duration::from_secs(20), refused);
    let refused = tokio::select! {
        _ = slow => panic!("nobody ended their file"),
        refused = patience => refused.unwrap(),
    };
    check_refusal(&refused, Code::Unavailable, "OVERLOADED", &[]);
}
