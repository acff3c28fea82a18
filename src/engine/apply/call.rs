//! Calls the provider for an effect, again where the error may pass, and finds out what a failed call left. The one
//! place that calls `Provider::apply`. Writes no result: that is for [`super::effect`].

use std::sync::Arc;
use std::time::Duration;

use contract::{
    ApplyError, ApplyRequest, ErrorClass, Exists, FindRequest, Found, Object, Provider,
    ProviderError,
};
use model::event::{EventKind, Refusal};
use model::plan::StepKind;
use state::RecordError;
use tokio::task::JoinSet;

use super::effect::{Desk, Effect};
use crate::history;
use crate::retry;

/// What came of asking, at last.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) answer: Result<Option<Object>, ApplyError>,
    /// How often it was asked, at least once.
    pub(super) attempts: u32,
}

impl Answered {
    /// How the provider refused; none where it did not.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let error = self.answer.as_ref().err()?;
        Some(Refusal {
            class: error.error.class.word().into(),
            attempts: self.attempts,
        })
    }
}

/// Asks the provider, again where the error may pass, and returns an answer that fits what was asked.
///
/// # Errors
/// When the run may not write any more: then it may not ask again either.
pub(super) async fn call(
    effect: &Effect,
    desk: &Desk,
    throttled: &mut bool,
) -> Result<Answered, RecordError> {
    let mut answered = answered(effect, desk, throttled).await?;
    answered.answer = fitting(effect, answered.answer);
    Ok(answered)
}

async fn answered(
    effect: &Effect,
    desk: &Desk,
    throttled: &mut bool,
) -> Result<Answered, RecordError> {
    let mut attempt = 1;
    let after = |answer, attempts| Answered { answer, attempts };
    loop {
        let request = ApplyRequest {
            rtype: effect.row.change.addr.block.rtype.clone(),
            prior: effect.prior.clone(),
            planned: effect.planned.clone(),
            config: effect.config.clone(),
            private: effect.private.clone(),
            marker: effect.marker.as_str().into(),
        };
        let error = match guarded(effect, request.clone()).await {
            Ok(object) => return Ok(after(Ok(object), attempt)),
            Err(error) => error,
        };
        *throttled |= error.error.class == ErrorClass::Throttled;
        let error = match settled(effect, request, error).await {
            Ok(object) => return Ok(after(Ok(Some(object)), attempt)),
            Err(error) => error,
        };
        // What exists half must not be made a second time.
        let again = match (&error.exists, effect.kind) {
            (Exists::Unknown, _) | (Exists::Object(_), StepKind::Create) => false,
            (Exists::Nothing, StepKind::Destroy) => return Ok(after(Ok(None), attempt)),
            (Exists::Nothing | Exists::Object(_), _) => true,
        };
        attempt += 1;
        let chance = retry::chance(&effect.marker, attempt);
        let wait = retry::wait(&error.error, attempt, effect.attempts, chance).filter(|_| again);
        let Some(wait) = wait else {
            return Ok(after(Err(error), attempt - 1));
        };
        let retried = retried(effect, attempt, wait, &error);
        desk.events.emit(retried.clone()).await;
        tokio::time::sleep(wait).await;
        note_retry(desk, &retried).await?;
    }
}

/// Writes into the run's history that the provider is asked again. A run that lost its lease cannot, and so does not
/// ask: whoever has the lease now may have found that nothing had happened, and done it again.
async fn note_retry(desk: &Desk, retried: &EventKind) -> Result<(), RecordError> {
    let row = history::row(desk.events.now(), retried).ok_or_else(|| RecordError::Bug {
        what: "a retry has no text".to_owned(),
    })?;
    desk.run.event(row).await
}

fn retried(effect: &Effect, attempt: u32, wait: Duration, error: &ApplyError) -> EventKind {
    EventKind::StepRetried {
        step: effect.step,
        addr: effect.row.change.addr.clone(),
        attempt,
        attempts: effect.attempts,
        wait,
        why: error.error.message.clone(),
    }
}

/// Calls the provider in a task of its own, so that one that panics takes nothing else with it.
async fn guarded(effect: &Effect, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
    let provider = effect.provider.clone();
    // A set of one: when the run is left, the provider is not to go on behind its back.
    let mut task = JoinSet::new();
    task.spawn(async move { provider.apply(request).await });
    match task.join_next().await {
        Some(Ok(answer)) => answer.map_err(|error| ApplyError {
            error: error.error.hiding(&effect.all_secrets()),
            exists: error.exists,
        }),
        None => Err(ApplyError {
            error: ProviderError::bug("the provider was not asked"),
            exists: Exists::Unknown,
        }),
        Some(Err(error)) => {
            let panicked = if error.is_panic() {
                "the provider panicked"
            } else {
                "the provider was stopped"
            };
            Err(ApplyError {
                error: ProviderError::bug(panicked),
                exists: Exists::Unknown,
            })
        }
    }
}

/// Where it is not known what a failed call left behind, asks. An object that is found whole where one was to be created
/// is that object, unless the provider broke on the way.
async fn settled(
    effect: &Effect,
    request: ApplyRequest,
    error: ApplyError,
) -> Result<Object, ApplyError> {
    if error.exists != Exists::Unknown {
        return Err(error);
    }
    let found = find(
        &effect.provider,
        FindRequest { apply: request },
        effect.attempts,
    );
    let exists = match found.await {
        Ok(Found::Object(object))
            if effect.kind == StepKind::Create && error.error.class != ErrorClass::Bug =>
        {
            return Ok(object);
        }
        Ok(Found::Object(object) | Found::Unfinished(object)) => Exists::Object(object),
        Ok(Found::Nothing) => Exists::Nothing,
        Ok(Found::CannotTell { .. }) | Err(_) => Exists::Unknown,
    };
    Err(ApplyError {
        error: error.error,
        exists,
    })
}

/// Asks what became of an apply, again where the error may pass. A provider that panics has no answer.
///
/// # Errors
/// When the world could not be asked.
pub(crate) async fn find(
    provider: &Arc<dyn Provider>,
    request: FindRequest,
    attempts: u32,
) -> Result<Found, ProviderError> {
    let mut attempt = 1;
    loop {
        let (asked, request) = (provider.clone(), request.clone());
        let marker = request.apply.marker.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { asked.find(request).await });
        let error = match task.join_next().await {
            Some(Ok(Ok(found))) => return Ok(found),
            Some(Ok(Err(error))) => error,
            Some(Err(_)) | None => return Err(ProviderError::bug("the provider panicked")),
        };
        attempt += 1;
        let chance = retry::chance(&marker, attempt);
        let Some(wait) = retry::wait(&error, attempt, attempts, chance) else {
            return Err(error);
        };
        tokio::time::sleep(wait).await;
    }
}

/// An answer that does not fit what was asked says nothing of what exists, unless it names an object.
fn fitting(
    effect: &Effect,
    answer: Result<Option<Object>, ApplyError>,
) -> Result<Option<Object>, ApplyError> {
    let exists = match (&answer, effect.kind) {
        (Ok(Some(object)), StepKind::Destroy) => Exists::Object(object.clone()),
        (Ok(None), StepKind::Create | StepKind::Update) => Exists::Unknown,
        _ => return answer,
    };
    let error = ProviderError::bug("the provider's answer does not fit what was asked of it");
    Err(ApplyError { error, exists })
}
