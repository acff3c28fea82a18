//! What an operation did, for those who read it elsewhere: [`junit`] for test reports, [`markdown`] for summaries, [`metrics`]
//! for Prometheus. Pure functions of plain data; secrets have been taken out of it before.

mod junit;
mod markdown;
mod metrics;
mod subject;

#[cfg(test)]
mod samples;

pub use junit::{JunitError, junit};
pub use markdown::{Markdown, markdown};
pub use metrics::{Measured, metrics};
pub use subject::{
    CheckResult, Checked, Drift, DriftClass, Environment, Healing, Outcome, Plan, PlannedChange,
    StepOutcome, StepResult, Subject, Wait, WaitsFor,
};
