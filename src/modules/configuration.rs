//! What the user has set up for Terraform that is for modules too: credentials of registries' hosts and their services,
//! from the CLI configuration, and logins from `.netrc`. Plain data; nothing is asked of the user.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hcl::{Body, Expression, ObjectKey};

use crate::address::basic;
use crate::trouble::Trouble;

/// What is set up for hosts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configuration {
    /// Tokens by host.
    tokens: BTreeMap<String, String>,
    /// Addresses of services by host and name.
    services: BTreeMap<String, BTreeMap<String, String>>,
    /// Lines of `.netrc`: user and password by host; the empty host is any other.
    logins: BTreeMap<String, (String, String)>,
    /// Files that could not be read, and why.
    unreadable: Vec<String>,
}

impl Configuration {
    /// Reads what the environment's variables name, and what is in the home directory.
    pub(crate) fn read(environment: &BTreeMap<String, String>) -> Self {
        let mut read = Self::default();
        let home = environment.get("HOME").map(PathBuf::from);
        let named = ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"];
        let named = named.iter().find_map(|name| environment.get(*name));
        match named.filter(|path| !path.is_empty()) {
            Some(path) => read.hcl(Path::new(path)),
            None => {
                if let Some(home) = &home {
                    read.hcl(&home.join(".terraformrc"));
                }
            }
        }
        if let Some(home) = &home {
            read.of_directory(&home.join(".terraform.d"));
            read.netrc(&home.join(".netrc"));
        }
        if let Some(path) = environment.get("NETRC") {
            read.netrc(Path::new(path));
        }
        for (name, token) in environment {
            if let Some(host) = name.strip_prefix("TF_TOKEN_") {
                let host = host.replace("__", "-").replace('_', ".");
                read.tokens.insert(host.to_ascii_lowercase(), token.clone());
            }
        }
        read
    }

    /// The header that says to a registry's host who asks.
    pub(crate) fn token(&self, host: &str) -> Option<String> {
        // A variable's name has no port.
        let found = self.tokens.get(host);
        found.map(|token| format!("Bearer {token}"))
    }

    /// The header that says to any host who asks.
    pub(crate) fn login(&self, host: &str) -> Option<String> {
        let name = host.split(':').next().unwrap_or(host);
        let found = self.logins.get(name).or_else(|| self.logins.get(""));
        found.map(|(user, password)| basic(user, password))
    }

    /// The address of a host's service, where it is set up; nothing else of the host is asked for then.
    pub(crate) fn service(&self, host: &str, name: &str) -> Option<Option<&str>> {
        let services = self.services.get(host)?;
        Some(services.get(name).map(String::as_str))
    }

    /// The trouble, with what could not be read that may have helped.
    pub(crate) fn with_unreadable(&self, trouble: Trouble) -> Trouble {
        let notes = self.unreadable.iter();
        notes.fold(trouble, |trouble, why| trouble.note(why))
    }

    fn of_directory(&mut self, directory: &Path) {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if name.ends_with(".tfrc") {
                self.hcl(&path);
            } else if name.ends_with(".tfrc.json") {
                self.json(&path);
            }
        }
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                self.unreadable
                    .push(format!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }

    fn hcl(&mut self, path: &Path) {
        let Some(text) = self.text(path) else { return };
        let body: Body = match hcl::from_str(&text) {
            Ok(body) => body,
            Err(error) => {
                self.unreadable
                    .push(format!("{} is not right: {error}", path.display()));
                return;
            }
        };
        for block in body.blocks() {
            let Some(host) = block.labels().first() else {
                continue;
            };
            let host = host.as_str().to_ascii_lowercase();
            for attribute in block.body().attributes() {
                match (block.identifier(), attribute.key(), attribute.expr()) {
                    ("credentials", "token", Expression::String(token)) => {
                        self.tokens.insert(host.clone(), token.clone());
                    }
                    ("host", "services", Expression::Object(services)) => {
                        let services = services.iter().filter_map(service);
                        self.services.insert(host.clone(), services.collect());
                    }
                    _ => {}
                }
            }
        }
    }

