//! An apply is bound where an environment comes after others, or has rules of its own: only what was promoted there may
//! come. What that is, is in `delivery::bound`; here it is compared with what is to be applied, and said what to do. Entry point: [`check`].

use delivery::bound::{Promoted, may_apply};
use delivery::facts::Decision;
use delivery::gather::{held, promoted};
use delivery::{Project, configuration};
use model::plan::PlanMode;
use model::serial::RevisionId;
use model::{Diagnostic, Str};
use state::{RecordError, Store};

use crate::cli::apply::Purpose;
use crate::cli::args::Planning;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::suggested::program;
use crate::cli::output::plan::GoOn;
use crate::cli::output::status::past_rules as sentence;
use crate::cli::prepare::revised::{self, Content};
use crate::cli::prepare::{Prepared, Refused};
use crate::cli::record;

/// What binds an apply to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Nothing: revisions enter the pipeline here, or nothing changes as defined.
    Free,
    /// What is to be applied is what was promoted.
    Kept,
    /// It is that revision with other variables, where rules say how those come.
    Reconfigured(RevisionId),
    /// It is not.
    Broken(Promoted),
}

/// Whether an environment takes only what was promoted to it.
pub fn is_bound(project: &Project, environment: &str) -> bool {
    let declared = project.declared(environment);
    declared.is_some_and(|declared| !declared.after.is_empty() || declared.require.governs())
}

/// What an apply must not do without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What binds it.
    pub bond: Bond,
    /// The hold that is on the environment.
    pub held: Option<Decision>,
    /// Whether it makes the environment as defined.
    defines: bool,
}

impl Bound {
    /// Whether what was planned may be applied as it is.
    pub fn lets(&self) -> bool {
        matches!(self.bond, Bond::Free | Bond::Kept) && !(self.defines && self.held.is_some())
    }
}

/// What binds an apply of what was prepared. Takes the content of the definition, where nobody did yet: also of what is
/// applied only in part it is all that has to be what was promoted.
///
/// # Errors
/// When the record cannot be read, or no revision could be made of the definition.
pub fn bound(
    prepared: &mut Prepared,
    store: &Store,
    planning: &Planning,
) -> Result<Bound, Refused> {
    let mode = match (planning.destroy, planning.refresh_only) {
        (true, _) => PlanMode::Destroy,
        (_, true) => PlanMode::RefreshOnly,
        (false, false) => PlanMode::Normal,
    };
    let is_bound = is_bound(&prepared.project, &prepared.environment);
    if mode == PlanMode::Normal && is_bound && prepared.content.is_none() {
        let taken = revised::take(prepared, store);
        let (content, found) = taken.map_err(|found| Refused::alone(*found, prepared.sources()))?;
        prepared.warnings.extend(found);
        prepared.content = Some(content);
    }
    bound_of_plan(prepared, store, mode)
}

/// The same of a plan that was made of what is prepared. One of a part does not say what the whole is.
///
/// # Errors
/// When the record cannot be read.
pub fn bound_of_plan(prepared: &Prepared, store: &Store, mode: PlanMode) -> Result<Bound, Refused> {
    let defines = mode == PlanMode::Normal;
    let read = || {
        let held = match mode {
            PlanMode::Normal | PlanMode::Destroy => held(store, &prepared.environment)?,
            PlanMode::RefreshOnly => None,
        };
        let bond = match defines && is_bound(&prepared.project, &prepared.environment) {
            true => compared(prepared, store)?,
            false => Bond::Free,
        };
        Ok(Bound {
            bond,
            held,
            defines,
        })
    };
    read().map_err(|error: RecordError| {
        Refused::alone(record::diagnostic(&error), prepared.sources())
    })
}

fn compared(prepared: &Prepared, store: &Store) -> Result<Bond, RecordError> {
    let promoted = promoted(store, &prepared.environment)?;
    let offered = prepared.content.as_ref().and_then(Content::id);
    if !may_apply(&promoted, offered) {
        return Ok(Bond::Broken(promoted));
    }
    let declared = prepared.project.declared(&prepared.environment);
    let governs = declared.is_some_and(|declared| declared.require.governs());
    Ok(match offered {
        Some(revision) if governs && is_reconfigured(prepared, store)? => {
            Bond::Reconfigured(revision)
        }
        Some(_) | None => Bond::Kept,
    })
}

/// Whether the environment would be given other variables than it was applied with last.
fn is_reconfigured(prepared: &Prepared, store: &Store) -> Result<bool, RecordError> {
    let last = delivery::applied::applied(store, &prepared.environment)?;
    let Some(configuration) = last.and_then(|last| last.configuration) else {
        return Ok(false);
    };
    let had = store.configuration(&prepared.environment, configuration)?;
    let given = configuration::payload(&prepared.project, &prepared.variables);
    Ok(given.is_ok_and(|given| *given.bytes != *had))
}

