//! What each service is told: where it listens, its database, its Redis, the services it calls.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::TcpListener;

use serde::Serialize;

use crate::failure::Failure;
use crate::stack::Endpoints;

/// The services, callees before callers.
pub const SERVICES: [&str; 3] = ["profiles", "lifecycle", "offers"];

/// The first port where commands look for services.
const ORDINARY_PORT_BASE: u16 = 7101;

/// Where the services listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Addresses {
    urls: BTreeMap<&'static str, String>,
    #[serde(skip)]
    ports: BTreeMap<&'static str, u16>,
}

impl Addresses {
    /// One port after the other from `port_base`; with 0, three that are free at this moment.
    pub fn from_port_base(port_base: u16) -> Result<Self, Failure> {
        let ports = if port_base == 0 {
            free_ports()?
        } else {
            let next = |offset: u16| port_base.checked_add(offset);
            let all: Option<Vec<u16>> = (0..).take(SERVICES.len()).map(next).collect();
            all.ok_or_else(|| {
                Failure::new(
                    crate::failure::Exit::Usage,
                    format!("--port-base {port_base} leaves no room for three ports"),
                )
                .advice("take one below 65533")
            })?
        };
        let ports: BTreeMap<_, _> = SERVICES.into_iter().zip(ports).collect();
        let urls = ports
            .iter()
            .map(|(service, port)| (*service, format!("http://127.0.0.1:{port}")))
            .collect();
        Ok(Self { urls, ports })
    }

    /// The port of a service.
    pub fn port(&self, service: &str) -> u16 {
        self.ports.get(service).copied().unwrap_or_default()
    }

    /// Whether commands find the services there without being told.
    pub fn are_ordinary(&self) -> bool {
        self.port("profiles") == ORDINARY_PORT_BASE
    }

    /// The address of a service.
    pub fn url(&self, service: &str) -> String {
        self.urls.get(service).cloned().unwrap_or_default()
    }

    /// The addresses as variables, for a command that calls the services.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        [
            ("REKINDLE_PROFILES_URL", "profiles"),
            ("REKINDLE_LIFECYCLE_URL", "lifecycle"),
            ("REKINDLE_OFFERS_URL", "offers"),
        ]
        .map(|(variable, service)| (variable, self.url(service).into()))
        .into()
    }
}

fn free_ports() -> Result<Vec<u16>, Failure> {
    let failed = |source| Failure::failed(format!("no port is free: {source}"));
    // All are held until the last is found, so that they differ.
    let mut listeners = Vec::new();
    for _ in SERVICES {
        listeners.push(TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?);
    }
    listeners
        .iter()
        .map(|listener| {
            listener
                .local_addr()
                .map(|address| address.port())
                .map_err(failed)
        })
        .collect()
}

/// The settings of one service, as variables that its chassis reads.
///
/// Their names begin with the service's own, which wins over what the environment says for all.
pub(super) fn variables(
    service: &str,
    addresses: &Addresses,
    endpoints: &Endpoints,
) -> Vec<(String, OsString)> {
    let own = |setting: &str, value: &str| {
        let name = format!("REKINDLE_{}__{setting}", service.to_uppercase());
        (name, OsString::from(value))
    };
    let listen = format!("127.0.0.1:{}", addresses.port(service));
    let mut variables = vec![
        own("PROCESS__SERVE__LISTEN", &listen),
        // These logs are files for people; a service's own setting still wins over this one.
        (
            "REKINDLE__PROCESS__TELEMETRY__LOG_FORMAT".to_owned(),
            "text".into(),
        ),
    ];
    if let Some(url) = endpoints.service_url(service) {
        variables.push(own("POSTGRES__URL", url));
    }
    if service == "offers"
        && let Some(url) = &endpoints.redis_url
    {
        variables.push(own("REDIS__URL", url));
    }
    for callee in callees(service) {
        let setting = format!("{}__URI", callee.to_uppercase());
        variables.push(own(&setting, &addresses.url(callee)));
    }
    variables
}

/// The services that a service calls.
fn callees(service: &str) -> &'static [&'static str] {
    match service {
        "lifecycle" => &["profiles"],
        "offers" => &["profiles", "lifecycle"],
        _ => &[],
    }
}
