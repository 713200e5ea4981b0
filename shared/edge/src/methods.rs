//! The methods of a service as its descriptor set states them.

use std::collections::HashMap;

use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;

/// One method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// `package.Service/Method`, the name used in metrics and spans. Lives as long as the process:
    /// there are as many as the contract has methods.
    pub(crate) name: &'static str,
    /// Whether messages stream in either direction.
    pub(crate) streaming: bool,
    /// Whether calling it twice is as good as once.
    pub(crate) repeatable: bool,
}

/// All methods of a service, by path.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    by_path: HashMap<String, Method>,
    services: Vec<String>,
}

/// Bytes that are not a descriptor set.
#[derive(Debug, thiserror::Error)]
#[error("not an encoded file descriptor set")]
pub struct MalformedDescriptors(#[from] prost::DecodeError);

impl Methods {
    /// Reads an encoded file descriptor set, such as `contract::DESCRIPTORS_OFFERS`.
    ///
    /// The names stay in memory for good; read each set once per process.
    pub fn from_descriptors(encoded: &[u8]) -> Result<Self, MalformedDescriptors> {
        let mut methods = Self::default();
        for file in FileDescriptorSet::decode(encoded)?.file {
            for service in &file.service {
                methods.add(file.package(), service);
            }
        }
        Ok(methods)
    }

    fn add(&mut self, package: &str, service: &prost_types::ServiceDescriptorProto) {
        let service_name = format!("{package}.{}", service.name());
        for method in &service.method {
            let name: &'static str = format!("{service_name}/{}", method.name()).leak();
            let level = method
                .options
                .as_ref()
                .map(prost_types::MethodOptions::idempotency_level);
            let repeatable =
                level.is_some_and(|level| level != IdempotencyLevel::IdempotencyUnknown);
            let streaming = method.client_streaming() || method.server_streaming();
            self.by_path.insert(
                format!("/{name}"),
                Method {
                    name,
                    streaming,
                    repeatable,
                },
            );
        }
        self.services.push(service_name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Method)> {
        self.by_path.iter()
    }

    /// Lists the full names of the services.
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// Lists the full names of the methods, `package.Service/Method`, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> =
            self.by_path.values().map(|method| method.name).collect();
        names.sort_unstable();
        names
    }
}
