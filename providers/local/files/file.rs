//! `local_file` and `local_sensitive_file`: a file of given content.

use std::fs;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{ApplyError, ApplyRequest, Found, Object, ProviderError};
use model::schema::Attribute;
use model::{Str, Type, Value};

use super::write::{WholeFile, sweep};
use super::{content, mode};
use crate::digest;
use crate::fault::{self, blocking};
use crate::kind::{Change, WorldType};
use crate::world::World;
use contract::attributes;
use contract::rules::{Rules, When};

const CHECKSUMS: [&str; 6] = [
    "content_md5",
    "content_sha1",
    "content_sha256",
    "content_base64sha256",
    "content_sha512",
    "content_base64sha512",
];
const MODES: [&str; 2] = ["file_permission", "directory_permission"];

/// A file of given content. A file of other content counts as another file.
#[derive(Clone, Debug)]
pub(crate) struct LocalFile {
    rules: Arc<Rules>,
    world: World,
}

impl LocalFile {
    /// `local_file`.
    pub(crate) fn open(world: World) -> Self {
        let text = || Attribute::optional(Type::String);
        let sensitive_content = Attribute {
            deprecated: Some("use the resource type `local_sensitive_file`".into()),
            ..text().sensitive().describe("The content, not to be shown.")
        };
        let own = [
            ("content", text().describe("The content.")),
            ("content_base64", text().describe("The content in base64.")),
            ("sensitive_content", sensitive_content),
        ];
        let rules = rules(own, "0777").replace(When::Changed, ["sensitive_content"]);
        Self {
            rules: Arc::new(rules.describe("A file.")),
            world,
        }
    }

    /// `local_sensitive_file`.
    pub(crate) fn secret(world: World) -> Self {
        let text = || Attribute::optional(Type::String).sensitive();
        let own = [
            ("content", text().describe("The content.")),
            ("content_base64", text().describe("The content in base64.")),
        ];
        let rules = rules(own, "0700").describe("A file whose content is not to be shown.");
        Self {
            rules: Arc::new(rules),
            world,
        }
    }

    fn create(&self, request: &ApplyRequest) -> Result<Object, ProviderError> {
        let planned = &request.planned;
        let content = content::of(&self.world, planned)?;
        WholeFile {
            path: &self.world.path(filename(planned)?),
            content: &content,
            mode: mode::of(planned, "file_permission", 0o777)?,
            directory_mode: mode::of(planned, "directory_permission", 0o777)?,
            marker: &request.marker,
        }
        .write()?;
        Ok(made(planned, &content))
    }

    /// The content at the object's place; `None` when nothing is there.
    fn present(&self, object: &Value) -> Result<Option<Vec<u8>>, ProviderError> {
        let path = self.world.path(filename(object)?);
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(fault::about("read", &path, &error)),
        }
    }

    /// Whether the object's own file is at its place.
    fn is_there(&self, object: &Value) -> Result<bool, ProviderError> {
        let present = self.present(object)?;
        Ok(present.is_some_and(|content| {
            Some(&*digest::sha1(&content)) == attributes::text(object, "id")
        }))
    }

    fn destroy(&self, object: &Value) -> Result<(), ProviderError> {
        // A file of other content is not this one: the replacement, when that was made first.
        if !self.is_there(object)? {
            return Ok(());
        }
        let path = self.world.path(filename(object)?);
        match fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => Err(fault::about("remove", &path, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn find_blocking(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        let private = request.private.clone();
        match Change::of(&request) {
            Change::Create => {
                sweep(
                    &self.world.path(filename(&request.planned)?),
                    &request.marker,
                );
                let content = content::of(&self.world, &request.planned)?;
                let same = self
                    .present(&request.planned)?
                    .is_some_and(|present| present == content);
                Ok(if same {
                    Found::Object(made(&request.planned, &content))
                } else {
                    Found::Nothing
                })
            }
            Change::Update | Change::Destroy => Ok(if self.is_there(&request.prior)? {
                Found::Object(Object {
                    value: request.prior,
                    private,
                })
            } else {
                Found::Nothing
            }),
        }
    }
}

fn rules<const N: usize>(own: [(&'static str, Attribute); N], default_mode: &str) -> Rules {
    let checksum = |name| {
        (
            name,
            Attribute::computed(Type::String).describe("A checksum of the content."),
        )
    };
    let modes = MODES.map(|name| {
        let attribute = Attribute::optional_computed(Type::String);
        (name, attribute.describe("In octal digits, less the umask."))
    });
    let places = [
        (
            "filename",
            Attribute::required(Type::String).describe("Where. Missing directories are made."),
        ),
        (
            "source",
            Attribute::optional(Type::String).describe("A file whose content to take."),
        ),
        (
            "id",
            Attribute::computed(Type::String).describe("The SHA-1 checksum of the content."),
        ),
    ];
    let attributes = own
        .into_iter()
        .chain(places)
        .chain(modes)
        .chain(CHECKSUMS.map(checksum));
    Rules::new(attributes)
        .in_the_world()
        .claiming()
        .default("file_permission", default_mode)
        .default("directory_permission", default_mode)
        .replace(
            When::Changed,
            ["filename", "content", "content_base64", "source"],
        )
        .replace(When::Changed, MODES)
}

fn filename(object: &Value) -> Result<&str, ProviderError> {
    attributes::text(object, "filename").ok_or_else(|| ProviderError::bug("a file has no name"))
}

fn made(planned: &Value, content: &[u8]) -> Object {
    Object {
        value: attributes::with(planned, digest::checksums(content)),
        private: Vec::new(),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[async_trait]
impl WorldType for LocalFile {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let wrong_modes = MODES
            .into_iter()
            .filter_map(|name| mode::of(config, name, 0).err());
        content::validate(config)
            .into_iter()
            .chain(wrong_modes)
            .collect()
    }

    fn claims(&self, object: &Value) -> Vec<Str> {
        let path = attributes::text(object, "filename");
        path.and_then(|path| self.world.place(path))
            .into_iter()
            .collect()
    }

    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let path = attributes::text(config, "source");
        path.and_then(|path| self.world.input_place(path))
            .into_iter()
            .collect()
    }

    async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        let this = self.clone();
        blocking(move || Ok(this.is_there(&object.value)?.then_some(object))).await
    }

    async fn instead(&self, object: Object) -> Option<Str> {
        let this = self.clone();
        let present = blocking(move || this.present(&object.value)).await;
        let found = present.ok().flatten()?;
        drop(found);
        Some("the file has other content than was written".into())
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let this = self.clone();
        match Change::of(&request) {
            Change::Create => {
                let created = blocking(move || this.create(&request)).await;
                created.map(Some).map_err(ApplyError::nothing)
            }
            Change::Update => Ok(Some(Object {
                value: request.planned,
                private: request.private,
            })),
            Change::Destroy => {
                let object = Object {
                    value: request.prior.clone(),
                    private: request.private,
                };
                let destroyed = blocking(move || this.destroy(&request.prior)).await;
                destroyed
                    .map(|()| None)
                    .map_err(|error| ApplyError::exists(error, object))
            }
        }
    }

    async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        let this = self.clone();
        blocking(move || this.find_blocking(request)).await
    }
}
