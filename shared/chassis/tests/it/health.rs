//! Health: honest from the first moment to the last.

use chassis::{Context, ServeSettings, Service};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::echo::{BOUNDARY, Echo, channel, descriptors, patient, text};

async fn health(channel: &Channel, service: &str) -> Result<i32, Code> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel.clone()).check(request).await;
    answer
        .map(|answer| answer.into_inner().status)
        .map_err(|status| status.code())
}

#[tokio::test]
async fn a_service_is_not_serving_until_it_says_so_under_every_name() {
    let service = Service::new(BOUNDARY, descriptors()).with(Echo::new(None));
    let running = chassis::serve(&patient(), service, &Context::default())
        .await
        .unwrap();
    let channel = channel(&running).await;
    for name in ["", "echo.v1.Echo"] {
        assert_eq!(
            health(&channel, name).await,
            Ok(ServingStatus::NotServing as i32),
            "{name:?}"
        );
    }
    running.ready().await;
    for name in ["", "echo.v1.Echo"] {
        assert_eq!(
            health(&channel, name).await,
            Ok(ServingStatus::Serving as i32),
            "{name:?}"
        );
    }
    assert_eq!(
        health(&channel, "another.v1.Service").await,
        Err(Code::NotFound)
    );
}

#[tokio::test]
async fn a_service_that_stops_says_so_before_it_stops() {
    let settings = ServeSettings {
        unready_ms: 60_000,
        ..patient()
    };
    let echo = Echo::new(None);
    let running = echo.serve(&settings, &Context::default()).await;
    let channel = channel(&running).await;
    assert_eq!(
        health(&channel, "").await,
        Ok(ServingStatus::Serving as i32)
    );
    let stopping = tokio::spawn(running.shutdown());
    while health(&channel, "").await == Ok(ServingStatus::Serving as i32) {
        tokio::task::yield_now().await;
    }
    // Callers who have not noticed yet are still served.
    assert_eq!(
        crate::echo::ask(&channel, text("hello")).await.unwrap(),
        "hello"
    );
    stopping.abort();
}
