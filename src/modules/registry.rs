//! Modules of a registry, by Terraform's module registry protocol: where its services are, which versions there are,
//! and where one of them is to be had. Entry points: [`Registry::choose`], [`Registry::location`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lang::load::RegistrySource;
use semver::Version;
use serde::Deserialize;

use crate::address::joined;
use crate::configuration::Configuration;
use crate::git::listed;
use crate::http::{get, header, text};
use crate::trouble::Trouble;

/// The service that gives modules.
const SERVICE: &str = "modules.v1";

/// What is asked of registries; what they said of themselves is remembered.
#[derive(Debug)]
pub(crate) struct Registry<'r> {
    configuration: &'r Configuration,
    /// Where the service is, by host.
    services: Mutex<BTreeMap<String, String>>,
}

/// What a registry says of the versions of a module.
#[derive(Deserialize)]
struct Versions {
    modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    versions: Vec<OneVersion>,
}

#[derive(Deserialize)]
struct OneVersion {
    version: String,
}

impl<'r> Registry<'r> {
    pub(crate) fn new(configuration: &'r Configuration) -> Self {
        Self {
            configuration,
            services: Mutex::default(),
        }
    }

    /// Chooses the newest version that a constraint allows; any, without one. Those before a release are only chosen
    /// where the constraint names just that.
    ///
    /// # Errors
    /// When the registry cannot be asked, knows no such module, or none of its versions is allowed.
    pub(crate) fn choose(
        &self,
        source: &RegistrySource,
        constraint: Option<&str>,
    ) -> Result<String, Trouble> {
        let all = self.versions(source)?;
        let mut versions: Vec<(Version, String)> = all
            .into_iter()
            .filter_map(|text| Some((Version::parse(text.trim_start_matches('v')).ok()?, text)))
            .collect();
        versions.sort_by(|(one, _), (other, _)| other.cmp(one));
        let chosen = versions
            .iter()
            .find(|(version, _)| allows(constraint, version));
        if let Some((_, text)) = chosen {
            return Ok(text.clone());
        }
        let names: Vec<&str> = versions.iter().map(|(_, text)| text.as_str()).collect();
        Err(match (names.as_slice(), constraint) {
            ([], _) => Trouble::missing("the registry has no version of it"),
            (names, Some(constraint)) => Trouble::version(format!("none is `{constraint}`"))
                .note(format!("there are {}", listed(names))),
            (names, None) => Trouble::missing("the registry has no release of it")
                .note(format!("there are {}", listed(names)))
                .help("name one of these by `version`"),
        })
    }

    fn versions(&self, source: &RegistrySource) -> Result<Vec<String>, Trouble> {
        let url = self.url(source, "versions")?;
        let RegistrySource { host, .. } = source;
        let mut answer = get(&url, self.configuration.token(host).as_deref())?;
        let status = answer.status().as_u16();
        if status == 404 {
            return Err(Trouble::missing(format!("{host} has no such module")).help(
                "a private one is shown to whom the host knows: terrace explain module-not-fetched",
            ));
        }
        if !answer.status().is_success() {
            return Err(self.refused(status, host));
        }
        let said = text(&mut answer)?;
        let versions: Versions = serde_json::from_str(&said)
            .map_err(|error| not_understood(host, &error.to_string()))?;
        let modules = versions.modules.into_iter().take(1);
        Ok(modules
            .flat_map(|module| module.versions)
            .map(|one| one.version)
            .collect())
    }

