//! `local_directory`: a directory.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{ApplyError, ApplyRequest, Exists, Found, Object, ProviderError};
use model::schema::Attribute;
use model::{Str, Type, Value};

use super::mode;
use super::write::make_directory;
use crate::fault::{self, blocking};
use crate::kind::{Change, WorldType};
use crate::world::World;
use contract::attributes;
use contract::rules::{Rules, When};

/// In an object's private bytes: the directory was there before, and is left there.
const ADOPTED: &[u8] = b"adopted";

/// A directory. One that was there before is taken over as it is and left behind when the object is destroyed.
#[derive(Clone, Debug)]
pub(crate) struct LocalDirectory {
    rules: Arc<Rules>,
    world: World,
}

impl LocalDirectory {
    pub(crate) fn new(world: World) -> Self {
        let rules = Rules::new([
            (
                "path",
                Attribute::required(Type::String)
                    .describe("Where. Missing directories above it are made."),
            ),
            (
                "permission",
                Attribute::optional_computed(Type::String)
                    .describe("In octal digits; `0755` when left out."),
            ),
            (
                "force_destroy",
                Attribute::optional_computed(Type::Bool)
                    .describe("Destroy it with everything in it; false when left out."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("The path from the root."),
            ),
        ])
        .in_the_world()
        .claiming()
        .describe("A directory.")
        .default("permission", "0755")
        .default("force_destroy", false)
        .replace(When::Changed, ["path"]);
        Self {
            rules: Arc::new(rules),
            world,
        }
    }

    fn path(&self, object: &Value) -> Result<PathBuf, ProviderError> {
        let path = attributes::text(object, "path");
        Ok(self
            .world
            .path(path.ok_or_else(|| ProviderError::bug("a directory has no path"))?))
    }

    /// The permission of the directory at the object's place; `None` when none is there.
    fn present(&self, object: &Value) -> Result<Option<u32>, ProviderError> {
        let path = self.path(object)?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Some(metadata.permissions().mode() & 0o777)),
            Ok(_) => Ok(None),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(fault::about("look at", &path, &error)),
        }
    }

    /// The object as it is now: with the permission it has.
    fn observed(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        let Some(present) = self.present(&object.value)? else {
            return Ok(None);
        };
        if mode::of(&object.value, "permission", present).ok() == Some(present) {
            return Ok(Some(object));
        }
        let value = attributes::with(
            &object.value,
            [("permission", Value::string(mode::text(present)))],
        );
        Ok(Some(Object { value, ..object }))
    }

    fn set_mode(&self, object: &Value) -> Result<(), ProviderError> {
        let path = self.path(object)?;
        let mode = mode::of(object, "permission", 0o755)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))
            .map_err(|error| fault::about("set the permission of", &path, &error))
    }

    fn made(&self, planned: &Value, private: &[u8]) -> Result<Object, ProviderError> {
        let path = self.path(planned)?;
        let id = Value::string(&*path.to_string_lossy());
        Ok(Object {
            value: attributes::with(planned, [("id", id)]),
            private: private.to_vec(),
        })
    }

    fn create(&self, planned: &Value) -> Result<Object, ApplyError> {
        let path = self.path(planned).map_err(ApplyError::nothing)?;
        let adopted = self
            .present(planned)
            .map_err(ApplyError::nothing)?
            .is_some();
        make_directory(&path, 0o777).map_err(|error| {
            ApplyError::nothing(fault::about("make the directory", &path, &error))
        })?;
        let private = if adopted { ADOPTED } else { &[] };
        let object = self.made(planned, private).map_err(ApplyError::nothing)?;
        match self.set_mode(planned) {
            Ok(()) => Ok(object),
            Err(error) => Err(ApplyError::exists(error, object)),
        }
    }

    fn destroy(&self, object: &Object) -> Result<(), ProviderError> {
        if object.private == ADOPTED || self.present(&object.value)?.is_none() {
            return Ok(());
        }
        let path = self.path(&object.value)?;
        let removed = if attributes::flag(&object.value, "force_destroy").unwrap_or(false) {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_dir(&path)
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                let message = format!("the directory `{}` is not empty", path.display());
                let detail = "Empty it, or set `force_destroy = true` and apply that first.";
                Err(ProviderError::permanent(message).detail(detail))
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(fault::about("remove", &path, &error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn change(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        match Change::of(&request) {
            Change::Create => self.create(&request.planned).map(Some),
            Change::Update => {
                let before = Object {
                    value: request.prior,
                    private: request.private.clone(),
                };
                let changed = self.set_mode(&request.planned);
                changed.map_err(|error| ApplyError::exists(error, before))?;
                Ok(Some(Object {
                    value: request.planned,
                    private: request.private,
                }))
            }
            Change::Destroy => {
                let object = Object {
                    value: request.prior,
                    private: request.private,
                };
                let destroyed = self.destroy(&object);
                destroyed
                    .map(|()| None)
                    .map_err(|error| ApplyError::exists(error, object))
            }
        }
    }

    fn find_blocking(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        let object = match Change::of(&request) {
            Change::Create => {
                // An empty one may be ours and does no harm when destroyed; one with content cannot be ours, because
                // nothing of ours goes into it before it is recorded.
                let path = self.path(&request.planned)?;
                let is_empty =
                    fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
                self.made(&request.planned, if is_empty { &[] } else { ADOPTED })?
            }
            Change::Update => {
                let id = [(
                    "id",
                    request.prior.get("id").cloned().unwrap_or(Value::NULL),
                )];
                Object {
                    value: attributes::with(&request.planned, id),
                    private: request.private,
                }
            }
            Change::Destroy => Object {
                value: request.prior,
                private: request.private,
            },
        };
        Ok(self.observed(object)?.map_or(Found::Nothing, Found::Object))
    }
}

#[async_trait]
impl WorldType for LocalDirectory {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        mode::of(config, "permission", 0)
            .err()
            .into_iter()
            .collect()
    }

    fn claims(&self, object: &Value) -> Vec<Str> {
        let path = attributes::text(object, "path");
        path.and_then(|path| self.world.place(path))
            .into_iter()
            .collect()
    }

    async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        let this = self.clone();
        blocking(move || this.observed(object)).await
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let this = self.clone();
        match tokio::task::spawn_blocking(move || this.change(request)).await {
            Ok(result) => result,
            Err(error) => {
                let error = ProviderError::bug(format!("work on a directory ended early: {error}"));
                Err(ApplyError {
                    error,
                    exists: Exists::Unknown,
                })
            }
        }
    }

    async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        let this = self.clone();
        blocking(move || this.find_blocking(request)).await
    }

    async fn import(&self, id: &str) -> Result<Object, ProviderError> {
        let this = self.clone();
        let object = self
            .rules
            .object([("path", id.into()), ("force_destroy", false.into())]);
        blocking(move || {
            let Some(present) = this.present(&object)? else {
                return Err(ProviderError::new(
                    contract::ErrorClass::NotFound,
                    format!("there is no directory `{}`", this.path(&object)?.display()),
                ));
            };
            let permission = [("permission", Value::string(mode::text(present)))];
            this.made(&attributes::with(&object, permission), &[])
        })
        .await
    }
}
