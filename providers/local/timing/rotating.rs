//! `time_rotating`: a moment that is replaced by the present when its time has passed.

use contract::{PlanRequest, PlanResponse, ProviderError};
use model::schema::Attribute;
use model::{Path, Str, Type, Value};

use super::moment::Moment;
use super::{moment, no_triggers, one_of, part_attributes, parts, triggers};
use crate::kind::RecordType;
use crate::world::World;
use contract::attributes::{self, whole, whole_or_null};
use contract::rules::{Rules, When};

/// In the order an import's id has them.
const ROTATIONS: [&str; 5] = [
    "rotation_years",
    "rotation_months",
    "rotation_days",
    "rotation_hours",
    "rotation_minutes",
];

/// A moment that is replaced when its time has passed.
#[derive(Debug)]
pub(super) struct TimeRotating {
    rules: Rules,
    world: World,
}

impl TimeRotating {
    pub(super) fn new(world: World) -> Self {
        let rotations = ROTATIONS
            .into_iter()
            .map(|name| (name, Attribute::optional(Type::Number)));
        let text = || Attribute::optional_computed(Type::String);
        let own = [
            triggers(),
            (
                "rfc3339",
                text().describe("The moment to start from; when left out, that of creation."),
            ),
            ("rotation_rfc3339", text().describe("When it is replaced.")),
            (
                "id",
                Attribute::computed(Type::String).describe("The moment it started from."),
            ),
        ];
        // Whether it is still there depends on the time, so it is not only a matter of the record.
        let rules = Rules::new(part_attributes().chain(rotations).chain(own))
            .describe("Keeps a moment until its time has passed.")
            .in_the_world()
            .replace(When::Changed, ["triggers", "rfc3339"]);
        Self { rules, world }
    }
}

/// When the object's time has passed. Of several rotations the largest unit counts, a fixed one before all but years.
fn rotation(object: &Value, base: Moment, fixed: Option<Moment>) -> Result<Moment, ProviderError> {
    let of = |name: &str| whole(object, name).filter(|number| *number != 0);
    let seconds = |number: i64, unit: i64| number.checked_mul(unit).unwrap_or(i64::MAX);
    if let Some(years) = of("rotation_years") {
        base.plus_years(years)
    } else if let Some(fixed) = fixed {
        Ok(fixed)
    } else if let Some(months) = of("rotation_months") {
        base.plus_months(months)
    } else if let Some(minutes) = of("rotation_minutes") {
        base.plus_seconds(seconds(minutes, 60))
    } else if let Some(hours) = of("rotation_hours") {
        base.plus_seconds(seconds(hours, 3600))
    } else if let Some(days) = of("rotation_days") {
        base.plus_days(days)
    } else {
        Err(ProviderError::permanent("no rotation is given"))
    }
}

/// Everything that follows from the base and the rotation. `fixed` is the rotation's text when its author gave it.
fn filled(object: &Value, base: &str, fixed: Option<&str>) -> Result<Value, ProviderError> {
    let moment = Moment::parse(base)?;
    let rotation = rotation(object, moment, fixed.map(Moment::parse).transpose()?)?;
    let text = match fixed {
        Some(fixed) if Moment::parse(fixed)? == rotation => fixed.to_owned(),
        _ => rotation.text(),
    };
    let named = [
        ("rfc3339", Value::from(base)),
        ("id", Value::from(base)),
        ("rotation_rfc3339", Value::string(text)),
    ];
    Ok(attributes::with(object, parts(rotation).chain(named)))
}

impl RecordType for TimeRotating {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let mut found: Vec<ProviderError> = ["rfc3339", "rotation_rfc3339"]
            .into_iter()
            .filter_map(|name| moment(config, name).err())
            .chain(one_of(
                config,
                &[&ROTATIONS[..], &["rotation_rfc3339"]].concat(),
            ))
            .collect();
        for name in ROTATIONS {
            if let Some(number) = whole(config, name).filter(|number| *number < 1) {
                let message = format!("`{name}` is {number}, must be at least 1");
                found.push(ProviderError::permanent(message).at(Path::root().attribute(name)));
            }
        }
        found
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let (prior, config) = (request.prior.clone(), request.config.clone());
        let mut answer = self.rules.plan(request);
        let replaced = !answer.requires_replace.is_empty();
        if prior.is_null() || answer.planned.is_null() || answer.planned == prior || replaced {
            return Ok(answer);
        }
        let known = ROTATIONS
            .iter()
            .chain(&["rotation_rfc3339"])
            .all(|name| attributes::is_known(&config, name));
        let base = attributes::text(&prior, "rfc3339")
            .filter(|_| known)
            .map(str::to_owned);
        answer.planned = match base {
            Some(base) => filled(
                &answer.planned,
                &base,
                attributes::text(&config, "rotation_rfc3339"),
            )?,
            None => {
                let unknown = super::PARTS
                    .into_iter()
                    .map(|name| (name, Value::unknown_not_null(Type::Number)));
                let given = config
                    .get("rotation_rfc3339")
                    .filter(|value| !value.is_null())
                    .cloned();
                let rotation = given.unwrap_or_else(|| Value::unknown_not_null(Type::String));
                attributes::with(
                    &answer.planned,
                    unknown.chain([("rotation_rfc3339", rotation)]),
                )
            }
        };
        let passed =
            moment(&prior, "rotation_rfc3339")?.is_some_and(|at| at.has_passed(self.world.now()));
        if passed && answer.planned.get("rotation_rfc3339") != prior.get("rotation_rfc3339") {
            answer
                .requires_replace
                .push(Path::root().attribute("rotation_rfc3339"));
        }
        Ok(answer)
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let base = match attributes::text(&planned, "rfc3339").filter(|text| !text.is_empty()) {
            Some(base) => base.to_owned(),
            None => Moment::of(self.world.now())?.text(),
        };
        let fixed = attributes::text(&planned, "rotation_rfc3339").map(str::to_owned);
        filled(&planned, &base, fixed.as_deref())
    }

    fn update(&self, planned: Value) -> Result<Value, ProviderError> {
        self.create(planned)
    }

    fn is_there(&self, object: &Value) -> bool {
        !matches!(moment(object, "rotation_rfc3339"), Ok(Some(at)) if at.has_passed(self.world.now()))
    }

    fn instead(&self, object: &Value) -> Option<Str> {
        let at = attributes::text(object, "rotation_rfc3339")?;
        Some(format!("it was to be replaced at {at}").into())
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let usage = || {
            ProviderError::permanent(
                "the id of a `time_rotating` is `BASE,ROTATION` or `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES`",
            )
        };
        let parts: Vec<&str> = id.split(',').collect();
        let mut object = self.rules.object([("triggers", no_triggers())]);
        match parts.as_slice() {
            [base, rotation] => filled(&object, base, Some(rotation)),
            [base, rotations @ ..] if rotations.len() == ROTATIONS.len() => {
                for (name, part) in ROTATIONS.into_iter().zip(rotations) {
                    let number = if part.is_empty() {
                        None
                    } else {
                        Some(part.parse().map_err(|_| usage())?)
                    };
                    object = attributes::with(&object, [(name, whole_or_null(number))]);
                }
                filled(&object, base, None)
            }
            _ => Err(usage()),
        }
    }
}
