//! References as Terraform's plan JSON writes them: each with everything that it is a part of, so that a reader finds
//! an object by comparing texts.

use std::fmt::Write as _;

use lang::eval::{FreeTraversal, references};
use lang::reference::{Subject, subject};
use lang::syntax::ast::{Expr, Ident, TraversalKind, TraversalStep};
use model::address::{InstanceKey, Mode};
use model::{Str, Value};
use serde_json::{Value as Json, json};

/// A reference: what it names, which instance of that, and what of the instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Named {
    /// A block of the module it stands in. An output of a module is that module and the first of the steps.
    pub(super) subject: Subject,
    /// The instance, where it is written.
    pub(super) key: InstanceKey,
    /// The steps that follow.
    pub(super) steps: Vec<Step>,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// `.name`.
    Attribute(Str),
    /// `["key"]`.
    Key(Str),
    /// `[0]`, as it is written in decimals.
    Index(String),
}

/// Everything that an expression refers to, in the order it is written.
pub(super) fn named_in(expr: &Expr) -> Vec<Named> {
    let mut found = Vec::new();
    references(expr, &mut found);
    found
        .iter()
        .filter_map(|FreeTraversal { root, steps, .. }| Named::of(root, steps))
        .collect()
}

impl Named {
    /// What a traversal names; none when it names nothing.
    pub(super) fn of(root: &Ident, steps: &[TraversalStep]) -> Option<Self> {
        let (found, taken) = subject(root, steps).ok()?;
        let mut rest = steps.iter().skip(taken).filter_map(Step::of).peekable();
        let (subject, has_instances) = match found {
            Subject::Module(call) | Subject::Output(call, _) => (Subject::Module(call), true),
            Subject::Resource(name) => (Subject::Resource(name), true),
            other @ (Subject::Variable(_)
            | Subject::Local(_)
            | Subject::Path(_)
            | Subject::Terraform(_)
            | Subject::CountIndex
            | Subject::EachKey
            | Subject::EachValue
            | Subject::This) => (other, false),
        };
        let key = match rest.peek().and_then(Step::instance_key) {
            Some(key) if has_instances => {
                rest.next();
                key
            }
            Some(_) | None => InstanceKey::None,
        };
        Some(Self {
            subject,
            key,
            steps: rest.collect(),
        })
    }

    /// The texts of the reference, from all of it to the block.
    pub(super) fn texts(&self) -> Vec<String> {
        let block = self.block();
        let instance = format!("{block}{}", self.key);
        let mut texts: Vec<String> = Vec::with_capacity(self.steps.len() + 2);
        let mut text = instance.clone();
        for step in &self.steps {
            step.add_to(&mut text);
            texts.push(text.clone());
        }
        texts.reverse();
        texts.push(instance);
        let is_output = matches!(self.subject, Subject::Module(_)) && !self.steps.is_empty();
        if self.key != InstanceKey::None && !is_output {
            texts.push(block);
        }
        texts
    }

    /// The text of what it names, without what follows: of a module, the output belongs to that.
    pub(super) fn object(&self) -> String {
        let mut text = format!("{}{}", self.block(), self.key);
        if matches!(self.subject, Subject::Module(_))
            && let Some(output) = self.steps.first()
        {
            output.add_to(&mut text);
        }
        text
    }

    /// The text of the block, without an instance.
    pub(super) fn block(&self) -> String {
        match &self.subject {
            Subject::Variable(name) => format!("var.{name}"),
            Subject::Local(name) => format!("local.{name}"),
            Subject::Resource(name) => match name.mode {
                Mode::Managed => format!("{}.{}", name.rtype, name.name),
                Mode::Data => format!("data.{}.{}", name.rtype, name.name),
                Mode::Ephemeral => format!("ephemeral.{}.{}", name.rtype, name.name),
            },
            Subject::Module(call) | Subject::Output(call, _) => format!("module.{call}"),
            Subject::Path(name) => format!("path.{name}"),
            Subject::Terraform(name) => format!("terraform.{name}"),
            Subject::CountIndex => "count.index".into(),
            Subject::EachKey => "each.key".into(),
            Subject::EachValue => "each.value".into(),
            Subject::This => "self".into(),
        }
    }
}

impl Step {
    fn of(step: &TraversalStep) -> Option<Self> {
        match &step.kind {
            TraversalKind::Attribute(name) => Some(Self::Attribute(name.clone())),
            TraversalKind::Index(Value::String(key)) => Some(Self::Key(key.clone())),
            TraversalKind::Index(index) => index
                .as_number()
                .map(|number| Self::Index(number.to_string())),
        }
    }

    fn instance_key(&self) -> Option<InstanceKey> {
        match self {
            Self::Attribute(_) => None,
            Self::Key(key) => Some(InstanceKey::Key(key.clone())),
            Self::Index(index) => index.parse().ok().map(InstanceKey::Index),
        }
    }

    /// As an item of a path.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Attribute(name) | Self::Key(name) => json!(name.as_str()),
            Self::Index(index) => index.parse().map_or_else(|_| json!(index), Json::Number),
        }
    }

    fn add_to(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Attribute(name) => write!(text, ".{name}"),
            Self::Key(key) => write!(text, "{}", InstanceKey::Key(key.clone())),
            Self::Index(index) => write!(text, "[{index}]"),
        };
    }
}
