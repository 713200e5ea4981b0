//! Where the services are, by flags or by the environment.

use std::time::Duration;

use clap::Args;
use tonic::transport::{Channel, Endpoint};

use crate::failure::{Exit, Failure};

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// Where the addresses stand in the help: after what a command is about.
const SERVICES: &str = "Addresses of the services";

/// The addresses of the services: `http://host:port` or `unix:///path`.
#[derive(Debug, Clone, Args)]
pub struct ServiceArguments {
    /// Profiles; `unix:///path` for a socket. Also `REKINDLE_PROFILES_URL`.
    #[arg(
        long,
        global = true,
        help_heading = SERVICES,
        hide_env = true,
        env = "REKINDLE_PROFILES_URL",
        default_value = "http://127.0.0.1:7101",
        value_name = "URL"
    )]
    pub profiles_url: String,

    /// Lifecycle. Also `REKINDLE_LIFECYCLE_URL`.
    #[arg(
        long,
        global = true,
        help_heading = SERVICES,
        hide_env = true,
        env = "REKINDLE_LIFECYCLE_URL",
        default_value = "http://127.0.0.1:7102",
        value_name = "URL"
    )]
    pub lifecycle_url: String,

    /// Offers. Also `REKINDLE_OFFERS_URL`.
    #[arg(
        long,
        global = true,
        help_heading = SERVICES,
        hide_env = true,
        env = "REKINDLE_OFFERS_URL",
        default_value = "http://127.0.0.1:7103",
        value_name = "URL"
    )]
    pub offers_url: String,
}

impl ServiceArguments {
    /// The name and the address of the service that has a method.
    pub(super) fn called(&self, method: &str) -> (&'static str, &str) {
        if method.starts_with("rekindle.profiles.") {
            ("profiles", &self.profiles_url)
        } else if method.starts_with("rekindle.lifecycle.") {
            ("lifecycle", &self.lifecycle_url)
        } else {
            ("offers", &self.offers_url)
        }
    }
}

/// A channel that connects with its first call.
pub(super) fn channel(url: &str) -> Result<Channel, Failure> {
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| {
        Failure::new(Exit::Usage, format!("\"{url}\" is no address of a service"))
            .advice("write it like http://127.0.0.1:7101 or unix:///run/profiles.sock")
    })?;
    Ok(endpoint
        .connect_timeout(CONNECT_PATIENCE)
        .tcp_nodelay(true)
        .connect_lazy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_tells_its_service() {
        let urls = ServiceArguments {
            profiles_url: "p".to_owned(),
            lifecycle_url: "l".to_owned(),
            offers_url: "o".to_owned(),
        };
        assert_eq!(
            urls.called("rekindle.profiles.v1.ImportService/Import"),
            ("profiles", "p")
        );
        assert_eq!(
            urls.called("rekindle.lifecycle.v1.ModelService/FitModel"),
            ("lifecycle", "l")
        );
        assert_eq!(
            urls.called("rekindle.offers.v1.PolicyService/PublishPolicy"),
            ("offers", "o")
        );
    }

    #[tokio::test]
    async fn tcp_and_unix_addresses_are_taken_and_nonsense_is_not() {
        assert!(channel("http://127.0.0.1:7101").is_ok());
        assert!(channel("unix:///run/profiles.sock").is_ok());
        assert!(channel("not an address").is_err());
    }
}
