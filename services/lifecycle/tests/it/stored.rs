//! Models as earlier versions of the service stored them: still read, shown and compared.

use contract::lifecycle::v1 as wire;

use crate::world::World;

/// Models of the first format: how the inputs were spread stands beside the model; whether a share was
/// drawn and the standard errors of spend and retention do not.
const STORED: [(&str, &str); 3] = [
    ("propensity", include_str!("stored/propensity.json")),
    ("purchase", include_str!("stored/purchase.json")),
    ("retention", include_str!("stored/retention.json")),
];

async fn store(world: &World, version: i64, kind: &str, artifact: &str) {
    let sql = "insert into fitted_model
        (version, kind, fit_time, sample_size, event_count, artifact)
        values ($1, $2, now(), 300, 100, $3::text::json)";
    sqlx::query(sql)
        .bind(version)
        .bind(kind)
        .bind(artifact)
        .execute(&world.database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn models_of_the_first_format_are_read_and_compared() {
    let world = World::start().await;
    for (version, (kind, artifact)) in (1..).zip(STORED) {
        store(&world, version, kind, artifact).await;
        let version = version.unsigned_abs();
        let activate = wire::ActivateModelRequest {
            version,
            ..wire::ActivateModelRequest::default()
        };
        let mut models = world.service.models();
        let activated = models.activate_model(activate).await.unwrap().into_inner();
        assert_eq!(activated.model.unwrap().problem, "", "{kind}");
        let which = wire::GetModelRequest { version, kind: 0 };
        let shown = models.get_model(which).await.unwrap().into_inner();
        let names: Vec<&str> = shown.groups.iter().map(|it| it.group.as_str()).collect();
        assert!(names[0].starts_with("telecom"), "{names:?}");
        let unknown = |figure: &wire::Figure| figure.not_identified;
        assert!(
            !shown.groups[0].parameters.iter().any(unknown),
            "not computed"
        );
        let drawn = |figure: &wire::Figure| figure.name.starts_with("drawn");
        assert!(!shown.groups[0].figures.iter().any(drawn), "everybody was");
        let which = wire::CheckDriftRequest { version, kind: 0 };
        assert!(models.check_drift(which).await.is_ok(), "{kind}");
    }
}
