//! Verifies an environment: tries its checks until they pass or their time is over. Entry point: [`verify`].

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::secrets::Secrets;
use engine::{Events, Stop};
use lang::desired::RandomSource;
use lang::eval::{Resolution, Scope, evaluate};
use lang::functions::{CallContext, Impure};
use lang::project::{Check, CheckAction};
use lang::syntax::ast::{Expr, Ident, TraversalStep};
use model::clock::Clock;
use model::event::EventKind;
use model::value::convert;
use model::{Diagnostics, Str, Type, Value};
use tokio::sync::watch;

use crate::excerpt::Said;
use crate::probe::{Patience, Seen, command, http, tcp};

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutcome {
    /// Its name.
    pub check: Str,
    /// Whether it passed.
    pub passed: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// What was seen last, in a phrase; never a sensitive value.
    pub detail: String,
    /// Of a check that failed, what was seen last in lines: the end of a command's output, the start of a body. Never a
    /// sensitive value.
    pub seen: String,
}

/// A revision as checks see it. What is not known of it is null.
#[derive(Clone, Debug, Default)]
pub struct CheckedRevision {
    /// `r42`.
    pub name: Option<Str>,
    /// The digest of its content.
    pub digest: Option<Str>,
    /// The commit it was made from.
    pub commit: Option<Str>,
    /// Its inputs, by name.
    pub inputs: BTreeMap<Str, Value>,
}

impl CheckedRevision {
    /// What `revision` is in an expression; all in it is null where there is no revision.
    fn value(revision: Option<&Self>) -> Value {
        let text = |field: fn(&Self) -> &Option<Str>| {
            revision
                .and_then(|revision| field(revision).as_ref())
                .map_or(Value::Null(Type::String), |text| Value::string(&**text))
        };
        let inputs = revision.map_or(Value::Null(Type::Dynamic), |revision| {
            let inputs = revision.inputs.iter();
            Value::object(inputs.map(|(name, value)| (name.clone(), value.clone())))
        });
        Value::object([
            ("name", text(|revision| &revision.name)),
            ("digest", text(|revision| &revision.digest)),
            ("commit", text(|revision| &revision.commit)),
            ("inputs", inputs),
        ])
    }
}

/// How often a check is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// Until it passes, for as long as its `within` says.
    AsItSays,
    /// Once, or as often in a row as it must pass: how things are now.
    Once,
}

/// What checks can refer to.
#[derive(Clone)]
pub struct Subject<'s> {
    /// `environment`: its name.
    pub environment: &'s str,
    /// How often each is tried.
    pub tries: Tries,
    /// `revision`: what is deployed there, where that is known.
    pub revision: Option<&'s CheckedRevision>,
    /// `output`: the root outputs, with marks.
    pub outputs: &'s BTreeMap<Str, Value>,
    /// Where commands run.
    pub directory: &'s Path,
    /// The time.
    pub clock: &'s dyn Clock,
    /// Chance, for functions that need it.
    pub random: &'s dyn RandomSource,
    /// What must not be shown of what a check sees. It is asked for when a check failed: a program or a server may say
    /// anything.
    pub secrets: &'s (dyn Fn() -> Secrets + Sync),
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("environment", &self.environment)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// What came of several checks.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Of those that were tried to their end.
    pub outcomes: Vec<CheckOutcome>,
    /// Those of which nothing can be said, because it was asked to stop before.
    pub left: Vec<Str>,
}

/// Tries checks one after the other, each until it passes as often in a row as it must, or its `within` is over. Where
/// that is nothing, it is tried once. When `stop` says so, what is being tried is left, and so are the rest.
pub async fn verify(
    checks: &[&Check],
    subject: &Subject<'_>,
    events: &Events,
    mut stop: watch::Receiver<Stop>,
) -> Verified {
    let mut verified = Verified::default();
    for check in checks {
        if *stop.borrow() != Stop::Never {
            verified.left.push(check.name.clone());
            continue;
        }
        events
            .emit(EventKind::CheckStarted {
                check: check.name.clone(),
            })
            .await;
        let started = Instant::now();
        let ended = tokio::select! {
            outcome = until(check, subject, started) => Some(outcome),
            () = stopped(&mut stop) => None,
        };
        let Some(outcome) = ended else {
            verified.left.push(check.name.clone());
            continue;
        };
        events
            .emit(EventKind::CheckFinished {
                check: check.name.clone(),
                passed: outcome.passed,
                attempts: outcome.attempts,
                took: started.elapsed(),
                detail: outcome.detail.clone(),
                seen: outcome.seen.clone(),
            })
            .await;
        verified.outcomes.push(outcome);
    }
    verified
}

/// The least time that a try is given.
const SHORTEST_TRY: Duration = Duration::from_millis(100);

