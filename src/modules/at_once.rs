//! Fetches several packages at once, and says what takes a while. Entry point: [`fetch_all`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::fetch::{Fetching, Request};
use crate::installed::{Said, UNFINISHED};
use crate::pins::Pin;
use crate::trouble::Trouble;

/// So many packages are fetched at once.
const AT_ONCE: usize = 8;

/// A request that was answered: its place in the list, and what it was resolved to.
type Answer = (usize, Result<Pin, Trouble>);

/// Fetches packages into `store`. Returns what each request was resolved to, by its name.
pub(crate) fn fetch_all(
    fetching: &Fetching<'_>,
    requests: &[&Request],
    store: &Path,
    (say, soon): (&dyn Fn(&Said), Duration),
) -> BTreeMap<String, Result<Pin, Trouble>> {
    let workers = requests.len().min(AT_ONCE);
    let next = Mutex::new(0..requests.len());
    let (done, answers) = channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || work(fetching, requests, (store, next), &done));
        }
        drop(done);
        let answers = collect(requests, &answers, (say, soon));
        let named = answers.into_iter().filter_map(|(at, answer)| {
            let request = requests.get(at)?;
            Some((request.name(), answer))
        });
        named.collect()
    })
}

/// Fetches one request after another, as long as there are any.
fn work(
    fetching: &Fetching<'_>,
    requests: &[&Request],
    (store, next): (&Path, &Mutex<std::ops::Range<usize>>),
    done: &Sender<Answer>,
) {
    loop {
        let at = next.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((at, request)) = at.and_then(|at| Some((at, requests.get(at)?))) else {
            return;
        };
        let pin = fetching.fetch(request, &store.join(format!("{UNFINISHED}{at}")), store);
        let _ = done.send((at, pin));
    }
}

/// Takes all answers, and says once what is not answered soon.
fn collect(
    requests: &[&Request],
    answers: &Receiver<Answer>,
    (say, soon): (&dyn Fn(&Said), Duration),
) -> Vec<Answer> {
    let mut found = Vec::new();
    let mut open: BTreeSet<usize> = (0..requests.len()).collect();
    let mut patience = Some(soon);
    loop {
        let next = match patience {
            Some(patience) => answers.recv_timeout(patience),
            None => answers.recv().map_err(RecvTimeoutError::from),
        };
        match next {
            Ok((at, answer)) => {
                open.remove(&at);
                found.push((at, answer));
            }
            Err(RecvTimeoutError::Disconnected) => return found,
            Err(RecvTimeoutError::Timeout) => {
                patience = None;
                let open = open.iter().filter_map(|at| requests.get(*at));
                open.map(|request| request.source.to_string())
                    .for_each(|source| say(&Said::Fetching { source }));
            }
        }
    }
}
