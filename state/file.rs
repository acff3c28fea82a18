//! Files that appear whole or not at all, and are for their owner only. Knows nothing of what is in them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Makes the directory of the record (not its parents) with a `.gitignore` that keeps it out of version control.
pub(crate) fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        Ok(()) => sync_directory(directory.parent())?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let ignore = directory.join(".gitignore");
    if ignore.symlink_metadata().is_ok() {
        return Ok(());
    }
    let draft = Draft::with_content(&ignore, b"*\n")?;
    draft.publish().map(|_| ())
}

/// Whether a file was put in place or one was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    Made,
    WasThere,
}

/// A file under a name of its own beside the one it is to become; removed if it never does.
#[derive(Debug)]
pub(crate) struct Draft {
    target: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Makes an empty draft of `target`, readable and writable by its owner.
    pub(crate) fn new(target: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".new-{:016x}", u64::from_ne_bytes(random)));
        let path = target.with_file_name(name);
        owner_only(OpenOptions::new().write(true).create_new(true)).open(&path)?;
        Ok(Self {
            target: target.to_path_buf(),
            path,
        })
    }

    /// Makes a draft of `target` with `content`, durable.
    pub(crate) fn with_content(target: &Path, content: &[u8]) -> io::Result<Self> {
        let draft = Self::new(target)?;
        let mut file = OpenOptions::new().write(true).open(&draft.path)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(draft)
    }

    /// Where the draft is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the draft its name, durably, unless a file has that name already.
    pub(crate) fn publish(self) -> io::Result<Published> {
        File::open(&self.path)?.sync_all()?;
        match std::fs::hard_link(&self.path, &self.target) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Ok(Published::WasThere);
            }
            // Some file systems have no hard links; there a rename is all there is.
            Err(_) if self.target.symlink_metadata().is_err() => {
                std::fs::rename(&self.path, &self.target)?;
            }
            Err(_) => return Ok(Published::WasThere),
        }
        sync_directory(self.target.parent())?;
        Ok(Published::Made)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename it is gone already, and a draft left behind harms nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes new names in a directory durable.
fn sync_directory(directory: Option<&Path>) -> io::Result<()> {
    let directory = directory.filter(|path| !path.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
