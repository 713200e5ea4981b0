//! Serving: the listener, the layers, health, reflection, and an end that always comes.

mod listener;
mod settings;
mod socket;

use std::convert::Infallible;
use std::time::Duration;

use edge::{Boundary, Methods};
use http::{Request, Response};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

pub use settings::ServeSettings;

use crate::context::Context;
use listener::Listener;

/// A service, wired and ready to be served.
pub struct Service {
    boundary: Boundary,
    descriptors: &'static [u8],
    routes: Routes,
    trace_ratio: f64,
}

impl Service {
    /// Starts a service without methods, with its own encoded descriptor set.
    pub fn new(boundary: Boundary, descriptors: &'static [u8]) -> Self {
        Self {
            boundary,
            descriptors,
            routes: Routes::default(),
            trace_ratio: 0.0,
        }
    }

    /// Adds a generated server.
    #[must_use]
    pub fn with<S>(mut self, server: S) -> Self
    where
        S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(server);
        self
    }

    /// Sets the share of the traces beginning here that is kept.
    #[must_use]
    pub fn trace_ratio(mut self, ratio: f64) -> Self {
        self.trace_ratio = ratio;
        self
    }
}

/// A service being served.
pub struct RunningService {
    uri: String,
    health: HealthReporter,
    services: Vec<String>,
    drain: Duration,
    unready: Duration,
    graceful: CancellationToken,
    cut: CancellationToken,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
    context: Context,
}

/// Serves a service. It says `NOT_SERVING` until [`RunningService::ready`].
pub async fn serve(
    settings: &ServeSettings,
    service: Service,
    context: &Context,
) -> anyhow::Result<RunningService> {
    let (graceful, cut) = (CancellationToken::new(), CancellationToken::new());
    let listener = Listener::bind(settings, cut.clone()).await?;
    let uri = listener.uri()?;
    let methods = Methods::from_descriptors(service.descriptors)?;
    let reporter = HealthReporter::new();
    let services = methods.services().to_vec();
    set_health(&reporter, &services, ServingStatus::NotServing).await;
    let layer = edge::server::layer(
        &settings.edge,
        service.boundary,
        &methods,
        service.trace_ratio,
    );
    let routes = with_plumbing(
        service.routes,
        service.descriptors,
        settings,
        reporter.clone(),
    )?;
    let stop = graceful.clone().cancelled_owned();
    let server = server(settings).layer(layer).add_routes(routes.prepare());
    let serving = server.serve_with_incoming_shutdown(listener.connections(), stop);
    #[expect(
        clippy::disallowed_methods,
        reason = "the handle is awaited by RunningService"
    )]
    let serving = tokio::spawn(serving);
    Ok(RunningService {
        uri,
        health: reporter,
        services,
        drain: settings.drain(),
        unready: Duration::from_millis(settings.unready_ms),
        graceful,
        cut,
        serving,
        context: context.clone(),
    })
}

fn server(settings: &ServeSettings) -> Server {
    Server::builder()
        .max_concurrent_streams(settings.max_streams_per_connection)
        .http2_keepalive_interval(Some(Duration::from_millis(settings.keepalive_interval_ms)))
        .http2_keepalive_timeout(Some(Duration::from_millis(settings.keepalive_timeout_ms)))
        .http2_max_header_list_size(16 * 1_024)
        .max_connection_age(Duration::from_secs(settings.max_connection_age_seconds))
}

fn with_plumbing(
    routes: Routes,
    descriptors: &'static [u8],
    settings: &ServeSettings,
    reporter: HealthReporter,
) -> anyhow::Result<Routes> {
    let health = tonic_health::server::HealthService::from_health_reporter(reporter);
    let routes = routes.add_service(tonic_health::pb::health_server::HealthServer::new(health));
    if !settings.reflection {
        return Ok(routes);
    }
    let configured = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Some clients, Python's among them, know only the older version.
    Ok(routes
        .add_service(configured().build_v1()?)
        .add_service(configured().build_v1alpha()?))
}

async fn set_health(reporter: &HealthReporter, services: &[String], status: ServingStatus) {
    // The empty name is the whole process; the library starts it as SERVING.
    reporter.set_service_status("", status).await;
    for service in services {
        reporter.set_service_status(service, status).await;
    }
}

impl RunningService {
    /// Returns the bound address as clients write it, `http://127.0.0.1:40123`.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Says SERVING from now on.
    pub async fn ready(&self) {
        set_health(&self.health, &self.services, ServingStatus::Serving).await;
    }

    /// Stops: says `NOT_SERVING`, accepts nothing new, lets calls, jobs and transactions finish,
    /// and cuts off what takes longer than the drain time. Returns whether nothing had to be cut off.
    pub async fn shutdown(self) -> bool {
        self.shutdown_unless(std::future::pending()).await
    }

    /// As [`Self::shutdown`], and cuts off at once when `insisted` is ready.
    pub async fn shutdown_unless(mut self, insisted: impl Future<Output = ()>) -> bool {
        set_health(&self.health, &self.services, ServingStatus::NotServing).await;
        let insisted = std::pin::pin!(insisted);
        let limit = Instant::now() + self.unready + self.drain;
        let drained = tokio::select! {
            drained = timeout_at(limit, self.drain_all()) => drained.is_ok(),
            () = insisted => false,
        };
        self.cut.cancel();
        self.serving.abort();
        drained
    }

    async fn drain_all(&mut self) {
        // Load balancers need a moment to see that we are leaving.
        #[expect(
            clippy::disallowed_methods,
            reason = "a wait for others, who tell nobody"
        )]
        tokio::time::sleep(self.unready).await;
        self.graceful.cancel();
        self.context.stop.cancel();
        if let Err(panic) = (&mut self.serving).await {
            tracing::error!("serving ended badly: {panic}");
        }
        self.context.tracker.close();
        self.context.tracker.wait().await;
    }
}