    /// Asks where a version of a module is to be had.
    ///
    /// # Errors
    /// When the registry cannot be asked, or does not say.
    pub(crate) fn location(
        &self,
        source: &RegistrySource,
        version: &str,
    ) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Said {
            location: String,
        }
        let url = self.url(source, &format!("{version}/download"))?;
        let RegistrySource { host, .. } = source;
        let mut answer = get(&url, self.configuration.token(host).as_deref())?;
        let status = answer.status().as_u16();
        if status == 404 {
            return Err(Trouble::version(format!(
                "{host} does not have {version} any more"
            )));
        }
        if !answer.status().is_success() {
            return Err(self.refused(status, host));
        }
        if let Some(found) = header(&answer) {
            return Ok(joined(&url, &found));
        }
        let said: Result<Said, _> = serde_json::from_str(&text(&mut answer)?);
        match said {
            Ok(Said { location }) => Ok(joined(&url, &location)),
            Err(_) => Err(not_understood(host, "it does not say where the module is")),
        }
    }

    fn refused(&self, status: u16, host: &str) -> Trouble {
        let trouble = match status {
            401 | 403 => Trouble::new(format!("{host} wants to know who asks: status {status}")).help(format!(
                "give a token by the variable TF_TOKEN_{}, or by a `credentials \"{host}\"` block in ~/.terraformrc",
                host.replace('-', "__").replace('.', "_")
            )),
            _ => crate::http::refused(status, host),
        };
        self.configuration.with_unreadable(trouble)
    }

    /// The address of something about a module.
    fn url(&self, source: &RegistrySource, what: &str) -> Result<String, Trouble> {
        let RegistrySource {
            host,
            namespace,
            name,
            provider,
            directory: _,
        } = source;
        let base = self.service(host)?;
        let base = base.trim_end_matches('/');
        Ok(format!("{base}/{namespace}/{name}/{provider}/{what}"))
    }

    /// Where a host's service for modules is.
    fn service(&self, host: &str) -> Result<String, Trouble> {
        if let Some(given) = self.configuration.service(host, SERVICE) {
            let none = || {
                Trouble::new(format!("{host} has no module registry")).note(format!(
                    "its `host` block in the CLI configuration names no \"{SERVICE}\""
                ))
            };
            return given.map(ToOwned::to_owned).ok_or_else(none);
        }
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = services.get(host) {
            return Ok(known.clone());
        }
        let url = format!("https://{host}/.well-known/terraform.json");
        let asked = get(&url, self.configuration.token(host).as_deref());
        let mut answer = asked.map_err(|trouble| self.configuration.with_unreadable(trouble))?;
        let status = answer.status().as_u16();
        if status == 404 {
            return Err(Trouble::new(format!("{host} is no registry of modules")));
        }
        if !answer.status().is_success() {
            return Err(self.refused(status, host));
        }
        let said: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&text(&mut answer)?)
                .map_err(|error| not_understood(host, &error.to_string()))?;
        let found = said.get(SERVICE).and_then(serde_json::Value::as_str);
        let found =
            found.ok_or_else(|| Trouble::new(format!("{host} is no registry of modules")))?;
        let base = joined(&url, found);
        services.insert(host.to_owned(), base.clone());
        Ok(base)
    }
}

fn not_understood(host: &str, why: &str) -> Trouble {
    Trouble::new(format!(
        "{host} does not answer as a registry of modules does"
    ))
    .note(why)
}

/// Whether a version may be taken for a constraint.
pub(crate) fn allows(constraint: Option<&str>, version: &Version) -> bool {
    if !version.pre.is_empty() {
        let named = constraint.map(|text| text.trim().trim_start_matches('=').trim());
        return named == Some(version.to_string().as_str());
    }
    constraint.is_none_or(|constraint| lang::allows(constraint, version) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_a_release_is_only_taken_when_it_is_named() {
        let version = |text: &str| Version::parse(text).unwrap();
        assert!(allows(None, &version("1.2.0")));
        assert!(!allows(None, &version("1.2.0-beta1")));
        assert!(!allows(Some(">= 1.0"), &version("1.2.0-beta1")));
        assert!(allows(Some("= 1.2.0-beta1"), &version("1.2.0-beta1")));
        assert!(allows(Some("1.2.0-beta1"), &version("1.2.0-beta1")));
        assert!(allows(Some("~> 1.1, != 1.3.0"), &version("1.2.0")));
        assert!(!allows(Some("~> 1.1, != 1.2.0"), &version("1.2.0")));
    }
}
