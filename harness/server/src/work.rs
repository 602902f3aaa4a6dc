//! Work that outlives the connection that asked for it.
//!
//! A handler future is dropped when its client hangs up. If that happened between a disk write and
//! its commit, the next request would find the transaction rolled back and the write still under
//! way. So requests run as tasks of their own, and blocking calls are waited for before the store is
//! closed, even after a crash.

use std::any::Any;
use tokio::sync::watch;
use tracing::dispatcher::{self, Dispatch};
use tracing::instrument::WithSubscriber;

/// Runs requests and blocking calls, and knows how many are under way.
pub(crate) struct Work {
    // `true` once the server has crashed. Every task and blocking call holds a receiver, which is
    // how they are counted.
    halted: watch::Sender<bool>,
}

/// Why work did not run to its end.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The server was halted.
    Halted,
    /// The work panicked with this payload.
    Panicked(Box<dyn Any + Send>),
}

impl Work {
    pub(crate) fn new() -> Self {
        Self {
            halted: watch::Sender::new(false),
        }
    }

    /// Runs `task` to its end, whether or not the caller goes on waiting; a halt ends it at once.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Interrupted> {
        let mut halted = self.halted.subscribe();
        let task = async move {
            tokio::select! {
                biased;
                _ = halted.wait_for(|halted| *halted) => Err(Interrupted::Halted),
                done = task => Ok(done),
            }
        };
        settled(tokio::spawn(task.with_current_subscriber()).await)?
    }

    /// Runs a blocking call on a thread of its own. It can't be interrupted once it has begun.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Interrupted> {
        let under_way = self.halted.subscribe();
        let log = dispatcher::get_default(Dispatch::clone);
        let call = tokio::task::spawn_blocking(move || {
            if *under_way.borrow() {
                return Err(Interrupted::Halted);
            }
            let done = dispatcher::with_default(&log, call);
            drop(under_way);
            Ok(done)
        });
        settled(call.await)?
    }

    /// Ends every task at its next await point and keeps new blocking calls from beginning.
    pub(crate) fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// How many tasks and blocking calls are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.halted.receiver_count()
    }

    /// Waits until nothing is under way.
    pub(crate) async fn drained(&self) {
        self.halted.closed().await;
    }
}

fn settled<T>(joined: Result<T, tokio::task::JoinError>) -> Result<T, Interrupted> {
    joined.map_err(|error| {
        error
            .try_into_panic()
            .map_or(Interrupted::Halted, Interrupted::Panicked)
    })
}

/// The words of a panic, as far as it has any.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::time::Duration;

    #[tokio::test]
    async fn a_halt_ends_tasks_but_waits_for_blocking_calls() {
        let work = std::sync::Arc::new(Work::new());
        let (begun, begins) = std::sync::mpsc::channel();
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let other = std::sync::Arc::clone(&work);
        let call = tokio::spawn(async move {
            other
                .blocking(move || {
                    begun.send(()).unwrap();
                    finished.recv().unwrap();
                })
                .await
        });
        let other = std::sync::Arc::clone(&work);
        let task = tokio::spawn(async move { other.run(pending::<()>()).await });
        tokio::task::spawn_blocking(move || begins.recv().unwrap())
            .await
            .unwrap();

        work.halt();
        assert!(matches!(task.await.unwrap(), Err(Interrupted::Halted)));
        let waited = tokio::time::timeout(Duration::from_millis(50), work.drained()).await;
        assert!(waited.is_err(), "a blocking call was still under way");
        finish.send(()).unwrap();
        work.drained().await;
        assert!(call.await.unwrap().is_ok());
        assert!(matches!(
            work.blocking(|| ()).await,
            Err(Interrupted::Halted)
        ));
    }

    #[tokio::test]
    async fn a_panic_is_handed_on_with_its_words() {
        let Err(Interrupted::Panicked(payload)) = Work::new().run(async { panic!("boom") }).await
        else {
            panic!("expected the panic");
        };
        assert_eq!(panic_text(payload.as_ref()), "boom");
    }
}
