//! Processes that go on running when Terrace ends.

mod identity;
mod launch;
mod process;
mod ready;
mod stop;

pub(crate) use process::LocalProcess;
