//! Asks a service whether it serves, by the health protocol of gRPC.

use std::time::Duration;

use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A healthy service on this machine answers in a millisecond.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a service says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It serves.
    Serving,
    /// It runs and does not serve: starting, stopping, or without its database.
    NotServing,
}

/// Asks the service at `url` for the health of `service`, where the empty name stands for the whole
/// process. The error says why there is no answer.
pub async fn ask_health(url: &str, service: &str) -> Result<Health, String> {
    let channel = Endpoint::from_shared(url.to_owned())
        .map_err(|source| format!("{url} is no address: {source}"))?
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .connect()
        .await
        .map_err(|source| innermost(&source))?;
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel)
        .check(request)
        .await
        .map_err(|status| format!("{}: {}", status.code(), status.message()))?;
    Ok(match answer.into_inner().status() {
        ServingStatus::Serving => Health::Serving,
        _ => Health::NotServing,
    })
}

/// The cause that helps: tonic's own text is "transport error".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
