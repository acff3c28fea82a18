//! As much of HTTP/1.1 as the shop needs: one request a connection, short bodies.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_HEAD: u64 = 16 * 1024;

/// A request, without its body.
pub(crate) struct Request {
    /// `GET`, `POST`, ..
    pub(crate) method: String,
    /// What comes before `?`.
    pub(crate) path: String,
    query: String,
    authorization: String,
}

impl Request {
    /// A parameter of the query; nothing in it is decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Whether it shows this token.
    pub(crate) fn shows(&self, token: &str) -> bool {
        self.authorization == format!("Bearer {token}")
    }
}

/// An answer.
pub(crate) struct Response {
    status: u16,
    kind: &'static str,
    body: String,
}

impl Response {
    /// An answer that is plain text.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            kind: "text/plain; charset=utf-8",
            body: body.into(),
        }
    }

    /// An answer that is JSON.
    pub(crate) fn json(body: String) -> Self {
        Self {
            status: 200,
            kind: "application/json",
            body,
        }
    }

    /// A page.
    pub(crate) fn page(body: String) -> Self {
        Self {
            status: 200,
            kind: "text/html; charset=utf-8",
            body,
        }
    }

    /// Passes on what another service answered.
    pub(crate) fn passed_on(answer: Result<(u16, String), String>) -> Self {
        match answer {
            Ok((200, body)) => Self::json(body),
            Ok((status, body)) => Self::text(status, body),
            Err(message) => Self::text(503, message),
        }
    }
}

/// Reads one request from a connection and answers it.
pub(crate) fn converse(
    mut stream: &TcpStream,
    answer: impl FnOnce(&Request) -> Response,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.take(LONGEST_HEAD)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: String::new(),
    };
    for line in lines {
        let line = line?;
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = value.trim().to_owned()
            }
            Some(_) => {}
            None => break,
        }
    }
    let Response { status, kind, body } = answer(&request);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Asks another service: `method`, its address, the path with its query, the token it wants.
///
/// # Errors
/// A sentence, when there is no answer.
pub(crate) fn ask(
    method: &str,
    address: &str,
    target: &str,
    token: &str,
) -> Result<(u16, String), String> {
    let silent = |error: io::Error| format!("no answer from {address}: {error}");
    let mut stream = TcpStream::connect(address).map_err(silent)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(silent)?;
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).map_err(silent)?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(silent)?;
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    match (status, text.split_once("\r\n\r\n")) {
        (Some(status), Some((_, body))) => Ok((status, body.to_owned())),
        _ => Err(format!("{address} does not speak HTTP")),
    }
}
