//! The simulated cloud behind the provider contract.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use contract::{
    ApplyError, ApplyRequest, DataRequest, DataResponse, ErrorClass, Exists, FindRequest, Found,
    ImportRequest, Object, PlanRequest, PlanResponse, Provider, ProviderError, ProviderSchema,
    ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest, ValidateSubject, attributes,
    conforms,
};
use model::schema::Block;
use model::{Str, Value};

use crate::cloud::{Cloud, not_there};
use crate::configuration;
use crate::kinds::{self, Kind};
use crate::script::{Crash, Effect, Failure, Fault, Operation, Point};
use crate::world::{Contents, SimObject};

/// A provider of a simulated cloud.
#[derive(Debug)]
pub struct SimProvider {
    schema: ProviderSchema,
    kinds: BTreeMap<&'static str, Kind>,
    cloud: OnceLock<Arc<Cloud>>,
    directory: PathBuf,
}

impl SimProvider {
    /// A provider of this cloud, whatever its configuration says.
    pub fn on(cloud: Arc<Cloud>) -> Self {
        let provider = Self::configurable(PathBuf::new());
        // It was empty a moment ago.
        let _ = provider.cloud.set(cloud);
        provider
    }

    /// A provider whose cloud its configuration describes. A relative `state_file` is relative to `directory`.
    pub fn configurable(directory: PathBuf) -> Self {
        let kinds = kinds::all();
        let schema = ProviderSchema {
            provider: configuration::schema(),
            resources: kinds
                .iter()
                .map(|(name, kind)| (Str::new(name), kind.rules.schema().clone()))
                .collect(),
            data: BTreeMap::from([("sim_network".into(), kinds::network_data())]),
        };
        Self {
            schema,
            kinds,
            cloud: OnceLock::new(),
            directory,
        }
    }

    /// The cloud.
    ///
    /// # Errors
    /// Before it is configured.
    pub fn cloud(&self) -> Result<&Arc<Cloud>, ProviderError> {
        self.cloud
            .get()
            .ok_or_else(|| ProviderError::bug("the provider was used before it was configured"))
    }

    fn kind(&self, rtype: &Str) -> Result<&Kind, ProviderError> {
        self.kinds.get(rtype.as_str()).ok_or_else(|| {
            ProviderError::permanent(format!("this provider has no resource type `{rtype}`"))
        })
    }

    /// What goes wrong before the cloud does anything.
    ///
    /// # Errors
    /// When something does.
    async fn ask(
        &self,
        operation: Operation,
        rtype: &Str,
        name: Option<&str>,
    ) -> Result<&Arc<Cloud>, ProviderError> {
        let cloud = self.cloud()?;
        cloud.half_latency().await;
        match cloud.call(operation, rtype, name)? {
            Some(failure) => {
                panics(&failure);
                Err(error(&failure))
            }
            None => Ok(cloud),
        }
    }

    async fn read_some(
        &self,
        rtype: &Str,
        batch: &[ReadRequest],
    ) -> Result<Vec<Result<ReadResponse, ProviderError>>, ProviderError> {
        let name = match batch {
            [one] => attributes::text(&one.object.value, "name"),
            _ => None,
        };
        self.kind(rtype)?;
        let cloud = self.ask(Operation::Read, rtype, name).await?;
        let answers = cloud.world.look(|contents| {
            batch
                .iter()
                .map(|request| {
                    Ok(ReadResponse {
                        object: seen(cloud, contents, request),
                        instead: None,
                    })
                })
                .collect()
        })?;
        cloud.half_latency().await;
        Ok(answers)
    }

    /// Does it: the object as it is after, and the id it had or got.
    fn effect(
        &self,
        cloud: &Cloud,
        request: &ApplyRequest,
        effect: Effect,
    ) -> Result<Option<Object>, ProviderError> {
        let kind = self.kind(&request.rtype)?;
        let marker = if cloud.script().markers {
            request.marker.clone()
        } else {
            Str::default()
        };
        if request.prior.is_null() {
            return cloud.world.change(|contents| {
                kind.fits(&request.planned, contents)?;
                contents.made += 1;
                let id = kind.id(contents.made);
                let status = if effect == Effect::Half {
                    "pending"
                } else {
                    "ready"
                };
                let value = kind.finished(&request.planned, &id, status);
                cloud.changing(&id, None);
                let object = SimObject {
                    rtype: request.rtype.clone(),
                    id: id.clone(),
                    value,
                    marker,
                };
                contents.objects.insert(id, object.clone());
                Ok(Some(answer(&object)))
            });
        }
        let id = id_of(&request.prior)?;
        cloud.world.change(|contents| {
            let Some(present) = contents.objects.get(&id).cloned() else {
                return if request.planned.is_null() {
                    Ok(None)
                } else {
                    Err(not_there(&id))
                };
            };
            if effect == Effect::Half {
                return Ok(Some(answer(&present)));
            }
            if request.planned.is_null() {
                kinds::may_go(&id, contents, &self.kinds)?;
                cloud.changing(&id, contents.objects.remove(&id));
                return Ok(None);
            }
            kind.fits(&request.planned, contents)?;
            let status = attributes::text(&present.value, "status").unwrap_or("ready");
            let value = kind.finished(&request.planned, &id, status);
            let object = SimObject {
                value,
                marker,
                ..present.clone()
            };
            cloud.changing(&id, Some(present));
            contents.objects.insert(id.clone(), object.clone());
            Ok(Some(answer(&object)))
        })
    }

