//! The life of an object, from its creation to its end, with every check on the way.

use std::sync::Arc;

use model::Value;

use super::Case;
use super::trial::{Trial, differing};
use crate::conforms;
use crate::provider::Effects;
use crate::request::{Found, ImportRequest, Object, PlanResponse, ReadRequest};

impl Trial {
    /// Creates an object.
    async fn create(&mut self, config: &Value, case: &Case) -> Option<Object> {
        let none = Object::nothing();
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
                Some(Found::Nothing | Found::Unfinished(_) | Found::CannotTell { .. }) => {
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
                Some(Found::Nothing | Found::Unfinished(_) | Found::CannotTell { .. }) => {
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
    pub(super) async fn lives(&mut self, case: &Case) {
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
