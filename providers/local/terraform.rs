//! `terraform.io/builtin/terraform`: `terraform_data`.

use std::sync::Arc;

use contract::{PlanRequest, PlanResponse, ProviderError};
use model::schema::Attribute;
use model::{Path, Type, Value};

use crate::builtin::Builtin;
use crate::kind::{Kind, RecordType};
use crate::world::{self, World};
use contract::attributes;
use contract::rules::Rules;

/// The provider.
pub(crate) fn provider(world: World) -> Builtin {
    Builtin::new(
        [(
            "terraform_data",
            Kind::Record(Arc::new(TerraformData::new(world))),
        )],
        [],
    )
}

/// Holds a value; its output follows its input.
#[derive(Debug)]
struct TerraformData {
    rules: Rules,
    world: World,
}

impl TerraformData {
    fn new(world: World) -> Self {
        let rules = Rules::new([
            (
                "id",
                Attribute::computed(Type::String).describe("Unique to this object."),
            ),
            (
                "input",
                Attribute::optional(Type::Dynamic).describe("What `output` becomes."),
            ),
            (
                "output",
                Attribute::computed(Type::Dynamic)
                    .mirroring("input")
                    .describe("`input`, once applied."),
            ),
            (
                "triggers_replace",
                Attribute::optional(Type::Dynamic)
                    .describe("A change of this replaces the object."),
            ),
        ])
        .describe("Holds a value in the record.");
        Self { rules, world }
    }
}

impl RecordType for TerraformData {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let PlanRequest {
            prior,
            proposed,
            private,
            ..
        } = request;
        let answer = |planned, requires_replace| {
            Ok(PlanResponse {
                planned,
                requires_replace,
                private,
                legacy: false,
            })
        };
        let Some(input) = proposed.get("input") else {
            return answer(self.rules.null(), Vec::new());
        };
        let output = || {
            if input.is_null() {
                Value::NULL
            } else {
                Value::unknown(input.ty())
            }
        };
        if prior.is_null() {
            let id = Value::unknown_not_null(Type::String);
            let planned = attributes::with(&proposed, [("id", id), ("output", output())]);
            return answer(planned, Vec::new());
        }
        let same = |name: &str| prior.get(name) == proposed.get(name);
        if !same("triggers_replace") {
            let planned = attributes::with(&proposed, [("output", output())]);
            return answer(planned, vec![Path::root().attribute("triggers_replace")]);
        }
        if !same("input") {
            return answer(
                attributes::with(&proposed, [("output", output())]),
                Vec::new(),
            );
        }
        answer(proposed, Vec::new())
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let id = world::uuid(&*self.world.entropy)?;
        self.update(attributes::with(&planned, [("id", Value::string(id))]))
    }

    fn update(&self, planned: Value) -> Result<Value, ProviderError> {
        let output = planned.get("input").cloned().unwrap_or(Value::NULL);
        Ok(attributes::with(&planned, [("output", output)]))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        Ok(self.rules.object([("id", Value::from(id))]))
    }
}
