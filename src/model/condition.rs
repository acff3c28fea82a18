//! What became of conditions: of preconditions and postconditions, of validations and assertions. How they are evaluated
//! is `lang`'s.

use serde::{Deserialize, Serialize};

use crate::address::{InstanceKey, ModuleAddr, ModulePath, ResourceAddr};
use crate::text::Str;

/// What became of conditions that were evaluated together. The worst is the greatest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All hold.
    #[default]
    Holds,
    /// One depends on values that are not known yet, or was not evaluated yet.
    NotKnown,
    /// One does not hold.
    Fails,
    /// One could not be evaluated, which was reported.
    Broken,
}

impl Verdict {
    /// Whether it was reported that something is wrong.
    pub fn is_bad(self) -> bool {
        match self {
            Self::Holds | Self::NotKnown => false,
            Self::Fails | Self::Broken => true,
        }
    }
}

/// A verdict with what those conditions say that do not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Their error messages, in the order they are written in.
    pub said: Vec<Str>,
}

impl Judgement {
    /// The verdict on conditions that were not evaluated yet.
    pub fn open() -> Self {
        Self {
            verdict: Verdict::NotKnown,
            said: Vec::new(),
        }
    }

    /// The judgement of both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.verdict = self.verdict.max(other.verdict);
        self.said.extend(other.said.iter().cloned());
        self
    }
}

/// What has conditions, as the definition has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Conditioned {
    /// A `check` block.
    Check(ModulePath, Str),
    /// An `output` block.
    Output(ModulePath, Str),
    /// A `variable` block.
    Variable(ModulePath, Str),
    /// A `resource` or `data` block.
    Resource(ResourceAddr),
}

/// What became of the conditions of one thing in the definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The thing.
    pub of: Conditioned,
    /// Its instances, in order; none when it is not known which there are, or when it was not looked at.
    pub instances: Option<Vec<JudgedInstance>>,
}

/// What became of them in one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedInstance {
    /// The instance of its module.
    pub module: ModuleAddr,
    /// Which instance of a resource block; no key for everything else.
    pub key: InstanceKey,
    /// What became of them.
    pub judgement: Judgement,
}

impl JudgedInstance {
    fn is_same_as(&self, other: &Self) -> bool {
        self.module == other.module && self.key == other.key
    }
}

impl Conditions {
    /// Takes over from an `earlier` look at the same thing what is not known here.
    pub fn fill_in(&mut self, earlier: &Self) {
        let (Some(own), Some(known)) = (&mut self.instances, &earlier.instances) else {
            return;
        };
        let pairs = own.iter_mut().zip(known);
        for (own, known) in pairs.filter(|(own, known)| own.is_same_as(known)) {
            if own.judgement.verdict == Verdict::NotKnown {
                own.judgement = known.judgement.clone();
            }
        }
    }

    /// The worst verdict on an instance; where it is not known which there are, that is not known either.
    pub fn verdict(&self) -> Verdict {
        match &self.instances {
            None => Verdict::NotKnown,
            Some(instances) => {
                let verdicts = instances.iter().map(|instance| instance.judgement.verdict);
                verdicts.max().unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_all_instances_counts() {
        let of = || Conditioned::Check(ModulePath::root(), "a".into());
        let with = |verdicts: &[Verdict]| Conditions {
            of: of(),
            instances: Some(
                verdicts
                    .iter()
                    .map(|verdict| JudgedInstance {
                        module: ModuleAddr::root(),
                        key: InstanceKey::None,
                        judgement: Judgement {
                            verdict: *verdict,
                            said: Vec::new(),
                        },
                    })
                    .collect(),
            ),
        };
        let unknown = Conditions {
            of: of(),
            instances: None,
        };
        assert_eq!(unknown.verdict(), Verdict::NotKnown);
        assert_eq!(with(&[]).verdict(), Verdict::Holds);
        let (holds, unknown) = (Verdict::Holds, Verdict::NotKnown);
        assert_eq!(with(&[holds, unknown]).verdict(), unknown);
        assert_eq!(with(&[Verdict::Fails, unknown]).verdict(), Verdict::Fails);
        let all = [Verdict::Broken, Verdict::Fails, holds];
        assert_eq!(with(&all).verdict(), Verdict::Broken);
    }

    #[test]
    fn what_was_known_earlier_fills_in_what_is_not_known() {
        let judged = |key: u64, verdict| JudgedInstance {
            module: ModuleAddr::root(),
            key: InstanceKey::Index(key),
            judgement: Judgement {
                verdict,
                said: Vec::new(),
            },
        };
        let of = |instances: [JudgedInstance; 3]| Conditions {
            of: Conditioned::Check(ModulePath::root(), "a".into()),
            instances: Some(instances.into()),
        };
        let (holds, fails, unknown) = (Verdict::Holds, Verdict::Fails, Verdict::NotKnown);
        let earlier = of([judged(0, holds), judged(1, holds), judged(9, holds)]);
        let mut now = of([judged(0, unknown), judged(1, fails), judged(2, unknown)]);
        now.fill_in(&earlier);
        let filled = of([judged(0, holds), judged(1, fails), judged(2, unknown)]);
        assert_eq!(now, filled);
    }
}
