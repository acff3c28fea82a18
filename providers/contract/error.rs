//! What goes wrong in a provider, by what the engine can do about it.

use std::time::Duration;

use model::Path;
use serde::{Deserialize, Serialize};

use crate::request::Object;

/// What the engine can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// Too many calls: wait, go slower, try again.
    Throttled,
    /// A passing fault: try again.
    Transient,
    /// Something else is changing the same object: try again a little later.
    Conflict,
    /// A limit of the account is reached: no use to try again now.
    Quota,
    /// The object is not there.
    NotFound,
    /// Not allowed.
    Denied,
    /// The request is wrong or refused for good.
    Permanent,
    /// The provider broke its contract or panicked.
    Bug,
}

impl ErrorClass {
    /// The class in a word, as it is told and kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Conflict => "conflict",
            Self::Quota => "quota",
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::Permanent => "permanent",
            Self::Bug => "bug",
        }
    }
}

/// An error of a provider. Never carries a sensitive value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What can be done about it.
    pub class: ErrorClass,
    /// What happened, as a phrase.
    pub message: String,
    /// The whole story: what the provider or its API said. May be empty.
    pub detail: String,
    /// The attribute it is about.
    pub path: Option<Path>,
    /// The API request it came from, such as `ec2:RunInstances 1f0c-77ab`.
    pub request: Option<String>,
    /// Do not try again sooner than this.
    pub retry_after: Option<Duration>,
}

impl ProviderError {
    /// Makes an error of a class.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            detail: String::new(),
            path: None,
            request: None,
            retry_after: None,
        }
    }

    /// Makes an error that trying again does not mend.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Permanent, message)
    }

    /// Makes an error that should not be possible; says that it is a bug in Terrace.
    pub fn bug(message: impl std::fmt::Display) -> Self {
        Self::new(
            ErrorClass::Bug,
            format!("{message}. This is a bug in Terrace."),
        )
    }

    /// Adds the whole story.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Says which attribute it is about.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }
}

/// What exists after an apply that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Exists {
    /// Nothing: a create made nothing, or a destroy had already removed it.
    Nothing,
    /// This object: unchanged, half changed, or created but not finished.
    Object(Object),
    /// It cannot be told.
    Unknown,
}

/// An apply that failed, with what exists all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}")]
pub struct ApplyError {
    /// What went wrong.
    pub error: ProviderError,
    /// What exists now.
    pub exists: Exists,
}

impl ApplyError {
    /// An error after which nothing exists.
    pub fn nothing(error: ProviderError) -> Self {
        Self {
            error,
            exists: Exists::Nothing,
        }
    }

    /// An error after which `object` exists.
    pub fn exists(error: ProviderError, object: Object) -> Self {
        Self {
            error,
            exists: Exists::Object(object),
        }
    }

    /// An error after which it cannot be told what exists.
    pub fn unknown(error: ProviderError) -> Self {
        Self {
            error,
            exists: Exists::Unknown,
        }
    }
}
