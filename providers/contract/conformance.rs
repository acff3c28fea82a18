//! The conformance suite: tries a resource type of a provider out, for real, and reports where it breaks what the
//! engine relies on. Entry point: [`check`]. The objects it makes it also removes.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use model::schema::{Attribute, Block};
use model::{Str, Value};

use crate::provider::{Effects, Provider, ResourceSchema};
use crate::request::{
    ApplyRequest, FindRequest, Found, ImportRequest, Object, PlanRequest, PlanResponse,
    ReadRequest, ValidateRequest, ValidateSubject,
};
use crate::{
    ProviderError, conforms, empty_block, plan_is_valid, proposed_new, result_is_compatible,
};

/// A resource type to try out, and the configurations to do it with. Each is of the schema's type, wholly known.
#[derive(Clone, Debug)]
pub struct Case {
    /// The resource type.
    pub rtype: Str,
    /// What is created first.
    pub config: Value,
    /// What can exist beside the first.
    pub beside: Option<Value>,
    /// A change of the first that needs no new object.
    pub update: Option<Value>,
    /// A change of the first that needs a new object.
    pub replace: Option<Value>,
    /// What must be refused.
    pub wrong: Vec<Value>,
    /// The attribute whose value is the id to import the first by.
    pub import_by: Option<Str>,
    /// Whether `find` may leave it open what became of an apply.
    pub may_not_tell: bool,
}

impl Case {
    /// A case of one configuration; set what else there is to try.
    pub fn new(rtype: &str, config: Value) -> Self {
        Self {
            rtype: rtype.into(),
            config,
            beside: None,
            update: None,
            replace: None,
            wrong: Vec::new(),
            import_by: None,
            may_not_tell: false,
        }
    }
}

/// A configuration of a resource type: these attributes, and null or empty for all others.
///
/// `None` when the provider has no such resource type.
pub fn config<'n>(
    provider: &dyn Provider,
    rtype: &str,
    attributes: impl IntoIterator<Item = (&'n str, Value)>,
) -> Option<Value> {
    let schema = provider.schema().resources.get(rtype)?;
    let mut fields = empty_block(&schema.schema.block).as_fields().cloned()?;
    for (name, value) in attributes {
        fields.insert(name.into(), value);
    }
    Some(Value::object(fields))
}

/// Something a provider does that the engine cannot rely on.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was tried, as a phrase.
    pub tried: String,
    /// What came of it.
    pub came: String,
}

/// Writes `reading it after the create: it is gone`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tried, self.came)
    }
}

/// Tries a resource type out and returns where it breaks the contract; nothing when it keeps it.
///
/// `provider` must be configured already.
pub async fn check(provider: Arc<dyn Provider>, case: &Case) -> Vec<Finding> {
    let Some(schema) = provider.schema().resources.get(&case.rtype).cloned() else {
        let tried = format!("looking for the resource type `{}`", case.rtype);
        return vec![Finding {
            tried,
            came: "the schema does not have it".into(),
        }];
    };
    let mut trial = Trial {
        provider,
        rtype: case.rtype.clone(),
        schema,
        found: Vec::new(),
        marker: 0,
    };
    trial.schema_is_sound();
    trial.validates(case).await;
    trial.knows_what_it_does_not_have().await;
    trial.lives(case).await;
    trial.found
}

struct Trial {
    provider: Arc<dyn Provider>,
    rtype: Str,
    schema: Arc<ResourceSchema>,
    found: Vec<Finding>,
    marker: u32,
}

impl Trial {
    fn say(&mut self, tried: &str, came: impl fmt::Display) {
        self.found.push(Finding {
            tried: tried.to_owned(),
            came: came.to_string(),
        });
    }

    fn block(&self) -> &Block {
        &self.schema.schema.block
    }

