//! The parts of an address: what is asked for after its `?`, and who asks before its `@`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lang::load::without_secrets;

/// An address in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address up to its `?`.
    pub(crate) place: String,
    /// What is asked for: names and values, as they are written.
    pub(crate) asked: Vec<(String, String)>,
}

impl Address {
    /// Takes an address apart.
    pub(crate) fn of(url: &str) -> Self {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let asked = query.split('&').filter(|part| !part.is_empty());
        Self {
            place: place.to_owned(),
            asked: asked
                .map(|part| part.split_once('=').unwrap_or((part, "")))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// Takes out what is asked for under a name; the last word counts, and an empty one is none.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let found = self.asked.iter().rfind(|(known, _)| known == name);
        let value = found.map(|(_, value)| decoded(value));
        self.asked.retain(|(known, _)| known != name);
        value.filter(|value| !value.is_empty())
    }

    /// Asks for something more.
    pub(crate) fn ask(&mut self, name: &str, value: &str) {
        self.asked.push((name.to_owned(), value.to_owned()));
    }

    /// The address as it is written.
    pub(crate) fn url(&self) -> String {
        let asked: Vec<String> = self
            .asked
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match asked.as_slice() {
            [] => self.place.clone(),
            asked => format!("{}?{}", self.place, asked.join("&")),
        }
    }

    /// The address of a file of this machine as a path.
    pub(crate) fn path(&self) -> Option<String> {
        let path = self.place.strip_prefix("file://")?;
        let path = path.strip_prefix("localhost").unwrap_or(path);
        path.starts_with('/').then(|| decoded(path))
    }

    /// The host, with its port.
    pub(crate) fn host(&self) -> &str {
        let (_, rest) = self.place.split_once("://").unwrap_or(("", &self.place));
        let authority = rest.split('/').next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host)
    }

    /// Takes out who asks, and returns the header that says it.
    pub(crate) fn take_login(&mut self) -> Option<String> {
        let (scheme, rest) = self.place.split_once("://")?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (login, host) = authority.rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let header = basic(&decoded(user), &decoded(password));
        self.place = format!("{scheme}://{host}{path}");
        Some(header)
    }
}

/// The value of the header `Authorization` for a user and password.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A text in which an address and the secrets in it may be repeated, without them.
pub(crate) fn hidden(text: &str, url: &str) -> String {
    let text = text.replace(url, &without_secrets(url));
    let address = Address::of(url);
    let login = address
        .place
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    match login.and_then(|(login, _)| login.split_once(':')) {
        Some((_, password)) if !password.is_empty() => text.replace(password, "REDACTED"),
        Some(_) | None => text,
    }
}

/// A part of an address without its `%20` and the like.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = [ahead.next(), ahead.next()].map(|digit| digit.map(char::from));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let value = high.to_digit(16).zip(low.to_digit(16));
                let value = value.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                out.extend(value);
                bytes = ahead;
            }
            (byte, _) => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The address that another one on a page at `base` means.
pub(crate) fn joined(base: &str, other: &str) -> String {
    if other.contains("://") {
        return other.to_owned();
    }
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let rest = rest.split('?').next().unwrap_or(rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some(other) = other.strip_prefix("//") {
        return format!("{scheme}://{other}");
    }
    if other.starts_with('/') {
        return format!("{scheme}://{host}{other}");
    }
    let (other, query) = match other.find('?') {
        Some(at) => other.split_at(at),
        None => (other, ""),
    };
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let is_directory = other.ends_with('/') || other.is_empty();
    // A `//` in it begins a directory in a package, and is not the host's.
    let (other, inside) = match other.split_once("//") {
        Some((other, inside)) => (other, format!("//{inside}")),
        None => (other, String::new()),
    };
    let mut joined = lang::load::join(directory, other);
    if is_directory && !joined.is_empty() {
        joined.push('/');
    }
    format!("{scheme}://{host}/{joined}{inside}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_taken_out_once() {
        let mut address = Address::of("https://h/p?ref=a%2Fb&x=1&ref=c&depth=");
        assert_eq!(address.take("ref"), Some("c".to_owned()));
        assert_eq!(address.take("depth"), None);
        assert_eq!(address.url(), "https://h/p?x=1");
        assert_eq!(
            Address::of("https://h/p?ref=a%2Fb").take("ref"),
            Some("a/b".to_owned())
        );
    }

    #[test]
    fn who_asks_is_told_by_a_header() {
        let mut address = Address::of("https://anna:p%40ss@h:81/p");
        assert_eq!(address.take_login(), Some(basic("anna", "p@ss")));
        assert_eq!(
            (address.url().as_str(), address.host()),
            ("https://h:81/p", "h:81")
        );
        assert_eq!(address.take_login(), None);
    }

    #[test]
    fn addresses_on_a_page_are_joined_to_its_own() {
        let base = "https://h/v1/modules/a/b/c/1.0.0/download";
        for (other, expected) in [
            ("https://x/y.zip", "https://x/y.zip"),
            ("git::https://x/y", "git::https://x/y"),
            ("/y.zip?archive=zip", "https://h/y.zip?archive=zip"),
            ("./y.zip", "https://h/v1/modules/a/b/c/1.0.0/y.zip"),
            (
                "../y.tgz//*?archive=tar.gz",
                "https://h/v1/modules/a/b/c/y.tgz//*?archive=tar.gz",
            ),
            ("sub/", "https://h/v1/modules/a/b/c/1.0.0/sub/"),
        ] {
            assert_eq!(joined(base, other), expected, "{other}");
        }
    }

    #[test]
    fn secrets_are_taken_out_of_what_others_say() {
        let url = "https://anna:pass@h/p";
        let said = "cannot read https://anna:pass@h/p: pass is wrong";
        assert_eq!(
            hidden(said, url),
            "cannot read https://anna:REDACTED@h/p: REDACTED is wrong"
        );
    }
}
