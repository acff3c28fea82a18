//! What the `source` of a `module` block names: a directory beside, a module of a registry, or a package that is
//! fetched from somewhere. Terraform's forms; text only, nothing is looked at. Entry point: [`Source::parse`].

use std::fmt;

/// The registry of addresses that name no other.
pub const DEFAULT_REGISTRY: &str = "registry.terraform.io";

/// What a `source` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory from that of the module, as `./network`.
    Local(String),
    /// A module of a registry, as `example/network/cloud`.
    Registry(RegistrySource),
    /// A package that is fetched from an address, as `git::https://example.com/network.git`.
    Package(PackageSource),
}

/// A module of a registry: `[HOST/]NAMESPACE/NAME/PROVIDER[//DIRECTORY]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrySource {
    /// The registry's host, with its port where one is given.
    pub host: String,
    /// Whose it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The system it is for.
    pub provider: String,
    /// The directory in its package; empty for the package itself.
    pub directory: String,
}

/// A package that is fetched from an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageSource {
    /// By what.
    pub by: Getter,
    /// The address, with what follows its `?`.
    pub url: String,
    /// The directory in the package; empty for the package itself.
    pub directory: String,
}

/// By what a package is fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Getter {
    /// A Git repository.
    Git,
    /// An archive on a web server, or a page that says where one is.
    Http,
    /// An archive or directory of this machine.
    File,
    /// Something that Terraform knows, or may, and Terrace does not.
    Other(String),
}

/// Why a `source` names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// What is wrong, in a few words.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl SourceError {
    fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            help: None,
        }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

impl Source {
    /// Reads a `source`. Only modules of a registry have versions.
    ///
    /// # Errors
    /// When it names nothing, or `is_versioned` and it is not a registry's.
    pub fn parse(text: &str, is_versioned: bool) -> Result<Self, SourceError> {
        let is_local =
            ["./", "../"].iter().any(|start| text.starts_with(start)) || matches!(text, "." | "..");
        if is_local && is_versioned {
            return Err(not_versioned("this is a local path"));
        }
        if is_local {
            return Ok(Self::Local(text.to_owned()));
        }
        if text.trim().is_empty() {
            return Err(SourceError::new("it is empty"));
        }
        let (address, directory, query) = split(text);
        if directory.split('/').any(|part| part == "..") {
            return Err(SourceError::new(
                "the directory after `//` leads out of the package",
            ));
        }
        match registry(&address, &directory) {
            Ok(found) if query.is_empty() => return Ok(Self::Registry(found)),
            Ok(_) => {}
            Err(error) if is_versioned => return Err(not_versioned(error)),
            Err(_) => {}
        }
        package(text).map(Self::Package)
    }
}

/// Only modules of a registry have versions.
fn not_versioned(why: &str) -> SourceError {
    SourceError::new(format!(
        "has a `version`, so a registry's module is meant; {why}"
    ))
    .help("leave `version` out; in the address of a Git repository write `?ref=TAG`")
}

/// Reads an address without its directory as that of a registry's module.
fn registry(address: &str, directory: &str) -> Result<RegistrySource, &'static str> {
    const FORM: &str = "it is not `[HOST/]NAMESPACE/NAME/PROVIDER`";
    let parts: Vec<&str> = address.split('/').collect();
    let (host, [namespace, name, provider]) = match parts.as_slice() {
        [namespace, name, provider] => (DEFAULT_REGISTRY, [namespace, name, provider]),
        [host, namespace, name, provider] => (*host, [namespace, name, provider]),
        _ => return Err(FORM),
    };
    if ["github.com", "bitbucket.org", "gitlab.com"].contains(&host) {
        return Err("there are repositories on that host, and no registry");
    }
    let is_host = host.contains('.')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    let is_provider = (1..=64).contains(&provider.len())
        && provider
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !is_host || !is_name(namespace) || !is_name(name) || !is_provider {
        return Err(FORM);
    }
    Ok(RegistrySource {
        host: host.to_ascii_lowercase(),
        namespace: (*namespace).to_owned(),
        name: (*name).to_owned(),
        provider: (*provider).to_owned(),
        directory: directory.to_owned(),
    })
}