    /// What exists when an effect was refused.
    fn exists(request: &ApplyRequest) -> Exists {
        if request.prior.is_null() {
            return Exists::Nothing;
        }
        Exists::Object(Object {
            value: request.prior.clone(),
            private: request.private.clone(),
        })
    }

    fn fail(&self, cloud: &Cloud, request: &ApplyRequest, failure: &Failure) -> ApplyError {
        let error = error(failure);
        let exists = match failure.effect {
            Effect::Nothing => Self::exists(request),
            Effect::Half => match self.effect(cloud, request, Effect::Half) {
                Ok(object) => object.map_or(Exists::Nothing, Exists::Object),
                Err(_) => Self::exists(request),
            },
            Effect::Done => match self.effect(cloud, request, Effect::Done) {
                Ok(_) => Exists::Unknown,
                Err(_) => Self::exists(request),
            },
        };
        panics(failure);
        ApplyError { error, exists }
    }
}

/// Panics where that is what the script wants; what was to be done before is done.
#[expect(clippy::panic, reason = "the script wants to see how a panic is borne")]
fn panics(failure: &Failure) {
    match failure.fault {
        Fault::Error => {}
        Fault::Panic => panic!("{}", failure.message),
    }
}

fn error(failure: &Failure) -> ProviderError {
    ProviderError::new(failure.class, failure.message.clone())
}

fn answer(object: &SimObject) -> Object {
    Object {
        value: object.value.clone(),
        private: Vec::new(),
    }
}

fn id_of(object: &Value) -> Result<Str, ProviderError> {
    attributes::text(object, "id")
        .map(Str::from)
        .ok_or_else(|| ProviderError::bug("an object has no id"))
}

fn seen(cloud: &Cloud, contents: &Contents, request: &ReadRequest) -> Option<Object> {
    let id = id_of(&request.object.value).ok()?;
    let truth = contents
        .objects
        .get(&id)
        .filter(|object| object.rtype == request.rtype);
    let seen = cloud.seen(&id, truth)?;
    Some(Object {
        value: seen.value,
        private: request.object.private.clone(),
    })
}

/// Lets a test end the apply here.
async fn crash_point(cloud: &Cloud, point: Point, request: &ApplyRequest) {
    let crash = cloud
        .script()
        .hook
        .map_or(Crash::No, |hook| hook.ask(point, request));
    match crash {
        Crash::No => {}
        Crash::Hang => std::future::pending().await,
        #[expect(clippy::panic, reason = "the script wants to see how a panic is borne")]
        Crash::Panic => panic!("the script wants the provider to panic"),
    }
}

#[async_trait]
impl Provider for SimProvider {
    fn schema(&self) -> &ProviderSchema {
        &self.schema
    }

    async fn configure(&self, config: Value) -> Result<(), ProviderError> {
        if self.cloud.get().is_none() {
            let cloud = configuration::cloud(&config, &self.directory)?;
            // Whoever was first stays.
            let _ = self.cloud.set(Arc::new(cloud));
        }
        Ok(())
    }

    async fn validate(&self, request: ValidateRequest) -> Vec<ProviderError> {
        let ValidateRequest {
            subject,
            rtype,
            config,
        } = request;
        let shape = |block: &Block| -> Vec<ProviderError> {
            let violations = conforms(block, &config).into_iter();
            violations.map(ProviderError::from).collect()
        };
        let found = match subject {
            ValidateSubject::Provider => shape(&self.schema.provider.block),
            ValidateSubject::Resource => match self.kind(&rtype) {
                Ok(kind) => shape(&kind.rules.schema().schema.block),
                Err(error) => vec![error],
            },
            ValidateSubject::Data => match self.schema.data.get(&rtype) {
                Some(schema) => shape(&schema.block),
                None => vec![ProviderError::permanent(format!(
                    "this provider has no data source `{rtype}`"
                ))],
            },
        };
        match (subject, self.kind(&rtype)) {
            (ValidateSubject::Resource, Ok(kind)) if found.is_empty() => kind.validate(&config),
            (ValidateSubject::Provider, _) if found.is_empty() => configuration::errors(&config),
            _ => found,
        }
    }

