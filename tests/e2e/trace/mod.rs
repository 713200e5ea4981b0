//! What leaves the services beside their answers: traces, metrics, log lines, rows, cache entries.
//! Each service is a process here, as it is in production: its telemetry and its log are its own.

mod canaries;
pub(crate) mod evidence;
mod misplaced;
mod one_call;
mod span_tree;
mod story;
