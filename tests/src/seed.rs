//! Publishing what the project ships: reasons, offers, policy, budgets.

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

/// Publishes the seed catalogue and policy and puts the budgets that they need.
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
    for budget in budgets() {
        put_budget(clients, "seed-budget", budget).await;
    }
}

/// The budgets of the seed, as `rekindle budget put` reads them.
pub fn budgets() -> Vec<offers::Budget> {
    let text = tree::read(Path::new("deploy/seed/budgets.toml")).unwrap();
    let tables: toml::Table = toml::from_str(&text).unwrap();
    let budgets = tables.into_iter().map(|(budget_key, table)| {
        let window = table["window"].as_str().unwrap().to_uppercase();
        let window = offers::BudgetWindow::from_str_name(&format!("BUDGET_WINDOW_{window}"));
        offers::Budget {
            budget_key,
            limit_amount: table["limit_amount"].as_integer().unwrap(),
            window: window.unwrap().into(),
            bucket_count: u32::try_from(table["bucket_count"].as_integer().unwrap()).unwrap(),
            ..Default::default()
        }
    });
    budgets.collect()
}

/// Puts a budget under a request id that is made of this one and the budget's key.
pub async fn put_budget(clients: &Clients, request_id: &str, budget: offers::Budget) {
    let request = offers::PutBudgetRequest {
        request_id: format!("{request_id}-{}", budget.budget_key),
        budget: Some(budget),
        ..Default::default()
    };
    clients.budgets().put_budget(request).await.unwrap();
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
