//! What a definition can say and Terrace cannot do yet. It is refused, so that nothing is left out in silence.

use std::collections::HashSet;

use lang::Definition;
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics};

/// Reports blocks that a plan of that mode would have to leave out.
pub(crate) fn unsupported(definition: &Definition, mode: PlanMode) -> Diagnostics {
    let mut out = Diagnostics::new();
    // A module that is called from several places is the same text.
    let mut told = HashSet::new();
    for module in definition.modules.values() {
        let resources = module.resources.values();
        let provisioners = resources.flat_map(|resource| &resource.provisioners).chain(
            module
                .removed
                .iter()
                .flat_map(|removed| &removed.provisioners),
        );
        for provisioner in provisioners {
            let runs = match mode {
                PlanMode::Normal => true,
                PlanMode::Destroy => provisioner.on_destroy,
                PlanMode::RefreshOnly => false,
            };
            if runs && told.insert(provisioner.span) {
                out.push(
                    Diagnostic::error("unsupported", "provisioners cannot be run yet")
                        .at(provisioner.span, "it would not run")
                        .help(
                            "a `local_command` runs commands of yours, and knows what came of them",
                        ),
                );
            }
        }
        if mode == PlanMode::Normal {
            for import in module
                .imports
                .iter()
                .filter(|import| told.insert(import.span))
            {
                out.push(
                    Diagnostic::error("unsupported", "`import` blocks cannot be followed yet")
                        .at(import.span, "what it names would be created a second time")
                        .help(
                            "without the block a new object is made; to leave what exists to whoever has it now, \
                             take out the resource block as well",
                        ),
                );
            }
        }
    }
    out
}
