//! The blocks of one module, as its files have them: what the other parts of the loader fill in.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use model::address::{Mode, ProviderSource};
use model::{Span, Str, Value};
use rustc_hash::FxBuildHasher;

use super::variable::TypeConstraint;
use crate::reference::Reference;
use crate::syntax::ast::{Block, Body, Expr};

/// A module: everything its files declare.
#[derive(Debug, Default)]
pub struct Module {
    /// Its directory, from the definition's root.
    pub directory: String,
    /// Whether a file of it could not be read whole, so that names it declares may be missing here.
    pub broken: bool,
    /// `variable` blocks by name.
    pub variables: BTreeMap<Str, Variable>,
    /// Entries of `locals` blocks by name.
    pub locals: BTreeMap<Str, Local>,
    /// `output` blocks by name.
    pub outputs: BTreeMap<Str, Output>,
    /// `resource`, `data` and `ephemeral` blocks, in the order of their names.
    pub resources: Resources,
    /// `module` blocks by name.
    pub calls: BTreeMap<Str, ModuleCall>,
    /// `provider` blocks.
    pub providers: Vec<ProviderBlock>,
    /// `required_providers` entries by local name.
    pub required_providers: BTreeMap<Str, RequiredProvider>,
    /// `required_version` constraints.
    pub required_versions: Vec<(Str, Span)>,
    /// Where it says that Terraform keeps its state elsewhere than in the directory.
    pub state_elsewhere: Option<Span>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// `check` blocks by name.
    pub checks: BTreeMap<Str, Check>,
}

/// Resource blocks by name: there may be very many, and they are looked up for each of their instances.
pub type Resources = IndexMap<ResourceName, Resource, FxBuildHasher>;

/// What tells resource blocks of one module apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName {
    /// Which kind of block.
    pub mode: Mode,
    /// The resource type.
    pub rtype: Str,
    /// The name.
    pub name: Str,
}

/// A `variable` block.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// What it takes.
    pub constraint: TypeConstraint,
    /// Whether there is a `type` argument; without one, text from the command line is taken literally.
    pub typed: bool,
    /// The default, converted.
    pub default: Option<Value>,
    /// Whether null may be given.
    pub nullable: bool,
    /// Whether its value is sensitive.
    pub sensitive: bool,
    /// Whether its value is ephemeral.
    pub ephemeral: bool,
    /// What it is for.
    pub description: Option<Str>,
    /// Why it should not be set any more.
    pub deprecated: Option<Str>,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
}

/// An entry of a `locals` block.
#[derive(Debug)]
pub struct Local {
    /// Its expression.
    pub expr: Expr,
    /// The name's place.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug)]
pub struct Output {
    /// Its expression.
    pub value: Expr,
    /// The block's header.
    pub span: Span,
    /// What it is for.
    pub description: Option<Str>,
    /// Whether its value is sensitive.
    pub sensitive: bool,
    /// Whether its value is ephemeral.
    pub ephemeral: bool,
    /// `depends_on`.
    pub depends_on: Vec<Reference>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
}

/// `count` or `for_each`.
#[derive(Debug, Default)]
pub enum Repeat {
    /// Neither.
    #[default]
    Once,
    /// `count`.
    Count(Expr),
    /// `for_each`.
    ForEach(Expr),
}

impl Repeat {
    /// The expression, if there is one.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Self::Once => None,
            Self::Count(expr) | Self::ForEach(expr) => Some(expr),
        }
    }
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Debug)]
pub struct Resource {
    /// Which kind, type and name.
    pub id: ResourceName,
    /// The block's header.
    pub span: Span,
    /// `count` or `for_each`.
    pub repeat: Repeat,
    /// `depends_on`.
    pub depends_on: Vec<Reference>,
    /// `provider = local_name.alias`.
    pub provider: Option<ProviderRef>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// `provisioner` blocks.
    pub provisioners: Vec<Provisioner>,
    /// The `connection` block.
    pub connection: Option<Body>,
    /// Everything that is the provider's to say.
    pub body: Body,
    /// For a data block inside a `check` block, that block's name.
    pub check: Option<Str>,
}

/// `provider = local_name.alias`.
#[derive(Clone, Debug)]
pub struct ProviderRef {
    /// The local name.
    pub name: Str,
    /// The alias.
    pub alias: Option<Str>,
    /// Where it is written.
    pub span: Span,
}

