//! Publishing what the project ships: rules, reasons, offers, policy.

use std::path::Path;

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as offers;

use crate::clients::Clients;
use crate::tree;

/// Reads files of `deploy/seed`.
pub fn files(names: &[&str]) -> Vec<offers::SourceFile> {
    names
        .iter()
        .map(|name| offers::SourceFile {
            name: (*name).to_owned(),
            text: tree::read(&Path::new("deploy/seed").join(name)).unwrap(),
        })
        .collect()
}

/// Publishes the seed catalogue and policy.
pub async fn publish(clients: &Clients) {
    let catalogue = offers::PublishCatalogueRequest {
        request_id: "seed-catalogue".to_owned(),
        files: files(&["catalogue.yaml", "reasons.yaml"]),
        published_by: "tests".to_owned(),
        note: String::new(),
    };
    let answer = clients
        .catalogues()
        .publish_catalogue(catalogue)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.problems, []);
    let policy = offers::PublishPolicyRequest {
        request_id: "seed-policy".to_owned(),
        files: files(&["policy.yaml"]),
        published_by: "tests".to_owned(),
        note: String::new(),
        validate_only: false,
    };
    let answer = clients
        .policies()
        .publish_policy(policy)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.problems, []);
}

/// Fits the life tables on the customers there are.
pub async fn fit(clients: &Clients) -> lifecycle::Model {
    fit_kind(clients, lifecycle::ModelKind::LifeTable).await
}

/// Fits a model of some kind on the customers there are, and puts it in use.
pub async fn fit_kind(clients: &Clients, kind: lifecycle::ModelKind) -> lifecycle::Model {
    let request = lifecycle::FitModelRequest {
        kind: kind.into(),
        activate_if_better: true,
        ..lifecycle::FitModelRequest::default()
    };
    let mut steps = clients
        .models()
        .fit_model(request)
        .await
        .unwrap()
        .into_inner();
    let mut model = None;
    while let Some(step) = steps.message().await.unwrap() {
        model = step.model;
    }
    model.expect("the last message of a fit has the model")
}
