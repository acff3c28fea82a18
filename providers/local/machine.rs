//! `hashicorp/local` with our additions: files and directories, commands and processes of this machine; and
//! `hashicorp/external`.

use std::sync::Arc;

use crate::builtin::Builtin;
use crate::commands::{CommandData, ExternalData, LocalCommand};
use crate::files::{FileData, LocalDirectory, LocalFile};
use crate::kind::{DataSource, Kind};
use crate::processes::LocalProcess;
use crate::world::World;

/// `hashicorp/local`.
pub(crate) fn local(world: World) -> Builtin {
    let world = || world.clone();
    let data: [(&str, Arc<dyn DataSource>); 3] = [
        ("local_command", Arc::new(CommandData::new(world()))),
        ("local_file", Arc::new(FileData::open(world()))),
        ("local_sensitive_file", Arc::new(FileData::secret(world()))),
    ];
    Builtin::new(
        [
            (
                "local_command",
                Kind::World(Arc::new(LocalCommand::new(world()))),
            ),
            (
                "local_directory",
                Kind::World(Arc::new(LocalDirectory::new(world()))),
            ),
            (
                "local_file",
                Kind::World(Arc::new(LocalFile::open(world()))),
            ),
            (
                "local_process",
                Kind::World(Arc::new(LocalProcess::new(world()))),
            ),
            (
                "local_sensitive_file",
                Kind::World(Arc::new(LocalFile::secret(world()))),
            ),
        ],
        data,
    )
}

/// `hashicorp/external`.
pub(crate) fn external(world: World) -> Builtin {
    let data: Arc<dyn DataSource> = Arc::new(ExternalData::new(world));
    Builtin::new([], [("external", data)])
}
