//! An apply is bound where an environment comes after others: only what was promoted there may come. What that is, is in
//! `delivery::bound`; here it is compared with what is to be applied, and said what to do. Entry point: [`check`].

use delivery::Project;
use delivery::bound::{Promoted, may_apply};
use delivery::gather::promoted;
use model::plan::PlanMode;
use model::{Diagnostic, Sources, Str};
use state::{RecordError, Store};

use super::apply::Purpose;
use super::args::Planning;
use super::invocation::Invocation;
use super::output::plan::GoOn;
use super::output::status::past_rules as sentence;
use super::prepare::{Prepared, Refused};
use super::record;
use super::revised::{self, Content};
use super::suggested::program;

/// What binds an apply to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Nothing: revisions enter the pipeline here, or nothing changes as defined.
    Free,
    /// What is to be applied is what was promoted.
    Kept,
    /// It is not.
    Broken(Promoted),
}

/// Whether an environment takes only what was promoted to it.
pub fn is_bound(project: &Project, environment: &str) -> bool {
    let declared = project.declared(environment);
    declared.is_some_and(|declared| !declared.after.is_empty())
}

/// What binds an apply of what was prepared. Takes the content of the definition, where nobody did yet: also of what is
/// applied only in part it is all that has to be what was promoted.
///
/// # Errors
/// When the record cannot be read, or no revision could be made of the definition.
pub fn bond(prepared: &mut Prepared, store: &Store, planning: &Planning) -> Result<Bond, Refused> {
    let is_defined = !planning.destroy && !planning.refresh_only;
    if !is_defined || !is_bound(&prepared.project, &prepared.environment) {
        return Ok(Bond::Free);
    }
    if prepared.content.is_none() {
        let taken = revised::take(prepared, store);
        let (content, found) = taken.map_err(|found| Refused::alone(*found, prepared.sources()))?;
        prepared.warnings.extend(found);
        prepared.content = Some(content);
    }
    compared(prepared, store).map_err(|error| of_record(&error, prepared.sources()))
}

/// The same of a saved plan, which was made of what is prepared. One of a part does not say what the whole is.
///
/// # Errors
/// When the record cannot be read.
pub fn bond_of_plan(prepared: &Prepared, store: &Store, mode: PlanMode) -> Result<Bond, Refused> {
    if mode != PlanMode::Normal || !is_bound(&prepared.project, &prepared.environment) {
        return Ok(Bond::Free);
    }
    compared(prepared, store).map_err(|error| of_record(&error, prepared.sources()))
}

fn compared(prepared: &Prepared, store: &Store) -> Result<Bond, RecordError> {
    let promoted = promoted(store, &prepared.environment)?;
    let offered = prepared.content.as_ref().and_then(Content::id);
    Ok(match may_apply(&promoted, offered) {
        true => Bond::Kept,
        false => Bond::Broken(promoted),
    })
}

fn of_record(error: &RecordError, sources: &Sources) -> Refused {
    Refused::alone(record::diagnostic(error), sources)
}

/// Lets an apply go on that is not bound, or keeps to what binds it, or is to go past the rules; and says what it is then.
///
/// # Errors
/// With what was promoted, what is to be applied, and what to do.
pub fn check(
    invocation: &Invocation,
    prepared: &Prepared,
    bond: &Bond,
    break_glass: Option<&str>,
) -> Result<Purpose, Refused> {
    let environment = &prepared.environment;
    match (bond, break_glass) {
        (Bond::Free | Bond::Kept, None) => Ok(Purpose::Apply),
        (Bond::Kept, Some(_)) => {
            invocation.say(&format!(
                "hint: --break-glass is not needed: this is what was promoted to {environment}\n"
            ));
            Ok(Purpose::Apply)
        }
        (Bond::Broken(_), Some(reason)) => Ok(Purpose::BreakGlass(reason.to_owned())),
        (Bond::Free, Some(_)) => {
            let message = format!("--break-glass has no rule to go past in {environment}");
            let diagnostic = Diagnostic::error("nothing-to-break", message)
                .note("it is for an apply to an environment that comes `after` others")
                .help("leave it out");
            Err(Refused::alone(diagnostic, prepared.sources()))
        }
        (Bond::Broken(promoted), None) => {
            let diagnostic = refusal(invocation, prepared, promoted);
            Err(Refused::alone(diagnostic, prepared.sources()))
        }
    }
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
    let command = format!("{program} apply {entry}");
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
    if !is_bound(&prepared.project, &prepared.environment) {
        return Ok(None);
    }
    Ok(match promoted(store, &prepared.environment)? {
        Promoted::PastRules(past) => Some(sentence(&past)),
        Promoted::Nothing | Promoted::Revision { .. } => None,
    })
}
