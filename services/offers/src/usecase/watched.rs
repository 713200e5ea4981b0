//! What is kept in memory and looked at again from time to time.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Mutex;

/// What was seen when something was last looked at.
#[derive(Default)]
pub(super) struct Watched<T> {
    seen: ArcSwap<T>,
    looking: Mutex<()>,
}

impl<T> Watched<T> {
    /// Returns what was seen last.
    pub(super) fn seen(&self) -> Guard<Arc<T>> {
        self.seen.load()
    }

    /// Looks again. One look at a time: one that began earlier must not end later and put back what
    /// was. A future begins when it is awaited, so `look` waits for its turn.
    pub(super) async fn look<E>(&self, look: impl Future<Output = Result<T, E>>) -> Result<(), E> {
        let _one_at_a_time = self.looking.lock().await;
        self.seen.store(Arc::new(look.await?));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn an_earlier_look_does_not_put_back_what_was() {
        let watched: Watched<u8> = Watched::default();
        let (answer, answered) = tokio::sync::oneshot::channel();
        let earlier = watched.look(answered);
        let later = watched.look(async { Ok::<_, Infallible>(2) });
        let (first, second, ()) = tokio::join!(earlier, later, async { answer.send(1).unwrap() });
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(**watched.seen(), 2);
    }
}
