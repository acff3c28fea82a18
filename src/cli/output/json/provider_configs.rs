//! The `provider_config` of Terraform's plan JSON: every provider configuration of a definition under a key, which
//! resource blocks refer to. A module that is given a configuration by the one that calls it refers to that one's.

use std::collections::{BTreeMap, BTreeSet};

use engine::plugins::Plugins;
use lang::Definition;
use lang::load::{Module, ProviderRef, Resource};
use model::Str;
use model::address::{ModulePath, ProviderSource};
use serde_json::{Map, Value as Json, json};

use super::configuration::expressions;

/// Provider configurations by key, those that are another's too.
#[derive(Debug, Default)]
pub(super) struct ProviderConfigs(BTreeMap<String, Config>);

#[derive(Debug)]
struct Config {
    source: ProviderSource,
    json: Map<String, Json>,
    /// The key of the configuration that this one really is.
    is: Option<String>,
}

impl ProviderConfigs {
    /// Finds those of all modules.
    pub(super) fn of(definition: &Definition, plugins: &Plugins) -> Self {
        let mut found = Self::default();
        // Parents come before what they call.
        for (path, module) in &definition.modules {
            found.passed_to(definition, path);
            found.declared_in(path, module, plugins);
        }
        found
    }

    /// Those that are none other's.
    pub(super) fn json(&self) -> Map<String, Json> {
        let own = self.0.iter().filter(|(_, config)| config.is.is_none());
        own.map(|(key, config)| (key.clone(), Json::Object(config.json.clone())))
            .collect()
    }

    /// The key of the configuration that a resource block of the module at `path` uses.
    pub(super) fn key_of(&self, path: &ModulePath, resource: &Resource) -> String {
        let (name, alias) = local_name(resource);
        let key = key(path, &name, alias.as_ref());
        match self.0.get(&key).and_then(|config| config.is.clone()) {
            Some(other) => other,
            None => key,
        }
    }

    fn passed_to(&mut self, definition: &Definition, path: &ModulePath) {
        let Some((parent, name)) = path.parent().zip(path.0.last()) else {
            return;
        };
        let (Some(module), Some(call)) = (
            definition.module(path),
            definition
                .module(&parent)
                .and_then(|module| module.calls.get(name)),
        ) else {
            return;
        };
        for (child, theirs) in &call.providers {
            let source = source(module, &child.name);
            let is = self.followed(key(&parent, &theirs.name, theirs.alias.as_ref()), &source);
            let shown = with_alias(&child.name, child.alias.as_ref());
            let json = description(&shown, &source, path);
            let key = key(path, &child.name, child.alias.as_ref());
            self.0.insert(key, Config { source, json, is });
        }
    }

    fn declared_in(&mut self, path: &ModulePath, module: &Module, plugins: &Plugins) {
        for block in &module.providers {
            let source = source(module, &block.name);
            let mut json = description(&block.name, &source, path);
            if let Some(alias) = &block.alias {
                json.insert("alias".into(), json!(alias.as_str()));
            }
            self.add_version(&mut json, module, &source);
            let schema = plugins.opened(&source);
            let schema = schema.map(|provider| &provider.schema().provider.block);
            let arguments = expressions(&block.body, schema);
            if !arguments.is_empty() {
                json.insert("expressions".into(), Json::Object(arguments));
            }
            let key = key(path, &block.name, block.alias.as_ref());
            let is = None;
            self.0.insert(key, Config { source, json, is });
        }
        for (name, required) in &module.required_providers {
            for alias in required.aliases.iter().map(Some).chain([None]) {
                self.implied(path, module, (name, alias), &required.source);
            }
        }
        let sources: BTreeSet<ProviderSource> = module
            .resources
            .values()
            .map(|resource| source(module, &local_name(resource).0))
            .chain(
                module
                    .required_providers
                    .values()
                    .map(|required| required.source.clone()),
            )
            .collect();
        for source in sources {
            self.implied(path, module, (&source.name, None), &source);
        }
    }

