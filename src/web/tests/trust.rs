//! Whom is trusted over TLS, and through whom is asked, with servers that really listen and an authority of the tests' own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use web::{Manner, Redirects, Surroundings};

const MANNER: Manner = Manner {
    within: Duration::from_secs(10),
    redirects: Redirects::Follow,
};

/// An authority of its own, and the port of a server for `localhost` and `shop.internal` whom it vouches for.
struct Server {
    authority: String,
    port: u16,
}

impl Server {
    fn start(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "shop.internal".to_owned()];
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // It ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                answer(BufReader::new(StreamOwned::new(connection, stream)));
            }
        });
        Self {
            authority: authority.pem(),
            port,
        }
    }
}

/// Answers a request with 204, where one comes.
fn answer<S: Read + Write>(mut stream: BufReader<S>) {
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    let _ = stream.get_mut().write_all(answer);
}

/// A proxy that takes any host for this machine, and tells whom it was asked for.
fn proxy() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut request = String::new();
            reader.read_line(&mut request).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let host = request.split(' ').nth(1).unwrap().to_owned();
            let port = host.rsplit(':').next().unwrap().to_owned();
            sender.send(host).unwrap();
            let server = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
            (&stream).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            carry(stream.try_clone().unwrap(), server.try_clone().unwrap());
            carry(server, stream);
        }
    });
    (port, asked)
}

/// Carries what one says to the other, until it says no more.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// What comes of a question: the status, or what is said of the failure.
fn ask(url: &str, variables: &[(&str, &str)]) -> Result<u16, String> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables: BTreeMap<String, String> = variables.collect();
    let agent = Surroundings::of(&variables)
        .agent(url, MANNER)
        .map_err(|error| error.to_string())?;
    let answer = agent.get(url).call();
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|error| web::words(&error))
}

#[test]
fn an_authority_that_ssl_cert_file_or_dir_names_is_trusted_and_no_other() {
    let server = Server::start("own");
    let url = format!("https://localhost:{}/", server.port);
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.pem");
    fs::write(&own, &server.authority).unwrap();
    let own = own.to_str().unwrap();
    let unknown = "its certificate is signed by an authority that is not trusted here; \
                   SSL_CERT_FILE names a file with those that are";

    assert_eq!(ask(&url, &[]), Err(unknown.into()), "the system's");
    assert_eq!(ask(&url, &[("SSL_CERT_FILE", own)]), Ok(204));

    let another = directory.path().join("another.pem");
    fs::write(&another, Server::start("another").authority).unwrap();
    let another = another.to_str().unwrap();
    assert_eq!(
        ask(&url, &[("SSL_CERT_FILE", another)]),
        Err(unknown.into())
    );

    // As `openssl rehash` names it: a digest of its subject, which is read by nobody here.
    let hashed = directory.path().join("certs");
    fs::create_dir(&hashed).unwrap();
    fs::write(hashed.join("0a1b2c3d.0"), &server.authority).unwrap();
    let hashed = hashed.to_str().unwrap();
    assert_eq!(ask(&url, &[("SSL_CERT_DIR", hashed)]), Ok(204));
    let both = format!("/not/there:{hashed}");
    assert_eq!(ask(&url, &[("SSL_CERT_DIR", &both)]), Ok(204));
    assert_eq!(
        ask(
            &url,
            &[("SSL_CERT_FILE", another), ("SSL_CERT_DIR", hashed)]
        ),
        Ok(204)
    );
}

#[test]
fn a_file_of_authorities_that_cannot_be_read_is_told_and_not_passed_over() {
    let said = ask(
        "https://localhost:1/",
        &[("SSL_CERT_FILE", "/not/there.pem")],
    )
    .unwrap_err();
    assert!(
        said.starts_with(
            "SSL_CERT_FILE names `/not/there.pem`, which has no certificates that can be read: "
        ) && said.contains("No such file"),
        "{said}"
    );
}

#[test]
fn a_proxy_is_gone_through_where_it_is_meant() {
    let server = Server::start("own");
    let (port, asked) = proxy();
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.pem");
    fs::write(&own, &server.authority).unwrap();
    let proxy = format!("http://127.0.0.1:{port}");
    let variables = [
        ("SSL_CERT_FILE", own.to_str().unwrap()),
        ("HTTPS_PROXY", proxy.as_str()),
    ];
    // Nobody here knows this name; the proxy does.
    let url = format!("https://shop.internal:{}/", server.port);
    assert_eq!(ask(&url, &variables), Ok(204));
    assert_eq!(
        asked.try_iter().collect::<Vec<_>>(),
        [format!("shop.internal:{}", server.port)]
    );
    // This machine is asked directly.
    let url = format!("https://localhost:{}/", server.port);
    assert_eq!(ask(&url, &variables), Ok(204));
    assert_eq!(asked.try_iter().count(), 0);
}
