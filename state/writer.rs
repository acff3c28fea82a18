//! The one thread of an open store that writes: what queued up while a commit was under way shares the next one.
//! Knows nothing of what is written. Entry point: [`Writer::submit`].

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::desk::Desk;
use crate::error::{Failure, RecordError};
use crate::pending::Pending;
use crate::place::Place;

/// The most operations that share one commit, so that the first of them does not wait for long.
const BATCH: usize = 2048;

/// Takes operations for one writing thread. Dropping it waits until all of them are written.
pub(crate) struct Writer {
    sender: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the thread, which writes at `desk` into the file at `place`.
    pub(crate) fn start(desk: Desk, place: Place) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("record-writer".into())
            .spawn(move || write_all(desk, &place, &receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Queues `operation`. It runs inside a transaction with others; if it fails it leaves nothing and the others stay.
    /// It may run twice, the first time undone.
    pub(crate) fn submit<T, F>(&self, operation: F) -> Pending<T>
    where
        T: Send + 'static,
        F: Fn(&mut Desk) -> Result<T, Failure> + Send + 'static,
    {
        let (sender, pending) = Pending::new();
        let job = Operation {
            operation,
            answer: None,
            sender,
        };
        if let Some(queue) = &self.sender {
            // A refused job is dropped with its sender, which answers `Closed`.
            let _ = queue.send(Box::new(job));
        }
        pending
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has answered `Closed` to everyone already.
            let _ = thread.join();
        }
    }
}

/// How an operation shares the transaction with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Without a way back of its own: if it is refused, all of them are undone and done once more.
    Together,
    /// With a way back of its own, which makes SQLite keep a copy of each page it changes.
    Apart,
}

/// What one operation means for the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It was written, or left nothing.
    Sound,
    /// It was refused and may have left something.
    Refused,
}

/// An operation whose type of answer is forgotten.
trait Job: Send {
    /// Does it inside the transaction; only a failing storage is an error. May be called again after all was undone.
    fn run(&mut self, desk: &mut Desk, pass: Pass) -> Result<Done, rusqlite::Error>;
    /// Answers when the transaction is durable, or was lost.
    fn finish(self: Box<Self>, commit: Result<(), RecordError>);
}

struct Operation<T, F> {
    operation: F,
    answer: Option<Result<T, RecordError>>,
    sender: oneshot::Sender<Result<T, RecordError>>,
}

/// Whether the storage is sound and only this operation's row is not as it should be, or too large.
fn is_its_own(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error_code()
        .is_none_or(|code| code == rusqlite::ErrorCode::TooBig)
}

impl<T, F> Job for Operation<T, F>
where
    T: Send,
    F: Fn(&mut Desk) -> Result<T, Failure> + Send,
{
    fn run(&mut self, desk: &mut Desk, pass: Pass) -> Result<Done, rusqlite::Error> {
        if pass == Pass::Apart {
            desk.mark()?;
        }
        let answer = match (self.operation)(desk) {
            Ok(answer) => Ok(answer),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Storage(error)) if is_its_own(&error) => {
                Err(RecordError::from_sqlite(desk.path(), error))
            }
            Err(Failure::Storage(error)) => return Err(error),
        };
        let sound = answer.is_ok();
        self.answer = Some(answer);
        match (pass, sound) {
            (Pass::Together, true) => Ok(Done::Sound),
            (Pass::Together, false) => Ok(Done::Refused),
            (Pass::Apart, true) => desk.keep().map(|()| Done::Sound),
            (Pass::Apart, false) => desk.back().map(|()| Done::Sound),
        }
    }

    fn finish(self: Box<Self>, commit: Result<(), RecordError>) {
        let answer = match (commit, self.answer) {
            // What was refused was refused whether or not others could be written.
            (_, Some(Err(error))) | (Err(error), _) => Err(error),
            (Ok(()), Some(Ok(answer))) => Ok(answer),
            (Ok(()), None) => Err(RecordError::Closed),
        };
        // Nobody may be waiting any more.
        let _ = self.sender.send(answer);
    }
}

fn write_all(mut desk: Desk, place: &Place, queue: &Receiver<Box<dyn Job>>) {
    let mut batch = Vec::new();
    while let Ok(first) = queue.recv() {
        let written = write_batch(&mut desk, queue, first, &mut batch);
        let commit = written.map_err(|error| {
            desk.abandon();
            RecordError::from_sqlite(desk.path(), error)
        });
        // A commit into a file that nobody finds again keeps nothing.
        let commit = commit.and_then(|()| place.check());
        for job in batch.drain(..) {
            job.finish(commit.clone());
        }
    }
}

/// Collects what is queued into `batch` and writes it in one transaction.
fn write_batch(
    desk: &mut Desk,
    queue: &Receiver<Box<dyn Job>>,
    first: Box<dyn Job>,
    batch: &mut Vec<Box<dyn Job>>,
) -> Result<(), rusqlite::Error> {
    let mut next = Some(first);
    let mut written = desk.begin().map(|()| Done::Sound);
    while let Some(mut job) = next.take() {
        if matches!(written, Ok(Done::Sound)) {
            written = job.run(desk, Pass::Together);
        }
        batch.push(job);
        if batch.len() < BATCH {
            next = queue.try_recv().ok();
        }
    }
    if written? == Done::Refused {
        desk.abandon();
        desk.begin()?;
        for job in batch.iter_mut() {
            job.run(desk, Pass::Apart)?;
        }
    }
    desk.commit()
}
