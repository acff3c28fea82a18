//! `random_bytes`: bytes that are a secret.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};

use super::{keepers, wrong};
use crate::digest::hex;
use crate::kind::RecordType;
use crate::world::World;
use contract::attributes;
use contract::rules::{Rules, When};

/// Most bytes that one object may have.
pub(super) const MOST_BYTES: i64 = 1 << 20;

/// Bytes that are a secret.
#[derive(Debug)]
pub(super) struct RandomBytes {
    rules: Rules,
    world: World,
}

impl RandomBytes {
    pub(super) fn new(world: World) -> Self {
        let text = || Attribute::computed(Type::String).sensitive();
        let rules = Rules::new([
            keepers(),
            (
                "length",
                Attribute::required(Type::Number).describe("How many bytes, at least 1."),
            ),
            ("base64", text().describe("The bytes in base64.")),
            ("hex", text().describe("The bytes in hexadecimal digits.")),
        ])
        .describe("Random bytes, fit for keys and other secrets.")
        .replace(When::Changed, ["keepers", "length"]);
        Self { rules, world }
    }
}

impl RecordType for RandomBytes {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        checked_length(config, "length").err().into_iter().collect()
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let bytes = random_bytes(&self.world, checked_length(&planned, "length")?)?;
        let made = [
            ("base64", Value::string(BASE64_STANDARD.encode(&bytes))),
            ("hex", Value::string(hex(&bytes))),
        ];
        Ok(attributes::with(&planned, made))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let bytes = BASE64_STANDARD.decode(id).map_err(|_| {
            ProviderError::permanent("the id of a `random_bytes` is its bytes in base64")
        })?;
        Ok(self.rules.object([
            (
                "length",
                Value::int(i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
            ),
            ("base64", Value::from(id)),
            ("hex", Value::string(hex(&bytes))),
        ]))
    }
}

/// The number of bytes asked for; 0 while it is unknown.
pub(super) fn checked_length(object: &Value, name: &str) -> Result<usize, ProviderError> {
    let Some(length) = attributes::whole(object, name) else {
        return Ok(0);
    };
    if !(1..=MOST_BYTES).contains(&length) {
        return Err(wrong(
            name,
            format!("`{name}` is {length}, must be from 1 to {MOST_BYTES}"),
        ));
    }
    usize::try_from(length).map_err(ProviderError::bug)
}

/// So many random bytes.
pub(super) fn random_bytes(world: &World, length: usize) -> Result<Vec<u8>, ProviderError> {
    let mut bytes = vec![0; length];
    world.entropy.fill(&mut bytes)?;
    Ok(bytes)
}
