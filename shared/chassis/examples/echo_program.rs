//! The smallest program: no methods of its own, a task that runs until it is told to stop.

use std::process::ExitCode;
use std::time::Duration;

use chassis::{Context, ProcessSettings, Program, Service};
use serde::{Deserialize, Serialize};

/// Settings of the example.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    process: ProcessSettings,
    /// How long the example's task takes to stop.
    linger_ms: u64,
}

struct Example;

impl Program for Example {
    const NAME: &'static str = "example";
    type Settings = Settings;

    fn process(settings: &Settings) -> &ProcessSettings {
        &settings.process
    }

    async fn migrate(_: &Settings) -> anyhow::Result<()> {
        anyhow::bail!("there is nothing to migrate")
    }

    async fn build(settings: &Settings, context: &Context) -> anyhow::Result<Service> {
        let (stop, linger) = (
            context.stop.clone(),
            Duration::from_millis(settings.linger_ms),
        );
        context.tracker.spawn(async move {
            stop.cancelled().await;
            // Stands for the work that a stopping task still has to do.
            drop(tokio::time::timeout(linger, std::future::pending::<()>()).await);
        });
        Ok(Service::new(edge::Boundary::new("example.rekindle"), &[]))
    }
}

fn main() -> ExitCode {
    chassis::run::<Example>()
}
