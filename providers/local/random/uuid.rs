//! `random_uuid`, `random_uuid4`: a random UUID; `random_uuid7`: one that sorts by the time it was made.

use contract::ProviderError;
use model::schema::Attribute;
use model::{Type, Value};

use super::keepers;
use crate::kind::RecordType;
use crate::world::{World, uuid, uuid_text};
use contract::attributes;
use contract::rules::{Rules, When};

/// A UUID.
#[derive(Debug)]
pub(super) struct RandomUuid {
    rules: Rules,
    world: World,
    version: Version,
}

#[derive(Clone, Copy, Debug)]
enum Version {
    Random,
    Timed,
}

impl RandomUuid {
    /// Version 4.
    pub(super) fn random(world: World) -> Self {
        Self::new(world, Version::Random)
    }

    /// Version 7.
    pub(super) fn timed(world: World) -> Self {
        Self::new(world, Version::Timed)
    }

    fn new(world: World, version: Version) -> Self {
        let text = || Attribute::computed(Type::String).describe("The UUID.");
        let rules = Rules::new([keepers(), ("result", text()), ("id", text())])
            .describe("A random UUID.")
            .replace(When::ChangedBeyondNulls, ["keepers"]);
        Self {
            rules,
            world,
            version,
        }
    }
}

impl RecordType for RandomUuid {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let text = match self.version {
            Version::Random => uuid(&*self.world.entropy)?,
            Version::Timed => timed(&self.world)?,
        };
        Ok(attributes::with(
            &planned,
            [("result", Value::from(&*text)), ("id", Value::from(&*text))],
        ))
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        let number = u128::from_str_radix(&id.replace('-', ""), 16).ok();
        let number = number
            .filter(|_| groups == [8, 4, 4, 4, 12])
            .ok_or_else(|| ProviderError::permanent(format!("`{id}` is not a UUID")))?;
        let text = uuid_text(number);
        Ok(self
            .rules
            .object([("result", Value::from(&*text)), ("id", Value::from(&*text))]))
    }
}

/// 48 bits of milliseconds, then chance.
fn timed(world: &World) -> Result<String, ProviderError> {
    let mut bytes = [0; 16];
    world.entropy.fill(&mut bytes)?;
    let chance = u128::from_be_bytes(bytes) & !(0xf000_u128 << 64) & !(0xc000_u128 << 48);
    let millis = u128::try_from(world.now().0).unwrap_or(0) & 0xffff_ffff_ffff;
    let low = chance & ((1 << 80) - 1);
    Ok(uuid_text(
        millis << 80 | low | 0x7000_u128 << 64 | 0x8000_u128 << 48,
    ))
}
