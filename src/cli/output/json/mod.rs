//! The same facts for programs, in the formats that Terraform documents: plan JSON 1.2, state JSON 1.0 and the stream
//! of messages that its machine-readable UI has. Our own facts are added fields and added types of messages.
//! These formats hold sensitive values, marked as such, as Terraform's do; the message stream never does.

mod conditions;
pub mod configuration;
pub mod diagnostic;
mod instance;
pub mod plan;
pub mod provider_configs;
mod references;
mod relevant;
mod shape;
pub mod state;
pub mod ui;
pub mod ui_run;
pub mod value_spec;

#[cfg(test)]
mod scenarios;

/// The release of Terraform whose formats are written.
pub const TERRAFORM_VERSION: &str = "1.11.4";
