//! The providers a plan or apply talks to: one configured provider for each configuration the definition (or the
//! record) names, opened when first needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contract::{Provider, ProviderError, Providers, ResourceSchema, Secrets};
use lang::Graph;
use lang::graph::{NodeId, NodeKind};
use lang::load::Resource;
use model::address::{Mode, ProviderAddr, ProviderSource};
use model::schema::Schema;
use model::{Diagnostic, PathStep, Span, Str, Value};
use sha2::{Digest, Sha256};

use crate::codec;
use crate::guard::Guarded;

/// A provider that has its configuration.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    pub(crate) provider: Arc<dyn Provider>,
    /// Tells whether it was configured just so before; none where there is nothing to configure.
    pub(crate) fingerprint: Option<[u8; 16]>,
}

/// Providers by configuration.
#[derive(Debug)]
pub struct Plugins {
    from: Arc<dyn Providers>,
    /// For schemas: any provider of the source, configured or not.
    by_source: BTreeMap<ProviderSource, Arc<dyn Provider>>,
    configured: HashMap<ProviderAddr, Configured>,
    /// Sources that could not be opened; each is reported once.
    missing: BTreeMap<ProviderSource, ProviderError>,
    /// Configurations with something sensitive in them.
    told: Vec<Value>,
}

impl Plugins {
    /// Starts without any.
    pub fn new(from: Arc<dyn Providers>) -> Self {
        Self {
            from,
            by_source: BTreeMap::new(),
            configured: HashMap::new(),
            missing: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    /// A provider of that source, for its schemas.
    ///
    /// # Errors
    /// When there is none.
    pub async fn of_source(
        &mut self,
        source: &ProviderSource,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        if let Some(found) = self.by_source.get(source) {
            return Ok(found.clone());
        }
        if let Some(error) = self.missing.get(source) {
            return Err(error.clone());
        }
        match self.from.open(source).await {
            Ok(provider) => {
                let provider = Guarded::over(provider);
                self.by_source.insert(source.clone(), provider.clone());
                Ok(provider)
            }
            Err(error) => {
                self.missing.insert(source.clone(), error.clone());
                Err(error)
            }
        }
    }

    /// The provider opened for that source, if it was.
    pub fn opened(&self, source: &ProviderSource) -> Option<&Arc<dyn Provider>> {
        self.by_source.get(source)
    }

    /// Configures a provider; the one opened for schemas is used for the first configuration of its source.
    ///
    /// # Errors
    /// When it cannot be opened or does not take the configuration.
    pub async fn configure(
        &mut self,
        addr: &ProviderAddr,
        config: Value,
    ) -> Result<(), ProviderError> {
        let used = self
            .configured
            .keys()
            .any(|known| known.source == addr.source);
        let provider = if used {
            Guarded::over(self.from.open(&addr.source).await?)
        } else {
            self.of_source(&addr.source).await?
        };
        if config.has_marks() {
            self.told.push(config.clone());
        }
        let (config, _) = config.unmark_deep();
        let fingerprint = fingerprint(&config);
        provider.configure(config).await?;
        let configured = Configured {
            provider,
            fingerprint,
        };
        self.configured.insert(addr.clone(), configured);
        Ok(())
    }

    /// What providers were configured with, where something in it must not be shown.
    pub(crate) fn told(&self) -> &[Value] {
        &self.told
    }

    /// Whether that configuration is ready.
    pub fn is_configured(&self, addr: &ProviderAddr) -> bool {
        self.configured.contains_key(addr)
    }

    /// The provider of that configuration, if it is ready.
    pub fn get(&self, addr: &ProviderAddr) -> Option<&Arc<dyn Provider>> {
        self.configured
            .get(addr)
            .map(|configured| &configured.provider)
    }

    /// What tells that configuration from others of the same address, if it is ready and there is something in it.
    pub(crate) fn fingerprint(&self, addr: &ProviderAddr) -> Option<[u8; 16]> {
        self.configured.get(addr)?.fingerprint
    }

    /// The schema of a resource type.
    pub fn resource_schema(
        &self,
        source: &ProviderSource,
        rtype: &Str,
    ) -> Option<&Arc<ResourceSchema>> {
        self.by_source.get(source)?.schema().resources.get(rtype)
    }

    /// The schema of a data source.
    pub fn data_schema(&self, source: &ProviderSource, rtype: &Str) -> Option<&Arc<Schema>> {
        self.by_source.get(source)?.schema().data.get(rtype)
    }

    /// Names of the resource types or data sources of a provider.
    pub fn type_names(&self, source: &ProviderSource, mode: Mode) -> Vec<Str> {
        let Some(provider) = self.by_source.get(source) else {
            return Vec::new();
        };
        match mode {
            Mode::Managed => provider.schema().resources.keys().cloned().collect(),
            Mode::Data | Mode::Ephemeral => provider.schema().data.keys().cloned().collect(),
        }
    }
}

/// A digest of a configuration; none when nothing in it is set.
fn fingerprint(config: &Value) -> Option<[u8; 16]> {
    let is_set = |value: &Value| match value.as_items() {
        Some(items) => !items.is_empty(),
        None => !value.is_null(),
    };
    let fields = config.as_fields()?;
    if !fields.iter().any(|(_, value)| is_set(value)) {
        return None;
    }
    let bytes = codec::encode(config).ok()?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    digest.first_chunk().copied()
}

/// A provider's error as a diagnostic, without the secrets of what it was told; `id` is one of
/// [`model::diagnostic::IDS`].
pub(crate) fn diagnostic(
    id: &'static str,
    error: &ProviderError,
    what: &str,
    secrets: &Secrets,
) -> Diagnostic {
    let error = error.clone().hiding(secrets);
    let mut diagnostic = Diagnostic::error(id, format!("{what}: {}", error.message));
    if !error.detail.is_empty() {
        diagnostic = diagnostic.note(error.detail);
    }
    if let Some(path) = &error.path {
        diagnostic = diagnostic.note(about(path));
    }
    if let Some(request) = &error.request {
        diagnostic = diagnostic.note(format!("request {request}"));
    }
    diagnostic
}

/// What needs a provider, in words.
pub(crate) fn needing(graph: &Graph, node: NodeId) -> String {
    let what = graph.describe(node);
    match graph.node(node).map(|node| &node.kind) {
        // It has no address.
        Some(NodeKind::Provider(_)) => what,
        Some(
            NodeKind::Variable(_)
            | NodeKind::Validation(_)
            | NodeKind::Local(_)
            | NodeKind::Output(_)
            | NodeKind::Resource(_)
            | NodeKind::Call(_)
            | NodeKind::Whole(_)
            | NodeKind::Check(_),
        )
        | None => format!("`{what}`"),
    }
}

/// The diagnostic at the place of the attribute that a provider's error is about, or else at that of the block.
pub(crate) fn placed(
    mut diagnostic: Diagnostic,
    resource: Option<&Resource>,
    error: &ProviderError,
) -> Diagnostic {
    let Some(resource) = resource else {
        return diagnostic;
    };
    let Some(span) = attribute_span(resource, error) else {
        return diagnostic.at(resource.span, "");
    };
    if let Some(path) = error.path.as_ref().filter(|path| path.0.len() == 1) {
        // The place says it.
        let said = about(path);
        diagnostic.notes.retain(|note| *note != said);
    }
    diagnostic.at(span, "")
}

fn about(path: &model::Path) -> String {
    format!("it is about `{path}`")
}

/// Where the attribute that an error is about is written.
fn attribute_span(resource: &Resource, error: &ProviderError) -> Option<Span> {
    let PathStep::Attribute(name) = error.path.as_ref()?.0.first()? else {
        return None;
    };
    resource
        .body
        .attributes
        .iter()
        .find(|attribute| attribute.name.text == *name)
        .map(|found| found.expr.span)
}
