//! The conformance suite finds what it is there to find: a small provider is right in every way but one at a time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use contract::conformance::{Case, check, config};
use contract::rules::{Rules, When};
use contract::{
    ApplyError, ApplyRequest, DataRequest, DataResponse, Effects, FindRequest, Found,
    ImportRequest, Object, PlanRequest, PlanResponse, Provider, ProviderError, ProviderSchema,
    ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest, attributes, conforms,
};
use model::schema::Attribute;
use model::{Path, Str, Type, Value};

/// The one way in which the provider is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    AcceptsAll,
    RefusesUnknowns,
    PanicsOnWrongTypes,
    PlansOtherThanConfigured,
    PlansDifferentlyEachTime,
    AppliesOtherThanPlanned,
    LeavesUnknowns,
    DriftsByItself,
    NeverReplaces,
    ReplacesWithoutChange,
    NeverFinds,
    FindsWhatIsNotThere,
    LosesOrder,
    KeepsWhatIsDestroyed,
    CannotDestroyTwice,
    ImportsNothing,
}

#[derive(Debug)]
struct Toy {
    fault: Fault,
    rules: Rules,
    schema: ProviderSchema,
    objects: Mutex<BTreeMap<Str, (Str, Value)>>,
    count: AtomicU64,
}

impl Toy {
    fn new(fault: Fault) -> Self {
        let rules = Rules::new([
            ("id", Attribute::computed(Type::String)),
            ("name", Attribute::required(Type::String)),
            ("zone", Attribute::optional(Type::String)),
        ])
        .in_the_world();
        let rules = if fault == Fault::NeverReplaces {
            rules
        } else {
            rules.replace(When::Changed, ["zone"])
        };
        assert_eq!(rules.schema().effects, Effects::World);
        let resources = BTreeMap::from([(Str::from("toy"), Arc::clone(rules.schema()))]);
        let schema = ProviderSchema {
            resources,
            ..ProviderSchema::default()
        };
        Self {
            fault,
            rules,
            schema,
            objects: Mutex::default(),
            count: AtomicU64::new(0),
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn known(&self, rtype: &str) -> Result<(), ProviderError> {
        if rtype == "toy" {
            Ok(())
        } else {
            Err(ProviderError::permanent("no such type"))
        }
    }

    fn present(&self, id: &Str) -> Option<Object> {
        let objects = self.objects.lock().unwrap();
        objects.get(id).map(|(_, value)| Object {
            value: value.clone(),
            private: Vec::new(),
        })
    }
}

fn id(value: &Value) -> Str {
    attributes::text(value, "id").unwrap_or_default().into()
}

#[async_trait]
impl Provider for Toy {
    fn schema(&self) -> &ProviderSchema {
        &self.schema
    }

    async fn configure(&self, _config: Value) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn validate(&self, request: ValidateRequest) -> Vec<ProviderError> {
        let violations = conforms(&self.rules.schema().schema.block, &request.config);
        if self.is(Fault::PanicsOnWrongTypes) && !violations.is_empty() {
            panic!("it cannot be");
        }
        if self.is(Fault::AcceptsAll) {
            return Vec::new();
        }
        let is_empty = attributes::text(&request.config, "name").is_some_and(str::is_empty);
        let is_unknown = self.is(Fault::RefusesUnknowns) && !request.config.is_wholly_known();
        let wrong = (is_empty || is_unknown).then(|| "wrong".to_owned());
        violations
            .iter()
            .map(ToString::to_string)
            .chain(wrong)
            .map(ProviderError::permanent)
            .collect()
    }

    async fn upgrade(&self, request: UpgradeRequest) -> Result<Value, ProviderError> {
        Ok(request.value)
    }

    async fn read(&self, batch: Vec<ReadRequest>) -> Vec<Result<ReadResponse, ProviderError>> {
        let read = |request: &ReadRequest| {
            self.known(&request.rtype)?;
            let mut object = self.present(&id(&request.object.value));
            if self.is(Fault::DriftsByItself) {
                object = object.map(|object| {
                    let name = format!("drift {}", self.count.fetch_add(1, Ordering::SeqCst));
                    Object {
                        value: attributes::with(&object.value, [("name", Value::string(name))]),
                        ..object
                    }
                });
            }
            Ok(ReadResponse {
                object,
                instead: None,
            })
        };
        let mut answers: Vec<_> = batch.iter().map(read).collect();
        if self.is(Fault::LosesOrder) {
            answers.sort_by_key(|answer| {
                answer
                    .as_ref()
                    .map(|read| format!("{read:?}"))
                    .unwrap_or_default()
            });
        }
        answers
    }

    async fn plan(&self, batch: Vec<PlanRequest>) -> Vec<Result<PlanResponse, ProviderError>> {
        let plan = |request: PlanRequest| {
            self.known(&request.rtype)?;
            let is_update = !request.prior.is_null() && !request.proposed.is_null();
            let mut answer = self.rules.plan(request);
            if self.is(Fault::PlansOtherThanConfigured) && !answer.planned.is_null() {
                answer.planned =
                    attributes::with(&answer.planned, [("name", Value::from("other"))]);
            }
            if self.is(Fault::PlansDifferentlyEachTime) {
                answer.private = self
                    .count
                    .fetch_add(1, Ordering::SeqCst)
                    .to_le_bytes()
                    .to_vec();
            }
            if self.is(Fault::ReplacesWithoutChange) && is_update {
                answer.requires_replace.push(Path::root().attribute("id"));
            }
            Ok(answer)
        };
        batch.into_iter().map(plan).collect()
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let mut objects = self.objects.lock().unwrap();
        if request.planned.is_null() {
            let had = if self.is(Fault::KeepsWhatIsDestroyed) {
                None
            } else {
                objects.remove(&id(&request.prior))
            };
            if self.is(Fault::CannotDestroyTwice) && had.is_none() {
                return Err(ApplyError::nothing(ProviderError::permanent(
                    "it is not there",
                )));
            }
            return Ok(None);
        }
        let id: Str = if request.prior.is_null() {
            format!("toy-{}", self.count.fetch_add(1, Ordering::SeqCst)).into()
        } else {
            id(&request.prior)
        };
        let mut value = request.planned;
        if !self.is(Fault::LeavesUnknowns) {
            value = attributes::with(&value, [("id", Value::String(id.clone()))]);
        }
        if self.is(Fault::AppliesOtherThanPlanned) {
            value = attributes::with(&value, [("name", Value::from("other"))]);
        }
        objects.insert(id, (request.marker, value.clone()));
        Ok(Some(Object {
            value,
            private: Vec::new(),
        }))
    }

    async fn find(&self, request: FindRequest) -> Result<Found, ProviderError> {
        if self.is(Fault::NeverFinds) {
            return Ok(Found::Nothing);
        }
        if self.is(Fault::FindsWhatIsNotThere) && request.apply.prior.is_null() {
            let value = attributes::with(&request.apply.planned, [("id", Value::from("ghost"))]);
            return Ok(Found::Object(Object {
                value,
                private: Vec::new(),
            }));
        }
        let by_marker = || {
            let objects = self.objects.lock().unwrap();
            let found = objects
                .values()
                .find(|(marker, _)| *marker == request.apply.marker);
            found.map(|(_, value)| Object {
                value: value.clone(),
                private: Vec::new(),
            })
        };
        let found = if request.apply.prior.is_null() {
            by_marker()
        } else {
            self.present(&id(&request.apply.prior))
        };
        Ok(found.map_or(Found::Nothing, Found::Object))
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, ProviderError> {
        let found = if self.is(Fault::ImportsNothing) {
            None
        } else {
            self.present(&request.id)
        };
        found.ok_or_else(|| ProviderError::permanent("there is none"))
    }

    async fn read_data(&self, _request: DataRequest) -> Result<DataResponse, ProviderError> {
        Err(ProviderError::permanent("there are no data sources"))
    }
}

async fn findings(fault: Fault) -> Vec<String> {
    let toy = Arc::new(Toy::new(fault));
    let of = |name: &str, zone: &str| {
        config(
            &*toy,
            "toy",
            [("name", Value::from(name)), ("zone", Value::from(zone))],
        )
        .unwrap()
    };
    let case = Case {
        beside: Some(of("b", "eu")),
        update: Some(of("c", "eu")),
        replace: Some(of("c", "us")),
        wrong: vec![of("", "eu")],
        import_by: Some("id".into()),
        ..Case::new("toy", of("a", "eu"))
    };
    check(toy.clone(), &case)
        .await
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test]
async fn a_provider_that_keeps_the_contract_has_no_findings() {
    assert_eq!(findings(Fault::None).await, [""; 0]);
}

#[tokio::test]
async fn every_fault_is_found() {
    let faults = [
        (
            Fault::AcceptsAll,
            "validating a wrong configuration: it was accepted",
        ),
        (
            Fault::RefusesUnknowns,
            "validating with `name` unknown: wrong",
        ),
        (
            Fault::PanicsOnWrongTypes,
            "validating something of another type: it panicked: it cannot be",
        ),
        (
            Fault::PlansOtherThanConfigured,
            "planning a create: name: planned value differs from the configuration",
        ),
        (
            Fault::PlansDifferentlyEachTime,
            "planning a create: the same request got two different answers",
        ),
        (
            Fault::AppliesOtherThanPlanned,
            "creating: name: differs from what was planned",
        ),
        (
            Fault::LeavesUnknowns,
            "creating: the result is not wholly known",
        ),
        (
            Fault::DriftsByItself,
            "reading it after the create: `name` has drifted though nothing touched it",
        ),
        (
            Fault::NeverReplaces,
            "planning a replacement: no attribute needs a new object",
        ),
        (
            Fault::ReplacesWithoutChange,
            "planning an update: `id` would need a new object",
        ),
        (Fault::NeverFinds, "finding a create: it finds nothing"),
        (
            Fault::FindsWhatIsNotThere,
            "finding a create that never was: it finds an object that there is not",
        ),
        (
            Fault::LosesOrder,
            "reading a batch: the answers are not in the order of the requests",
        ),
        (
            Fault::KeepsWhatIsDestroyed,
            "reading it after the destroy: it is still there",
        ),
        (
            Fault::CannotDestroyTwice,
            "destroying it again: it is not there",
        ),
        (Fault::ImportsNothing, "importing: there is none"),
    ];
    for (fault, wanted) in faults {
        let found = findings(fault).await;
        assert!(
            found.iter().any(|found| found == wanted),
            "{fault:?}:\n{}",
            found.join("\n")
        );
    }
}
