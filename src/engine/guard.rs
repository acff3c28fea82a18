//! A provider that panics takes nothing else with it: every call is caught, and the panic becomes an error. What a
//! panic hook would print stands in the error instead. Entry point: `Guarded`.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use contract::{
    ApplyError, ApplyRequest, DataRequest, DataResponse, ErrorClass, Exists, FindRequest, Found,
    ImportRequest, Object, PlanRequest, PlanResponse, Provider, ProviderError, ProviderSchema,
    ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest,
};
use model::address::Mode;
use model::{Str, Value};

thread_local! {
    /// Whether this thread is in a call of a provider.
    static IN_PROVIDER: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic in one was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes note of a panic, for a panic hook. Says whether it was in a call of a provider, so that an error will tell it.
pub fn takes_note(panic: &PanicHookInfo<'_>) -> bool {
    let is_providers = IN_PROVIDER.get();
    if is_providers {
        PLACE.set(panic.location().map(ToString::to_string));
    }
    is_providers
}

/// A provider whose panics are errors.
#[derive(Debug)]
pub(crate) struct Guarded(Arc<dyn Provider>);

impl Guarded {
    pub(crate) fn over(provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        Arc::new(Self(provider))
    }
}

/// Waits for a provider's answer; a panic is an error.
async fn caught<T>(call: impl Future<Output = T> + Send) -> Result<T, ProviderError> {
    let mut call = pin!(call);
    poll_fn(|context| {
        let was = IN_PROVIDER.replace(true);
        // After a panic the call is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        IN_PROVIDER.set(was);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(panic) => Poll::Ready(Err(error(&*panic))),
        }
    })
    .await
}

/// What a provider says without being waited for; one that panics says nothing.
fn at_once(call: impl FnOnce() -> Vec<Str>) -> Vec<Str> {
    let was = IN_PROVIDER.replace(true);
    let said = catch_unwind(AssertUnwindSafe(call));
    IN_PROVIDER.set(was);
    said.unwrap_or_default()
}

fn error(panic: &(dyn Any + Send)) -> ProviderError {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let place = PLACE.take().map(|place| format!("at {place}"));
    let told: Vec<String> = place.into_iter().chain(said.map(str::to_owned)).collect();
    ProviderError::new(ErrorClass::Bug, "the provider panicked").detail(told.join(": "))
}

#[async_trait]
impl Provider for Guarded {
    fn schema(&self) -> &ProviderSchema {
        self.0.schema()
    }

    fn claims(&self, rtype: &Str, object: &Value) -> Vec<Str> {
        at_once(|| self.0.claims(rtype, object))
    }

    fn looks_at(&self, mode: Mode, rtype: &Str, config: &Value) -> Vec<Str> {
        at_once(|| self.0.looks_at(mode, rtype, config))
    }

    async fn configure(&self, config: Value) -> Result<(), ProviderError> {
        caught(self.0.configure(config)).await?
    }

    async fn validate(&self, request: ValidateRequest) -> Vec<ProviderError> {
        let found = caught(self.0.validate(request)).await;
        found.unwrap_or_else(|panicked| vec![panicked])
    }

    async fn upgrade(&self, request: UpgradeRequest) -> Result<Value, ProviderError> {
        caught(self.0.upgrade(request)).await?
    }

    async fn read(&self, batch: Vec<ReadRequest>) -> Vec<Result<ReadResponse, ProviderError>> {
        let count = batch.len();
        let answers = caught(self.0.read(batch)).await;
        answers.unwrap_or_else(|panicked| vec![Err(panicked); count])
    }

    async fn plan(&self, batch: Vec<PlanRequest>) -> Vec<Result<PlanResponse, ProviderError>> {
        let count = batch.len();
        let answers = caught(self.0.plan(batch)).await;
        answers.unwrap_or_else(|panicked| vec![Err(panicked); count])
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let answer = caught(self.0.apply(request)).await;
        answer.unwrap_or_else(|error| {
            Err(ApplyError {
                error,
                exists: Exists::Unknown,
            })
        })
    }

    async fn find(&self, request: FindRequest) -> Result<Found, ProviderError> {
        caught(self.0.find(request)).await?
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, ProviderError> {
        caught(self.0.import(request)).await?
    }

    async fn read_data(&self, request: DataRequest) -> Result<DataResponse, ProviderError> {
        caught(self.0.read_data(request)).await?
    }
}