/// A `lifecycle` block.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// `create_before_destroy`, when it is there.
    pub create_before_destroy: Option<bool>,
    /// `prevent_destroy`, with its place when it is true.
    pub prevent_destroy: Option<Span>,
    /// `ignore_changes`.
    pub ignore_changes: IgnoreChanges,
    /// `replace_triggered_by`.
    pub replace_triggered_by: Vec<Expr>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// `postcondition` blocks.
    pub postconditions: Vec<Condition>,
}

/// `ignore_changes`.
#[derive(Debug, Default)]
pub enum IgnoreChanges {
    /// Not there.
    #[default]
    None,
    /// `all`.
    All,
    /// Paths into the configuration.
    Paths(Vec<model::Path>),
}

/// A condition with its message.
#[derive(Debug)]
pub struct Condition {
    /// What must be true.
    pub condition: Expr,
    /// What to say when it is not.
    pub error_message: Expr,
    /// The block's header.
    pub span: Span,
}

/// A `provisioner` block.
#[derive(Debug)]
pub struct Provisioner {
    /// Its type: `local-exec`, `file`, `remote-exec`.
    pub kind: Str,
    /// The block's header.
    pub span: Span,
    /// Whether it runs before a destroy instead of after a create.
    pub on_destroy: bool,
    /// Whether a failure is passed over.
    pub continue_on_failure: bool,
    /// Its own `connection` block.
    pub connection: Option<Body>,
    /// Its arguments.
    pub body: Body,
}

/// A `module` block.
#[derive(Debug)]
pub struct ModuleCall {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// `source` as written.
    pub source: Str,
    /// Where `source` is written.
    pub source_span: Span,
    /// `version` as written.
    pub version: Option<Str>,
    /// Where `version` is written; `source` where it is not.
    pub version_span: Span,
    /// `count` or `for_each`.
    pub repeat: Repeat,
    /// `depends_on`.
    pub depends_on: Vec<Reference>,
    /// `providers = { child = parent.alias }`, by the child's local name and alias.
    pub providers: Vec<(ProviderRef, ProviderRef)>,
    /// Values for the module's variables.
    pub arguments: BTreeMap<Str, crate::syntax::ast::Attribute>,
}

/// A `provider` block.
#[derive(Debug)]
pub struct ProviderBlock {
    /// The local name.
    pub name: Str,
    /// The alias.
    pub alias: Option<Str>,
    /// The block's header.
    pub span: Span,
    /// `version`, which is deprecated here.
    pub version: Option<Str>,
    /// The configuration.
    pub body: Body,
}

/// An entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// Which provider.
    pub source: ProviderSource,
    /// The version constraint as written.
    pub version: Option<Str>,
    /// `configuration_aliases`.
    pub aliases: Vec<Str>,
    /// The entry's place.
    pub span: Span,
}

/// A `moved` block.
#[derive(Debug)]
pub struct Moved {
    /// The old address, as written, relative to the module.
    pub from: (model::address::Target, Span),
    /// The new address.
    pub to: (model::address::Target, Span),
    /// The block's header.
    pub span: Span,
}

/// A `removed` block.
#[derive(Debug)]
pub struct Removed {
    /// What was removed: no instance keys.
    pub from: (model::address::Target, Span),
    /// Whether the objects are destroyed (else forgotten).
    pub destroy: bool,
    /// The block's header.
    pub span: Span,
    /// `provisioner` blocks, all of them `when = destroy`.
    pub provisioners: Vec<Provisioner>,
}

/// An `import` block.
#[derive(Debug)]
pub struct Import {
    /// What it becomes: a traversal whose index may be an expression.
    pub to: Expr,
    /// The id.
    pub id: Expr,
    /// `for_each`.
    pub for_each: Option<Expr>,
    /// `provider`.
    pub provider: Option<ProviderRef>,
    /// The block's header.
    pub span: Span,
}

/// A `check` block.
#[derive(Debug)]
pub struct Check {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
    /// The data block inside, by name; it is also in [`Module::resources`].
    pub data: Option<ResourceName>,
}

/// The labels of a block as a resource name.
pub(super) fn resource_name(mode: Mode, block: &Block) -> Option<ResourceName> {
    match block.labels.as_slice() {
        [rtype, name] => Some(ResourceName {
            mode,
            rtype: rtype.text.clone(),
            name: name.text.clone(),
        }),
        _ => None,
    }
}