    /// Runs a call; a panic is a finding.
    async fn call<T>(&mut self, tried: &str, call: impl Future<Output = T>) -> Option<T> {
        match AssertUnwindSafe(call).catch_unwind().await {
            Ok(answer) => Some(answer),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or_default();
                self.say(tried, format!("it panicked: {text}"));
                None
            }
        }
    }

    /// Runs a call that should succeed.
    async fn must<T, E: fmt::Display>(
        &mut self,
        tried: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        match self.call(tried, call).await? {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.say(tried, error);
                None
            }
        }
    }

    fn schema_is_sound(&mut self) {
        let schema = Arc::clone(&self.schema);
        for (name, attribute) in &schema.schema.block.attributes {
            let Attribute {
                required,
                optional,
                computed,
                ..
            } = attribute;
            if *required && (*optional || *computed) || !(*required || *optional || *computed) {
                self.say(
                    "looking at the schema",
                    format!("`{name}` is not exactly one of required, optional, computed, optional and computed"),
                );
            }
        }
    }

    async fn validate(&mut self, tried: &str, config: Value) -> Option<Vec<ProviderError>> {
        let provider = Arc::clone(&self.provider);
        let request = ValidateRequest {
            subject: ValidateSubject::Resource,
            rtype: self.rtype.clone(),
            config,
        };
        self.call(tried, provider.validate(request)).await
    }

    async fn validates(&mut self, case: &Case) {
        let good = [
            Some(&case.config),
            case.beside.as_ref(),
            case.update.as_ref(),
            case.replace.as_ref(),
        ];
        for config in good.into_iter().flatten() {
            let tried = "validating a good configuration";
            for error in self
                .validate(tried, config.clone())
                .await
                .unwrap_or_default()
            {
                self.say(tried, error);
            }
        }
        for (name, attribute) in self.block().attributes.clone() {
            if !(attribute.required || attribute.optional) {
                continue;
            }
            let tried = format!("validating with `{name}` unknown");
            let unknown = with(&case.config, &name, Value::unknown(attribute.value_type()));
            for error in self.validate(&tried, unknown).await.unwrap_or_default() {
                self.say(&tried, error);
            }
        }
        for config in &case.wrong {
            let tried = "validating a wrong configuration";
            if self
                .validate(tried, config.clone())
                .await
                .is_some_and(|errors| errors.is_empty())
            {
                self.say(tried, "it was accepted");
            }
        }
        for config in [
            Value::from("text"),
            Value::object([("no_such_attribute", Value::int(1))]),
        ] {
            let tried = "validating something of another type";
            if self
                .validate(tried, config)
                .await
                .is_some_and(|errors| errors.is_empty())
            {
                self.say(tried, "it was accepted");
            }
        }
    }

    async fn knows_what_it_does_not_have(&mut self) {
        let tried = "reading an object of a type there is not";
        let provider = Arc::clone(&self.provider);
        let object = Object {
            value: empty_block(self.block()),
            private: Vec::new(),
        };
        let request = ReadRequest {
            rtype: "no_such_type".into(),
            object,
        };
        if let Some(answers) = self.call(tried, provider.read(vec![request])).await
            && !matches!(answers.as_slice(), [Err(_)])
        {
            self.say(tried, "there is no error");
        }
    }

    fn plan_request(&self, prior: &Object, config: &Value) -> PlanRequest {
        let proposed = if config.is_null() {
            Value::NULL
        } else {
            proposed_new(self.block(), &prior.value, config)
        };
        PlanRequest {
            rtype: self.rtype.clone(),
            prior: prior.value.clone(),
            proposed,
            config: config.clone(),
            private: prior.private.clone(),
        }
    }

    /// Plans, and checks the plan.
    async fn plan(&mut self, tried: &str, prior: &Object, config: &Value) -> Option<PlanResponse> {
        let provider = Arc::clone(&self.provider);
        let request = self.plan_request(prior, config);
        let batch = vec![request.clone(), request];
        let mut answers = self.call(tried, provider.plan(batch)).await?;
        let (Some(again), Some(answer), true) = (answers.pop(), answers.pop(), answers.is_empty())
        else {
            self.say(tried, "two requests did not get two answers");
            return None;
        };
        if again != answer {
            self.say(tried, "the same request got two different answers");
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.say(tried, error);
                return None;
            }
        };
        let shape = conforms(self.block(), &answer.planned);
        let found = if answer.legacy {
            shape
        } else {
            let valid = plan_is_valid(self.block(), &prior.value, config, &answer.planned);
            shape.into_iter().chain(valid).collect()
        };
        for violation in found {
            self.say(tried, violation);
        }
        Some(answer)
    }

    fn apply_request(
        &mut self,
        prior: &Object,
        config: &Value,
        plan: &PlanResponse,
    ) -> ApplyRequest {
        self.marker += 1;
        ApplyRequest {
            rtype: self.rtype.clone(),
            prior: prior.value.clone(),
            planned: plan.planned.clone(),
            config: config.clone(),
            private: plan.private.clone(),
            marker: format!("conformance-{}-{}", std::process::id(), self.unique()).into(),
        }
    }

    /// Markers of two trials in one process must differ too.
    fn unique(&self) -> String {
        format!("{:p}-{}", Arc::as_ptr(&self.schema), self.marker)
    }

    /// Applies, and checks the result against the plan.
    async fn apply(&mut self, tried: &str, request: &ApplyRequest) -> Option<Option<Object>> {
        let provider = Arc::clone(&self.provider);
        let result = self.must(tried, provider.apply(request.clone())).await?;
        let value = result
            .as_ref()
            .map_or(Value::NULL, |object| object.value.clone());
        if !value.is_wholly_known() {
            self.say(tried, "the result is not wholly known");
        }
        for violation in conforms(self.block(), &value) {
            self.say(tried, violation);
        }
        for violation in result_is_compatible(self.block(), &request.planned, &value) {
            self.say(tried, violation);
        }
        Some(result)
    }

    async fn find(&mut self, tried: &str, request: &ApplyRequest) -> Option<Found> {
        let provider = Arc::clone(&self.provider);
        self.must(
            tried,
            provider.find(FindRequest {
                apply: request.clone(),
            }),
        )
        .await
    }

    /// Checks what `find` says of an apply. `wanted` is the object it should find.
    async fn finds(
        &mut self,
        tried: &str,
        request: &ApplyRequest,
        wanted: Option<&Object>,
        may_not_tell: bool,
    ) {
        let Some(found) = self.find(tried, request).await else {
            return;
        };
        match (found, wanted) {
            (Found::CannotTell { hint }, _) if may_not_tell => {
                if hint.is_empty() {
                    self.say(tried, "it cannot tell, and gives no hint");
                }
            }
            (Found::CannotTell { .. }, _) => self.say(tried, "it cannot tell"),
            (Found::Nothing, None) => {}
            (Found::Nothing, Some(_)) => self.say(tried, "it finds nothing"),
            (Found::Object(_), None) => self.say(tried, "it finds an object that there is not"),
            (Found::Object(object), Some(_)) => {
                for violation in conforms(self.block(), &object.value) {
                    self.say(tried, violation);
                }
                // What only the first answer told may come out otherwise: an id made by the provider.
                for violation in result_is_compatible(self.block(), &request.planned, &object.value)
                {
                    self.say(tried, violation);
                }
                if !object.value.is_wholly_known() {
                    self.say(tried, "what it finds is not wholly known");
                }
                self.reads(tried, &object, Some(&object)).await;
            }
        }
    }

    async fn read(&mut self, tried: &str, objects: &[&Object]) -> Option<Vec<Option<Object>>> {
        let provider = Arc::clone(&self.provider);
        let request = |object: &&Object| ReadRequest {
            rtype: self.rtype.clone(),
            object: (*object).clone(),
        };
        let batch: Vec<ReadRequest> = objects.iter().map(request).collect();
        let answers = self.call(tried, provider.read(batch)).await?;
        if answers.len() != objects.len() {
            self.say(
                tried,
                format!("{} requests got {} answers", objects.len(), answers.len()),
            );
            return None;
        }
        let mut read = Vec::new();
        for answer in answers {
            match answer {
                Ok(answer) => read.push(answer.object),
                Err(error) => {
                    self.say(tried, error);
                    return None;
                }
            }
        }
        Some(read)
    }

    async fn reads(&mut self, tried: &str, object: &Object, wanted: Option<&Object>) {
        let Some(answers) = self.read(tried, &[object]).await else {
            return;
        };
        let read = answers.into_iter().next().flatten();
        match (read, wanted) {
            (None, None) => {}
            (None, Some(_)) => self.say(tried, "it is gone"),
            (Some(_), None) => self.say(tried, "it is still there"),
            (Some(read), Some(wanted)) => {
                for name in differing(&read.value, &wanted.value) {
                    self.say(
                        tried,
                        format!("`{name}` has drifted though nothing touched it"),
                    );
                }
            }
        }
    }

    /// Creates an object, with every check on the way.
    async fn create(&mut self, config: &Value, case: &Case) -> Option<Object> {
        let none = Object {
            value: Value::NULL,
            private: Vec::new(),
        };
        let plan = self.plan("planning a create", &none, config).await?;
        let request = self.apply_request(&none, config, &plan);
        self.finds(
            "finding a create that never was",
            &request,
            None,
            case.may_not_tell,
        )
        .await;
        let Some(object) = self.apply("creating", &request).await? else {
            self.say("creating", "there is no object");
            return None;
        };
        match self.schema.effects {
            Effects::World => {
                self.finds(
                    "finding a create",
                    &request,
                    Some(&object),
                    case.may_not_tell,
                )
                .await;
            }
            // What was not recorded did not happen.
            Effects::RecordOnly => {
                self.finds("finding a create", &request, None, case.may_not_tell)
                    .await
            }
        }
        self.reads("reading it after the create", &object, Some(&object))
            .await;
        self.stays("planning it unchanged after the create", &object, config)
            .await;
        Some(object)
    }

    async fn stays(&mut self, tried: &str, object: &Object, config: &Value) {
        let Some(plan) = self.plan(tried, object, config).await else {
            return;
        };
        for name in differing(&plan.planned, &object.value) {
            self.say(tried, format!("`{name}` would change"));
        }
        if !plan.requires_replace.is_empty() {
            self.say(tried, "it would be replaced");
        }
    }

    async fn update(&mut self, object: Object, config: &Value, case: &Case) -> Option<Object> {
        let plan = self.plan("planning an update", &object, config).await?;
        if plan.planned == object.value {
            self.say("planning an update", "nothing would change");
        }
        for path in &plan.requires_replace {
            self.say(
                "planning an update",
                format!("`{path}` would need a new object"),
            );
        }
        let request = self.apply_request(&object, config, &plan);
        let Some(updated) = self.apply("updating", &request).await? else {
            self.say("updating", "there is no object any more");
            return None;
        };
        if self.schema.effects == Effects::World && !case.may_not_tell {
            match self.find("finding an update", &request).await {
                Some(Found::Object(_)) | None => {}
                Some(Found::Nothing | Found::CannotTell { .. }) => {
                    self.say("finding an update", "it does not find the object");
                }
            }
        }
        self.reads("reading it after the update", &updated, Some(&updated))
            .await;
        self.stays("planning it unchanged after the update", &updated, config)
            .await;
        Some(updated)
    }

    async fn replace(&mut self, object: Object, config: &Value, case: &Case) -> Option<Object> {
        let tried = "planning a replacement";
        let plan = self.plan(tried, &object, config).await?;
        if plan.requires_replace.is_empty() {
            self.say(tried, "no attribute needs a new object");
        }
        for path in &plan.requires_replace {
            match (object.value.at(path), plan.planned.at(path)) {
                (Some(was), Some(now)) if was != now => {}
                (Some(_), Some(_)) => self.say(
                    tried,
                    format!("`{path}` needs a new object but does not change"),
                ),
                _ => self.say(
                    tried,
                    format!("`{path}` needs a new object but leads nowhere"),
                ),
            }
        }
        self.destroy(object, case).await?;
        self.create(config, case).await
    }

    async fn destroy(&mut self, object: Object, case: &Case) -> Option<()> {
        let plan = self
            .plan("planning a destroy", &object, &Value::NULL)
            .await?;
        if !plan.planned.is_null() {
            self.say("planning a destroy", "an object would be left");
        }
        let plan = PlanResponse {
            private: object.private.clone(),
            ..plan
        };
        let request = self.apply_request(&object, &Value::NULL, &plan);
        if self.schema.effects == Effects::World {
            let before = "finding a destroy that never was";
            match self.find(before, &request).await {
                Some(Found::Object(_)) | None => {}
                Some(Found::CannotTell { .. }) if case.may_not_tell => {}
                Some(Found::Nothing | Found::CannotTell { .. }) => {
                    self.say(before, "it does not find the object")
                }
            }
        }
        if self.apply("destroying", &request).await?.is_some() {
            self.say("destroying", "an object is left");
        }
        if self.schema.effects == Effects::World {
            self.finds("finding a destroy", &request, None, case.may_not_tell)
                .await;
            if !case.may_not_tell {
                self.reads("reading it after the destroy", &object, None)
                    .await;
            }
        }
        self.apply("destroying it again", &request).await?;
        Some(())
    }

    async fn import(&mut self, object: &Object, attribute: &str) {
        let Some(id) = object.value.get(attribute).and_then(Value::as_str).cloned() else {
            return self.say("importing", format!("`{attribute}` holds no id"));
        };
        let provider = Arc::clone(&self.provider);
        let request = ImportRequest {
            rtype: self.rtype.clone(),
            id,
        };
        let Some(imported) = self.must("importing", provider.import(request)).await else {
            return;
        };
        for violation in conforms(self.block(), &imported.value) {
            self.say("importing", violation);
        }
        if let Some(read) = self.read("reading what was imported", &[&imported]).await
            && read.iter().any(Option::is_none)
        {
            self.say("reading what was imported", "it is gone");
        }
    }

    async fn keeps_order(&mut self, first: &Object, second: &Object) {
        let tried = "reading a batch";
        let objects = [first, second, first, second, second];
        if let Some(read) = self.read(tried, &objects).await {
            let same = |(read, wanted): (&Option<Object>, &&Object)| {
                read.as_ref().is_some_and(|read| read.value == wanted.value)
            };
            if !read.iter().zip(&objects).all(same) {
                self.say(tried, "the answers are not in the order of the requests");
            }
        }
    }

    async fn stands_concurrency(&mut self, object: &Object, config: &Value) {
        let tried = "planning and reading many at once";
        let provider = Arc::clone(&self.provider);
        let plan = self.plan_request(object, config);
        let read = ReadRequest {
            rtype: self.rtype.clone(),
            object: object.clone(),
        };
        let calls = (0..16).map(|_| async {
            let (planned, read) = futures_util::join!(
                provider.plan(vec![plan.clone()]),
                provider.read(vec![read.clone()])
            );
            matches!(planned.as_slice(), [Ok(answer)] if answer.planned == object.value)
                && matches!(read.as_slice(), [Ok(answer)] if answer.object.is_some())
        });
        let answers = self
            .call(tried, futures_util::future::join_all(calls))
            .await;
        if answers.is_some_and(|answers| answers.contains(&false)) {
            self.say(tried, "the answers differ from those to one at a time");
        }
    }

    /// The life of an object: created, read, left alone, updated, replaced, destroyed.
    async fn lives(&mut self, case: &Case) {
        let Some(mut object) = self.create(&case.config, case).await else {
            return;
        };
        self.stands_concurrency(&object, &case.config).await;
        if let Some(attribute) = &case.import_by {
            self.import(&object, attribute).await;
        }
        if let Some(beside) = &case.beside
            && let Some(second) = self.create(beside, case).await
        {
            self.keeps_order(&object, &second).await;
            self.destroy(second, case).await;
            self.reads(
                "reading it after another was destroyed",
                &object,
                Some(&object),
            )
            .await;
        }
        if let Some(update) = &case.update {
            let Some(updated) = self.update(object, update, case).await else {
                return;
            };
            object = updated;
        }
        if let Some(replace) = &case.replace {
            let Some(replaced) = self.replace(object, replace, case).await else {
                return;
            };
            object = replaced;
        }
        self.destroy(object, case).await;
    }
}

fn with(object: &Value, name: &Str, value: Value) -> Value {
    let mut fields = object.as_fields().cloned().unwrap_or_default();
    fields.insert(name.clone(), value);
    Value::object(fields)
}

/// The names of the attributes that differ.
fn differing(a: &Value, b: &Value) -> Vec<Str> {
    let (Some(a), Some(b)) = (a.as_fields(), b.as_fields()) else {
        return if a == b {
            Vec::new()
        } else {
            vec!["the whole".into()]
        };
    };
    a.iter()
        .filter(|(name, value)| b.get(name) != Some(value))
        .map(|(name, _)| name.clone())
        .collect()
}
