//! Reflection: both versions, and only what is served here.

use chassis::{Context, ServeSettings};
use tonic_reflection::pb::{v1, v1alpha};

use crate::echo::{Echo, channel, patient};

const EXPECTED: [&str; 2] = ["echo.v1.Echo", "grpc.health.v1.Health"];

#[tokio::test]
async fn version_one_lists_what_is_served() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(channel(&running).await);
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let answers = client
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer.message_response
    else {
        panic!("{answer:?}");
    };
    let mut names: Vec<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    names.retain(|name| !name.starts_with("grpc.reflection."));
    names.sort();
    assert_eq!(names, EXPECTED);
}

#[tokio::test]
async fn version_one_alpha_lists_it_too() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel(&running).await);
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let answers = client
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer.message_response
    else {
        panic!("{answer:?}");
    };
    let names: Vec<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    assert!(
        EXPECTED
            .iter()
            .all(|expected| names.contains(&(*expected).to_owned())),
        "{names:?}"
    );
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let settings = ServeSettings {
        reflection: false,
        ..patient()
    };
    let running = Echo::new(None).serve(&settings, &Context::default()).await;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(channel(&running).await);
    let refused = client
        .server_reflection_info(tokio_stream::empty())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
}
