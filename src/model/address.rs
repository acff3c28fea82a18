//! Addresses: names of modules, resource blocks, instances and providers, made by parsing, compared by structure.

mod parse;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use parse::Parser;

use crate::text::Str;

/// A module as the definition has it, without instance keys: `module.net.module.subnet`; empty is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModulePath(pub Vec<Str>);

/// What tells instances of one block or module call apart. Ordered none, numbers, strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InstanceKey {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// By `count`.
    Index(u64),
    /// By `for_each`.
    Key(Str),
}

/// One step into a module instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModuleStep {
    /// The module call's name.
    pub name: Str,
    /// Which instance of it.
    pub key: InstanceKey,
}

/// An instance of a module: `module.net["eu"].module.subnet[0]`; empty is the root. Clones share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModuleAddr(Arc<[ModuleStep]>);

/// Whether a block manages something, reads something, or opens something for the time of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `data`.
    Data,
    /// `ephemeral`.
    Ephemeral,
    /// `resource`.
    Managed,
}

/// A `resource`, `data` or `ephemeral` block as the definition has it: `module.net.aws_vpc.main`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceAddr {
    /// The module it stands in.
    pub module: ModulePath,
    /// Which kind of block.
    pub mode: Mode,
    /// The resource type.
    pub rtype: Str,
    /// Its name.
    pub name: Str,
}

/// A block inside one module instance; what all its instances share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockAddr {
    /// The module instance.
    pub module: ModuleAddr,
    /// Which kind of block.
    pub mode: Mode,
    /// The resource type.
    pub rtype: Str,
    /// Its name.
    pub name: Str,
}

/// One instance: `module.net["eu"].aws_subnet.app[2]`. Clones share the block's part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceAddr {
    /// The block inside its module instance.
    pub block: Arc<BlockAddr>,
    /// Which instance of it.
    pub key: InstanceKey,
}

/// A provider's source address: `registry.terraform.io/hashicorp/random`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProviderSource {
    /// The registry's host.
    pub host: Str,
    /// The namespace.
    pub namespace: Str,
    /// The provider's type.
    pub name: Str,
}

/// A provider configuration as the definition has it: in which module, of which provider, under which alias.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProviderAddr {
    /// The module whose `provider` block it is.
    pub module: ModulePath,
    /// The provider.
    pub source: ProviderSource,
    /// The alias; none is the default configuration.
    pub alias: Option<Str>,
}

