//! `rekindle health URL`: a health check for scripts and containers.

use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::suite::{Health as State, ask_health};

/// Ask one service whether it serves: exit code 0 when it does, 1 when not, 69 without an answer.
#[derive(Debug, Args)]
pub struct Health {
    /// Its address: `http://127.0.0.1:7103`, say.
    url: String,

    /// One of its gRPC services; without it, the whole process.
    #[arg(long, default_value = "", value_name = "NAME")]
    service: String,
}

impl Health {
    /// Asks once.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let url = &self.url;
        if !url.contains("://") {
            let message = format!("\"{url}\" is no address");
            return Err(Failure::new(Exit::Usage, message)
                .advice("give it as http://HOST:PORT; `rekindle doctor` asks every service"));
        }
        match ask_health(url, &self.service).await {
            Ok(State::Serving) => {
                output.result(&json!({"url": url, "state": "serving"}), |_| {
                    format!("{url} is serving")
                })?;
                Ok(0)
            }
            Ok(State::NotServing) => {
                output.result(&json!({"url": url, "state": "not_serving"}), |_| {
                    format!("{url} is not serving")
                })?;
                Ok(Exit::Failed.code())
            }
            Err(why) => Err(
                Failure::unavailable(format!("{url} does not answer: {why}"))
                    .advice("check that it runs: rekindle doctor"),
            ),
        }
    }
}
