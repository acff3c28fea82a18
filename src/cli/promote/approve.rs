//! `terrace approve`: someone says that a revision may come to an environment, having seen what the plan does that would
//! bring it. What is then covered is in `delivery::coverage`.

use delivery::advance::to_approve;
use delivery::coverage::Effects;
use delivery::gate::Unmet;
use delivery::verdict::{self, Seen, Verdict};
use model::plan::Plan;
use model::{Diagnostic, Sources, Str};
use state::RecordError;

use super::super::args::{ApproveArgs, OnFailure};
use super::super::invocation::Invocation;
use super::super::{plan, record};
use super::{Asked, EFFECT, Promotion, bug};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::Again;

/// Runs `terrace approve`: what is approved is what the plan does that is shown.
pub async fn approve(invocation: &Invocation, args: ApproveArgs) -> ExitCode {
    let asked = Asked {
        words: &args.words,
        planning: &args.bringing.planning,
        allow: &[],
        showing: args.showing,
        on_failure: OnFailure::Stop,
    };
    let promotion = match Promotion::open(invocation, &asked, to_approve) {
        Ok(promotion) => promotion,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    let mut hopeless = promotion.unmet(None, invocation.process.clock.now());
    hopeless.retain(|rule| matches!(rule, Unmet::Rejected(_) | Unmet::Overtakes { .. }));
    if !hopeless.is_empty() {
        return promotion.blocked(invocation, &hopeless, args.showing);
    }
    let by = args.by.clone().unwrap_or_else(|| invocation.actor());
    if let Err(diagnostic) = promotion.may_approve(&by.as_str().into()) {
        invocation.report(&diagnostic.into(), &Sources::default(), "", false);
        return ExitCode::Failed;
    }
    let (prepared, made) = match promotion.plan(invocation, &asked).await {
        Ok(planned) => planned,
        Err(code) => return code,
    };
    let form = plan::form(args.showing, false);
    let again = Again {
        invocation,
        prepared: &prepared,
        planning: Some(&args.bringing.planning),
    };
    plan::show(invocation, &made, again, args.showing, form, None);
    let plan = &made.planned.plan;
    let recorded = match promotion.seen(plan) {
        Err(error) => Err(error),
        Ok(effects) => {
            let id = plan.id.to_string();
            let seen = Seen {
                revision: promotion.revision,
                plan: &id,
                effects: &effects,
                changes: &plan.changes,
            };
            let verdict = Verdict {
                by: &by,
                at: invocation.process.clock.now(),
                reason: args.reason.as_deref(),
            };
            let environment = &promotion.stage.name;
            verdict::approve(&promotion.store, environment, &seen, &verdict).await
        }
    };
    if let Err(error) = recorded {
        return record::report(invocation, &error);
    }
    invocation.say(&format!(
        "{by} approved {} for {}: what plan {} does, and nothing else\n",
        promotion.revision, promotion.stage.name, plan.id
    ));
    ExitCode::Done
}

impl Promotion {
    /// What a plan does, for someone who approves it.
    fn seen(&self, plan: &Plan) -> Result<Effects, RecordError> {
        let digests = self.store.fingerprints(&plan.environment)?;
        let found = Effects::seen(&plan.changes, |bytes| digests.of(EFFECT, bytes).0);
        found.map_err(|error| bug(&error))
    }

    fn may_approve(&self, by: &Str) -> Result<(), Diagnostic> {
        let (revision, stage) = (self.revision, &self.stage);
        let found = self.facts.revisions.get(&revision);
        if let Some(found) = found.filter(|found| found.may_be_author(by)) {
            let author = &found.author;
            let message = match by == author {
                true => format!("{by} wrote {revision} and cannot approve it"),
                false => format!(
                    "{by} may be {author}, who wrote {revision}: nobody approves what is their own"
                ),
            };
            return Err(Diagnostic::error("promotion-blocked", message)
                .help("another person approves it: --as NAME"));
        }
        if stage.may_approve(by) {
            return Ok(());
        }
        let may = stage.approvers.iter().flatten();
        let may: Vec<&str> = may
            .filter(|name| found.is_none_or(|found| !found.may_be_author(name)))
            .map(Str::as_str)
            .collect();
        let message = format!("{by} may not approve what comes to {}", stage.name);
        Err(Diagnostic::error("promotion-blocked", message)
            .help(format!("these may: {}", may.join(", "))))
    }
}