    /// A configuration that no block is for: it is the one of the module that calls, if there is one.
    fn implied(
        &mut self,
        path: &ModulePath,
        module: &Module,
        (name, alias): (&Str, Option<&Str>),
        source: &ProviderSource,
    ) {
        let own = key(path, name, alias);
        if self.0.contains_key(&own) {
            return;
        }
        let is = path
            .parent()
            .filter(|_| alias.is_none())
            .and_then(|parent| self.followed(key(&parent, name, None), source));
        let mut json = description(name, source, path);
        self.add_version(&mut json, module, source);
        let source = source.clone();
        self.0.insert(own, Config { source, json, is });
    }

    /// The configuration that the one under `key` really is; none where there is none of that provider.
    fn followed(&self, key: String, source: &ProviderSource) -> Option<String> {
        let config = self.0.get(&key).filter(|config| config.source == *source)?;
        Some(config.is.clone().unwrap_or(key))
    }

    fn add_version(&self, json: &mut Map<String, Json>, module: &Module, source: &ProviderSource) {
        let required = module
            .required_providers
            .values()
            .filter(|required| required.source == *source)
            .filter_map(|required| required.version.as_deref());
        let blocks = module
            .providers
            .iter()
            .filter(|block| self::source(module, &block.name) == *source)
            .filter_map(|block| block.version.as_deref());
        let constraints: BTreeSet<String> = required
            .chain(blocks)
            .flat_map(|text| text.split(','))
            .map(|one| one.trim().to_owned())
            .collect();
        if !constraints.is_empty() {
            let all: Vec<String> = constraints.into_iter().collect();
            json.insert("version_constraint".into(), json!(all.join(", ")));
        }
    }
}

/// The providers that blocks of the definition name, to ask for their schemas.
pub fn sources(definition: &Definition) -> BTreeSet<ProviderSource> {
    let of_module = |module: &Module| -> Vec<ProviderSource> {
        let resources = module.resources.values();
        let resources = resources.map(|resource| source(module, &local_name(resource).0));
        let blocks = module.providers.iter();
        let blocks = blocks.map(|block| source(module, &block.name));
        resources.chain(blocks).collect()
    };
    let modules = definition.modules.values();
    modules.flat_map(|module| of_module(module)).collect()
}

/// The provider of a resource block.
pub(super) fn source_of(module: &Module, resource: &Resource) -> ProviderSource {
    source(module, &local_name(resource).0)
}

fn source(module: &Module, name: &str) -> ProviderSource {
    let required = module.required_providers.get(name);
    required.map_or_else(
        || ProviderSource::implied(name),
        |required| required.source.clone(),
    )
}

/// The local name, and alias, that a resource block calls its provider by.
fn local_name(resource: &Resource) -> (Str, Option<Str>) {
    match &resource.provider {
        Some(ProviderRef { name, alias, .. }) => (name.clone(), alias.clone()),
        None => {
            let rtype = resource.id.rtype.as_str();
            (rtype.split('_').next().unwrap_or(rtype).into(), None)
        }
    }
}

fn with_alias(name: &Str, alias: Option<&Str>) -> String {
    match alias {
        Some(alias) => format!("{name}.{alias}"),
        None => name.to_string(),
    }
}

fn key(path: &ModulePath, name: &Str, alias: Option<&Str>) -> String {
    let name = with_alias(name, alias);
    if path.is_root() {
        name
    } else {
        format!("{path}:{name}")
    }
}

fn description(name: &str, source: &ProviderSource, path: &ModulePath) -> Map<String, Json> {
    let mut json = Map::new();
    json.insert("name".into(), json!(name));
    json.insert("full_name".into(), json!(source.to_string()));
    if !path.is_root() {
        json.insert("module_address".into(), json!(path.to_string()));
    }
    json
}
