//! What an apply may bring to an environment that comes after others: what was promoted there, and nothing else. How a
//! revision is promoted is in `gate`. Pure. Entry point: [`may_apply`].

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

use crate::facts::Deployment;

/// What was promoted to an environment last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promoted {
    /// Nothing yet.
    Nothing,
    /// A revision, also where bringing it failed: the rules let it come.
    Revision {
        /// The revision.
        revision: RevisionId,
        /// The run that brought it, or tried to.
        run: RunId,
    },
    /// Since then something was applied past the rules.
    PastRules(PastRules),
}

/// That an environment has something that the rules were not asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRules {
    /// The run that applied it.
    pub run: RunId,
    /// What it was made from, where all of it was applied.
    pub revision: Option<RevisionId>,
    /// Who.
    pub by: Str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Str,
}

/// What a deployment says of what is promoted; none where it says nothing, as a repair, or an apply of a part of what is
/// there, does not. To be asked of each, the newest first.
pub fn promoted_by(deployment: &Deployment) -> Option<Promoted> {
    if let Some(reason) = &deployment.break_glass {
        return Some(Promoted::PastRules(PastRules {
            run: deployment.run,
            revision: deployment.revision,
            by: deployment.by.clone(),
            at: deployment.started,
            reason: reason.clone(),
        }));
    }
    let revision = deployment.revision.filter(|_| !deployment.is_repair)?;
    let run = deployment.run;
    Some(Promoted::Revision { revision, run })
}

/// Whether an apply may bring `offered`, which is none where the definition is no revision.
pub fn may_apply(promoted: &Promoted, offered: Option<RevisionId>) -> bool {
    match promoted {
        Promoted::Revision { revision, .. } => offered == Some(*revision),
        Promoted::Nothing | Promoted::PastRules(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(run: u64, revision: Option<u64>) -> Deployment {
        Deployment {
            run: RunId(run),
            revision: revision.map(RevisionId),
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy: false,
            by: "anna".into(),
            started: Timestamp(5),
            ended: None,
            succeeded: false,
            break_glass: None,
        }
    }

    #[test]
    fn only_what_was_promoted_may_be_applied() {
        let promoted = promoted_by(&deployment(7, Some(3))).unwrap();
        assert!(may_apply(&promoted, Some(RevisionId(3))));
        assert!(!may_apply(&promoted, Some(RevisionId(4))));
        assert!(!may_apply(&promoted, None));
        assert!(!may_apply(&Promoted::Nothing, Some(RevisionId(3))));
        assert!(!may_apply(&Promoted::Nothing, None));
    }

    #[test]
    fn parts_and_repairs_say_nothing_of_it() {
        assert_eq!(promoted_by(&deployment(7, None)), None);
        let mut repair = deployment(7, Some(3));
        repair.is_repair = true;
        assert_eq!(promoted_by(&repair), None);
    }

    #[test]
    fn what_was_applied_past_the_rules_may_not_be_applied_again() {
        let mut past = deployment(7, Some(3));
        past.break_glass = Some("the shop is down".into());
        let promoted = promoted_by(&past).unwrap();
        assert!(
            matches!(&promoted, Promoted::PastRules(found) if found.reason == *"the shop is down")
        );
        assert!(!may_apply(&promoted, Some(RevisionId(3))));
        assert_eq!(past.known(), None);
    }
}
