//! `terrace console`: evaluates expressions in an environment, with its variables and what is recorded.

use std::io::BufRead;

use lang::Desired;
use lang::graph::NodeKind;
use model::address::ModuleAddr;
use model::{Diagnostics, Value};

use super::args::ConsoleArgs;
use super::invocation::Invocation;
use super::output::json::value_spec::value_spec;
use super::output::state::value as shown;
use super::output::write;
use super::prepare::{Prepared, Wanted, Wants, prepare};
use super::record;
use crate::cli::invocation::exit::ExitCode;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &ConsoleArgs) -> ExitCode {
    let prepared = match prepare(
        invocation,
        Wanted {
            wants: Wants::Record,
            ..Wanted::of(args.environment.as_deref(), &args.planning)
        },
    )
    .await
    {
        Ok(prepared) => prepared,
        Err(refused) => return refused.report(invocation),
    };
    let desired = match evaluated(&prepared) {
        Ok(desired) => desired,
        Err(error) => return record::report(invocation, &error),
    };
    let interactive = invocation.is_interactive();
    let mut failed = false;
    for line in read(interactive) {
        let line = match line {
            Ok(line) => line,
            Err(_) => return ExitCode::Failed,
        };
        if line.trim().is_empty() {
            continue;
        }
        if line.trim() == "exit" {
            break;
        }
        failed |= !one(invocation, &prepared, &desired, &line, args.json);
    }
    if failed && !interactive {
        ExitCode::Failed
    } else {
        ExitCode::Done
    }
}

fn evaluated(prepared: &Prepared) -> Result<Desired, engine::record::StoreError> {
    let store = record::open_existing(&prepared.project.record())?;
    let recorded = record::read(store.as_ref(), &prepared.environment)?;
    let mut desired = prepared.desired();
    let graph = desired.graph().clone();
    for &node in &graph.order {
        // What is wrong shows when it is referred to.
        let _ = desired.evaluate(node);
        if !matches!(
            graph.node(node).map(|node| &node.kind),
            Some(NodeKind::Resource(_))
        ) {
            continue;
        }
        for block in desired.blocks(node) {
            let value = |key| {
                let addr = block.addr.instance(key);
                recorded
                    .current(&addr)
                    .map_or_else(Value::dynamic, |object| object.value.clone())
            };
            let values = block.keys().into_iter().map(value).collect();
            desired.set_values(&block.addr, values);
        }
    }
    Ok(desired)
}

fn read(interactive: bool) -> impl Iterator<Item = std::io::Result<String>> {
    let mut input = std::io::stdin().lock();
    let mut pending = String::new();
    std::iter::from_fn(move || {
        loop {
            if interactive {
                write::say(if pending.is_empty() { "> " } else { ": " });
            }
            let mut line = String::new();
            match input.read_line(&mut line) {
                Err(error) => return Some(Err(error)),
                Ok(0) if pending.is_empty() => return None,
                Ok(0) => return Some(Ok(std::mem::take(&mut pending))),
                Ok(_) => {}
            }
            pending.push_str(&line);
            // An expression goes on while a bracket is open.
            if balance(&pending) <= 0 {
                return Some(Ok(std::mem::take(&mut pending)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned()));
            }
        }
    })
}

/// How many brackets are open, outside of strings.
fn balance(text: &str) -> i64 {
    let mut open = 0;
    let mut in_string = false;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '(' | '[' | '{' if !in_string => open += 1,
            ')' | ']' | '}' if !in_string => open -= 1,
            _ => {}
        }
    }
    open
}

fn one(
    invocation: &Invocation,
    prepared: &Prepared,
    desired: &Desired,
    text: &str,
    json: bool,
) -> bool {
    let mut sources = prepared.sources().clone();
    let file = sources.add("expression", text);
    let (expr, mut diagnostics) = lang::syntax::parse_expression(file, text);
    let mut value = Value::dynamic();
    if !diagnostics.has_errors()
        && let Some(lookup) = desired.lookup(&ModuleAddr::root())
    {
        let (found, more) = lang::eval::evaluate(&expr, &lookup.for_console());
        value = found;
        diagnostics.extend(more);
    }
    if json {
        let answer = if diagnostics.has_errors() {
            error_spec(&diagnostics)
        } else {
            value_spec(&value)
        };
        return write::answer(&format!("{answer}\n")).is_ok() && !diagnostics.has_errors();
    }
    invocation.report(&diagnostics, &sources, "", false);
    if diagnostics.has_errors() {
        return false;
    }
    write::answer(&shown(&value, invocation.stdout)).is_ok()
}

fn error_spec(diagnostics: &Diagnostics) -> serde_json::Value {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let message = error.map(|error| error.message.clone()).unwrap_or_default();
    let detail: Vec<String> = error
        .into_iter()
        .flat_map(|error| error.notes.iter().chain(&error.help))
        .cloned()
        .collect();
    serde_json::json!({ "error": message, "detail": detail.join("; ") })
}