    async fn upgrade(&self, request: UpgradeRequest) -> Result<Value, ProviderError> {
        Ok(self.kind(&request.rtype)?.rules.upgrade(&request.value))
    }

    async fn read(&self, batch: Vec<ReadRequest>) -> Vec<Result<ReadResponse, ProviderError>> {
        let limit = self
            .cloud()
            .map_or(1, |cloud| cloud.script().read_batch.max(1));
        let mut answers = Vec::with_capacity(batch.len());
        for same_type in batch.chunk_by(|a, b| a.rtype == b.rtype) {
            for chunk in same_type.chunks(limit) {
                let Some(first) = chunk.first() else { continue };
                match self.read_some(&first.rtype, chunk).await {
                    Ok(read) => answers.extend(read),
                    Err(error) => answers.extend(chunk.iter().map(|_| Err(error.clone()))),
                }
            }
        }
        answers
    }

    async fn plan(&self, batch: Vec<PlanRequest>) -> Vec<Result<PlanResponse, ProviderError>> {
        batch
            .into_iter()
            .map(|request| Ok(self.kind(&request.rtype)?.plan(request)))
            .collect()
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let refused = |error| ApplyError {
            error,
            exists: Self::exists(&request),
        };
        let cloud = self.cloud().map_err(refused)?;
        let (operation, value) = match (request.prior.is_null(), request.planned.is_null()) {
            (true, _) => (Operation::Create, &request.planned),
            (false, true) => (Operation::Destroy, &request.prior),
            (false, false) => (Operation::Update, &request.planned),
        };
        cloud.half_latency().await;
        let name = attributes::text(value, "name");
        let failure = cloud
            .call(operation, &request.rtype, name)
            .map_err(refused)?;
        crash_point(cloud, Point::BeforeEffect, &request).await;
        let result = match failure {
            Some(failure) => Err(self.fail(cloud, &request, &failure)),
            None => self.effect(cloud, &request, Effect::Done).map_err(refused),
        };
        crash_point(cloud, Point::AfterEffect, &request).await;
        cloud.half_latency().await;
        crash_point(cloud, Point::BeforeReturn, &request).await;
        result
    }

    async fn find(&self, request: FindRequest) -> Result<Found, ProviderError> {
        let apply = request.apply;
        self.kind(&apply.rtype)?;
        let name = attributes::text(
            if apply.planned.is_null() {
                &apply.prior
            } else {
                &apply.planned
            },
            "name",
        );
        let cloud = self.ask(Operation::Find, &apply.rtype, name).await?;
        cloud.settle().await;
        cloud.half_latency().await;
        if !apply.prior.is_null() {
            let id = id_of(&apply.prior)?;
            let found = cloud
                .world
                .look(|contents| contents.objects.get(&id).cloned())?;
            return Ok(found.map_or(Found::Nothing, |object| Found::Object(answer(&object))));
        }
        if !cloud.script().markers {
            let name = name.unwrap_or_default();
            let hint = format!(
                "A `{}` named `{name}` may exist in the simulated cloud.",
                apply.rtype
            );
            return Ok(Found::CannotTell { hint });
        }
        let found = cloud.world.look(|contents| {
            let mut objects = contents.objects.values();
            objects
                .find(|object| object.marker == apply.marker && object.rtype == apply.rtype)
                .cloned()
        })?;
        Ok(match found {
            None => Found::Nothing,
            Some(object) if attributes::text(&object.value, "status") == Some("pending") => {
                Found::Unfinished(answer(&object))
            }
            Some(object) => Found::Object(answer(&object)),
        })
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, ProviderError> {
        self.kind(&request.rtype)?;
        let cloud = self.ask(Operation::Import, &request.rtype, None).await?;
        let found = cloud
            .world
            .look(|contents| contents.objects.get(&request.id).cloned())?;
        cloud.half_latency().await;
        let found = found.filter(|object| object.rtype == request.rtype);
        found
            .map(|object| answer(&object))
            .ok_or_else(|| not_there(&request.id))
    }

    async fn read_data(&self, request: DataRequest) -> Result<DataResponse, ProviderError> {
        let name = attributes::text(&request.config, "name");
        let cloud = self.ask(Operation::Data, &request.rtype, name).await?;
        let found = cloud.world.look(|contents| {
            let mut objects = contents
                .objects
                .values()
                .filter(|object| object.rtype == "sim_network");
            objects
                .find(|object| attributes::text(&object.value, "name") == name)
                .cloned()
        })?;
        cloud.half_latency().await;
        let object = found.ok_or_else(|| {
            let message = format!("there is no network named `{}`", name.unwrap_or_default());
            ProviderError::new(ErrorClass::NotFound, message)
        })?;
        let of =
            |name: &'static str| (name, object.value.get(name).cloned().unwrap_or(Value::NULL));
        Ok(DataResponse {
            value: attributes::with(&request.config, [of("id"), of("cidr")]),
        })
    }
}
