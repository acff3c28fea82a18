//! Tells when a process is ready for those that depend on it: a TCP connection succeeds, or an HTTP request does.

use std::time::Duration;

use contract::ProviderError;
use model::{Path, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

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
        address: String,
        host: String,
        path: String,
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
            Probe::Http {
                address,
                host,
                path,
                status,
            } => {
                let asked = ask(address, host, path);
                let found = tokio::time::timeout(ATTEMPT, asked)
                    .await
                    .map_err(|_| "no answer".to_owned())??;
                let is_wanted = match status {
                    Some(status) => found == *status,
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
    if url.starts_with("https://") {
        let message = "readiness over HTTPS is not supported: use `tcp`, or plain `http`";
        return Err(ProviderError::permanent(message));
    }
    let wrong = || {
        ProviderError::permanent(format!(
            "`{url}` is not a URL such as `http://127.0.0.1:8080/health`"
        ))
    };
    let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
    let (host, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let path = if path.starts_with('?') {
        format!("/{path}")
    } else {
        path.to_owned()
    };
    let address = if is_address(host) {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let is_clean = url.chars().all(|c| !c.is_control() && c != ' ');
    if host.is_empty() || !is_clean || !is_address(&address) {
        return Err(wrong());
    }
    Ok(Probe::Http {
        address,
        host: host.to_owned(),
        path,
        status,
    })
}

async fn connect(address: &str) -> Result<TcpStream, String> {
    match tokio::time::timeout(ATTEMPT, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no answer".into()),
    }
}

/// The status of a GET request.
async fn ask(address: &str, host: &str, path: &str) -> Result<i64, String> {
    let mut stream = connect(address).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    let said = |error: std::io::Error| error.to_string();
    stream.write_all(request.as_bytes()).await.map_err(said)?;
    let mut line = String::new();
    BufReader::new(stream.take(1024))
        .read_line(&mut line)
        .await
        .map_err(said)?;
    let mut words = line.split_ascii_whitespace();
    match (
        words.next(),
        words.next().and_then(|status| status.parse().ok()),
    ) {
        (Some(version), Some(status)) if version.starts_with("HTTP/") => Ok(status),
        _ => Err("the answer is not HTTP".into()),
    }
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
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        for (tcp, url) in [
            (None, None),
            (Some("a:1"), Some("http://a")),
            (Some("localhost"), None),
            (Some(":80"), None),
            (None, Some("https://a/")),
            (None, Some("ftp://a/")),
            (None, Some("http:///x")),
            (None, Some("http://a/ b")),
        ] {
            assert!(Ready::of(&block(tcp, url)).is_err(), "{tcp:?} {url:?}");
        }
    }
}
