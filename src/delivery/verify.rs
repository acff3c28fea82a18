//! Verifies an environment: tries its checks until they pass or their time is over. Entry point: [`verify`].

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use engine::Events;
use lang::desired::RandomSource;
use lang::eval::{Resolution, Scope, evaluate};
use lang::functions::{CallContext, Impure};
use lang::project::{Check, CheckAction};
use lang::syntax::ast::{Expr, Ident, TraversalStep};
use model::clock::Clock;
use model::event::EventKind;
use model::value::convert;
use model::{Diagnostics, Str, Type, Value};

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
}

/// What checks can refer to.
#[derive(Clone, Debug)]
pub struct Subject<'s> {
    /// `environment`: its name.
    pub environment: &'s str,
    /// `output`: the root outputs, with marks.
    pub outputs: &'s BTreeMap<Str, Value>,
    /// Where commands run.
    pub directory: &'s Path,
    /// The time.
    pub clock: &'s dyn Clock,
    /// Chance, for functions that need it.
    pub random: &'s dyn RandomSource,
}

/// Tries checks one after the other, each until it passes or its `within` is over.
pub async fn verify(
    checks: &[&Check],
    subject: &Subject<'_>,
    events: &Events,
) -> Vec<CheckOutcome> {
    let mut outcomes = Vec::with_capacity(checks.len());
    for check in checks {
        events
            .emit(EventKind::CheckStarted {
                check: check.name.clone(),
            })
            .await;
        let started = Instant::now();
        let outcome = until(check, subject, started).await;
        events
            .emit(EventKind::CheckFinished {
                check: check.name.clone(),
                passed: outcome.passed,
                attempts: outcome.attempts,
                took: started.elapsed(),
                detail: outcome.detail.clone(),
            })
            .await;
        outcomes.push(outcome);
    }
    outcomes
}

async fn until(check: &Check, subject: &Subject<'_>, started: Instant) -> CheckOutcome {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (passed, hopeless, detail) = match once(check, subject).await {
            Ok(detail) => (true, false, detail),
            Err(Failure::Wrong(detail)) => (false, true, detail),
            Err(Failure::Seen(detail)) => (false, false, detail),
        };
        let over = started.elapsed() + check.every > check.within;
        if passed || hopeless || over {
            return CheckOutcome {
                check: check.name.clone(),
                passed,
                attempts,
                detail,
            };
        }
        tokio::time::sleep(check.every).await;
    }
}

/// Why a try did not pass.
enum Failure {
    /// The check itself is wrong: it would be the same each time.
    Wrong(String),
    /// What was seen, which may be another the next time.
    Seen(String),
}

/// One try; the text says what was seen.
async fn once(check: &Check, subject: &Subject<'_>) -> Result<String, Failure> {
    let asked = value_of(check.action.expr(), subject, None).map_err(Failure::Wrong)?;
    let text = || text_of(&asked).map_err(Failure::Wrong);
    let seen = match &check.action {
        CheckAction::Http(_) => http(text()?, check.timeout).await,
        CheckAction::Tcp(_) => tcp(&text()?, check.timeout).await,
        CheckAction::Command(_) => command(&asked, subject.directory, check.timeout).await,
    };
    let (detail, response) = seen.map_err(Failure::Seen)?;
    let Some(pass) = &check.pass else {
        let good = response.get("ok").and_then(Value::as_bool).unwrap_or(true);
        return if good {
            Ok(detail)
        } else {
            Err(Failure::Seen(detail))
        };
    };
    match value_of(pass, subject, Some(response)).map_err(Failure::Wrong)? {
        value if value.as_bool() == Some(true) => Ok(detail),
        _ => Err(Failure::Seen(format!("{detail}, which does not pass"))),
    }
}

fn value_of(expr: &Expr, subject: &Subject<'_>, response: Option<Value>) -> Result<Value, String> {
    let scope = CheckScope {
        subject,
        response,
        calls: CallContext {
            directory: subject.directory,
            home: None,
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

/// GETs a URL. `response` has `status`, `body` and `headers`; without a `pass`, a status of 200 to 399 passes.
async fn http(url: String, timeout: Duration) -> Result<(String, Value), String> {
    let asked = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .build()
            .into();
        let mut response = agent.get(&url).call().map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        Ok::<_, String>((status, headers, body))
    });
    let (status, headers, body) = asked.await.map_err(|error| error.to_string())??;
    let headers = headers
        .into_iter()
        .map(|(name, value)| (Str::from(name), Value::string(value)));
    let response = Value::object([
        ("status", Value::int(i64::from(status))),
        ("body", Value::string(body)),
        ("headers", Value::map(Type::String, headers)),
        ("ok", Value::Bool((200..400).contains(&status))),
    ]);
    Ok((format!("status {status}"), response))
}

async fn tcp(address: &str, timeout: Duration) -> Result<(String, Value), String> {
    match tokio::time::timeout(timeout, tokio::net::TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok((
            format!("connected to {address}"),
            Value::object([("ok", Value::Bool(true))]),
        )),
        Ok(Err(error)) => Err(format!("{address}: {error}")),
        Err(_) => Err(format!("{address}: no answer within {timeout:?}")),
    }
}

/// Runs a program. `response` has `status`, `stdout` and `stderr`; without a `pass`, status 0 passes.
async fn command(
    asked: &Value,
    directory: &Path,
    timeout: Duration,
) -> Result<(String, Value), String> {
    let words: Result<Vec<String>, String> = asked
        .as_items()
        .unwrap_or_default()
        .iter()
        .map(text_of)
        .collect();
    let words = words?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("`command` is a list of words, the program first".into());
    };
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match tokio::time::timeout(timeout, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("cannot run `{program}`: {error}")),
        Err(_) => return Err(format!("`{program}` did not end within {timeout:?}")),
    };
    let status = output.status.code().unwrap_or(-1);
    let text = |bytes: &[u8]| Value::string(String::from_utf8_lossy(bytes).into_owned());
    let response = Value::object([
        ("status", Value::int(i64::from(status))),
        ("stdout", text(&output.stdout)),
        ("stderr", text(&output.stderr)),
        ("ok", Value::Bool(status == 0)),
    ]);
    Ok((format!("exit status {status}"), response))
}

struct CheckScope<'s> {
    subject: &'s Subject<'s>,
    response: Option<Value>,
    calls: CallContext<'s>,
}

impl Scope for CheckScope<'_> {
    fn resolve(
        &self,
        root: &Ident,
        _: &[TraversalStep],
        _: &mut Diagnostics,
    ) -> Option<Resolution> {
        let value = match root.text.as_str() {
            "output" => Value::object(
                self.subject
                    .outputs
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            ),
            "environment" => Value::object([("name", Value::string(self.subject.environment))]),
            "response" => self.response.clone()?,
            _ => return None,
        };
        Some(Resolution::of(value))
    }

    fn names(&self) -> Vec<Str> {
        ["output", "environment", "response"]
            .into_iter()
            .map(Str::from)
            .collect()
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.calls
    }
}