/// Text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: {reason}")]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl ModulePath {
    /// The root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// The module called `name` in this one.
    #[must_use]
    pub fn child(&self, name: Str) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        Self(names)
    }

    /// The module this one is called in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(Self(parents.to_vec()))
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl ModuleAddr {
    /// The root module.
    pub fn root() -> Self {
        Self(Arc::from([]))
    }

    /// Instance `key` of the module called `name` in this one.
    #[must_use]
    pub fn child(&self, name: Str, key: InstanceKey) -> Self {
        self.0
            .iter()
            .cloned()
            .chain([ModuleStep { name, key }])
            .collect::<Vec<_>>()
            .into()
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[ModuleStep] {
        &self.0
    }

    /// The module instance this one is called in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(parents.to_vec().into())
    }

    /// The same module without instance keys.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|step| step.name.clone()).collect())
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this module instance or one inside it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<Vec<ModuleStep>> for ModuleAddr {
    fn from(steps: Vec<ModuleStep>) -> Self {
        Self(steps.into())
    }
}

impl BlockAddr {
    /// The same block without instance keys of modules.
    pub fn resource(&self) -> ResourceAddr {
        ResourceAddr {
            module: self.module.path(),
            mode: self.mode,
            rtype: self.rtype.clone(),
            name: self.name.clone(),
        }
    }

    /// Instance `key` of it.
    pub fn instance(self: &Arc<Self>, key: InstanceKey) -> InstanceAddr {
        InstanceAddr {
            block: self.clone(),
            key,
        }
    }
}

impl InstanceAddr {
    /// The module instance it stands in.
    pub fn module(&self) -> &ModuleAddr {
        &self.block.module
    }

    /// The block it is an instance of, without instance keys of modules.
    pub fn resource(&self) -> ResourceAddr {
        self.block.resource()
    }
}

impl ProviderSource {
    /// The builtin provider `terraform.io/builtin/terraform`.
    pub fn builtin() -> Self {
        Self {
            host: "terraform.io".into(),
            namespace: "builtin".into(),
            name: "terraform".into(),
        }
    }

    /// What a local name without a `required_providers` entry means: `registry.terraform.io/hashicorp/NAME`, or the
    /// builtin provider for `terraform`.
    pub fn implied(name: &str) -> Self {
        if name == "terraform" {
            return Self::builtin();
        }
        Self {
            host: "registry.terraform.io".into(),
            namespace: "hashicorp".into(),
            name: name.into(),
        }
    }
}

/// Reads `name`, `namespace/name` or `host/namespace/name`.
impl FromStr for ProviderSource {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parts: Vec<&str> = text.split('/').collect();
        let (host, namespace, name) = match parts.as_slice() {
            [name] => ("registry.terraform.io", "hashicorp", *name),
            [namespace, name] => ("registry.terraform.io", *namespace, *name),
            [host, namespace, name] => (*host, *namespace, *name),
            _ => {
                return Err(AddressError {
                    text: text.into(),
                    reason: "more than three parts",
                });
            }
        };
        let good = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        if ![host, namespace, name].into_iter().all(good) {
            return Err(AddressError {
                text: text.into(),
                reason: "a part of it is empty or has spaces",
            });
        }
        let lower = |part: &str| Str::from(part.to_lowercase());
        Ok(Self {
            host: lower(host),
            namespace: lower(namespace),
            name: lower(name),
        })
    }
}

impl fmt::Display for ProviderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}

/// As Terraform's state has it: `module.net.provider["registry.terraform.io/hashicorp/aws"].west`.
impl fmt::Display for ProviderAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider[\"{}\"]", self.source)?;
        self.alias
            .as_ref()
            .map_or(Ok(()), |alias| write!(f, ".{alias}"))
    }
}

/// Reads what [`fmt::Display`] writes.
impl FromStr for ProviderAddr {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fail = |reason| AddressError {
            text: text.into(),
            reason,
        };
        let (module, rest) = match text.split_once("provider[\"") {
            Some(("", rest)) => (ModulePath::root(), rest),
            Some((module, rest)) => {
                let module = module
                    .strip_suffix('.')
                    .ok_or_else(|| fail("a `.` is missing"))?;
                (module.parse::<ModuleAddr>()?.path(), rest)
            }
            None => return Err(fail("it has no `provider[..]`")),
        };
        let (source, rest) = rest
            .split_once("\"]")
            .ok_or_else(|| fail("a `\"]` is missing"))?;
        let alias = match rest {
            "" => None,
            rest => Some(
                rest.strip_prefix('.')
                    .ok_or_else(|| fail("something follows it"))?
                    .into(),
            ),
        };
        Ok(Self {
            module,
            source: source.parse()?,
            alias,
        })
    }
}

/// Quotes a key as the language does: Go's `%q` with `${` and `%{` escaped.
fn write_key(f: &mut fmt::Formatter<'_>, key: &InstanceKey) -> fmt::Result {
    match key {
        InstanceKey::None => Ok(()),
        InstanceKey::Index(index) => write!(f, "[{index}]"),
        InstanceKey::Key(key) => {
            f.write_str("[\"")?;
            let mut chars = key.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    '$' | '%' if chars.peek() == Some(&'{') => write!(f, "{c}{c}")?,
                    c => write!(f, "{c}")?,
                }
            }
            f.write_str("\"]")
        }
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(f, self)
    }
}

/// `module.a.module.b`; the root is empty.
impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}", if index == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// `module.a["x"].module.b[0]`; the root is empty.
impl fmt::Display for ModuleAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            write!(
                f,
                "{}module.{}{}",
                if index == 0 { "" } else { "." },
                step.name,
                step.key
            )?;
        }
        Ok(())
    }
}

