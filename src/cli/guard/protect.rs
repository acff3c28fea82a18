//! Refuses what would destroy data, before anything runs: each instance with why it would go, and the command that lets it.
//! What is protected is decided in `delivery::protect`. Entry point: [`refuse`].

use std::collections::BTreeSet;

use delivery::protect::{Guard, Loss, refused, unknown};
use engine::Planned;
use model::change::Action;
use model::pattern::Pattern;
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics, Severity};

use crate::cli::invocation::shell::quoted;
use crate::cli::output::plan::why;
use crate::cli::prepare::{Prepared, Refused};

/// Refuses a plan that would destroy or replace protected instances which `allow` does not name, and one where `allow` names
/// nothing. `command` does it all, but for what is to be allowed.
///
/// # Errors
/// With what is refused.
pub fn refuse(
    prepared: &Prepared,
    planned: &Planned,
    allow: &[Pattern],
    command: &str,
) -> Result<(), Refused> {
    let found = found(prepared, planned, allow, command);
    if found.has_errors() {
        let sources = prepared.sources().clone();
        return Err(Refused {
            diagnostics: found,
            sources,
        });
    }
    Ok(())
}

/// The same as a warning, where nothing is applied yet.
pub fn warn(prepared: &Prepared, planned: &Planned, command: &str) -> Diagnostics {
    let found = found(prepared, planned, &[], command);
    found
        .iter()
        .map(|found| Diagnostic {
            severity: Severity::Warning,
            ..found.clone()
        })
        .collect()
}

fn found(prepared: &Prepared, planned: &Planned, allow: &[Pattern], command: &str) -> Diagnostics {
    let mut out = Diagnostics::new();
    let plan = &planned.plan;
    if plan.is_empty() {
        return out;
    }
    let recorded = planned.recorded.instances().map(|(addr, _)| addr);
    let nothing = unknown(&plan.changes, recorded, allow);
    let known: Vec<&Pattern> = allow
        .iter()
        .filter(|named| !nothing.contains(named))
        .collect();
    for named in nothing {
        let message = format!("--allow-destroy {named} names no instance");
        let environment = &plan.environment;
        out.push(
            Diagnostic::error("target-unknown", message)
                .help(format!("those there are: terrace state list {environment}")),
        );
    }
    let declared = prepared.project.declared(&prepared.environment);
    let protect = declared.map(|declared| declared.protect.as_slice());
    let losses = refused(&plan.changes, protect.unwrap_or_default(), allow);
    if !losses.is_empty() {
        out.push(diagnostic(&losses, plan.mode, &known, command));
    }
    out
}

/// So many instances are told one by one; more are counted.
const MOST: usize = 20;

fn diagnostic(
    losses: &[Loss<'_>],
    mode: PlanMode,
    allow: &[&Pattern],
    command: &str,
) -> Diagnostic {
    let message = match losses {
        [one] => format!(
            "`{}` is protected, and would be {}",
            one.change.addr,
            end(one)
        ),
        several => format!("{} protected instances would be lost", several.len()),
    };
    let mut diagnostic = Diagnostic::error("protected", message);
    if let [one] = losses {
        diagnostic = diagnostic.about(one.change.addr.clone());
    }
    let named = losses.iter().find_map(|loss| match loss.guard {
        Guard::Named(_, span) => Some(span),
        Guard::Type => None,
    });
    if let Some(span) = named {
        diagnostic = diagnostic.at(span, "protected here");
    }
    for loss in losses.iter().take(MOST) {
        diagnostic = diagnostic.note(sentence(loss, mode));
    }
    let more = losses.len().saturating_sub(MOST);
    if more > 0 {
        diagnostic = diagnostic.note(format!("and {more} more"));
    }
    let options: String = allowing(losses, allow)
        .iter()
        .map(|named| format!(" --allow-destroy {}", quoted(named)))
        .collect();
    diagnostic.help(format!("if what is in it may go:\n{command}{options}"))
}

fn end(loss: &Loss<'_>) -> &'static str {
    match loss.change.action {
        Action::Replace(_) => "replaced",
        Action::Destroy
        | Action::NoOp
        | Action::Read
        | Action::Create
        | Action::Update
        | Action::Forget => "destroyed",
    }
}

fn sentence(loss: &Loss<'_>, mode: PlanMode) -> String {
    let change = loss.change;
    let why = match mode {
        PlanMode::Destroy => " with all of the environment".to_owned(),
        PlanMode::Normal | PlanMode::RefreshOnly => {
            why(change).map_or_else(String::new, |why| format!(", because {why}"))
        }
    };
    let guard = loss.guard.said_of(&change.addr);
    format!("`{}` would be {}{why}; {guard}", change.addr, end(loss))
}

/// What is to be allowed, with what is already: each instance, or, where these are many, each block.
fn allowing(losses: &[Loss<'_>], allow: &[&Pattern]) -> Vec<String> {
    let already = allow.iter().map(ToString::to_string);
    let one_by_one = || losses.iter().map(|loss| loss.change.addr.to_string());
    let by_block = || {
        losses.iter().map(|loss| {
            let addr = &loss.change.addr;
            addr.block.to_string()
        })
    };
    let needed: BTreeSet<String> = match losses.len() > MOST {
        true => by_block().collect(),
        false => one_by_one().collect(),
    };
    already.chain(needed).collect()
}
