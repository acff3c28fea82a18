//! What a provider is: the trait, its requests and errors, the checks on its answers, and the conformance suite every
//! provider passes. Requests own what they carry and can be serialised; there are no callbacks.

pub mod conformance;

mod alike;
mod error;
mod proposed;
mod provider;
mod request;
mod validity;

pub use error::{ApplyError, ErrorClass, Exists, ProviderError};
pub use proposed::{empty_block, planned_data, proposed_new};
pub use provider::{Effects, Provider, ProviderSchema, Providers, ResourceSchema};
pub use request::{
    ApplyRequest, DataRequest, DataResponse, FindRequest, Found, ImportRequest, Object,
    PlanRequest, PlanResponse, ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest,
    ValidateSubject,
};
pub use validity::{Violation, conforms, plan_is_valid, result_is_compatible};
