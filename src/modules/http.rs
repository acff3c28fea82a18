//! Packages from web servers: archives, and pages that say where a package is. Entry points: [`archive`], [`location`].

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256, Sha512};
use ureq::Body;
use ureq::http::Response;
use web::{Manner, Redirects};

use crate::address::{Address, hidden, joined};
use crate::archive::{Kind, NAMES};
use crate::configuration::Configuration;
use crate::tree::{MOST_BYTES, hex, too_much};
use crate::trouble::Trouble;

/// So long a host is waited for until it is reached.
const REACHED: Duration = Duration::from_secs(10);

/// So long it may take to begin an answer.
const ANSWERED: Duration = Duration::from_secs(60);

/// So long it may take in all.
const GIVEN: Duration = Duration::from_secs(900);

/// No page or document is larger, in bytes.
const PAGE: u64 = 16 << 20;

/// The header that says where a package is.
const HEADER: &str = "X-Terraform-Get";

/// Asks for an address. Whatever the status is, it is an answer.
pub(crate) fn get(url: &str, authorization: Option<&str>) -> Result<Response<Body>, Trouble> {
    let mut address = Address::of(url);
    let login = address.take_login();
    let manner = Manner {
        within: GIVEN,
        redirects: Redirects::Follow,
    };
    let agent = web::agent(&address.url(), manner);
    let agent = agent.map_err(|error| Trouble::new("no host can be asked").note(error))?;
    let mut request = agent
        .get(address.url())
        .config()
        .timeout_connect(Some(REACHED))
        .timeout_recv_response(Some(ANSWERED))
        .user_agent(concat!("terrace/", env!("CARGO_PKG_VERSION")))
        .build();
    if let Some(value) = authorization.map(ToOwned::to_owned).or(login) {
        request = request.header("Authorization", value);
    }
    request.call().map_err(|error| {
        let is_unreachable = matches!(
            error,
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Io(_)
        );
        let label = match matches!(error, ureq::Error::Timeout(_)) {
            true => "the host does not answer",
            false if is_unreachable => "the host cannot be reached",
            false => "the host cannot be asked",
        };
        let said = format!("{}: {}", address.host(), web::words(&error));
        Trouble::new(label).note(hidden(&said, url))
    })
}

