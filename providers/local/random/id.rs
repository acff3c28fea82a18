//! `random_id`: bytes that identify something, in several spellings.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};
use num_bigint::BigUint;

use super::bytes::{checked_length, random_bytes};
use super::keepers;
use crate::digest::hex;
use crate::kind::RecordType;
use crate::world::World;
use contract::attributes;
use contract::rules::{Rules, When};

/// Bytes that identify something.
#[derive(Debug)]
pub(super) struct RandomId {
    rules: Rules,
    world: World,
}

impl RandomId {
    pub(super) fn new(world: World) -> Self {
        let text = || Attribute::computed(Type::String);
        let rules = Rules::new([
            keepers(),
            (
                "byte_length",
                Attribute::required(Type::Number).describe("How many bytes, at least 1."),
            ),
            (
                "prefix",
                Attribute::optional(Type::String)
                    .describe("Stands before every spelling but `id`."),
            ),
            (
                "id",
                text().describe("In URL-safe base64, without the prefix."),
            ),
            ("b64_url", text().describe("In URL-safe base64.")),
            ("b64_std", text().describe("In base64.")),
            ("hex", text().describe("In hexadecimal digits.")),
            ("dec", text().describe("In decimal digits.")),
        ])
        .describe("Random bytes that identify something.")
        .replace(When::ChangedBeyondNulls, ["keepers"])
        .replace(When::Changed, ["byte_length", "prefix"]);
        Self { rules, world }
    }
}

impl RecordType for RandomId {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        checked_length(config, "byte_length")
            .err()
            .into_iter()
            .collect()
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let bytes = random_bytes(&self.world, checked_length(&planned, "byte_length")?)?;
        let prefix = attributes::text(&planned, "prefix")
            .unwrap_or_default()
            .to_owned();
        Ok(attributes::with(&planned, spellings(&bytes, &prefix)))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let (prefix, id) = match id.rsplit_once(',') {
            Some((prefix, id)) => (Some(prefix), id),
            None => (None, id),
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(id).map_err(|_| {
            ProviderError::permanent(
                "the id of a `random_id` is `ID` or `PREFIX,ID`, ID in URL-safe base64",
            )
        })?;
        let prefix = prefix.filter(|prefix| !prefix.is_empty());
        let object = self.rules.object([
            (
                "byte_length",
                Value::int(i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
            ),
            ("prefix", attributes::text_or_null(prefix)),
        ]);
        Ok(attributes::with(
            &object,
            spellings(&bytes, prefix.unwrap_or_default()),
        ))
    }
}

fn spellings(bytes: &[u8], prefix: &str) -> [(&'static str, Value); 5] {
    let url = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let prefixed = |text: &str| Value::string(format!("{prefix}{text}"));
    [
        ("b64_url", prefixed(&url)),
        ("b64_std", prefixed(&BASE64_STANDARD.encode(bytes))),
        ("hex", prefixed(&hex(bytes))),
        ("dec", prefixed(&BigUint::from_bytes_be(bytes).to_string())),
        ("id", Value::string(url)),
    ]
}
