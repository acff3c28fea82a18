//! The agent that asks: one way to make one, for all that ask over HTTP.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use crate::proxy::{self, ProxyError};
use crate::roots::{Roots, RootsError};

/// What the process's environment says of the net. Without [`install`] it says nothing.
static INSTALLED: OnceLock<Surroundings> = OnceLock::new();

/// What the process's environment says of the net: `SSL_CERT_FILE`, `SSL_CERT_DIR`, `HTTPS_PROXY` and its likes.
#[derive(Debug, Default)]
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    roots: Roots,
}

impl Surroundings {
    /// Keeps what of `variables`, the process's environment, is about the net. Reads no file yet.
    pub fn of(variables: &BTreeMap<String, String>) -> Self {
        let about = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let kept = proxy::VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), about(name)?.clone())));
        Self {
            variables: kept.collect(),
            roots: Roots::named_by(
                about("SSL_CERT_FILE").cloned(),
                about("SSL_CERT_DIR").cloned(),
            ),
        }
    }

    /// An agent for questions to `url`, as [`agent`] makes it.
    ///
    /// # Errors
    /// As [`agent`].
    pub fn agent(&self, url: &str, manner: Manner) -> Result<ureq::Agent, AgentError> {
        let mut config = ureq::Agent::config_builder()
            .timeout_global(Some(manner.within))
            .http_status_as_error(false)
            // Ours, where there is one: the usual one takes any proxy for any address.
            .proxy(None);
        if manner.redirects == Redirects::Stay {
            config = config.max_redirects(0).max_redirects_will_error(false);
        }
        // What is no URL fails when it is asked, in its own words.
        let url: Uri = url.parse().unwrap_or_default();
        if let Some(proxy) = proxy::of(&url, &self.variables)? {
            config = config.proxy(Some(proxy));
        }
        if url.scheme_str() == Some("https") || manner.redirects == Redirects::Follow {
            let roots = match self.roots.all()? {
                Some(certificates) => RootCerts::Specific(certificates),
                None => RootCerts::WebPki,
            };
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(config.build().into())
    }
}

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// It may take so long in all, redirects included.
    pub within: Duration,
    pub redirects: Redirects,
}

/// What is done with an answer that leads on to another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// It is followed, ten times at most, by the proxy of the first address.
    Follow,
    /// It is the answer.
    Stay,
}

/// Why nothing can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error(transparent)]
    Roots(#[from] RootsError),
}

/// Takes what the process's environment says of the net, once, before anything is asked. A second call has no effect.
pub fn install(surroundings: Surroundings) {
    let _ = INSTALLED.set(surroundings);
}

/// Makes an agent for questions to `url`: it trusts whom this machine trusts, goes through the proxy that is meant for
/// that address, and takes any status for an answer.
///
/// Trusted are the authorities of `SSL_CERT_FILE` and `SSL_CERT_DIR` where either is set, else those that the system
/// keeps, else, where it keeps none, Mozilla's as they were built in.
///
/// # Errors
/// Where the proxy is named by something that is no URL of one, or the named authorities cannot be read.
pub fn agent(url: &str, manner: Manner) -> Result<ureq::Agent, AgentError> {
    INSTALLED
        .get_or_init(Surroundings::default)
        .agent(url, manner)
}

/// What went wrong, in words for a person; of a certificate that nobody here vouches for, also what to do.
pub fn words(error: &ureq::Error) -> String {
    let said = if let ureq::Error::Io(error) = error {
        error.to_string()
    } else {
        error.to_string()
    };
    match said.contains("UnknownIssuer") {
        true => "its certificate is signed by an authority that is not trusted here; \
                 SSL_CERT_FILE names a file with those that are"
            .into(),
        false => said,
    }
}