    /// What `terraform login` writes.
    fn json(&mut self, path: &Path) {
        let Some(text) = self.text(path) else { return };
        let read: serde_json::Value = match serde_json::from_str(&text) {
            Ok(read) => read,
            Err(error) => {
                self.unreadable
                    .push(format!("{} is not right: {error}", path.display()));
                return;
            }
        };
        let hosts = read.get("credentials").and_then(|hosts| hosts.as_object());
        for (host, facts) in hosts.into_iter().flatten() {
            if let Some(token) = facts.get("token").and_then(serde_json::Value::as_str) {
                self.tokens
                    .insert(host.to_ascii_lowercase(), token.to_owned());
            }
        }
    }

    fn netrc(&mut self, path: &Path) {
        let Some(text) = self.text(path) else { return };
        let mut words = text.split_whitespace();
        let mut host: Option<String> = None;
        while let Some(word) = words.next() {
            match word {
                "machine" => host = words.next().map(ToOwned::to_owned),
                "default" => host = Some(String::new()),
                "login" | "password" => {
                    let (Some(host), Some(value)) = (&host, words.next()) else {
                        continue;
                    };
                    let login = self.logins.entry(host.clone()).or_default();
                    match word {
                        "login" => login.0 = value.to_owned(),
                        _ => login.1 = value.to_owned(),
                    }
                }
                _ => {}
            }
        }
    }
}

/// The name and address of a service.
fn service((name, address): (&ObjectKey, &Expression)) -> Option<(String, String)> {
    let Expression::String(address) = address else {
        return None;
    };
    let name = match name {
        ObjectKey::Identifier(name) => Some(name.to_string()),
        ObjectKey::Expression(Expression::String(name)) => Some(name.clone()),
        ObjectKey::Expression(_) | _ => None,
    };
    Some((name?, address.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Configuration {
        let home = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let place = home.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        let here = home.path().to_str().unwrap();
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.replace("HOME", here)));
        let home = ("HOME".to_owned(), here.to_owned());
        Configuration::read(&variables.chain([home]).collect())
    }

    const FILE: &str = "
plugin_cache_dir = \"$HOME/.terraform.d/plugin-cache\"

credentials \"tf.example.com\" {
  token = \"from-file\"
}

host \"tf.example.com\" {
  services = {
    \"modules.v1\" = \"http://127.0.0.1:1/modules/\",
    \"providers.v1\" = \"http://127.0.0.1:1/providers/\"
  }
}
";

    #[test]
    fn tokens_and_services_are_read_where_terraform_reads_them() {
        let found = read(&[(".terraformrc", FILE)], &[]);
        assert_eq!(
            found.token("tf.example.com").as_deref(),
            Some("Bearer from-file")
        );
        assert_eq!(
            found.service("tf.example.com", "modules.v1"),
            Some(Some("http://127.0.0.1:1/modules/"))
        );
        assert_eq!(found.service("tf.example.com", "login.v1"), Some(None));
        assert_eq!(found.service("other.example.com", "modules.v1"), None);
        let named = read(
            &[
                (".terraformrc", FILE),
                ("other", "credentials \"a.b\" { token = \"t\" }"),
            ],
            &[("TF_CLI_CONFIG_FILE", "HOME/other")],
        );
        assert_eq!(
            (named.token("tf.example.com"), named.token("a.b").as_deref()),
            (None, Some("Bearer t"))
        );
        let login = "{\"credentials\": {\"app.example.com\": {\"token\": \"of-login\"}}}";
        let found = read(&[(".terraform.d/credentials.tfrc.json", login)], &[]);
        assert_eq!(
            found.token("app.example.com").as_deref(),
            Some("Bearer of-login")
        );
    }

    #[test]
    fn variables_win_over_files() {
        let found = read(
            &[(".terraformrc", FILE)],
            &[
                ("TF_TOKEN_tf_example_com", "a"),
                ("TF_TOKEN_my__host_io", "b"),
            ],
        );
        assert_eq!(found.token("tf.example.com").as_deref(), Some("Bearer a"));
        assert_eq!(found.token("my-host.io").as_deref(), Some("Bearer b"));
    }

    #[test]
    fn logins_are_read_from_netrc() {
        let found = read(
            &[(
                ".netrc",
                "machine h login anna password p\ndefault login any password q\n",
            )],
            &[],
        );
        assert_eq!(found.login("h:8080"), Some(basic("anna", "p")));
        assert_eq!(found.login("x"), Some(basic("any", "q")));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_goes_wrong_for_it() {
        let found = read(&[(".terraformrc", "credentials {")], &[]);
        let told = found.with_unreadable(Trouble::new("x"));
        assert_ne!(told, Trouble::new("x"));
    }
}
