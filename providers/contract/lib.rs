//! provider passes. Requests own what they carry and can be serialised; there are no callbacks.

mod error;
mod provider;
mod request;

pub use error::{ApplyError, ErrorClass, Exists, ProviderError};
pub use provider::{Effects, Provider, ProviderSchema, Providers, ResourceSchema};
pub use request::{
    ApplyRequest, DataRequest, DataResponse, FindRequest, Found, ImportRequest, Object, PlanRequest, PlanResponse,
    ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest, ValidateSubject,
};