async fn until(check: &Check, subject: &Subject<'_>, started: Instant) -> CheckOutcome {
    let mut attempts = 0;
    let mut in_a_row = 0;
    let is_once = subject.tries == Tries::Once;
    let within = if is_once {
        check.every.saturating_mul(check.streak.saturating_sub(1))
    } else {
        check.within
    };
    loop {
        attempts += 1;
        // A last try has at least time to answer.
        let left = within.saturating_sub(started.elapsed()).max(SHORTEST_TRY);
        let patience = if is_once || within.is_zero() || check.timeout <= left {
            Patience::Try(check.timeout)
        } else {
            Patience::Rest { left, within }
        };
        let tried = once(check, subject, patience).await;
        let (good, hopeless, detail, seen) = match tried {
            Ok(detail) => (true, false, detail, Vec::new()),
            Err(Failure::Wrong(detail)) => (false, true, detail, Vec::new()),
            Err(Failure::Seen { detail, said }) => (false, false, detail, said),
        };
        in_a_row = if good { in_a_row + 1 } else { 0 };
        let passed = in_a_row >= check.streak;
        let detail = if good && !passed {
            format!("{detail}, passed {in_a_row} of {} in a row", check.streak)
        } else {
            detail
        };
        let over = if is_once {
            !good
        } else {
            started.elapsed() + check.every > within
        };
        if passed || hopeless || over {
            // What was asked has texts of outputs in it, what was seen of a failure may have any.
            let secrets = if passed {
                engine::secrets::marked_in(subject.outputs.values())
            } else {
                (subject.secrets)()
            };
            return CheckOutcome {
                check: check.name.clone(),
                passed,
                attempts,
                detail: secrets.hidden_in(&detail),
                seen: excerpts(&seen, &secrets),
            };
        }
        tokio::time::sleep(check.every).await;
    }
}

/// Waits until it is asked to stop; for ever where nobody can ask.
async fn stopped(stop: &mut watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop != Stop::Never).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Why a try did not pass.
enum Failure {
    /// The check itself is wrong: it would be the same each time.
    Wrong(String),
    /// What was seen, which may be another the next time.
    Seen { detail: String, said: Vec<Said> },
}

/// What is shown of what was said.
fn excerpts(said: &[Said], secrets: &Secrets) -> String {
    let excerpts = said.iter().map(|said| said.excerpt(secrets));
    let excerpts: Vec<String> = excerpts.filter(|text| !text.is_empty()).collect();
    excerpts.join("\n")
}

/// One try; the text says what was seen.
async fn once(check: &Check, subject: &Subject<'_>, patience: Patience) -> Result<String, Failure> {
    let asked = value_of(check.action.expr(), subject, None).map_err(Failure::Wrong)?;
    let text = || text_of(&asked).map_err(Failure::Wrong);
    let seen = match &check.action {
        CheckAction::Http(_) => http(text()?, patience).await,
        CheckAction::Tcp(_) => tcp(&text()?, patience).await,
        CheckAction::Command(_) => {
            let words = asked.as_items().unwrap_or_default();
            let words: Result<Vec<String>, String> = words.iter().map(text_of).collect();
            let words = words.map_err(Failure::Wrong)?;
            command(&words, subject.directory, patience).await
        }
    };
    let Seen {
        detail,
        said,
        response,
    } = seen;
    let Some(response) = response else {
        return Err(Failure::Seen { detail, said });
    };
    let Some(pass) = &check.pass else {
        let good = response.get("ok").and_then(Value::as_bool).unwrap_or(true);
        return if good {
            Ok(detail)
        } else {
            Err(Failure::Seen { detail, said })
        };
    };
    let passed = value_of(pass, subject, Some(response)).map_err(Failure::Wrong)?;
    match passed.as_bool() {
        Some(true) => Ok(detail),
        Some(false) => {
            let detail = format!("{detail}, which does not pass");
            Err(Failure::Seen { detail, said })
        }
        None => {
            let what = match passed.is_null() {
                true => "null".to_owned(),
                false => format!("of type {}", passed.ty()),
            };
            let detail = format!("{detail}, and `pass` is {what}, neither true nor false");
            Err(Failure::Seen { detail, said })
        }
    }
}

fn value_of(expr: &Expr, subject: &Subject<'_>, response: Option<Value>) -> Result<Value, String> {
    let output = subject
        .outputs
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let scope = CheckScope {
        output: Value::object(output),
        environment: Value::string(subject.environment),
        revision: CheckedRevision::value(subject.revision),
        response,
        calls: CallContext {
            directory: subject.directory,
            working_directory: subject.directory,
            home: None,
            reads: None,
            impure: Impure::Evaluated,
            plan_time: None,
            clock: subject.clock,
            random: subject.random,
            template_depth: 0,
        },
    };
    let (value, diagnostics) = evaluate(expr, &scope);
    match diagnostics.into_iter().find(model::Diagnostic::is_error) {
        Some(error) => Err(error.message),
        None => Ok(value.unmark_deep().0),
    }
}

fn text_of(value: &Value) -> Result<String, String> {
    match convert(value, &Type::String) {
        Ok(Value::String(text)) => Ok(text.to_string()),
        Ok(_) | Err(_) => Err("what it asks is not a known string".into()),
    }
}

/// The names that a check's expressions see.
pub(crate) struct CheckScope<'s> {
    /// `output`: the root outputs.
    pub(crate) output: Value,
    /// `environment.name`.
    pub(crate) environment: Value,
    /// `revision`.
    pub(crate) revision: Value,
    /// `response`, where there is one.
    pub(crate) response: Option<Value>,
    pub(crate) calls: CallContext<'s>,
}

impl Scope for CheckScope<'_> {
    fn resolve(
        &self,
        root: &Ident,
        _: &[TraversalStep],
        _: &mut Diagnostics,
    ) -> Option<Resolution> {
        let value = match root.text.as_str() {
            "output" => self.output.clone(),
            "environment" => Value::object([("name", self.environment.clone())]),
            "revision" => self.revision.clone(),
            "response" => self.response.clone()?,
            _ => return None,
        };
        Some(Resolution::of(value))
    }

    fn names(&self) -> Vec<Str> {
        let response = self.response.as_ref().map(|_| "response");
        ["output", "environment", "revision"]
            .into_iter()
            .chain(response)
            .map(Str::from)
            .collect()
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.calls
    }
}

#[cfg(test)]
mod tests;
