//! What a plan is applied for: what its run is called, what is noted with it, and the command that does it once more.

use delivery::gather::BREAK_GLASS;
use model::plan::PlanMode;
use state::{RunKind, Sightings};

use crate::cli::args::Keep;
use crate::cli::invocation::shell::quoted;
use crate::cli::invocation::suggested::{Again, program};
use crate::cli::prepare::revised::Content;
use crate::cli::rollback::Return;

/// What a plan is applied for, which is what its run is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The environment becomes as defined.
    Apply,
    /// The same, past the rules: with the reason.
    BreakGlass(String),
    /// A revision comes that the rules let come.
    Promote,
    /// What was there before comes back.
    Rollback(Return),
    /// What drifted is brought back: with what is known of drift, and the attempts that are made.
    Heal(Sightings),
}

impl Purpose {
    pub(in crate::cli) fn kind(&self) -> RunKind {
        match self {
            Self::Apply | Self::BreakGlass(_) => RunKind::Apply,
            Self::Promote => RunKind::Promote,
            Self::Rollback(_) => RunKind::Rollback,
            Self::Heal(_) => RunKind::Heal,
        }
    }

    /// What is noted with its run.
    pub(in crate::cli) fn note(&self) -> Option<String> {
        match self {
            Self::BreakGlass(reason) => Some(format!("{BREAK_GLASS}{reason}")),
            Self::Rollback(back) => back.reason.clone(),
            Self::Apply | Self::Promote | Self::Heal(_) => None,
        }
    }

    /// The command that does it once more.
    pub(in crate::cli) fn command(&self, again: Again<'_>, mode: PlanMode, keep: Keep) -> String {
        let content = again.prepared.content.as_ref();
        let environment = &again.prepared.environment;
        let program = program(again.invocation);
        match (mode, self, content.and_then(Content::id)) {
            (PlanMode::Destroy, _, _) => again.command(
                "destroy",
                Keep {
                    mode: false,
                    ..keep
                },
            ),
            (PlanMode::Normal, Self::Promote, Some(id)) => {
                again.command(&format!("promote {id}"), keep)
            }
            (PlanMode::Normal, Self::Rollback(_), Some(id)) => {
                format!("{program} rollback {environment} --to {id}")
            }
            (PlanMode::Normal, Self::Heal(_), _) => format!("{program} drift {environment} --heal"),
            (PlanMode::Normal, Self::BreakGlass(reason), _) => {
                let command = again.command("apply", keep);
                format!("{command} --break-glass {}", quoted(reason))
            }
            (PlanMode::Normal | PlanMode::RefreshOnly, _, _) => again.command("apply", keep),
        }
    }

    /// What to do where the record has moved on since the plan was made.
    pub(in crate::cli) fn again(&self, again: Again<'_>, mode: PlanMode) -> String {
        match self {
            Self::Apply | Self::BreakGlass(_) => {
                format!("plan again: {}", again.command("plan", Keep::ALL))
            }
            Self::Promote | Self::Rollback(_) | Self::Heal(_) => {
                format!("again: {}", self.command(again, mode, Keep::ALL))
            }
        }
    }
}
