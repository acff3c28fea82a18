//! The options of a command, to be given again in a command that is suggested: without them it would do other things.

use std::collections::BTreeSet;

use super::{Given, Planning};
use crate::cli::invocation::shell::quoted;

/// Which options are given again, besides those about variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// `-destroy` and `-refresh-only`.
    pub mode: bool,
    /// `-target` and `-exclude`.
    pub part: bool,
    /// `-replace`.
    pub replace: bool,
}

impl Keep {
    /// All of them.
    pub const ALL: Self = Self {
        mode: true,
        part: true,
        replace: true,
    };
}

impl Planning {
    /// The options as a shell takes them, each with a space before it. Of the variables that `sensitive` names, only the
    /// names are repeated.
    pub fn again(&self, keep: Keep, sensitive: &BTreeSet<String>) -> String {
        let mut words: Vec<String> = Vec::new();
        if keep.mode && self.destroy {
            words.push("-destroy".into());
        }
        if keep.mode && self.refresh_only {
            words.push("-refresh-only".into());
        }
        if !self.refresh {
            words.push("-refresh=false".into());
        }
        for given in &self.given {
            match given {
                Given::Variable { name, .. } if sensitive.contains(name) => {
                    words.push(format!("-var {}", quoted(name)));
                }
                Given::Variable { name, value } => {
                    words.push(format!("-var {}", quoted(&format!("{name}={value}"))));
                }
                Given::File(path) => {
                    words.push(quoted(&format!("-var-file={}", path.display())));
                }
            }
        }
        let inputs = self.inputs.iter();
        words.extend(
            inputs.map(|(name, value)| format!("--input {}", quoted(&format!("{name}={value}")))),
        );
        if keep.part {
            let targets = self.targets.iter();
            words.extend(targets.map(|target| quoted(&format!("-target={target}"))));
            let excludes = self.excludes.iter();
            words.extend(excludes.map(|target| quoted(&format!("-exclude={target}"))));
        }
        if keep.replace {
            let replaces = self.replaces.iter();
            words.extend(replaces.map(|addr| quoted(&format!("-replace={addr}"))));
        }
        if let Some(most) = self.parallelism {
            words.push(format!("-parallelism={most}"));
        }
        words.into_iter().map(|word| format!(" {word}")).collect()
    }

    /// The options that say what is planned, where they were given: a saved plan has them in it already.
    pub fn decided(&self) -> Vec<&'static str> {
        [
            (!self.given.is_empty(), "-var and -var-file"),
            (!self.inputs.is_empty(), "--input"),
            (!self.targets.is_empty(), "-target"),
            (!self.excludes.is_empty(), "-exclude"),
            (!self.replaces.is_empty(), "-replace"),
            (self.destroy, "-destroy"),
            (self.refresh_only, "-refresh-only"),
            (!self.refresh, "-refresh"),
        ]
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect()
    }
}
