//! A built-in provider: a table of resource types and data sources behind the provider contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    ApplyError, ApplyRequest, DataRequest, DataResponse, FindRequest, Found, ImportRequest, Object,
    PlanRequest, PlanResponse, Provider, ProviderError, ProviderSchema, ReadRequest, ReadResponse,
    UpgradeRequest, ValidateRequest, ValidateSubject,
};
use futures_util::StreamExt;
use model::address::Mode;
use model::schema::{AttributeType, Block};
use model::{Path, Str, Type, Value};

use crate::kind::{Change, DataSource, Kind, RecordType};

/// So many objects of a batch are read at once.
const READS_AT_ONCE: usize = 16;

/// A built-in provider.
#[derive(Debug)]
pub(crate) struct Builtin {
    schema: ProviderSchema,
    kinds: BTreeMap<&'static str, Kind>,
    data: BTreeMap<&'static str, Arc<dyn DataSource>>,
}

impl Builtin {
    /// A provider of these resource types and data sources.
    pub(crate) fn new(
        kinds: impl IntoIterator<Item = (&'static str, Kind)>,
        data: impl IntoIterator<Item = (&'static str, Arc<dyn DataSource>)>,
    ) -> Self {
        let kinds: BTreeMap<_, _> = kinds.into_iter().collect();
        let data: BTreeMap<_, _> = data.into_iter().collect();
        let schema = ProviderSchema {
            resources: kinds
                .iter()
                .map(|(name, kind)| (Str::new(name), kind.rules().schema().clone()))
                .collect(),
            data: data
                .iter()
                .map(|(name, source)| (Str::new(name), source.schema().clone()))
                .collect(),
            ..ProviderSchema::default()
        };
        Self {
            schema,
            kinds,
            data,
        }
    }

    fn kind(&self, rtype: &Str) -> Result<&Kind, ProviderError> {
        self.kinds.get(rtype.as_str()).ok_or_else(|| {
            ProviderError::permanent(format!("this provider has no resource type `{rtype}`"))
        })
    }

    fn source(&self, rtype: &Str) -> Result<&Arc<dyn DataSource>, ProviderError> {
        self.data.get(rtype.as_str()).ok_or_else(|| {
            ProviderError::permanent(format!("this provider has no data source `{rtype}`"))
        })
    }

    async fn read_one(&self, request: ReadRequest) -> Result<ReadResponse, ProviderError> {
        let kind = match self.kind(&request.rtype)? {
            Kind::Record(kind) => {
                let object = request.object;
                return Ok(match kind.is_there(&object.value) {
                    true => ReadResponse {
                        object: Some(object),
                        instead: None,
                    },
                    false => ReadResponse {
                        object: None,
                        instead: kind.instead(&object.value),
                    },
                });
            }
            Kind::World(kind) => kind,
        };
        let object = kind.read(request.object.clone()).await?;
        let instead = match object {
            Some(_) => None,
            None => kind.instead(request.object).await,
        };
        Ok(ReadResponse { object, instead })
    }
}

#[async_trait]
impl Provider for Builtin {
    fn schema(&self) -> &ProviderSchema {
        &self.schema
    }

    fn claims(&self, rtype: &Str, object: &Value) -> Vec<Str> {
        match self.kinds.get(rtype.as_str()) {
            Some(Kind::World(kind)) => kind.claims(object),
            Some(Kind::Record(_)) | None => Vec::new(),
        }
    }

    fn looks_at(&self, mode: Mode, rtype: &Str, config: &Value) -> Vec<Str> {
        match (mode, self.kinds.get(rtype.as_str())) {
            (Mode::Managed, Some(Kind::World(kind))) => kind.looks_at(config),
            (Mode::Managed, Some(Kind::Record(_)) | None) | (Mode::Ephemeral, _) => Vec::new(),
            (Mode::Data, _) => {
                let source = self.data.get(rtype.as_str());
                source.map_or_else(Vec::new, |source| source.looks_at(config))
            }
        }
    }

    async fn configure(&self, _config: Value) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn validate(&self, request: ValidateRequest) -> Vec<ProviderError> {
        let ValidateRequest {
            subject,
            rtype,
            config,
        } = request;
        let check = |block: &Block, further: &dyn Fn(&Value) -> Vec<ProviderError>| {
            let found = shape_errors(block, &config);
            if found.is_empty() {
                further(&config)
            } else {
                found
            }
        };
        match subject {
            ValidateSubject::Provider => check(&self.schema.provider.block, &|_| Vec::new()),
            ValidateSubject::Resource => match self.kind(&rtype) {
                Ok(kind) => check(&kind.rules().schema().schema.block, &|config| {
                    kind.validate(config)
                }),
                Err(error) => vec![error],
            },
            ValidateSubject::Data => match self.source(&rtype) {
                Ok(source) => check(&source.schema().block, &|config| source.validate(config)),
                Err(error) => vec![error],
            },
        }
    }

    async fn upgrade(&self, request: UpgradeRequest) -> Result<Value, ProviderError> {
        let kind = self.kind(&request.rtype)?;
        let present = kind.rules().schema().schema.version;
        if request.version > present {
            return Err(ProviderError::permanent(format!(
                "the record has schema version {} of `{}`, but this Terrace knows only {present}",
                request.version, request.rtype,
            )));
        }
        match kind {
            Kind::Record(kind) => kind.upgrade(&request.value),
            Kind::World(kind) => Ok(kind.rules().upgrade(&request.value)),
        }
    }

    async fn read(&self, batch: Vec<ReadRequest>) -> Vec<Result<ReadResponse, ProviderError>> {
        futures_util::stream::iter(batch)
            .map(|request| self.read_one(request))
            .buffered(READS_AT_ONCE)
            .collect()
            .await
    }

    async fn plan(&self, batch: Vec<PlanRequest>) -> Vec<Result<PlanResponse, ProviderError>> {
        batch
            .into_iter()
            .map(|request| self.kind(&request.rtype)?.plan(request))
            .collect()
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        match self.kind(&request.rtype).map_err(ApplyError::nothing)? {
            Kind::Record(kind) => apply_record(kind, request).await,
            Kind::World(kind) => kind.apply(request).await,
        }
    }

    async fn find(&self, request: FindRequest) -> Result<Found, ProviderError> {
        let apply = request.apply;
        match self.kind(&apply.rtype)? {
            Kind::World(kind) => kind.find(apply).await,
            // What was not recorded did not happen.
            Kind::Record(_) => Ok(match Change::of(&apply) {
                Change::Create => Found::Nothing,
                Change::Update | Change::Destroy => Found::Object(Object {
                    value: apply.prior,
                    private: apply.private,
                }),
            }),
        }
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, ProviderError> {
        match self.kind(&request.rtype)? {
            Kind::Record(kind) => Ok(Object {
                value: kind.import(&request.id)?,
                private: Vec::new(),
            }),
            Kind::World(kind) => kind.import(&request.id).await,
        }
    }

    async fn read_data(&self, request: DataRequest) -> Result<DataResponse, ProviderError> {
        let value = self.source(&request.rtype)?.read(request.config).await?;
        Ok(DataResponse { value })
    }
}

async fn apply_record(
    kind: &Arc<dyn RecordType>,
    request: ApplyRequest,
) -> Result<Option<Object>, ApplyError> {
    let ApplyRequest {
        prior,
        planned,
        private,
        ..
    } = request;
    if planned.is_null() {
        return Ok(None);
    }
    if !prior.is_null() {
        let value = kind.update(planned).map_err(|error| {
            ApplyError::exists(
                error,
                Object {
                    value: prior,
                    private: private.clone(),
                },
            )
        })?;
        return Ok(Some(Object { value, private }));
    }
    let made = if kind.is_slow() {
        let kind = Arc::clone(kind);
        let made = tokio::task::spawn_blocking(move || kind.create(planned)).await;
        made.unwrap_or_else(|error| {
            Err(ProviderError::bug(format!(
                "making the object ended early: {error}"
            )))
        })
    } else {
        kind.create(planned)
    };
    let value = made.map_err(ApplyError::nothing)?;
    Ok(Some(Object {
        value,
        private: Vec::new(),
    }))
}

/// What is wrong with the types of a configuration; the built-in providers' numbers are all whole.
fn shape_errors(block: &Block, config: &Value) -> Vec<ProviderError> {
    let mut found: Vec<ProviderError> = contract::conforms(block, config)
        .into_iter()
        .map(ProviderError::from)
        .collect();
    whole_numbers(block, config, &Path::root(), &mut found);
    found
}

/// Numbers of the object, and of the blocks in it; what an attribute of any type holds is its author's affair.
fn whole_numbers(block: &Block, object: &Value, at: &Path, found: &mut Vec<ProviderError>) {
    for (name, attribute) in &block.attributes {
        let number = object.get(name).and_then(Value::as_number);
        let is_number = matches!(attribute.ty, AttributeType::Plain(Type::Number));
        if is_number && number.is_some_and(|number| number.to_i64().is_none()) {
            let message = format!("`{name}` is not a whole number of at most 64 bits");
            found.push(ProviderError::permanent(message).at(at.attribute(name.clone())));
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(value) = object.get(name) {
            whole_numbers(&nested.block, value, &at.attribute(name.clone()), found);
        }
    }
}
