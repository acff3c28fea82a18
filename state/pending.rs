//! The answer to a write that may still be on its way to the disk. Knows nothing of what is written.
//! Entry point: [`Pending`].

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tokio::sync::oneshot;

use crate::error::RecordError;

/// An answer that comes when the write is durable. The write happens also if this is dropped.
#[must_use = "the write is durable only once this has answered"]
pub struct Pending<T>(Source<T>);

enum Source<T> {
    Writer(oneshot::Receiver<Result<T, RecordError>>),
    Other(Pin<Box<dyn Future<Output = Result<T, RecordError>> + Send>>),
}

impl<T> Pending<T> {
    pub(crate) fn new() -> (oneshot::Sender<Result<T, RecordError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(Source::Writer(receiver)))
    }

    /// Changes the answer where it is waited for.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Pending<U>
    where
        T: Send + 'static,
    {
        Pending(Source::Other(Box::pin(
            async move { self.await.map(change) },
        )))
    }

    pub(crate) fn ready(answer: Result<T, RecordError>) -> Self {
        let (sender, pending) = Self::new();
        // The receiver is here, so it cannot be gone.
        let _ = sender.send(answer);
        pending
    }

    /// Blocks the thread until the answer is there; async code awaits instead.
    ///
    /// # Errors
    /// Those of the call that returned this.
    pub fn wait(self) -> Result<T, RecordError> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut this = pin!(self);
        loop {
            if let Poll::Ready(answer) = this.as_mut().poll(&mut context) {
                return answer;
            }
            std::thread::park();
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Source::Writer(answer) => Pin::new(answer)
                .poll(context)
                .map(|answer| answer.unwrap_or(Err(RecordError::Closed))),
            Source::Other(answer) => answer.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
