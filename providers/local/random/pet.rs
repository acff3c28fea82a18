//! `random_pet`: a name people can say, such as `amber-otter`.

use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};

use super::pet_words::{ADJECTIVES, ADVERBS, ANIMALS};
use super::{keepers, wrong};
use crate::kind::RecordType;
use crate::world::{World, below};
use contract::attributes;
use contract::rules::{Rules, When};

const MOST_WORDS: i64 = 100;

/// A name people can say.
#[derive(Debug)]
pub(super) struct RandomPet {
    rules: Rules,
    world: World,
}

impl RandomPet {
    pub(super) fn new(world: World) -> Self {
        let rules = Rules::new([
            keepers(),
            (
                "length",
                Attribute::optional_computed(Type::Number)
                    .describe("How many words; 2 when left out."),
            ),
            (
                "prefix",
                Attribute::optional(Type::String).describe("Stands before the words."),
            ),
            (
                "separator",
                Attribute::optional_computed(Type::String)
                    .describe("Stands between the words; `-` when left out."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("The name."),
            ),
        ])
        .describe("A random name of words.")
        .default("length", Value::int(2))
        .default("separator", "-")
        .replace(When::ChangedBeyondNulls, ["keepers"])
        .replace(When::Changed, ["length", "prefix", "separator"]);
        Self { rules, world }
    }

    fn word(&self, words: &[&'static str]) -> Result<&'static str, ProviderError> {
        let at = below(&*self.world.entropy, words.len() as u64)?;
        let word = usize::try_from(at).ok().and_then(|at| words.get(at));
        word.copied()
            .ok_or_else(|| ProviderError::bug("a list of words is empty"))
    }
}

impl RecordType for RandomPet {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        match attributes::whole(config, "length") {
            Some(length) if !(0..=MOST_WORDS).contains(&length) => {
                vec![wrong(
                    "length",
                    format!("`length` is {length}, must be from 0 to {MOST_WORDS}"),
                )]
            }
            _ => Vec::new(),
        }
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let length = attributes::whole(&planned, "length")
            .unwrap_or(2)
            .clamp(0, MOST_WORDS);
        let separator = attributes::text(&planned, "separator").unwrap_or("-");
        let mut words = Vec::new();
        words.extend(attributes::text(&planned, "prefix").filter(|prefix| !prefix.is_empty()));
        for left in (1..=length).rev() {
            words.push(self.word(match left {
                1 => ANIMALS,
                2 => ADJECTIVES,
                _ => ADVERBS,
            })?);
        }
        let name = words.join(separator);
        Ok(attributes::with(&planned, [("id", Value::string(name))]))
    }
}
