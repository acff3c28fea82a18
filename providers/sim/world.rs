//! What exists in a simulated cloud: in memory, or in a file that outlives the program.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use contract::ProviderError;
use model::{Str, Value};
use serde::{Deserialize, Serialize};

/// An object of a simulated cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimObject {
    /// Its resource type.
    pub rtype: Str,
    /// Its id.
    pub id: Str,
    /// All its attributes.
    pub value: Value,
    /// The marker of the effect that last changed it.
    pub marker: Str,
}

/// Everything that exists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// By id.
    pub(crate) objects: BTreeMap<Str, SimObject>,
    /// How many objects were ever made.
    pub(crate) made: u64,
}

/// Where a cloud's contents are.
#[derive(Debug)]
pub(crate) enum World {
    Memory(Mutex<Contents>),
    File(PathBuf),
}

impl World {
    /// An empty one in memory.
    pub(crate) fn memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Looks at what exists.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Contents) -> T) -> Result<T, ProviderError> {
        match self {
            Self::Memory(contents) => Ok(look(
                &contents.lock().unwrap_or_else(PoisonError::into_inner),
            )),
            Self::File(path) => {
                let _lock = locked(path)?;
                Ok(look(&load(path)?))
            }
        }
    }

    /// Changes what exists, all or, after an error, nothing.
    ///
    /// # Errors
    /// What `change` says, or when the file cannot be read or written.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Contents) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        match self {
            Self::Memory(contents) => {
                let mut contents = contents.lock().unwrap_or_else(PoisonError::into_inner);
                change(&mut contents)
            }
            Self::File(path) => {
                let _lock = locked(path)?;
                let mut contents = load(path)?;
                let answer = change(&mut contents)?;
                save(path, &contents)?;
                Ok(answer)
            }
        }
    }
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> ProviderError {
    ProviderError::permanent(format!(
        "cannot {doing} the simulated cloud `{}`",
        path.display()
    ))
    .detail(error.to_string())
}

/// Holds other programs off until dropped.
fn locked(path: &Path) -> Result<File, ProviderError> {
    let name = path.with_added_extension("lock");
    let lock = || -> io::Result<File> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|error| failed("lock", path, &error))
}

fn load(path: &Path) -> Result<Contents, ProviderError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        Err(error) => return Err(failed("read", path, &error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| failed("read", path, &error.into()))
}

fn save(path: &Path, contents: &Contents) -> Result<(), ProviderError> {
    let temporary = path.with_added_extension("new");
    let write = || -> io::Result<()> {
        fs::write(&temporary, serde_json::to_vec(contents)?)?;
        fs::rename(&temporary, path)
    };
    write().map_err(|error| failed("write", path, &error))
}
