//! Commands that are suggested: as this one was called, so that they are about the same project and the same plan.

use std::collections::BTreeSet;

use model::address::ModulePath;

use crate::cli::args::{Keep, Planning};
use crate::cli::invocation::Invocation;
use crate::cli::invocation::shell::quoted;
use crate::cli::prepare::Prepared;

/// The program, with the directory it was sent to.
pub fn program(invocation: &Invocation) -> String {
    match &invocation.global.chdir {
        Some(directory) => format!(
            "terrace {}",
            quoted(&format!("-chdir={}", directory.display()))
        ),
        None => "terrace".into(),
    }
}

/// The options of a plan, to be given again.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// The call.
    pub invocation: &'a Invocation,
    /// The environment and its definition.
    pub prepared: &'a Prepared,
    /// The options; none where a saved plan is applied, which has them in it.
    pub planning: Option<&'a Planning>,
}

impl Again<'_> {
    /// The command that does `what` to the environment: `terrace apply staging -var size=2`.
    pub fn command(&self, what: &str, keep: Keep) -> String {
        let program = program(self.invocation);
        let environment = &self.prepared.environment;
        let root = self.prepared.definition.modules.get(&ModulePath::root());
        let sensitive: BTreeSet<String> = root
            .into_iter()
            .flat_map(|root| root.variables.values())
            .filter(|variable| variable.sensitive)
            .map(|variable| variable.name.to_string())
            .collect();
        let options = self
            .planning
            .map_or_else(String::new, |planning| planning.again(keep, &sensitive));
        // What was planned out of the record is not what is there now.
        let named = self.prepared.named;
        let revision = named
            .filter(|_| matches!(what, "plan" | "apply"))
            .map_or_else(String::new, |id| format!(" --revision {id}"));
        format!("{program} {what} {environment}{revision}{options}")
    }
}
