//! Tells when a process is ready for those that depend on it: a TCP connection succeeds, or an HTTP request does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use contract::ProviderError;
use model::{Path, Value};
use tokio::net::TcpStream;
use ureq::http::Uri;
use web::{Manner, Redirects};

use contract::attributes::{self, text};
use contract::duration;

const WITHIN: Duration = Duration::from_secs(30);
/// One attempt may take so long.
const ATTEMPT: Duration = Duration::from_secs(5);

/// When a process is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ready {
    probe: Probe,
    /// It must be ready in this time.
    pub(super) within: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Probe {
    Tcp {
        address: String,
    },
    Http {
        url: Uri,
        address: String,
        status: Option<i64>,
    },
}

impl Ready {
    /// What the object's `ready` block says; `None` when it has none or it is not known yet.
    ///
    /// # Errors
    /// When it says neither or both of `tcp` and `http`, or what it says makes no sense.
    pub(super) fn of(object: &Value) -> Result<Option<Self>, ProviderError> {
        let block = match object.get("ready") {
            Some(block) if !block.is_null() && block.is_wholly_known() => block,
            Some(_) | None => return Ok(None),
        };
        let at = |name: &str| Path::root().attribute("ready").attribute(name);
        let within = match text(block, "within") {
            Some(text) => duration::parse(text).map_err(|error| error.at(at("within")))?,
            None => WITHIN,
        };
        let probe = match (text(block, "tcp"), text(block, "http")) {
            (Some(address), None) => {
                if !is_address(address) {
                    let message = format!("`{address}` is not an address such as `127.0.0.1:8080`");
                    return Err(ProviderError::permanent(message).at(at("tcp")));
                }
                Probe::Tcp {
                    address: address.to_owned(),
                }
            }
            (None, Some(url)) => http(url, attributes::whole(block, "status"))
                .map_err(|error| error.at(at("http")))?,
            (None, None) | (Some(_), Some(_)) => {
                let message = "`ready` needs one of `tcp` and `http`";
                return Err(ProviderError::permanent(message).at(Path::root().attribute("ready")));
            }
        };
        Ok(Some(Self { probe, within }))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        match &self.probe {
            Probe::Tcp { address } | Probe::Http { address, .. } => address,
        }
    }

    /// The port of that.
    pub(super) fn port(&self) -> Option<u16> {
        let (_, port) = self.address().rsplit_once(':')?;
        port.parse().ok()
    }

    /// The address of this machine that nobody else can listen at, whatever its name here; none of another machine's.
    pub(super) fn own_port(&self) -> Option<String> {
        let (host, port) = self.address().rsplit_once(':')?;
        let port: u16 = port.parse().ok()?;
        let address = match host {
            "localhost" => Ipv4Addr::LOCALHOST.into(),
            host => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                bare.parse::<IpAddr>().ok()?
            }
        };
        if address.is_unspecified() {
            return Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string());
        }
        let is_own = address.is_loopback();
        is_own.then(|| SocketAddr::from((address, port)).to_string())
    }

    /// Whether anything listens there.
    pub(super) async fn is_taken(&self) -> bool {
        connect(self.address()).await.is_ok()
    }

    /// Tries once.
    ///
    /// # Errors
    /// What is not as it should be, as a phrase.
    pub(super) async fn attempt(&self) -> Result<(), String> {
        match &self.probe {
            Probe::Tcp { address } => connect(address).await.map(drop),
            Probe::Http { url, status, .. } => {
                let found = ask(url.clone()).await?;
                let is_wanted = match status {
                    Some(status) => i64::from(found) == *status,
                    None => (200..400).contains(&found),
                };
                if is_wanted {
                    Ok(())
                } else {
                    Err(format!("HTTP status {found}"))
                }
            }
        }
    }
}

fn is_address(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn http(url: &str, status: Option<i64>) -> Result<Probe, ProviderError> {
    let wrong = || {
        ProviderError::permanent(format!(
            "`{url}` is not a URL such as `http://127.0.0.1:8080/health`"
        ))
    };
    let url: Uri = url.parse().map_err(|_| wrong())?;
    let usual = match url.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        Some(_) | None => return Err(wrong()),
    };
    let host = url.host().filter(|host| !host.is_empty());
    let address = format!(
        "{}:{}",
        host.ok_or_else(wrong)?,
        url.port_u16().unwrap_or(usual)
    );
    Ok(Probe::Http {
        url,
        address,
        status,
    })
}

async fn connect(address: &str) -> Result<TcpStream, String> {
    match tokio::time::timeout(ATTEMPT, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no answer".into()),
    }
}

/// The status of a GET request; where it leads on to is not followed.
async fn ask(url: Uri) -> Result<u16, String> {
    let asked = tokio::task::spawn_blocking(move || {
        let manner = Manner {
            within: ATTEMPT,
            redirects: Redirects::Stay,
        };
        let agent = web::agent(&url.to_string(), manner).map_err(|error| error.to_string())?;
        let answer = agent.get(url).call();
        answer
            .map(|answer| answer.status().as_u16())
            .map_err(|error| web::words(&error))
    });
    asked.await.map_err(|error| error.to_string())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(tcp: Option<&str>, url: Option<&str>) -> Value {
        let block = Value::object([
            ("tcp", attributes::text_or_null(tcp)),
            ("http", attributes::text_or_null(url)),
            ("within", attributes::text_or_null(Some("2s"))),
        ]);
        Value::object([("ready", block)])
    }

    #[test]
    fn a_url_says_where_and_what_to_ask() {
        let ready = Ready::of(&block(None, Some("http://localhost:8080/health?a=1")))
            .unwrap()
            .unwrap();
        assert_eq!(ready.address(), "localhost:8080");
        assert_eq!(ready.within, Duration::from_secs(2));
        let ready = Ready::of(&block(None, Some("http://localhost")))
            .unwrap()
            .unwrap();
        assert_eq!(ready.address(), "localhost:80");
        let ready = Ready::of(&block(None, Some("https://localhost/")))
            .unwrap()
            .unwrap();
        assert_eq!(ready.address(), "localhost:443");
    }

    #[test]
    fn a_port_of_this_machine_is_one_by_whatever_name() {
        let port = |tcp: Option<&str>, url: Option<&str>| {
            let ready = Ready::of(&block(tcp, url)).unwrap().unwrap();
            ready.own_port()
        };
        for (tcp, url) in [
            (Some("127.0.0.1:8080"), None),
            (Some("localhost:8080"), None),
            (Some("0.0.0.0:8080"), None),
            (None, Some("http://localhost:8080/health")),
        ] {
            assert_eq!(port(tcp, url).as_deref(), Some("127.0.0.1:8080"));
        }
        assert_eq!(
            port(Some("127.0.0.2:8080"), None).as_deref(),
            Some("127.0.0.2:8080")
        );
        assert_eq!(
            port(Some("[::1]:8080"), None).as_deref(),
            Some("[::1]:8080")
        );
        for away in ["db.example:5432", "192.0.2.7:80"] {
            assert_eq!(port(Some(away), None), None, "{away}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        for (tcp, url) in [
            (None, None),
            (Some("a:1"), Some("http://a")),
            (Some("localhost"), None),
            (Some(":80"), None),
            (None, Some("ftp://a/")),
            (None, Some("http:///x")),
            (None, Some("http://a/ b")),
        ] {
            assert!(Ready::of(&block(tcp, url)).is_err(), "{tcp:?} {url:?}");
        }
    }
}
