//! Whom this machine trusts to say who a server is. Reads certificates; verifies nothing itself.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls_native_certs::{CertificateResult, ErrorKind};
use ureq::tls::Certificate;

/// The authorities, read when they are first needed and kept.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    file: Option<String>,
    /// Directories, with `:` between them.
    directories: Option<String>,
    read: OnceLock<Result<Option<Certificates>, RootsError>>,
}

type Certificates = Arc<Vec<Certificate<'static>>>;

/// Authorities that were named cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} names `{place}`, which has no certificates that can be read{reason}")]
pub struct RootsError {
    variable: &'static str,
    place: String,
    /// What the system says, with what stands before it.
    reason: String,
}

impl Roots {
    /// Those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name; where neither does, the system's.
    pub(crate) fn named_by(file: Option<String>, directories: Option<String>) -> Self {
        Self {
            file,
            directories,
            read: OnceLock::new(),
        }
    }

    /// All of them; `None` where none are named and the system keeps none.
    ///
    /// # Errors
    /// Where some are named, and none of those can be read.
    pub(crate) fn all(&self) -> Result<Option<Certificates>, RootsError> {
        self.read.get_or_init(|| self.read()).clone()
    }

    fn read(&self) -> Result<Option<Certificates>, RootsError> {
        let mut certificates = Vec::new();
        for (variable, place, found) in self.named() {
            if found.certs.is_empty() {
                let reason = found.errors.first().map(reason);
                return Err(RootsError {
                    variable,
                    place,
                    reason: reason.unwrap_or_default(),
                });
            }
            certificates.extend(owned(&found));
        }
        if certificates.is_empty() {
            certificates.extend(owned(&rustls_native_certs::load_native_certs()));
        }
        Ok((!certificates.is_empty()).then(|| Arc::new(certificates)))
    }

    /// What the variables name, as it was read. A directory may be missing where another is there.
    fn named(&self) -> Vec<(&'static str, String, CertificateResult)> {
        let mut named = Vec::new();
        if let Some(file) = &self.file {
            let found = rustls_native_certs::load_certs_from_paths(Some(Path::new(file)), None);
            named.push(("SSL_CERT_FILE", file.clone(), found));
        }
        if let Some(directories) = &self.directories {
            let mut all = CertificateResult::default();
            for directory in std::env::split_paths(directories) {
                let found = rustls_native_certs::load_certs_from_paths(None, Some(&directory));
                all.certs.extend(found.certs);
                all.errors.extend(found.errors);
            }
            named.push(("SSL_CERT_DIR", directories.clone(), all));
        }
        named
    }
}

/// What the system says, without the place, which is told before it.
fn reason(error: &rustls_native_certs::Error) -> String {
    match &error.kind {
        ErrorKind::Io { inner, .. } => format!(": {inner}"),
        ErrorKind::Os(inner) => format!(": {inner}"),
        ErrorKind::Pem(inner) => format!(": {inner}"),
        _ => String::new(),
    }
}

fn owned(found: &CertificateResult) -> impl Iterator<Item = Certificate<'static>> + '_ {
    let all = found.certs.iter();
    all.map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned())
}
