//! Signals: the first asks to stop, the second insists.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `soft` at the first SIGTERM or SIGINT and `hard` at the second.
///
/// Both are caught from the moment this returns, so that a signal right after the start is a
/// request to stop and not the end.
pub(crate) fn watch(soft: CancellationToken, hard: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Not tracked: it lasts as long as the process and must not hold its end up.
    #[expect(clippy::disallowed_methods, reason = "nothing is lost when it is cut")]
    tokio::spawn(async move {
        for token in [soft, hard] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            token.cancel();
        }
    });
    Ok(())
}
