//! The small web shop that `examples/shop` provisions: one program that is the catalog, the orders or the front end,
//! as its configuration file says. It uses nothing but the standard library, so that it runs wherever Rust does.
//!
//! `shop-server FILE` serves until it is stopped. It is an example to provision, not one of a web server.

mod catalog;
mod configuration;
mod http;
mod orders;
mod web;

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use configuration::Configuration;
use http::{Request, Response};

/// One of the parts of the shop.
trait Service: Send + Sync {
    /// Answers a request.
    fn answer(&self, request: &Request) -> Response;
}

fn main() -> ExitCode {
    match std::env::args()
        .nth(1)
        .ok_or_else(|| "usage: shop-server FILE".to_owned())
        .and_then(|file| serve(&file))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Serves as the configuration file says; comes back only with an error.
fn serve(file: &str) -> Result<(), String> {
    let configuration = Configuration::read(file)?;
    let role = configuration.one("role")?;
    let service: Arc<dyn Service> = match role {
        "catalog" => Arc::new(catalog::Catalog::new(&configuration)?),
        "orders" => Arc::new(orders::Orders::new(&configuration)?),
        "web" => Arc::new(web::Web::new(&configuration)?),
        other => return Err(format!("{file}: there is no role `{other}`")),
    };
    let address = configuration.one("listen")?;
    let listener = TcpListener::bind(address)
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    say(&format!("{role} listens on {address}"));
    for stream in listener.incoming() {
        let stream = stream.map_err(|error| format!("cannot accept a connection: {error}"))?;
        let service = Arc::clone(&service);
        std::thread::spawn(move || {
            // A client that goes away in the middle is its own affair.
            let _ = http::converse(&stream, |request| service.answer(request));
        });
    }
    Ok(())
}

/// Writes a line to standard error, which is the log.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
