//! `random_integer`: a whole number from a range.

use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};

use super::{keepers, wrong};
use crate::kind::RecordType;
use crate::world::{SeededEntropy, World, below};
use contract::attributes::{self, text_or_null, whole};
use contract::rules::{Rules, When};

/// A whole number from a range.
#[derive(Debug)]
pub(super) struct RandomInteger {
    rules: Rules,
    world: World,
}

impl RandomInteger {
    pub(super) fn new(world: World) -> Self {
        let rules = Rules::new([
            keepers(),
            (
                "min",
                Attribute::required(Type::Number).describe("The smallest it may be."),
            ),
            (
                "max",
                Attribute::required(Type::Number).describe("The largest it may be."),
            ),
            (
                "seed",
                Attribute::optional(Type::String).describe("The same seed gives the same number."),
            ),
            (
                "result",
                Attribute::computed(Type::Number).describe("The number."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("The number as text."),
            ),
        ])
        .describe("A random whole number from a range.")
        .replace(When::ChangedBeyondNulls, ["keepers"])
        .replace(When::Changed, ["min", "max", "seed"]);
        Self { rules, world }
    }
}

fn range(object: &Value) -> Result<Option<(i64, i64)>, ProviderError> {
    match (whole(object, "min"), whole(object, "max")) {
        (Some(min), Some(max)) if min > max => Err(wrong(
            "min",
            format!("`min` is {min}, which is more than `max`, {max}"),
        )),
        (Some(min), Some(max)) => Ok(Some((min, max))),
        _ => Ok(None),
    }
}

impl RecordType for RandomInteger {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        range(config).err().into_iter().collect()
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let (min, max) =
            range(&planned)?.ok_or_else(|| ProviderError::bug("the range is unknown at apply"))?;
        let seed = attributes::text(&planned, "seed").filter(|seed| !seed.is_empty());
        let count = max.abs_diff(min).saturating_add(1);
        let offset = match seed {
            Some(seed) => below(&SeededEntropy::new(seed), count)?,
            None => below(&*self.world.entropy, count)?,
        };
        let number = min.wrapping_add_unsigned(offset);
        let made = [
            ("result", Value::int(number)),
            ("id", Value::string(number.to_string())),
        ];
        Ok(attributes::with(&planned, made))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let usage = || {
            ProviderError::permanent(
                "the id of a `random_integer` is `RESULT,MIN,MAX` or `RESULT,MIN,MAX,SEED`",
            )
        };
        let mut parts = id.splitn(4, ',');
        let mut number = || {
            parts
                .next()
                .and_then(|part| part.parse::<i64>().ok())
                .ok_or_else(usage)
        };
        let (result, min, max) = (number()?, number()?, number()?);
        Ok(self.rules.object([
            ("result", Value::int(result)),
            ("min", Value::int(min)),
            ("max", Value::int(max)),
            ("seed", text_or_null(parts.next())),
            ("id", Value::string(result.to_string())),
        ]))
    }
}
