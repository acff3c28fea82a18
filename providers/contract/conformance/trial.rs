//! Single calls to a provider, each with the checks that hold for every such call.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use model::schema::{Attribute, Block};
use model::{Str, Value};

use super::{Case, Finding, calls};
use crate::provider::{Provider, ResourceSchema};
use crate::request::{
    ApplyRequest, FindRequest, Found, Object, PlanRequest, PlanResponse, ReadRequest,
    ValidateRequest, ValidateSubject,
};
use crate::{ProviderError, conforms, plan_is_valid, result_is_compatible};

/// A provider on trial.
pub(super) struct Trial {
    pub(super) provider: Arc<dyn Provider>,
    pub(super) rtype: Str,
    pub(super) schema: Arc<ResourceSchema>,
    pub(super) found: Vec<Finding>,
}

impl Trial {
    pub(super) fn say(&mut self, tried: &str, came: impl fmt::Display) {
        self.found.push(Finding {
            tried: tried.to_owned(),
            came: came.to_string(),
        });
    }

    pub(super) fn block(&self) -> &Block {
        &self.schema.schema.block
    }

    /// Runs a call; a panic is a finding.
    pub(super) async fn call<T>(
        &mut self,
        tried: &str,
        call: impl Future<Output = T>,
    ) -> Option<T> {
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
    pub(super) async fn must<T, E: fmt::Display>(
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

    pub(super) fn schema_is_sound(&mut self) {
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

    pub(super) async fn validates(&mut self, case: &Case) {
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

    pub(super) async fn knows_what_it_does_not_have(&mut self) {
        let tried = "reading an object of a type there is not";
        let provider = Arc::clone(&self.provider);
        let object = Object {
            value: self.block().empty(),
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

    pub(super) fn plan_request(&self, prior: &Object, config: &Value) -> PlanRequest {
        calls::plan_request(&self.rtype, self.block(), prior, config)
    }

    /// Plans, and checks the plan.
    pub(super) async fn plan(
        &mut self,
        tried: &str,
        prior: &Object,
        config: &Value,
    ) -> Option<PlanResponse> {
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

    pub(super) fn apply_request(
        &self,
        prior: &Object,
        config: &Value,
        plan: &PlanResponse,
    ) -> ApplyRequest {
        calls::apply_request(&self.rtype, prior, config, plan.clone())
    }

    /// Applies, and checks the result against the plan.
    pub(super) async fn apply(
        &mut self,
        tried: &str,
        request: &ApplyRequest,
    ) -> Option<Option<Object>> {
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

    pub(super) async fn find(&mut self, tried: &str, request: &ApplyRequest) -> Option<Found> {
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
    pub(super) async fn finds(
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
            (Found::Unfinished(_), _) => self.say(tried, "it finds an object that is not finished"),
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

    pub(super) async fn read(
        &mut self,
        tried: &str,
        objects: &[&Object],
    ) -> Option<Vec<Option<Object>>> {
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

    pub(super) async fn reads(&mut self, tried: &str, object: &Object, wanted: Option<&Object>) {
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
}

fn with(object: &Value, name: &Str, value: Value) -> Value {
    let mut fields = object.as_fields().cloned().unwrap_or_default();
    fields.insert(name.clone(), value);
    Value::object(fields)
}

/// The names of the attributes that differ.
pub(super) fn differing(a: &Value, b: &Value) -> Vec<Str> {
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
