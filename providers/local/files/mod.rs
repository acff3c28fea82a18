//! Files and directories.

mod content;
mod directory;
mod file;
mod file_data;
mod mode;
mod write;

pub(crate) use directory::LocalDirectory;
pub(crate) use file::LocalFile;
pub(crate) use file_data::FileData;