/// The text of an answer.
pub(crate) fn text(answer: &mut Response<Body>) -> Result<String, Trouble> {
    let mut text = Vec::new();
    let mut body = answer.body_mut().as_reader().take(PAGE);
    let read = body.read_to_end(&mut text);
    read.map_err(|error| Trouble::new("the host's answer broke off").note(error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// That a host does not give what was asked for.
pub(crate) fn refused(status: u16, host: &str) -> Trouble {
    let trouble = Trouble::new(match status {
        401 | 403 => format!("{host} wants to know who asks: status {status}"),
        404 | 410 => format!("{host} has no such thing: status {status}"),
        status => format!("{host} does not give it: status {status}"),
    });
    match status {
        401 | 403 => trouble.help("give a user and password for the host in ~/.netrc"),
        _ => trouble,
    }
}

/// What kind of archive an address names, when it does; and the address without what says so.
pub(crate) fn kind(url: &str) -> Result<(Option<Kind>, Address), Trouble> {
    let mut address = Address::of(url);
    let given = address.take("archive");
    let _ = address.take("filename");
    let kind = match given.as_deref() {
        None => Kind::of(&address.place),
        Some("false" | "0") => None,
        Some(name) => Some(Kind::named(name).ok_or_else(|| {
            Trouble::new(format!("`{name}` is no kind of archive"))
                .note(format!("there are {NAMES}"))
        })?),
    };
    Ok((kind, address))
}

/// Downloads an archive to a file.
pub(crate) fn archive(
    configuration: &Configuration,
    mut address: Address,
    to: &Path,
) -> Result<(), Trouble> {
    let checksum = address.take("checksum");
    let url = address.url();
    let login = configuration.login(address.host());
    let mut answer = get(&url, login.as_deref())?;
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        return Err(refused(status, address.host()));
    }
    let mut out = File::create(to).map_err(Trouble::file(to))?;
    let mut body = answer.body_mut().as_reader().take(MOST_BYTES + 1);
    let written = io::copy(&mut body, &mut out);
    let written = written.map_err(|error| Trouble::new("the download broke off").note(error))?;
    if written > MOST_BYTES {
        return Err(too_much());
    }
    match checksum {
        Some(checksum) => check(&checksum, to),
        None => Ok(()),
    }
}

/// Compares a file with the digest that its address gives.
pub(crate) fn check(checksum: &str, file: &Path) -> Result<(), Trouble> {
    let (kind, wanted) = checksum.split_once(':').unwrap_or(("", checksum));
    let content = std::fs::read(file).map_err(Trouble::file(file))?;
    let found = match (kind, wanted.len()) {
        ("sha256", _) | ("", 64) => hex(&Sha256::digest(&content)),
        ("sha512", _) | ("", 128) => hex(&Sha512::digest(&content)),
        _ => {
            return Err(
                Trouble::new(format!("`{checksum}` is no checksum that is known here"))
                    .help("give one as `checksum=sha256:DIGITS`"),
            );
        }
    };
    match found.eq_ignore_ascii_case(wanted) {
        true => Ok(()),
        false => Err(
            Trouble::new("its checksum is another than its address says")
                .note(format!("it is {found}")),
        ),
    }
}

/// Where a page says that a package is.
pub(crate) fn location(
    configuration: &Configuration,
    address: &Address,
) -> Result<String, Trouble> {
    let mut asked = address.clone();
    asked.ask("terraform-get", "1");
    let login = configuration.login(address.host());
    let mut answer = get(&asked.url(), login.as_deref())?;
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        return Err(refused(status, address.host()));
    }
    if let Some(found) = header(&answer) {
        return Ok(joined(&address.url(), &found));
    }
    let page = text(&mut answer)?;
    match meta(&page) {
        Some(found) => Ok(joined(&address.url(), &found)),
        None => Err(
            Trouble::new("neither an archive nor a page that says where one is")
                .note(format!("an archive's name ends with {NAMES}"))
                .help("if it is an archive under another name, say so: `?archive=zip`"),
        ),
    }
}

/// What the header says of where a package is.
pub(crate) fn header(answer: &Response<Body>) -> Option<String> {
    let value = answer.headers().get(HEADER)?;
    let value = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

/// What a page says of where a package is: `<meta name="terraform-get" content="..">`.
fn meta(page: &str) -> Option<String> {
    let mut rest = page;
    while let Some(at) = rest.find("<meta") {
        let (_, after) = rest.split_at(at + "<meta".len());
        let (tag, after) = after.split_once('>')?;
        if attribute(tag, "name").as_deref() == Some("terraform-get") {
            return attribute(tag, "content").map(|text| text.replace("&amp;", "&"));
        }
        rest = after;
    }
    None
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!("{name}="))?;
    let (_, value) = tag.split_at(at + name.len() + 1);
    let quote = value.chars().next()?;
    let (value, _) = match quote {
        '"' | '\'' => value.get(1..)?.split_once(quote)?,
        _ => value.split_once([' ', '/']).unwrap_or((value, "")),
    };
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_say_where_a_package_is() {
        let page = "<html><head><meta charset=utf-8>\n<meta name=\"terraform-get\" content='https://x/y.zip?a=1&amp;b=2' />";
        assert_eq!(meta(page).as_deref(), Some("https://x/y.zip?a=1&b=2"));
        assert_eq!(meta("<meta name=\"go-import\" content=\"x\">"), None);
    }

    #[test]
    fn archives_are_known_by_their_names_or_by_what_is_said() {
        let kind = |url: &str| kind(url).map(|(kind, address)| (kind, address.url()));
        assert_eq!(
            kind("https://x/y.tar.gz?a=1"),
            Ok((Some(Kind::Gzip), "https://x/y.tar.gz?a=1".into()))
        );
        assert_eq!(
            kind("https://x/y?archive=zip"),
            Ok((Some(Kind::Zip), "https://x/y".into()))
        );
        assert_eq!(
            kind("https://x/y.zip?archive=false"),
            Ok((None, "https://x/y.zip".into()))
        );
        assert_eq!(kind("https://x/zip"), Ok((None, "https://x/zip".into())));
        assert!(kind("https://x/y?archive=rar").is_err());
    }
}
