//! A simulated cloud: what exists in it, and what happens when something is asked of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{ErrorClass, ProviderError};
use model::{Str, Value};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::script::{Failure, Operation, Script, When};
use crate::world::{SimObject, World};

/// A simulated cloud. Share it between providers to let it outlive an engine.
#[derive(Debug)]
pub struct Cloud {
    script: Mutex<Script>,
    chance: Chance,
    pub(crate) world: World,
    happened: Mutex<Happened>,
}

/// What happened so far in this program.
#[derive(Debug, Default)]
struct Happened {
    calls: BTreeMap<(Operation, Str), u64>,
    /// How often each failure was considered.
    considered: Vec<u64>,
    bucket: Option<(f64, Instant)>,
    /// What objects were before their last change, and when that was.
    before: BTreeMap<Str, (Instant, Option<SimObject>)>,
}

impl Cloud {
    /// An empty cloud in memory.
    pub fn new(script: Script) -> Self {
        Self::with_world(script, World::memory())
    }

    /// A cloud whose contents are in a file, which is made when it is missing.
    pub fn in_file(script: Script, path: PathBuf) -> Self {
        Self::with_world(script, World::File(path))
    }

    fn with_world(script: Script, world: World) -> Self {
        let chance = Chance::new(script.seed);
        Self {
            script: Mutex::new(script),
            chance,
            world,
            happened: Mutex::default(),
        }
    }

    /// What is to happen.
    pub fn script(&self) -> Script {
        self.script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes what is to happen from now on; failures count their calls anew.
    pub fn set_script(&self, script: Script) {
        self.happened().considered.clear();
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = script;
    }

    /// Everything that exists, by id, with nothing lagging behind.
    ///
    /// # Errors
    /// When the cloud is in a file that cannot be read.
    pub fn objects(&self) -> Result<Vec<SimObject>, ProviderError> {
        self.world
            .look(|contents| contents.objects.values().cloned().collect())
    }

    /// How often each operation was asked for, by resource type. Reads count as calls of `read_batch` objects.
    pub fn calls(&self) -> BTreeMap<(Operation, Str), u64> {
        self.happened().calls.clone()
    }

    /// How often an operation was asked for, of any resource type.
    pub fn count(&self, operation: Operation) -> u64 {
        let calls = self.calls();
        calls
            .iter()
            .filter(|((of, _), _)| *of == operation)
            .map(|(_, count)| count)
            .sum()
    }

    /// Changes an object behind everyone's back.
    ///
    /// # Errors
    /// When there is none of that id.
    pub fn tamper(
        &self,
        id: &str,
        change: impl FnOnce(&Value) -> Value,
    ) -> Result<(), ProviderError> {
        self.world.change(|contents| {
            let object = contents.objects.get_mut(id).ok_or_else(|| not_there(id))?;
            object.value = change(&object.value);
            Ok(())
        })
    }

    /// Removes an object behind everyone's back.
    ///
    /// # Errors
    /// When there is none of that id.
    pub fn remove(&self, id: &str) -> Result<(), ProviderError> {
        self.world.change(|contents| {
            contents
                .objects
                .remove(id)
                .map(drop)
                .ok_or_else(|| not_there(id))
        })
    }

    /// Lets half of the latency pass.
    pub(crate) async fn half_latency(&self) {
        let half = self.script().latency / 2;
        if !half.is_zero() {
            tokio::time::sleep(half).await;
        }
    }

    /// Waits until reads answer truly about everything that has happened.
    pub(crate) async fn settle(&self) {
        let lag = self.script().lag;
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
    }

    /// Counts a call, and says what goes wrong with it. `name` is the object's.
    ///
    /// # Errors
    /// When the cloud is asked too often.
    pub(crate) fn call(
        &self,
        operation: Operation,
        rtype: &Str,
        name: Option<&str>,
    ) -> Result<Option<Failure>, ProviderError> {
        let script = self.script();
        let mut happened = self.happened();
        *happened
            .calls
            .entry((operation, rtype.clone()))
            .or_default() += 1;
        if let Some(throttle) = script.throttle {
            let now = Instant::now();
            let (level, at) = happened.bucket.unwrap_or((throttle.burst, now));
            let filled = (now - at)
                .as_secs_f64()
                .mul_add(throttle.rate, level)
                .min(throttle.burst);
            if filled < 1.0 {
                happened.bucket = Some((filled, now));
                let wait = Duration::try_from_secs_f64((1.0 - filled) / throttle.rate).ok();
                let error = ProviderError::new(ErrorClass::Throttled, "too many calls");
                return Err(ProviderError {
                    retry_after: wait,
                    ..error
                });
            }
            happened.bucket = Some((filled - 1.0, now));
        }
        happened.considered.resize(script.failures.len(), 0);
        for (failure, considered) in script
            .failures
            .into_iter()
            .zip(happened.considered.iter_mut())
        {
            let is_about = failure.operation.is_none_or(|wanted| wanted == operation)
                && failure.rtype.as_ref().is_none_or(|wanted| wanted == rtype)
                && failure
                    .name
                    .as_deref()
                    .is_none_or(|wanted| Some(wanted) == name);
            if !is_about {
                continue;
            }
            *considered += 1;
            let fails = match &failure.when {
                When::Always => true,
                When::Calls(calls) => calls.contains(considered),
                When::Chance(probability) => self.chance.happens(*probability),
            };
            if fails {
                return Ok(Some(failure));
            }
        }
        Ok(None)
    }

    /// Remembers what an object was before a change, for as long as reads lag behind.
    pub(crate) fn changing(&self, id: &Str, before: Option<SimObject>) {
        if !self.script().lag.is_zero() {
            self.happened()
                .before
                .insert(id.clone(), (Instant::now(), before));
        }
    }

    /// What a read answers about an object just now.
    pub(crate) fn seen(&self, id: &Str, truth: Option<&SimObject>) -> Option<SimObject> {
        let lag = self.script().lag;
        match self.happened().before.get(id) {
            Some((at, before)) if at.elapsed() < lag => before.clone(),
            Some(_) | None => truth.cloned(),
        }
    }

    fn happened(&self) -> MutexGuard<'_, Happened> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn not_there(id: &str) -> ProviderError {
    ProviderError::new(
        ErrorClass::NotFound,
        format!("there is nothing of the id `{id}`"),
    )
}