fn write_resource(f: &mut fmt::Formatter<'_>, mode: Mode, rtype: &str, name: &str) -> fmt::Result {
    match mode {
        Mode::Managed => write!(f, "{rtype}.{name}"),
        Mode::Data => write!(f, "data.{rtype}.{name}"),
        Mode::Ephemeral => write!(f, "ephemeral.{rtype}.{name}"),
    }
}

impl fmt::Display for ResourceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write_resource(f, self.mode, &self.rtype, &self.name)
    }
}

impl fmt::Display for BlockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write_resource(f, self.mode, &self.rtype, &self.name)
    }
}

impl fmt::Display for InstanceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.block, self.key)
    }
}

/// What a word on the command line can name: a module, a block, or one instance of either.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// Everything in a module; with a last key of none, in all instances of it.
    Module(ModuleAddr),
    /// All instances of a block, or, with a key, that one.
    Resource(InstanceAddr),
}

impl Target {
    /// Whether the instance is (in) what is named. A step or address without a key names all of its instances.
    pub fn covers(&self, addr: &InstanceAddr) -> bool {
        let modules =
            |named: &ModuleAddr, exact: bool| {
                let steps = addr.module().steps();
                (if exact {
                    named.steps().len() == steps.len()
                } else {
                    named.steps().len() <= steps.len()
                }) && named.steps().iter().zip(steps).all(|(a, b)| {
                    a.name == b.name && (a.key == InstanceKey::None || a.key == b.key)
                })
            };
        match self {
            Self::Module(module) => modules(module, false),
            Self::Resource(named) => {
                modules(named.module(), true)
                    && named.block.mode == addr.block.mode
                    && named.block.rtype == addr.block.rtype
                    && named.block.name == addr.block.name
                    && (named.key == InstanceKey::None || named.key == addr.key)
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => write!(f, "{module}"),
            Self::Resource(instance) => write!(f, "{instance}"),
        }
    }
}

impl FromStr for Target {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Parser::new(text).target()
    }
}

impl FromStr for InstanceAddr {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.parse()? {
            Target::Resource(instance) => Ok(instance),
            Target::Module(_) => Err(AddressError {
                text: text.into(),
                reason: "it names a module",
            }),
        }
    }
}

impl FromStr for ModuleAddr {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        match text.parse()? {
            Target::Module(module) => Ok(module),
            Target::Resource(_) => Err(AddressError {
                text: text.into(),
                reason: "it names a resource",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_written() {
        for text in [
            "terraform_data.a",
            "data.local_file.a[3]",
            "module.net[\"a.b]\\\"$${x}\"].module.sub[0].aws_subnet.app[\"c\"]",
        ] {
            assert_eq!(text.parse::<InstanceAddr>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "a",
            "a.",
            "a.b[",
            "a.b[x]",
            "a.b.c",
            "module.x",
            "module..a.b",
            "a b.c",
        ] {
            assert!(text.parse::<InstanceAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn providers_read_back_as_written() {
        for text in [
            "provider[\"terraform.io/builtin/terraform\"]",
            "module.a.module.b.provider[\"registry.terraform.io/hashicorp/aws\"].west",
        ] {
            assert_eq!(text.parse::<ProviderAddr>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_target_without_key_covers_all_instances() {
        let covers = |target: &str, addr: &str| {
            target
                .parse::<Target>()
                .unwrap()
                .covers(&addr.parse().unwrap())
        };
        assert!(covers("module.a", "module.a[1].x.y[0]"));
        assert!(covers("x.y", "x.y[0]"));
        assert!(!covers("x.y[1]", "x.y[0]"));
        assert!(!covers("x.y", "module.a.x.y"));
    }

    #[test]
    fn keys_order_none_numbers_strings() {
        let mut keys = ["a.b[\"x\"]", "a.b[10]", "a.b[9]", "a.b"]
            .map(|text| text.parse::<InstanceAddr>().unwrap());
        keys.sort();
        assert_eq!(
            keys.map(|key| key.to_string()),
            ["a.b", "a.b[9]", "a.b[10]", "a.b[\"x\"]"]
        );
    }
}
