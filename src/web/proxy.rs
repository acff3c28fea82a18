//! Through which proxy an address is asked, as the variables say that curl and programs in Go read. Opens nothing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ureq::Proxy;
use ureq::http::Uri;

/// The variables that say it.
pub(crate) const VARIABLES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// A proxy is named by something that is no URL of one. The value is not told: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not the URL of a proxy, such as `http://proxy.example.com:3128`")]
pub struct ProxyError {
    variable: String,
}

/// The proxy that is meant for `url`: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, else `ALL_PROXY`; in capitals first.
/// None for this machine itself, and none for what `NO_PROXY` names.
///
/// # Errors
/// Where the variable that counts is no URL of a proxy.
pub(crate) fn of(
    url: &Uri,
    variables: &BTreeMap<String, String>,
) -> Result<Option<Proxy>, ProxyError> {
    let names = match url.scheme_str() {
        Some("https") => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        Some("http") => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
        Some(_) | None => return Ok(None),
    };
    let mut set = names
        .into_iter()
        .filter_map(|name| Some((name, variables.get(name)?)));
    let Some((variable, value)) = set.next() else {
        return Ok(None);
    };
    let Some(host) = url.host().map(|host| host.trim_matches(['[', ']'])) else {
        return Ok(None);
    };
    let without = variables
        .get("NO_PROXY")
        .or_else(|| variables.get("no_proxy"));
    if is_here(host) || without.is_some_and(|list| is_named(host, url.port_u16(), list)) {
        return Ok(None);
    }
    let proxy = Proxy::new(value).map_err(|_| ProxyError {
        variable: variable.to_owned(),
    })?;
    Ok(Some(proxy))
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let is_loopback = |address: IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

/// Whether a list such as `localhost, .internal, 10.0.0.0/8, example.com:8080` names a host: a name means also what is
/// below it, one that begins with a dot or `*.` only that, and `*` anything.
fn is_named(host: &str, port: Option<u16>, list: &str) -> bool {
    let entries = list.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, only) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
                (name, digits.parse::<u16>().ok())
            }
            Some(_) | None => (entry, None),
        };
        if only.is_some_and(|only| Some(only) != port) {
            return false;
        }
        let name = name.trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) => is_in(address, name),
            Err(_) => is_below(host, name),
        }
    })
}

/// Whether a host's name is one or stands below it.
fn is_below(host: &str, name: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let name = name.trim_start_matches('*').to_ascii_lowercase();
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(&name),
        None => host == name || host.ends_with(&format!(".{name}")),
    }
}

/// Whether an address is one, or in a block such as `10.0.0.0/8`.
fn is_in(address: IpAddr, block: &str) -> bool {
    let Some((network, length)) = block.split_once('/') else {
        return block.parse() == Ok(address);
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let differ = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (address.to_bits() ^ network.to_bits()).leading_zeros()
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            (address.to_bits() ^ network.to_bits()).leading_zeros()
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    differ >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let proxy = of(&url.parse().unwrap(), &variables.collect()).unwrap()?;
        Some(format!("{}:{}", proxy.host(), proxy.port()))
    }

    #[test]
    fn the_scheme_of_an_address_says_which_proxy_it_has() {
        let both = [
            ("HTTPS_PROXY", "http://secure:1"),
            ("http_proxy", "plain:2"),
        ];
        assert_eq!(
            through("https://example.com/", &both).as_deref(),
            Some("secure:1")
        );
        assert_eq!(
            through("http://example.com/", &both).as_deref(),
            Some("plain:2")
        );
        assert_eq!(
            through("https://example.com/", &[("HTTP_PROXY", "http://plain")]),
            None
        );
        let any = [("all_proxy", "socks5://any:9")];
        assert_eq!(
            through("http://example.com/", &any).as_deref(),
            Some("any:9")
        );
    }

    #[test]
    fn this_machine_is_asked_directly() {
        let proxy = [("HTTP_PROXY", "http://plain:2")];
        for url in [
            "http://localhost:8080/health",
            "http://127.0.0.1/",
            "http://127.3.2.1/",
            "http://[::1]:80/",
        ] {
            assert_eq!(through(url, &proxy), None, "{url}");
        }
    }

    #[test]
    fn what_no_proxy_names_is_asked_directly() {
        let is_direct = |url: &str, list: &str| {
            through(
                url,
                &[("HTTPS_PROXY", "http://secure:1"), ("NO_PROXY", list)],
            )
            .is_none()
        };
        for (url, list) in [
            ("https://example.com/", "other, example.com"),
            ("https://api.example.com/", "example.com"),
            ("https://API.example.com/", ".example.com"),
            ("https://api.example.com/", "*.example.com"),
            ("https://api.example.com:8443/", "example.com:8443"),
            ("https://10.1.2.3/", "10.0.0.0/8"),
            ("https://10.1.2.3/", "10.1.2.3"),
            ("https://[fd00::1]:8443/", "fd00::/8"),
            ("https://[fd00::1]:8443/", "[fd00::1]:8443"),
            ("https://anything/", "*"),
        ] {
            assert!(is_direct(url, list), "{url} by {list}");
        }
        for (url, list) in [
            ("https://example.com/", ".example.com"),
            ("https://badexample.com/", "example.com"),
            ("https://example.com/", "example.com:8443"),
            ("https://11.1.2.3/", "10.0.0.0/8"),
            ("https://example.com/", "10.0.0.0/8, ,"),
            ("https://example.com/", ""),
        ] {
            assert!(!is_direct(url, list), "{url} by {list}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_told_without_its_value() {
        let variables =
            BTreeMap::from([("HTTPS_PROXY".to_owned(), "ftp://anna:tiger@x".to_owned())]);
        let error = of(&"https://example.com/".parse().unwrap(), &variables).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HTTPS_PROXY is not the URL of a proxy, such as `http://proxy.example.com:3128`"
        );
    }
}
