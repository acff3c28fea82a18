//! `hashicorp/random`: values of chance that stay once made. A file for each family of resource types.

mod bytes;
mod id;
mod integer;
mod pet;
mod pet_words;
mod shuffle;
mod string;
mod uuid;

use std::sync::Arc;

use contract::ProviderError;
use model::schema::Attribute;
use model::{Path, Type};

use crate::builtin::Builtin;
use crate::kind::Kind;
use crate::world::World;

/// The provider.
pub(crate) fn provider(world: World) -> Builtin {
    let world = || world.clone();
    Builtin::new(
        [
            (
                "random_bytes",
                Kind::Record(Arc::new(bytes::RandomBytes::new(world()))),
            ),
            (
                "random_id",
                Kind::Record(Arc::new(id::RandomId::new(world()))),
            ),
            (
                "random_integer",
                Kind::Record(Arc::new(integer::RandomInteger::new(world()))),
            ),
            (
                "random_password",
                Kind::Record(Arc::new(string::RandomString::password(world()))),
            ),
            (
                "random_pet",
                Kind::Record(Arc::new(pet::RandomPet::new(world()))),
            ),
            (
                "random_shuffle",
                Kind::Record(Arc::new(shuffle::RandomShuffle::new(world()))),
            ),
            (
                "random_string",
                Kind::Record(Arc::new(string::RandomString::string(world()))),
            ),
            (
                "random_uuid",
                Kind::Record(Arc::new(uuid::RandomUuid::random(world()))),
            ),
            (
                "random_uuid4",
                Kind::Record(Arc::new(uuid::RandomUuid::random(world()))),
            ),
            (
                "random_uuid7",
                Kind::Record(Arc::new(uuid::RandomUuid::timed(world()))),
            ),
        ],
        [],
    )
}

/// The attribute that every resource type of this provider has.
fn keepers() -> (&'static str, Attribute) {
    let attribute = Attribute::optional(Type::map(Type::String));
    (
        "keepers",
        attribute.describe("A change of this makes a new value."),
    )
}

/// An error about one attribute.
fn wrong(name: &str, message: impl Into<String>) -> ProviderError {
    ProviderError::permanent(message).at(Path::root().attribute(name))
}
