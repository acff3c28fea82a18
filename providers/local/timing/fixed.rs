//! `time_static`: a moment that stays.

use contract::{PlanRequest, PlanResponse, ProviderError};
use model::schema::Attribute;
use model::{Type, Value};

use super::moment::Moment;
use super::{moment, no_triggers, part_attributes, parts, triggers};
use crate::kind::RecordType;
use crate::world::World;
use contract::attributes;
use contract::rules::{Rules, When};

/// A moment that stays.
#[derive(Debug)]
pub(super) struct TimeStatic {
    rules: Rules,
    world: World,
}

impl TimeStatic {
    pub(super) fn new(world: World) -> Self {
        let own = [
            triggers(),
            (
                "rfc3339",
                Attribute::optional_computed(Type::String)
                    .describe("The moment; when left out, that of creation."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("The moment."),
            ),
        ];
        let rules = Rules::new(part_attributes().chain(own))
            .describe("Keeps a moment.")
            .replace(When::Changed, ["triggers", "rfc3339"]);
        Self { rules, world }
    }
}

/// Everything that follows from the moment; `text` is how its author wrote it.
fn filled(object: &Value, moment: Moment, text: &str) -> Value {
    let named = [("rfc3339", Value::from(text)), ("id", Value::from(text))];
    attributes::with(object, parts(moment).chain(named))
}

impl RecordType for TimeStatic {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        moment(config, "rfc3339").err().into_iter().collect()
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let is_new = request.prior.is_null();
        let mut answer = self.rules.plan(request);
        if is_new && let Some(given) = moment(&answer.planned, "rfc3339")? {
            let text = attributes::text(&answer.planned, "rfc3339")
                .unwrap_or_default()
                .to_owned();
            answer.planned = filled(&answer.planned, given, &text);
        }
        Ok(answer)
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        if let Some(given) = moment(&planned, "rfc3339")? {
            let text = attributes::text(&planned, "rfc3339")
                .unwrap_or_default()
                .to_owned();
            return Ok(filled(&planned, given, &text));
        }
        let now = Moment::of(self.world.now())?;
        Ok(filled(&planned, now, &now.text()))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let given = Moment::parse(id)?;
        Ok(filled(
            &self.rules.object([("triggers", no_triggers())]),
            given,
            id,
        ))
    }
}
