//! What a provider is: the trait, its requests and errors, the checks on its answers, and the conformance suite every
//! provider passes; and what providers are built from: rules of planning, attributes, durations. Requests own what
//! they carry and can be serialised; there are no callbacks.

pub mod attributes;
pub mod conformance;
pub mod duration;
pub mod rules;

mod alike;
mod compatibility;
mod error;
mod proposed;
mod provider;
mod request;
#[cfg(test)]
mod samples;
mod secrets;
mod validity;
mod violation;

pub use compatibility::result_is_compatible;
pub use error::{ApplyError, ErrorClass, Exists, ProviderError};
pub use proposed::{planned_data, proposed_new};
pub use provider::{Effects, Provider, ProviderSchema, Providers, ResourceSchema};
pub use request::{
    ApplyRequest, DataRequest, DataResponse, FindRequest, Found, ImportRequest, Object,
    PlanRequest, PlanResponse, ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest,
    ValidateSubject,
};
pub use secrets::Secrets;
pub use validity::plan_is_valid;
pub use violation::{Violation, conforms};
