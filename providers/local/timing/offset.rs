//! `time_offset`: a moment some way from another.

use contract::{PlanRequest, PlanResponse, ProviderError};
use model::schema::Attribute;
use model::{Type, Value};

use super::moment::Moment;
use super::{moment, no_triggers, one_of, part_attributes, parts, triggers};
use crate::kind::RecordType;
use crate::world::World;
use contract::attributes::{self, whole, whole_or_null};
use contract::rules::{Rules, When};

/// In the order an import's id has them.
const OFFSETS: [&str; 6] = [
    "offset_years",
    "offset_months",
    "offset_days",
    "offset_hours",
    "offset_minutes",
    "offset_seconds",
];

/// A moment some way from another.
#[derive(Debug)]
pub(super) struct TimeOffset {
    rules: Rules,
    world: World,
}

impl TimeOffset {
    pub(super) fn new(world: World) -> Self {
        let offsets = OFFSETS
            .into_iter()
            .map(|name| (name, Attribute::optional(Type::Number)));
        let own = [
            triggers(),
            (
                "base_rfc3339",
                Attribute::optional_computed(Type::String)
                    .describe("The moment to start from; when left out, that of creation."),
            ),
            (
                "rfc3339",
                Attribute::computed(Type::String).describe("The moment it comes to."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("The moment it started from."),
            ),
        ];
        let rules = Rules::new(part_attributes().chain(offsets).chain(own))
            .describe("Keeps a moment some way from another.")
            .replace(When::Changed, ["triggers"]);
        Self { rules, world }
    }
}

/// The moment that lies the object's offsets from `base`. The order of the units decides what month ends come to.
fn reached(object: &Value, base: Moment) -> Result<Moment, ProviderError> {
    let of = |name: &str| whole(object, name).unwrap_or(0);
    let seconds = |name: &str, unit: i64| of(name).checked_mul(unit).unwrap_or(i64::MAX);
    base.plus_days(of("offset_days"))?
        .plus_seconds(seconds("offset_hours", 3600))?
        .plus_seconds(seconds("offset_minutes", 60))?
        .plus_months(of("offset_months"))?
        .plus_seconds(of("offset_seconds"))?
        .plus_years(of("offset_years"))
}

/// Everything that follows from the base and the offsets; `text` is how the base is written.
fn filled(object: &Value, base: Moment, text: &str) -> Result<Value, ProviderError> {
    let reached = reached(object, base)?;
    let named = [
        ("base_rfc3339", Value::from(text)),
        ("id", Value::from(text)),
        ("rfc3339", Value::string(reached.text())),
    ];
    Ok(attributes::with(object, parts(reached).chain(named)))
}

impl RecordType for TimeOffset {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        moment(config, "base_rfc3339")
            .err()
            .into_iter()
            .chain(one_of(config, &OFFSETS))
            .collect()
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let prior = request.prior.clone();
        let mut answer = self.rules.plan(request);
        let replaced = !answer.requires_replace.is_empty();
        if prior.is_null() || answer.planned.is_null() || answer.planned == prior || replaced {
            return Ok(answer);
        }
        let known = |name: &str| attributes::is_known(&answer.planned, name);
        answer.planned = match moment(&answer.planned, "base_rfc3339")? {
            Some(base) if OFFSETS.iter().all(|name| known(name)) => {
                let text = attributes::text(&answer.planned, "base_rfc3339")
                    .unwrap_or_default()
                    .to_owned();
                filled(&answer.planned, base, &text)?
            }
            _ => {
                let number = || Value::unknown_not_null(Type::Number);
                let text = || Value::unknown_not_null(Type::String);
                let unknown = super::PARTS.into_iter().map(|name| (name, number()));
                attributes::with(
                    &answer.planned,
                    unknown.chain([("rfc3339", text()), ("id", text())]),
                )
            }
        };
        Ok(answer)
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        match moment(&planned, "base_rfc3339")? {
            Some(base) => {
                let text = attributes::text(&planned, "base_rfc3339")
                    .unwrap_or_default()
                    .to_owned();
                filled(&planned, base, &text)
            }
            None => {
                let now = Moment::of(self.world.now())?;
                filled(&planned, now, &now.text())
            }
        }
    }

    fn update(&self, planned: Value) -> Result<Value, ProviderError> {
        self.create(planned)
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let usage = || {
            let message =
                "the id of a `time_offset` is `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS`";
            ProviderError::permanent(message)
                .detail("At least one of the numbers is needed; others may be empty.")
        };
        let parts: Vec<&str> = id.split(',').collect();
        let [base, offsets @ ..] = parts.as_slice() else {
            return Err(usage());
        };
        if offsets.len() != OFFSETS.len() || offsets.iter().all(|part| part.is_empty()) {
            return Err(usage());
        }
        let mut object = self.rules.object([("triggers", no_triggers())]);
        for (name, part) in OFFSETS.into_iter().zip(offsets) {
            let number = if part.is_empty() {
                None
            } else {
                Some(part.parse().map_err(|_| usage())?)
            };
            object = attributes::with(&object, [(name, whole_or_null(number))]);
        }
        filled(&object, Moment::parse(base)?, base)
    }
}
