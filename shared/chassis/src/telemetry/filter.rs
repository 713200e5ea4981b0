//! Which spans and events are traced.

use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// Crates below us that trace themselves: exporting their spans would trace the exporter.
const NOISE: [&str; 6] = [
    "h2",
    "hyper",
    "hyper_util",
    "tonic",
    "tower",
    "opentelemetry",
];

/// Keeps the spans that begin a kept trace, and whatever happens inside a kept span. Everything
/// else is never made, so that a call whose trace is not kept pays next to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptTraces;

impl KeptTraces {
    fn wanted(metadata: &Metadata<'_>) -> bool {
        let most_verbose = if metadata.is_span() {
            Level::INFO
        } else {
            Level::WARN
        };
        let root = metadata.target().split("::").next().unwrap_or_default();
        *metadata.level() <= most_verbose && !NOISE.contains(&root)
    }
}

impl<S> Filter<S> for KeptTraces
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let begins = metadata.is_span() && metadata.target() == edge::trace::ROOT_TARGET;
        begins || (Self::wanted(metadata) && context.lookup_current().is_some())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::wanted(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }
}