fn is_name(text: &str) -> bool {
    let is_edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    (1..=64).contains(&text.len())
        && is_edge(text.bytes().next())
        && is_edge(text.bytes().last())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Reads what is not a registry's address.
fn package(text: &str) -> Result<PackageSource, SourceError> {
    let (forced, rest) = forced(text);
    let (address, directory, query) = split(rest);
    let with_query = |address: &str| match query.as_str() {
        "" => address.to_owned(),
        query => format!("{address}?{query}"),
    };
    if let Some(scheme) = scheme(&address) {
        return Ok(PackageSource {
            by: getter(forced.unwrap_or(scheme)),
            url: with_query(&address),
            directory,
        });
    }
    let Some((found, url)) = detected(&with_query(&address))? else {
        let help = match is_relative(rest) {
            true => format!("for a directory beside this one write `./{rest}`"),
            false => {
                "write where it is fetched from, such as `git::https://HOST/PATH.git`".to_owned()
            }
        };
        return Err(SourceError::new(
            "neither a local path, a registry's address, nor one that anything is fetched from",
        )
        .help(help));
    };
    let (address, inside, query) = split(&url);
    let directory = match (inside.as_str(), directory.as_str()) {
        ("", directory) => directory.to_owned(),
        (inside, "") => inside.to_owned(),
        (inside, directory) => format!("{inside}/{directory}"),
    };
    let url = match query.as_str() {
        "" => address,
        query => format!("{address}?{query}"),
    };
    Ok(PackageSource {
        by: forced.map_or(found, getter),
        url,
        directory,
    })
}

/// Whether the text could be meant as a path from here.
fn is_relative(text: &str) -> bool {
    !text.contains([':', '@', '?'])
}

fn getter(name: &str) -> Getter {
    match name {
        "git" => Getter::Git,
        "http" | "https" => Getter::Http,
        "file" => Getter::File,
        other => Getter::Other(other.to_owned()),
    }
}

/// Splits `git::ADDRESS` into what it is fetched by and the address.
fn forced(text: &str) -> (Option<&str>, &str) {
    match text.split_once("::") {
        Some((by, rest))
            if !by.is_empty() && by.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (Some(by), rest)
        }
        _ => (None, text),
    }
}

/// The scheme of an address that has one.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

/// Knows the addresses that are written without a scheme.
fn detected(address: &str) -> Result<Option<(Getter, String)>, SourceError> {
    for host in ["github.com", "bitbucket.org"] {
        let rest = address.strip_prefix(host);
        if rest.is_some_and(|rest| rest.starts_with('/')) {
            return hosted(host, address).map(|url| Some((Getter::Git, url)));
        }
    }
    if address.contains(".amazonaws.com/") {
        return Ok(Some((
            Getter::Other("s3".into()),
            format!("https://{address}"),
        )));
    }
    if address.starts_with("www.googleapis.com/") {
        return Ok(Some((
            Getter::Other("gcs".into()),
            format!("https://{address}"),
        )));
    }
    if address.starts_with('/') {
        return Ok(Some((Getter::File, format!("file://{address}"))));
    }
    Ok(secure_shell(address).map(|url| (Getter::Git, url)))
}

/// `github.com/USER/REPOSITORY[/DIRECTORY]` as the address of a Git repository.
fn hosted(host: &str, address: &str) -> Result<String, SourceError> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let [_, user, repository, inside @ ..] = parts.as_slice() else {
        return Err(SourceError::new(format!("is not `{host}/USER/REPOSITORY`")));
    };
    let repository = repository.strip_suffix(".git").unwrap_or(repository);
    let mut url = format!("https://{host}/{user}/{repository}.git");
    if !inside.is_empty() {
        url.push_str(&format!("//{}", inside.join("/")));
    }
    if !query.is_empty() {
        url.push_str(&format!("?{query}"));
    }
    Ok(url)
}

/// `git@HOST:PATH` as an address.
fn secure_shell(address: &str) -> Option<String> {
    let (login, path) = address.split_once(':')?;
    let (user, host) = login.split_once('@')?;
    let is_right = !user.is_empty() && !host.is_empty() && !host.contains('/') && !path.is_empty();
    is_right.then(|| format!("ssh://{user}@{host}/{}", path.trim_start_matches('/')))
}