/// Lets an apply go on that is not bound, or keeps to what binds it, or is to go past the rules; and says what it is then.
/// Nobody is kept from destroying what is held, but it is said.
///
/// # Errors
/// With what was promoted, what is to be applied, and what to do.
pub fn check(
    invocation: &Invocation,
    prepared: &Prepared,
    bound: &Bound,
    break_glass: Option<&str>,
) -> Result<Purpose, Refused> {
    let environment = &prepared.environment;
    let refused = |diagnostic| Err(Refused::alone(diagnostic, prepared.sources()));
    let hold = bound.held.as_ref().filter(|_| bound.defines);
    if let (Some(held), None) = (&bound.held, hold) {
        invocation.say(&format!("hint: {}\n", hold_sentence(environment, held)));
    }
    match (&bound.bond, hold, break_glass) {
        (Bond::Broken(promoted), _, None) => refused(refusal(invocation, prepared, promoted)),
        (Bond::Reconfigured(revision), None, None) => {
            refused(by_the_rules(invocation, environment, *revision))
        }
        (_, Some(held), None) => refused(held_refusal(invocation, environment, held)),
        (Bond::Broken(_) | Bond::Reconfigured(_), _, Some(reason))
        | (Bond::Free | Bond::Kept, Some(_), Some(reason)) => {
            Ok(Purpose::BreakGlass(reason.to_owned()))
        }
        (Bond::Free | Bond::Kept, None, None) => Ok(Purpose::Apply),
        (Bond::Kept, None, Some(_)) => {
            invocation.say(&format!(
                "hint: --break-glass is not needed: this is what was promoted to {environment}\n"
            ));
            Ok(Purpose::Apply)
        }
        (Bond::Free, None, Some(_)) => {
            let message = format!("--break-glass has no rule to go past in {environment}");
            refused(
                Diagnostic::error("nothing-to-break", message)
                    .note("it is for an apply to an environment that comes `after` others, has rules, or is held")
                    .help("leave it out"),
            )
        }
    }
}

fn by_the_rules(invocation: &Invocation, environment: &Str, revision: RevisionId) -> Diagnostic {
    let program = program(invocation);
    let message =
        format!("{environment} has rules, and other variables come there by them as well");
    Diagnostic::error("not-promoted", message)
        .note(format!(
            "{revision} is there, and would be given other variables than it has"
        ))
        .help(format!(
            "to bring them: {program} promote {revision} {environment}"
        ))
        .help(format!(
            "in an emergency: {program} apply {environment} --break-glass \"REASON\""
        ))
}

fn hold_sentence(environment: &Str, held: &Decision) -> String {
    let reason = held.reason.as_ref();
    let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{environment} is held by {}{why}", held.by)
}

fn held_refusal(invocation: &Invocation, environment: &Str, held: &Decision) -> Diagnostic {
    let program = program(invocation);
    Diagnostic::error("held", hold_sentence(environment, held))
        .help(format!(
            "when it is over: {program} release-hold {environment}"
        ))
        .help(format!(
            "in an emergency: {program} apply {environment} --break-glass \"REASON\""
        ))
}

fn refusal(invocation: &Invocation, prepared: &Prepared, promoted: &Promoted) -> Diagnostic {
    let environment = &prepared.environment;
    let message = format!("{environment} takes only what was promoted to it");
    let diagnostic = Diagnostic::error("not-promoted", message);
    let offered = match prepared.content.as_ref() {
        Some(content) => match content.id() {
            Some(id) => format!("what is to be applied is {id}"),
            None => "what is to be applied is no revision yet".into(),
        },
        None => "what is to be applied is a part of something that the plan does not name".into(),
    };
    let there = match promoted {
        Promoted::Nothing => "nothing was promoted yet".to_owned(),
        Promoted::Revision { revision, .. } => format!("what was promoted is {revision}"),
        Promoted::PastRules(past) => sentence(past),
    };
    let program = program(invocation);
    let mut diagnostic = diagnostic.note(format!("{there}; {offered}"));
    if let Some(Way { what, command }) = way(invocation, prepared) {
        diagnostic = diagnostic.help(format!("to {what}: {command}"));
    }
    if let Promoted::Revision { revision, .. } = promoted {
        diagnostic = diagnostic.help(format!(
            "to apply {revision} again: {program} apply {environment} --revision {revision}"
        ));
    }
    diagnostic.help(format!(
        "in an emergency: {program} apply {environment} --break-glass \"REASON\""
    ))
}

/// How what is to be applied comes to the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What is to be done next.
    what: String,
    command: String,
}

impl Way {
    /// The same where a plan ends.
    pub fn go_on(self) -> GoOn {
        GoOn {
            what: format!("To {}", self.what),
            command: self.command,
        }
    }
}

/// How what is to be applied comes to the environment; none where that is not known, or it comes after no other.
pub fn way(invocation: &Invocation, prepared: &Prepared) -> Option<Way> {
    let program = program(invocation);
    let environment = &prepared.environment;
    let content = prepared.content.as_ref()?;
    if let Some(id) = content.id() {
        let command = format!("{program} promote {id} {environment}");
        let what = format!("bring {id} there");
        return Some(Way { what, command });
    }
    let entry = entry(&prepared.project)?;
    let command = match is_bound(&prepared.project, &entry) {
        true => format!("{program} revision create"),
        false => format!("{program} apply {entry}"),
    };
    let what = "make it a revision".into();
    Some(Way { what, command })
}

/// The first environment that revisions enter by.
fn entry(project: &Project) -> Option<Str> {
    let mut all = project.environments().into_iter();
    all.find(|name| project.is_entry(name))
}

/// That something was applied to the environment past the rules, and nothing was promoted to it since.
///
/// # Errors
/// When the record cannot be read.
pub fn past_rules(prepared: &Prepared, store: &Store) -> Result<Option<String>, RecordError> {
    Ok(match promoted(store, &prepared.environment)? {
        Promoted::PastRules(past) => Some(sentence(&past)),
        Promoted::Nothing | Promoted::Revision { .. } => None,
    })
}
