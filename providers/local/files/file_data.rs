//! The data sources `local_file` and `local_sensitive_file`: the content of a file.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contract::ProviderError;
use model::schema::{Attribute, Block, Schema};
use model::{Path, Str, Type, Value};

use crate::digest;
use crate::fault::{self, blocking};
use crate::kind::DataSource;
use crate::world::World;
use contract::attributes;

/// The content of a file.
#[derive(Debug)]
pub(crate) struct FileData {
    schema: Arc<Schema>,
    world: World,
}

impl FileData {
    /// `local_file`.
    pub(crate) fn open(world: World) -> Self {
        Self::new(world, Attribute::computed(Type::String), "Reads a file.")
    }

    /// `local_sensitive_file`.
    pub(crate) fn secret(world: World) -> Self {
        let text = Attribute::computed(Type::String).sensitive();
        Self::new(
            world,
            text,
            "Reads a file whose content is not to be shown.",
        )
    }

    fn new(world: World, text: Attribute, description: &str) -> Self {
        let checksums = digest::checksums(&[]).map(|(name, _)| {
            let attribute = Attribute::computed(Type::String);
            (
                name.into(),
                attribute.describe("A checksum of the content; `id` is the SHA-1."),
            )
        });
        let own = [
            (
                "filename".into(),
                Attribute::required(Type::String).describe("Which file."),
            ),
            (
                "content".into(),
                text.clone().describe("Its content, when that is text."),
            ),
            (
                "content_base64".into(),
                text.describe("Its content in base64."),
            ),
        ];
        let block = Block {
            attributes: own.into_iter().chain(checksums).collect(),
            description: description.into(),
            ..Block::default()
        };
        Self {
            schema: Arc::new(Schema { version: 0, block }),
            world,
        }
    }
}

#[async_trait]
impl DataSource for FileData {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let path = attributes::text(config, "filename");
        path.and_then(|path| self.world.input_place(path))
            .into_iter()
            .collect()
    }

    async fn read(&self, config: Value) -> Result<Value, ProviderError> {
        let name = attributes::text(&config, "filename");
        let path = self
            .world
            .input(name.ok_or_else(|| ProviderError::bug("a file has no name"))?);
        let content = blocking(move || {
            let failed =
                |error| fault::about("read", &path, &error).at(Path::root().attribute("filename"));
            fs::read(&path).map_err(failed)
        })
        .await?;
        let text = [
            (
                "content",
                Value::string(&*String::from_utf8_lossy(&content)),
            ),
            (
                "content_base64",
                Value::string(BASE64_STANDARD.encode(&content)),
            ),
        ];
        Ok(attributes::with(
            &config,
            text.into_iter().chain(digest::checksums(&content)),
        ))
    }
}
