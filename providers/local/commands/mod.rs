//! Commands that run to their end: as resources, and as data sources.

mod command;
mod command_data;
mod command_line;
mod external;
mod output;
mod run;

pub(crate) use command::LocalCommand;
pub(crate) use command_data::CommandData;
pub(crate) use external::ExternalData;