/// Splits an address into itself, the directory after `//`, and the query after `?`.
fn split(text: &str) -> (String, String, String) {
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let after = text.find("://").map_or(0, |at| at + 3);
    let (start, rest) = text.split_at(after);
    let (address, directory) = rest.split_once("//").unwrap_or((rest, ""));
    let directory: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    (
        format!("{start}{address}"),
        directory.join("/"),
        query.to_owned(),
    )
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => f.write_str(path),
            Self::Registry(source) => source.fmt(f),
            Self::Package(source) => source.fmt(f),
        }
    }
}

impl RegistrySource {
    /// Its address without the directory in it.
    pub fn package(&self) -> Self {
        Self {
            directory: String::new(),
            ..self.clone()
        }
    }
}

/// The address in full, as Terraform writes it down.
impl fmt::Display for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            namespace,
            name,
            provider,
            directory,
        } = self;
        write!(f, "{host}/{namespace}/{name}/{provider}")?;
        if !directory.is_empty() {
            write!(f, "//{directory}")?;
        }
        Ok(())
    }
}

impl PackageSource {
    /// The package without the directory in it.
    pub fn package(&self) -> Self {
        Self {
            directory: String::new(),
            ..self.clone()
        }
    }
}

/// The address in full, as Terraform writes it down, with passwords and keys in it left out.
impl fmt::Display for PackageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = without_secrets(&self.url);
        let by = match &self.by {
            Getter::Git => "git::",
            Getter::Http | Getter::File => "",
            Getter::Other(name) if url.starts_with(&format!("{name}:")) => "",
            Getter::Other(name) => &format!("{name}::"),
        };
        let (address, query) = url.split_once('?').unwrap_or((&url, ""));
        write!(f, "{by}{address}")?;
        if !self.directory.is_empty() {
            write!(f, "//{}", self.directory)?;
        }
        if !query.is_empty() {
            write!(f, "?{query}")?;
        }
        Ok(())
    }
}

/// What stands where something secret was.
const LEFT_OUT: &str = "REDACTED";

/// What is asked for in an address and says nothing secret.
const PLAIN: [&str; 5] = ["ref", "depth", "archive", "checksum", "filename"];

