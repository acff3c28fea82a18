//! Words that can name an environment or something else: sorted out once it is known which environments there are.

use std::path::{Path, PathBuf};

use model::address::{InstanceAddr, Target};
use model::serial::{PlanId, RunId};

use super::{ApplyArgs, OutputArgs, ShowArgs, StateListArgs, StateSettleArgs, StateShowArgs};

/// A plan, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanRef {
    /// By its id.
    Id(PlanId),
    /// By the file it was kept in.
    File(PathBuf),
}

/// What `apply` is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplySubject {
    /// The environment, where it is named.
    pub environment: Option<String>,
    /// The plan, where one is given.
    pub plan: Option<PlanRef>,
}

/// What `show` is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowSubject {
    /// The environment, where it is named.
    pub environment: Option<String>,
    /// What of it.
    pub what: ShowWhat,
}

/// What of an environment `show` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShowWhat {
    /// What is recorded.
    Record,
    /// A plan.
    Plan(PlanRef),
    /// A run.
    Run(RunId),
}

/// An environment, where it is named, and the other words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named<T> {
    /// The environment, where it is named.
    pub environment: Option<String>,
    /// What else is named.
    pub rest: T,
}

/// Words that name nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A word is neither an environment nor what else could stand there.
    #[error("`{word}` is neither an environment nor {wanted}")]
    Unknown {
        /// The word.
        word: String,
        /// What else it could be, with its article.
        wanted: &'static str,
    },
    /// A word is missing.
    #[error("{what} is missing")]
    Missing {
        /// What, with its article.
        what: &'static str,
    },
}

/// A word that names a plan: its id, or a file that exists.
fn plan_ref(word: &str, is_file: &impl Fn(&Path) -> bool) -> Option<PlanRef> {
    match word.parse() {
        Ok(id) => Some(PlanRef::Id(id)),
        Err(_) => is_file(Path::new(word)).then(|| PlanRef::File(word.into())),
    }
}

impl ApplyArgs {
    /// Sorts the words out. `is_environment` and `is_file` say what exists; an environment wins over a file.
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for a word that is neither.
    pub fn subject(
        &self,
        is_environment: impl Fn(&str) -> bool,
        is_file: impl Fn(&Path) -> bool,
    ) -> Result<ApplySubject, WordsError> {
        let unknown = |word: &str| WordsError::Unknown {
            word: word.into(),
            wanted: "a plan's id or file",
        };
        let plan = |word: &str| plan_ref(word, &is_file).ok_or_else(|| unknown(word));
        match self.words.as_slice() {
            [] => Ok(ApplySubject::default()),
            [word] if is_environment(word) => Ok(ApplySubject {
                environment: Some(word.clone()),
                plan: None,
            }),
            [word] => Ok(ApplySubject {
                environment: None,
                plan: Some(plan(word)?),
            }),
            // In any order, as with `promote`.
            [word, environment, ..] if !is_environment(word) && is_environment(environment) => {
                Ok(ApplySubject {
                    environment: Some(environment.clone()),
                    plan: Some(plan(word)?),
                })
            }
            [environment, word, ..] => Ok(ApplySubject {
                environment: Some(environment.clone()),
                plan: Some(plan(word)?),
            }),
        }
    }
}

impl ShowArgs {
    /// Sorts the words out; see [`ApplyArgs::subject`].
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for a word that names nothing, [`WordsError::Missing`] for `run` without a number.
    pub fn subject(
        &self,
        is_environment: impl Fn(&str) -> bool,
        is_file: impl Fn(&Path) -> bool,
    ) -> Result<ShowSubject, WordsError> {
        let (environment, rest) = match self.words.split_first() {
            Some((first, rest)) if is_environment(first) => (Some(first.clone()), rest),
            _ => (None, self.words.as_slice()),
        };
        let unknown = |word: &str, wanted| WordsError::Unknown {
            word: word.into(),
            wanted,
        };
        let what = match rest {
            [] => ShowWhat::Record,
            [word] if word == "run" => {
                return Err(WordsError::Missing {
                    what: "the number of a run",
                });
            }
            [word, number, ..] if word == "run" => ShowWhat::Run(RunId(
                number
                    .parse()
                    .map_err(|_| unknown(number, "the number of a run"))?,
            )),
            [word, ..] => {
                let wanted = "a plan's id or file, nor `run` with a number";
                ShowWhat::Plan(plan_ref(word, &is_file).ok_or_else(|| unknown(word, wanted))?)
            }
        };
        Ok(ShowSubject { environment, what })
    }
}

impl OutputArgs {
    /// The environment and the output's name. A single word is an environment when there is one of that name.
    pub fn subject(&self, is_environment: impl Fn(&str) -> bool) -> Named<Option<String>> {
        match self.words.as_slice() {
            [] => Named::default(),
            [word] if is_environment(word) => Named {
                environment: Some(word.clone()),
                rest: None,
            },
            [word] => Named {
                environment: None,
                rest: Some(word.clone()),
            },
            [environment, name, ..] => Named {
                environment: Some(environment.clone()),
                rest: Some(name.clone()),
            },
        }
    }
}

impl StateListArgs {
    /// The environment and the addresses. The first word is an environment when there is one of that name.
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for a word that is no address.
    pub fn subject(
        &self,
        is_environment: impl Fn(&str) -> bool,
    ) -> Result<Named<Vec<Target>>, WordsError> {
        targets(&self.words, is_environment)
    }
}

impl StateSettleArgs {
    /// The environment and the address; see [`StateListArgs::subject`].
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for a word that is no address of an instance, [`WordsError::Missing`] when there is none.
    pub fn subject(
        &self,
        is_environment: impl Fn(&str) -> bool,
    ) -> Result<Named<InstanceAddr>, WordsError> {
        let (environment, rest) = match self.words.split_first() {
            Some((first, rest)) if is_environment(first) => (Some(first.clone()), rest),
            _ => (None, self.words.as_slice()),
        };
        let word = rest.first().ok_or(WordsError::Missing {
            what: "the address of an instance",
        })?;
        let rest = word.parse().map_err(|_| WordsError::Unknown {
            word: word.clone(),
            wanted: "the address of an instance",
        })?;
        Ok(Named { environment, rest })
    }
}

impl StateShowArgs {
    /// The environment and the addresses, at least one; see [`StateListArgs::subject`].
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for a word that is no address, [`WordsError::Missing`] when there is none.
    pub fn subject(
        &self,
        is_environment: impl Fn(&str) -> bool,
    ) -> Result<Named<Vec<Target>>, WordsError> {
        let named = targets(&self.words, is_environment)?;
        if named.rest.is_empty() {
            return Err(WordsError::Missing { what: "an address" });
        }
        Ok(named)
    }
}

fn targets(
    words: &[String],
    is_environment: impl Fn(&str) -> bool,
) -> Result<Named<Vec<Target>>, WordsError> {
    let (environment, words) = match words.split_first() {
        Some((first, rest)) if is_environment(first) => (Some(first.clone()), rest),
        _ => (None, words),
    };
    let rest = words
        .iter()
        .map(|word| {
            word.parse().map_err(|_| WordsError::Unknown {
                word: word.clone(),
                wanted: "an address",
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Named { environment, rest })
}
