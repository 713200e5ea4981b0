//! Checking, publishing and reading the catalogue.

use std::sync::atomic::{AtomicU32, Ordering};

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::world::{World, file, refused, too_expensive, wait_until};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");

type Client = CatalogueServiceClient<Channel>;

async fn client(world: &World) -> Client {
    CatalogueServiceClient::new(world.channel().await)
}

fn files(catalogue: &str) -> Vec<pb::SourceFile> {
    vec![
        file("catalogue.yaml", catalogue),
        file("reasons.yaml", REASONS),
    ]
}

fn request(request_id: &str, files: Vec<pb::SourceFile>) -> pb::PublishCatalogueRequest {
    pb::PublishCatalogueRequest {
        request_id: request_id.to_owned(),
        files,
        published_by: "ada".to_owned(),
        note: "a test".to_owned(),
    }
}

async fn publish(
    client: &mut Client,
    request: pb::PublishCatalogueRequest,
) -> pb::PublishCatalogueResponse {
    client
        .publish_catalogue(request)
        .await
        .unwrap()
        .into_inner()
}

/// The seed with a discount renamed: something else, and sound.
fn another() -> String {
    CATALOGUE.replace("ten_percent_three_months", "ten_percent_a_quarter")
}

#[tokio::test]
async fn publishing_what_is_in_force_makes_no_version_and_anything_else_the_next() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let same = publish(&mut client, request("same", files(CATALOGUE))).await;
    let version = same.catalogue.unwrap();
    assert_eq!((version.version, same.changed), (1, false));
    assert_eq!(
        (version.published_by.as_str(), version.digest.len()),
        ("test", 64)
    );
    assert!(version.offers.len() >= 14);

    let other = publish(&mut client, request("other", files(&another()))).await;
    let second = other.catalogue.unwrap();
    assert_eq!((second.version, other.changed), (2, true));
    assert_ne!(second.digest, version.digest);

    // Going back is a new version with the old content.
    let back = publish(&mut client, request("back", files(CATALOGUE))).await;
    let third = back.catalogue.unwrap();
    assert_eq!((third.version, third.digest), (3, version.digest));
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_and_another_body_under_the_same_id_is_refused() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let first = publish(&mut client, request("r-1", files(&another()))).await;
    publish(&mut client, request("r-2", files(CATALOGUE))).await;
    let again = publish(&mut client, request("r-1", files(&another()))).await;
    assert_eq!(again, first);
    assert_eq!(
        world
            .number("select count(*) from publication where kind = 'catalogue'")
            .await,
        3
    );

    let reused = client
        .publish_catalogue(request("r-1", files(CATALOGUE)))
        .await;
    refused(reused, Code::FailedPrecondition, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn publishers_at_the_same_time_get_versions_without_gaps() {
    let world = World::start().await;
    let client = client(&world).await;
    let publishers = (0..6).map(|number| {
        let mut client = client.clone();
        let catalogue = CATALOGUE.replace("guided_start", &format!("guided_start_{number}"));
        async move {
            publish(
                &mut client,
                request(&format!("p-{number}"), files(&catalogue)),
            )
            .await
        }
    });
    let mut versions: Vec<u64> = futures::future::join_all(publishers)
        .await
        .into_iter()
        .map(|answer| answer.catalogue.unwrap().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn files_with_problems_are_answered_with_all_of_them_and_publish_nothing() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let broken = CATALOGUE
        .replacen("customer.deceased: false", "customer.gender: female", 1)
        .replacen("hold_minutes: 4320", "hold_minutes: 0", 1)
        .replacen("{price_after}", "{price_later}", 1);
    let answer = publish(&mut client, request("broken", files(&broken))).await;
    assert_eq!((answer.catalogue, answer.changed), (None, false));
    let codes: Vec<&str> = answer
        .problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect();
    for code in ["PROTECTED_ATTRIBUTE", "OUT_OF_RANGE", "UNKNOWN_PLACEHOLDER"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let lines: Vec<u32> = answer.problems.iter().map(|problem| problem.line).collect();
    assert!(lines.is_sorted() && lines[0] > 1, "{lines:?}");
    assert_eq!(
        world
            .number("select count(*) from publication where kind = 'catalogue'")
            .await,
        1
    );

    // Nothing was remembered: the same id may bring sound files.
    let sound = publish(&mut client, request("broken", files(&another()))).await;
    assert!(sound.changed);
}

#[tokio::test]
async fn validating_checks_and_changes_nothing() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let validate = |text: String| pb::ValidateCatalogueRequest {
        files: files(&text),
    };
    let sound = client
        .validate_catalogue(validate(another()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(sound.problems, []);
    assert!(
        sound
            .offers
            .iter()
            .any(|offer| offer.offer_key == "ten_percent_a_quarter")
    );
    let circle = format!("{CATALOGUE}\nrules2: {{}}\n");
    let unsound = client
        .validate_catalogue(validate(circle))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(unsound.problems[0].code, "UNKNOWN_KEY");
    assert_eq!(world.number("select count(*) from publication").await, 2);
}

#[tokio::test]
async fn malformed_requests_name_every_field() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let many = vec![file("f", ""); 21];
    for (request, field) in [
        (request("r", Vec::new()), "files"),
        (request("r", many), "files"),
        (request("", files(CATALOGUE)), "request_id"),
        (request("r", vec![file("", "x")]), "files[0].name"),
        (
            request("r", vec![file("f", &"x".repeat(256 * 1024 + 1))]),
            "files[0].text",
        ),
    ] {
        let status = client.publish_catalogue(request).await.unwrap_err();
        let details = tonic_types::StatusExt::get_error_details(&status);
        let violations = &details.bad_request().unwrap().field_violations;
        assert!(
            violations.iter().any(|violation| violation.field == field),
            "{violations:?}"
        );
        refused(Err::<(), _>(status), Code::InvalidArgument, "INVALID_FIELD");
    }
}

#[tokio::test]
async fn a_version_reads_back_with_its_files_and_the_list_comes_in_pages() {
    let world = World::start().await;
    let mut client = client(&world).await;
    publish(&mut client, request("other", files(&another()))).await;
    let mut get = async |version| {
        client
            .get_catalogue(pb::GetCatalogueRequest { version })
            .await
    };
    let first = get(1).await.unwrap().into_inner();
    assert_eq!(first.files, files(CATALOGUE));
    let in_force = get(0).await.unwrap().into_inner();
    assert_eq!(in_force.catalogue.unwrap().version, 2);
    assert_eq!(in_force.files, files(&another()));
    for version in [3, u64::MAX] {
        refused(get(version).await, Code::NotFound, "CATALOGUE_NOT_FOUND");
    }

    let page = |token: &str| pb::ListCatalogueVersionsRequest {
        page_size: 1,
        page_token: token.to_owned(),
    };
    let newest = client
        .list_catalogue_versions(page(""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(newest.catalogues[0].version, 2);
    let token = newest.next_page_token;
    let oldest = client
        .list_catalogue_versions(page(&token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            oldest.catalogues[0].version,
            oldest.next_page_token.as_str()
        ),
        (1, "")
    );
    let forged = client.list_catalogue_versions(page("Zm9yZ2Vk")).await;
    refused(forged, Code::InvalidArgument, "INVALID_FIELD");
}

#[tokio::test]
async fn another_process_takes_a_new_version_into_force_and_old_decisions_still_replay() {
    let mut world = World::start().await;
    let before = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(before.catalogue_version, 1);

    let (second, other_desk) = world.second().await;
    // Every discount is gone.
    let without = CATALOGUE.replace(
        "lever: price_discount\n",
        "state: paused\n    lever: price_discount\n",
    );
    publish(
        &mut client(&world).await,
        request("without", files(&without)),
    )
    .await;
    let calls = AtomicU32::new(2);
    wait_until("the second process decides with version 2", async || {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        let request = too_expensive(&format!("k-{call}"));
        let answer = other_desk
            .clone()
            .request_save_offer(request)
            .await
            .unwrap()
            .into_inner();
        answer.catalogue_version == 2
    })
    .await;

    let explained = world.explain(&before.decision_id).await;
    assert!(explained.replay_agrees);
    assert_eq!(explained.answer.unwrap().catalogue_version, 1);
    assert!(second.shutdown().await);
}

#[tokio::test]
async fn a_stored_version_that_cannot_be_read_leaves_the_last_one_in_force() {
    let mut world = World::start().await;
    world
        .execute(
            "insert into publication (kind, version, digest, files, published_by, note, published_at) \
             select kind, 2, digest, '[{\"name\":\"x.yaml\",\"text\":\"offers: {}\"}]', '', '', now() \
             from publication where kind = 'catalogue'",
        )
        .await;
    // A process that starts now takes the newest one it can read, as does one that is running.
    let (second, mut fresh_desk) = world.second().await;
    let fresh = fresh_desk
        .request_save_offer(too_expensive("k-2"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(fresh.catalogue_version, 1);
    assert!(second.shutdown().await);
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(answer.catalogue_version, 1);
}