/// An address without the password, key or token in it.
pub fn without_secrets(url: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let after = address.find("://").map_or(0, |at| at + 3);
    let (start, rest) = address.split_at(after);
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let authority = match authority.rsplit_once('@') {
        None => authority.to_owned(),
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:{LEFT_OUT}@{host}"),
            // A name alone is one for ssh; on the web it is a token.
            None if start.ends_with("http://") || start.ends_with("https://") => {
                format!("{LEFT_OUT}@{host}")
            }
            None => authority.to_owned(),
        },
    };
    let mut out = format!("{start}{authority}{path}");
    let asked = query.split('&').filter(|part| !part.is_empty());
    for (at, part) in asked.enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        match part.split_once('=') {
            Some((name, _)) if !PLAIN.contains(&name) => {
                out.push_str(&format!("{name}={LEFT_OUT}"))
            }
            Some(_) | None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Source::parse(text, false) {
            Ok(Source::Local(path)) => format!("local {path}"),
            Ok(Source::Registry(found)) => format!("registry {found}"),
            Ok(Source::Package(found)) => format!("{:?} {found}", found.by),
            Err(error) => format!("error {}", error.label),
        }
    }

    /// Sources, and what Terraform 1.11.4 writes down of each in its modules.json.
    const KNOWN: &[(&str, &str)] = &[
        ("./net", "local ./net"),
        ("../net", "local ../net"),
        (
            "example/network/cloud",
            "registry registry.terraform.io/example/network/cloud",
        ),
        (
            "example/network/cloud//modules/a",
            "registry registry.terraform.io/example/network/cloud//modules/a",
        ),
        (
            "tf.example.com/example/network/cloud",
            "registry tf.example.com/example/network/cloud",
        ),
        (
            "tf.example.com:8443/a/b/c",
            "registry tf.example.com:8443/a/b/c",
        ),
        (
            "git::https://example.com/network.git",
            "Git git::https://example.com/network.git",
        ),
        (
            "git::file:///repo//sub?ref=v1&depth=1",
            "Git git::file:///repo//sub?ref=v1&depth=1",
        ),
        (
            "git::ssh://git@example.com/network.git",
            "Git git::ssh://git@example.com/network.git",
        ),
        (
            "git@example.com:org/network.git",
            "Git git::ssh://git@example.com/org/network.git",
        ),
        (
            "git::git@example.com:org/network.git?ref=a",
            "Git git::ssh://git@example.com/org/network.git?ref=a",
        ),
        (
            "github.com/org/network",
            "Git git::https://github.com/org/network.git",
        ),
        (
            "github.com/org/network//sub?ref=v1",
            "Git git::https://github.com/org/network.git//sub?ref=v1",
        ),
        (
            "github.com/org/network/sub",
            "Git git::https://github.com/org/network.git//sub",
        ),
        (
            "bitbucket.org/org/network",
            "Git git::https://bitbucket.org/org/network.git",
        ),
        (
            "https://example.com/network.zip",
            "Http https://example.com/network.zip",
        ),
        (
            "https://example.com/network.zip//sub?archive=zip",
            "Http https://example.com/network.zip//sub?archive=zip",
        ),
        ("/srv/network.tgz", "File file:///srv/network.tgz"),
        ("/srv/network.zip//sub", "File file:///srv/network.zip//sub"),
        ("git::/srv/network", "Git git::file:///srv/network"),
        (
            "hg::https://example.com/network",
            "Other(\"hg\") hg::https://example.com/network",
        ),
        (
            "s3::https://s3.amazonaws.com/b/n.zip",
            "Other(\"s3\") s3::https://s3.amazonaws.com/b/n.zip",
        ),
        (
            "gcs::https://www.googleapis.com/storage/v1/b/n.zip",
            "Other(\"gcs\") gcs::https://www.googleapis.com/storage/v1/b/n.zip",
        ),
        (
            "ftp://example.com/n.zip",
            "Other(\"ftp\") ftp://example.com/n.zip",
        ),
    ];

    #[test]
    fn sources_are_read_as_terraform_reads_them() {
        for (text, expected) in KNOWN {
            assert_eq!(shown(text), *expected, "{text}");
        }
    }

    #[test]
    fn what_names_nothing_is_told_with_what_to_write() {
        for text in ["foo", "foo/bar", "foo/bar/baz/qux/x", "oci::foo", "a b/c/d"] {
            let error = Source::parse(text, false).unwrap_err();
            assert!(
                error.label.starts_with("neither a local path"),
                "{text}: {error:?}"
            );
            let rest = text.trim_start_matches("oci::");
            assert_eq!(
                error.help.unwrap(),
                format!("for a directory beside this one write `./{rest}`")
            );
        }
        assert_eq!(
            shown("github.com/foo"),
            "error is not `github.com/USER/REPOSITORY`"
        );
        assert_eq!(
            shown("git::file:///repo//../x"),
            "error the directory after `//` leads out of the package"
        );
        assert_eq!(shown(""), "error it is empty");
    }

    #[test]
    fn only_registries_have_versions() {
        for text in [
            "./net",
            "git::https://example.com/n.git",
            "github.com/a/b",
            "https://example.com/n.zip",
            "foo",
        ] {
            let error = Source::parse(text, true).unwrap_err();
            assert!(error.label.contains("has a `version`"), "{text}: {error:?}");
        }
        assert!(Source::parse("example/network/cloud", true).is_ok());
    }

    #[test]
    fn secrets_in_addresses_are_left_out() {
        let known = [
            (
                "git::https://anna:pass@example.com/n.git?ref=v1",
                "Git git::https://anna:REDACTED@example.com/n.git?ref=v1",
            ),
            (
                "git::https://token@example.com/n.git",
                "Git git::https://REDACTED@example.com/n.git",
            ),
            (
                "git::ssh://git@example.com/n.git?sshkey=abc",
                "Git git::ssh://git@example.com/n.git?sshkey=REDACTED",
            ),
            (
                "https://example.com/n.zip?archive=zip&token=abc",
                "Http https://example.com/n.zip?archive=zip&token=REDACTED",
            ),
            (
                "https://anna:p@ss@example.com/n.zip",
                "Http https://anna:REDACTED@example.com/n.zip",
            ),
        ];
        for (text, expected) in known {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
