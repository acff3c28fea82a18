//! `terrace hold` and `terrace release-hold`: nothing comes to an environment until it is released.

use delivery::facts::{Decision, History};
use delivery::gather::gather;
use delivery::verdict::{self, Lifted, Verdict};
use model::clock::Timestamp;
use model::serial::RevisionId;
use model::{Diagnostic, Sources, Str};
use state::Store;

use super::args::{HoldArgs, ReleaseArgs};
use super::invocation::Invocation;
use super::output::duration::ago;
use super::prepare::{self, Refused};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::program;
use crate::cli::prepare::revised;

/// Runs `terrace hold`.
pub async fn hold(invocation: &Invocation, args: HoldArgs) -> ExitCode {
    let (store, environment) = match opened(invocation, &args.environment) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let verdict = Verdict {
        by: &invocation.actor(),
        at: invocation.process.clock.now(),
        reason: Some(&args.reason),
    };
    if let Err(error) = verdict::hold(&store, &environment, &verdict).await {
        return record::report(invocation, &error);
    }
    invocation.say(&format!(
        "Held {environment}: nothing comes there until {} release-hold {environment}\n",
        program(invocation)
    ));
    ExitCode::Done
}

/// Runs `terrace release-hold`.
pub async fn release(invocation: &Invocation, args: ReleaseArgs) -> ExitCode {
    match released(invocation, &args).await {
        Ok(text) => {
            invocation.say(&text);
            ExitCode::Done
        }
        Err(refused) => refused.report(invocation),
    }
}

/// Releases, and says what no longer keeps anything away, and what still does.
async fn released(invocation: &Invocation, args: &ReleaseArgs) -> Result<String, Refused> {
    let (store, environment) = opened(invocation, &args.environment)?;
    let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &Sources::default());
    let named = args.revision.as_ref().map(|name| {
        let row = revised::find(&store, name).map_err(|found| refused(*found))?;
        Ok(RevisionId(row.number))
    });
    let named = named.transpose()?;
    let facts = gather(&store, [environment.clone()])
        .map_err(|error| refused(record::diagnostic(&error)))?;
    let none = History::default();
    let history = facts.environments.get(&environment).unwrap_or(&none);
    let Some((ends, stays)) = Lifted::of(history, named) else {
        let message = match named {
            Some(revision) => format!("{revision} was not rolled back in {environment}"),
            None => format!("{environment} is not held"),
        };
        let what = format!("what it waits for: {} status", program(invocation));
        return Err(refused(Diagnostic::error("not-held", message).help(what)));
    };
    let now = invocation.process.clock.now();
    let verdict = Verdict {
        by: &invocation.actor(),
        at: now,
        reason: args.reason.as_deref(),
    };
    verdict::release(&store, &environment, &ends, &verdict)
        .await
        .map_err(|error| refused(record::diagnostic(&error)))?;
    let told = told(&environment, (&ends, &stays), now);
    let more = match (&stays.hold, stays.revisions.keys().next()) {
        (Some(_), _) => format!(
            "To release that too: {} release-hold {environment}\n",
            program(invocation)
        ),
        (None, Some(revision)) => format!(
            "To let it come again: {} release-hold {environment} {revision}\n",
            program(invocation)
        ),
        (None, None) => String::new(),
    };
    Ok(told + &more)
}

/// What ended, and what stays.
fn told(environment: &Str, (ends, stays): (&Lifted, &Lifted), now: Timestamp) -> String {
    let by = |decision: &Decision| {
        let reason = decision.reason.as_ref();
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} by {}{reason}", ago(now.since(decision.at)), decision.by)
    };
    let mut text = String::new();
    if let Some(hold) = &ends.hold {
        text.push_str(&format!("Released {environment}: held {}\n", by(hold)));
    }
    for (revision, decision) in &ends.revisions {
        let what = format!("{revision} may come to {environment} again: rolled back");
        text.push_str(&format!("{what} {}\n", by(decision)));
    }
    if let Some(hold) = &stays.hold {
        text.push_str(&format!("{environment} is still held {}\n", by(hold)));
    }
    for (revision, decision) in &stays.revisions {
        let what = format!("{revision} still does not come to {environment}: rolled back");
        text.push_str(&format!("{what} {}\n", by(decision)));
    }
    text
}

fn opened(invocation: &Invocation, environment: &str) -> Result<(Store, Str), Refused> {
    let (project, _) = prepare::open(invocation)?;
    let environment = project
        .environment(Some(environment))
        .map_err(|error| Refused::alone(error.diagnostic(), &project.sources))?;
    let store = record::open(&project.record())
        .map_err(|error| Refused::alone(record::diagnostic(&error), &project.sources))?;
    Ok((store, environment))
}
