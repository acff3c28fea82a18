//! What is to happen in a simulated cloud.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use contract::{ApplyRequest, ErrorClass};
use model::Str;

/// What is to happen in a simulated cloud. The default is a cloud that does at once what it is asked.
#[derive(Clone, Debug)]
pub struct Script {
    /// Every call takes so long, half of it before its effect and half after.
    pub latency: Duration,
    /// For so long after a change, reads answer as before it.
    pub lag: Duration,
    /// What goes wrong.
    pub failures: Vec<Failure>,
    /// How many calls the cloud lets through.
    pub throttle: Option<Throttle>,
    /// Whether objects carry the marker of the effect that made them, so that they can be found by it.
    pub markers: bool,
    /// One call reads so many objects.
    pub read_batch: usize,
    /// What chance follows from.
    pub seed: u64,
    /// Asked at every crash point of every apply.
    pub hook: Option<Hook>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            lag: Duration::ZERO,
            failures: Vec::new(),
            throttle: None,
            markers: true,
            read_batch: 100,
            seed: 0,
            hook: None,
        }
    }
}

/// What is asked of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Making an object.
    Create,
    /// Looking at objects.
    Read,
    /// Changing an object.
    Update,
    /// Removing an object.
    Destroy,
    /// Looking for an object after a crash.
    Find,
    /// Looking for an object by its id.
    Import,
    /// Asking a data source.
    Data,
}

/// How many calls the cloud lets through: a bucket that fills steadily and holds so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: f64,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// With which operation; any when not given.
    pub operation: Option<Operation>,
    /// With which resource type or data source; any when not given.
    pub rtype: Option<Str>,
    /// With which object, by its `name`; any when not given.
    pub name: Option<Str>,
    /// When.
    pub when: When,
    /// Of which class the error is.
    pub class: ErrorClass,
    /// What was done all the same. Only for create, update and destroy.
    pub effect: Effect,
    /// How it shows.
    pub fault: Fault,
    /// What the error says.
    pub message: String,
}

impl Failure {
    /// A failure of this class, each time, with nothing done.
    pub fn new(class: ErrorClass) -> Self {
        Self {
            operation: None,
            rtype: None,
            name: None,
            when: When::Always,
            class,
            effect: Effect::Nothing,
            fault: Fault::Error,
            message: "the script says so".into(),
        }
    }

    /// The same for one operation.
    #[must_use]
    pub fn on(self, operation: Operation) -> Self {
        Self {
            operation: Some(operation),
            ..self
        }
    }

    /// The same for the object of this name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// The same at other times.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// The same, but the provider panics.
    #[must_use]
    pub fn panicking(self) -> Self {
        Self {
            fault: Fault::Panic,
            ..self
        }
    }

    /// The same with something done.
    #[must_use]
    pub fn after(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }
}

/// When something goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Each time.
    Always,
    /// At these of the calls it is about, counted from 1.
    Calls(Vec<u64>),
    /// With this probability, from 0 to 1.
    Chance(f64),
}

/// What was done before something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// A created object exists but is not finished (`status` is `pending`); an update or destroy did nothing. The
    /// error says what exists.
    Half,
    /// All of it, but the error says that it cannot tell.
    Done,
}

/// How something that goes wrong shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider answers with an error.
    Error,
    /// The provider panics.
    Panic,
}

/// A moment of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// Nothing has happened in the cloud yet.
    BeforeEffect,
    /// It has happened; the answer is on its way.
    AfterEffect,
    /// The answer is there.
    BeforeReturn,
}

/// What comes of a crash point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// None: go on.
    No,
    /// The apply never answers; the caller is to be dropped.
    Hang,
    /// The provider panics.
    Panic,
}

type Ask = dyn Fn(Point, &ApplyRequest) -> Crash + Send + Sync;

/// Asked at every crash point of every apply.
#[derive(Clone)]
pub struct Hook(Arc<Ask>);

impl Hook {
    /// A hook that asks `hook`.
    pub fn new(hook: impl Fn(Point, &ApplyRequest) -> Crash + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    pub(crate) fn ask(&self, point: Point, request: &ApplyRequest) -> Crash {
        (self.0)(point, request)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
