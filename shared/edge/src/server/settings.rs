//! Limits of calls coming in.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::methods::Method;

/// Limits of calls coming in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeSettings {
    /// How long a unary call may take when its caller gives no time.
    pub default_deadline_ms: u64,
    /// How long a unary call may take at most, whatever its caller gives: what a review of many calls
    /// may read for.
    pub max_deadline_ms: u64,
    /// How long a streaming call may take at most, and takes when its caller gives no time.
    pub max_stream_deadline_ms: u64,
    /// Longest times of single methods, by full name such as
    /// `rekindle.offers.v1.SaveDeskService/RequestSaveOffer`.
    pub method_deadlines_ms: BTreeMap<String, u64>,
    /// How many unary calls may be in flight; more are refused at once.
    pub max_calls_in_flight: usize,
    /// How many streaming calls may be in flight; more are refused at once.
    pub max_streams_in_flight: usize,
    /// After how long a refused caller should try again.
    pub overload_retry_after_ms: u64,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            default_deadline_ms: 2_000,
            max_deadline_ms: 30_000,
            max_stream_deadline_ms: 3_600_000,
            method_deadlines_ms: BTreeMap::new(),
            max_calls_in_flight: 512,
            max_streams_in_flight: 64,
            overload_retry_after_ms: 100,
        }
    }
}

impl EdgeSettings {
    /// Returns how long a method may take: by default, and at most.
    pub(crate) fn times_of(&self, method: &Method) -> (Duration, Duration) {
        let longest = self.method_deadlines_ms.get(method.name).copied();
        let (default, most) = if method.streaming {
            let most = longest.unwrap_or(self.max_stream_deadline_ms);
            (most, most)
        } else {
            let most = longest.unwrap_or(self.max_deadline_ms);
            (self.default_deadline_ms.min(most), most)
        };
        (Duration::from_millis(default), Duration::from_millis(most))
    }

    pub(crate) fn overload_retry_after(&self) -> Duration {
        Duration::from_millis(self.overload_retry_after_ms)
    }
}
