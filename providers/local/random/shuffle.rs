//! `random_shuffle`: a list in another order.

use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};

use super::{keepers, wrong};
use crate::kind::RecordType;
use crate::world::{Entropy, SeededEntropy, World, shuffle};
use contract::attributes;
use contract::rules::{Rules, When};

const MOST_RESULTS: i64 = 1 << 20;

/// A list in another order.
#[derive(Debug)]
pub(super) struct RandomShuffle {
    rules: Rules,
    world: World,
}

impl RandomShuffle {
    pub(super) fn new(world: World) -> Self {
        let list = || Type::list(Type::String);
        let rules = Rules::new([
            keepers(),
            ("input", Attribute::required(list()).describe("The strings to put in another order.")),
            ("seed", Attribute::optional(Type::String).describe("The same seed gives the same order.")),
            (
                "result_count",
                Attribute::optional(Type::Number)
                    .describe("How many to return: fewer leaves some out, more begins again in another order."),
            ),
            ("result", Attribute::computed(list()).describe("The strings in their new order.")),
            ("id", Attribute::computed(Type::String).describe("Always `-`.")),
        ])
        .describe("A random order of strings.")
        .replace(When::ChangedBeyondNulls, ["keepers"])
        .replace(When::Changed, ["seed", "input", "result_count"]);
        Self { rules, world }
    }
}

impl RecordType for RandomShuffle {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        match attributes::whole(config, "result_count") {
            Some(count) if !(0..=MOST_RESULTS).contains(&count) => {
                vec![wrong(
                    "result_count",
                    format!("`result_count` is {count}, must be from 0 to {MOST_RESULTS}"),
                )]
            }
            _ => Vec::new(),
        }
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let input = planned
            .get("input")
            .and_then(Value::as_items)
            .unwrap_or_default();
        let count = attributes::whole(&planned, "result_count")
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(input.len());
        let seeded = attributes::text(&planned, "seed")
            .filter(|seed| !seed.is_empty())
            .map(SeededEntropy::new);
        let entropy: &dyn Entropy = match &seeded {
            Some(seeded) => seeded,
            None => &*self.world.entropy,
        };
        let mut result: Vec<Value> = Vec::new();
        while result.len() < count && !input.is_empty() {
            let mut round = input.to_vec();
            shuffle(entropy, &mut round)?;
            round.truncate(count - result.len());
            result.append(&mut round);
        }
        let made = [
            ("result", Value::list(Type::String, result)),
            ("id", Value::from("-")),
        ];
        Ok(attributes::with(&planned, made))
    }
}
