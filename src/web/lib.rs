//! Questions over HTTP, asked as this machine asks them: which authorities it trusts and through which proxies it goes.
//! Knows nothing of checks, notices or readiness, and reads no process environment: [`install`] is told it once.

mod agent;
mod proxy;
mod roots;

pub use agent::{AgentError, Manner, Redirects, Surroundings, agent, install, words};
pub use proxy::ProxyError;
pub use roots::RootsError;
