//! Asks providers what may be asked any number of times, because nothing changes by it: how things are, and what would
//! become of them. Asks again where an error may pass. Effects are tried again by `apply/effect.rs`, which knows when
//! that is safe.

use std::time::Duration;

use contract::ProviderError;
use model::Str;
use model::event::EventKind;

use crate::events::Events;
use crate::retry;

/// How a provider is asked again.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// The provider, for people.
    pub(crate) provider: Str,
    /// What chance follows from: those who ask for different environments are not to return together.
    pub(crate) environment: Str,
    /// How often a question is asked at most, at least 1.
    pub(crate) attempts: u32,
    /// Whoever wants to know why it takes so long.
    pub(crate) events: Events,
}

impl Asking {
    /// Asks `count` questions in one batch, and those again whose errors may pass. The answers are in the order of the
    /// questions, one each. An attempt counts only when it brought no answer at all, so that a large batch gets through a
    /// provider that lets only a part of it pass at a time.
    pub(crate) async fn all<Q, A, F>(
        &self,
        count: usize,
        question: impl Fn(usize) -> Option<Q>,
        ask: impl Fn(Vec<Q>) -> F,
    ) -> Vec<Result<A, ProviderError>>
    where
        F: Future<Output = Vec<Result<A, ProviderError>>>,
    {
        let mut answers = ask((0..count).filter_map(&question).collect()).await;
        answers.resize_with(count, none);
        let (mut attempt, mut before) = (1, count);
        loop {
            let again = self.passing(&answers, attempt + 1);
            if again.len() == before || attempt == 1 {
                attempt += 1;
            }
            before = again.len();
            let longest = again.iter().map(|(_, wait)| *wait).max();
            let Some(wait) = longest.filter(|_| attempt <= self.attempts) else {
                return answers;
            };
            let why = again.first().and_then(|(at, _)| answers.get(*at));
            self.tell(why, before, attempt, wait).await;
            tokio::time::sleep(wait).await;
            let questions = again.iter().filter_map(|(at, _)| question(*at));
            let mut fresh = ask(questions.collect()).await.into_iter();
            for (at, _) in again {
                if let Some(answer) = answers.get_mut(at) {
                    *answer = fresh.next().unwrap_or_else(none);
                }
            }
        }
    }

    /// Asks one question.
    ///
    /// # Errors
    /// The provider's last, when it cannot pass or did not.
    pub(crate) async fn one<A, F>(&self, ask: impl Fn() -> F) -> Result<A, ProviderError>
    where
        F: Future<Output = Result<A, ProviderError>>,
    {
        let asked = |_: Vec<()>| {
            let answer = ask();
            async move { vec![answer.await] }
        };
        let mut answers = self.all(1, |_| Some(()), asked).await;
        answers.pop().unwrap_or_else(none)
    }

    /// The questions whose errors may pass, each with how long to wait before attempt `attempt`.
    fn passing<A>(
        &self,
        answers: &[Result<A, ProviderError>],
        attempt: u32,
    ) -> Vec<(usize, Duration)> {
        let chance = retry::chance(&self.environment, attempt);
        let wait = |error| retry::wait(error, attempt, u32::MAX, chance);
        let failed = answers.iter().enumerate();
        failed
            .filter_map(|(at, answer)| Some((at, wait(answer.as_ref().err()?)?)))
            .collect()
    }

    async fn tell<A>(
        &self,
        answer: Option<&Result<A, ProviderError>>,
        objects: usize,
        attempt: u32,
        wait: Duration,
    ) {
        let Some(Err(error)) = answer else {
            return;
        };
        let retried = EventKind::AskRetried {
            provider: self.provider.clone(),
            objects: objects as u64,
            attempt,
            attempts: self.attempts,
            wait,
            why: retry::why(error.class).into(),
        };
        self.events.emit(retried).await;
    }
}

fn none<A>() -> Result<A, ProviderError> {
    Err(ProviderError::bug("a provider left a question unanswered"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use contract::ErrorClass;
    use model::clock::{Clock, Timestamp};

    use super::*;

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    type Answer = Result<usize, ProviderError>;

    /// Asks five questions, with three attempts at most; returns the answers and what was asked each time.
    fn asked(answer: impl Fn(usize, usize) -> Answer) -> (Vec<Answer>, Vec<Vec<usize>>) {
        let asking = Asking {
            provider: "sim".into(),
            environment: "test".into(),
            attempts: 3,
            events: Events::ignored(Arc::new(Still)),
        };
        let batches: Mutex<Vec<Vec<usize>>> = Mutex::new(Vec::new());
        let ask = |batch: Vec<usize>| {
            let mut batches = batches.lock().unwrap();
            let time = batches.len();
            batches.push(batch.clone());
            let answers: Vec<Answer> = batch.into_iter().map(|at| answer(time, at)).collect();
            async move { answers }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let answers = runtime.block_on(asking.all(5, Some, ask));
        (answers, batches.into_inner().unwrap())
    }

    fn throttled() -> Answer {
        Err(ProviderError::new(ErrorClass::Throttled, "slow down"))
    }

    #[test]
    fn only_what_may_pass_is_asked_again_and_answers_stay_in_order() {
        let (answers, batches) = asked(|time, at| match (time, at) {
            (0, 1 | 3) => throttled(),
            (_, 4) => Err(ProviderError::permanent("no")),
            _ => Ok(at * 10),
        });
        assert_eq!(batches, [vec![0, 1, 2, 3, 4], vec![1, 3]]);
        let ok: Vec<Option<usize>> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(ok, [Some(0), Some(10), Some(20), Some(30), None]);
    }

    #[test]
    fn what_never_passes_is_asked_so_many_times() {
        let (answers, batches) = asked(|_, _| throttled());
        assert_eq!(batches.len(), 3);
        assert!(answers.iter().all(Result::is_err));
    }

    #[test]
    fn a_provider_that_lets_one_pass_at_a_time_answers_all() {
        let (answers, batches) = asked(|time, at| if at <= time { Ok(at) } else { throttled() });
        assert_eq!(batches.len(), 5);
        assert!(answers.iter().all(Result::is_ok));
    }

    #[test]
    fn what_is_left_unanswered_is_an_error() {
        let (answers, _) = asked(|_, at| Ok(at));
        assert_eq!(answers.len(), 5);
        let asking = Asking {
            provider: "sim".into(),
            environment: "test".into(),
            attempts: 3,
            events: Events::ignored(Arc::new(Still)),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let silent = |_: Vec<usize>| async { vec![Ok(1)] };
        let answers = runtime.block_on(asking.all(2, Some, silent));
        assert_eq!(answers.first(), Some(&Ok(1)));
        assert_eq!(
            answers
                .get(1)
                .map(|answer| answer.as_ref().map_err(|e| e.class)),
            Some(Err(ErrorClass::Bug))
        );
    }
}
