//! `terrace hold` and `terrace release-hold`: nothing comes to an environment until it is released.

use delivery::verdict::{self, Verdict};
use model::{Diagnostic, Sources};

use super::args::{HoldArgs, ReleaseArgs};
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::prepare::{self, Refused};
use super::record;

/// Runs `terrace hold`.
pub async fn hold(invocation: &Invocation, args: HoldArgs) -> ExitCode {
    let verdict = Verdict {
        by: &invocation.actor(),
        at: invocation.process.clock.now(),
        reason: Some(&args.reason),
    };
    decide(invocation, &args.environment, &verdict, true).await
}

/// Runs `terrace release-hold`.
pub async fn release(invocation: &Invocation, args: ReleaseArgs) -> ExitCode {
    let verdict = Verdict {
        by: &invocation.actor(),
        at: invocation.process.clock.now(),
        reason: args.reason.as_deref(),
    };
    decide(invocation, &args.environment, &verdict, false).await
}

async fn decide(
    invocation: &Invocation,
    environment: &str,
    verdict: &Verdict<'_>,
    holds: bool,
) -> ExitCode {
    let opened = prepare::open(invocation);
    let found = opened.and_then(
        |(project, _)| match project.environment(Some(environment)) {
            Ok(environment) => Ok((project, environment)),
            Err(error) => Err(Refused::alone(error.diagnostic(), &project.sources)),
        },
    );
    let (project, environment) = match found {
        Ok(found) => found,
        Err(refused) => return refused.report(invocation),
    };
    let store = match record::open(&project.record()) {
        Ok(store) => store,
        Err(error) => return record::report(invocation, &error),
    };
    let facts = match delivery::gather::gather(&store, [environment.clone()]) {
        Ok(facts) => facts,
        Err(error) => return record::report(invocation, &error),
    };
    let history = facts.environments.get(&environment);
    let is_held =
        history.is_some_and(|history| history.hold.is_some() || !history.rolled_back.is_empty());
    if !holds && !is_held {
        let message = format!("{environment} is not held");
        let diagnostic =
            Diagnostic::error("not-held", message).help("what it waits for: terrace status");
        invocation.report(&diagnostic.into(), &Sources::default(), "", false);
        return ExitCode::Failed;
    }
    let decided = match holds {
        true => verdict::hold(&store, &environment, verdict).await,
        false => verdict::release(&store, &environment, verdict).await,
    };
    if let Err(error) = decided {
        return record::report(invocation, &error);
    }
    invocation.say(&match holds {
        true => format!(
            "Held {environment}: nothing comes there until terrace release-hold {environment}\n"
        ),
        false => format!("Released {environment}\n"),
    });
    ExitCode::Done
}
