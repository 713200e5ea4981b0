//! Signals: the first asks to stop, the second insists.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `soft` at the first SIGTERM or SIGINT and `hard` at the second.
pub(crate) fn watch(soft: CancellationToken, hard: CancellationToken) {
    // Not tracked: it lasts as long as the process and must not hold its end up.
    #[expect(clippy::disallowed_methods, reason = "nothing is lost when it is cut")]
    tokio::spawn(async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        ) else {
            tracing::error!("signals cannot be watched; stop the process by other means");
            return;
        };
        for token in [soft, hard] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            token.cancel();
        }
    });
}
