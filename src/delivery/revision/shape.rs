//! The shape of a pipeline: what of `terrace.hcl` belongs to a revision. Which environments there are, in what order,
//! and how they are verified; not what they are given, nor who may do what when.

use std::collections::{BTreeMap, BTreeSet};

use lang::syntax;
use serde::{Deserialize, Serialize};

use crate::project::Project;

/// What `terrace.hcl` says of the pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Environments by name.
    pub environments: BTreeMap<String, Stage>,
    /// The text of each check, by its name.
    pub checks: BTreeMap<String, String>,
}

/// An environment's place in the pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Those that a revision passes before it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<String>,
    /// The checks that verify it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub verify: BTreeSet<String>,
}

impl Shape {
    /// The shape of a project's pipeline; `text` is that of its `terrace.hcl`.
    pub(super) fn of(project: &Project, text: &str) -> Self {
        let names = |list: &[(model::Str, model::Span)]| {
            let names = list.iter().map(|(name, _)| name.to_string());
            names.collect::<BTreeSet<String>>()
        };
        let environments = project.file.environments.iter().map(|environment| {
            let stage = Stage {
                after: names(&environment.after),
                verify: names(&environment.verify),
            };
            (environment.name.to_string(), stage)
        });
        Self {
            environments: environments.collect(),
            checks: checks(text),
        }
    }
}

/// The text of each `check` block.
fn checks(text: &str) -> BTreeMap<String, String> {
    let (body, _) = syntax::parse_body(model::FileId(0), text);
    let checks = body
        .blocks
        .iter()
        .filter(|block| block.kind.text == "check");
    checks
        .filter_map(|block| {
            let name = block.labels.first()?.text.to_string();
            let (start, end) = (block.span.start as usize, block.span.end as usize);
            Some((name, text.get(start..end)?.to_owned()))
        })
        .collect()
}
