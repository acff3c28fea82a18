//! Orders: says what one costs, and keeps those that are placed in a file. Talks only to who knows the token.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;

use crate::Service;
use crate::configuration::Configuration;
use crate::http::{Request, Response, ask};

/// Takes orders.
pub(crate) struct Orders {
    catalog: String,
    token: String,
    journal: String,
    writing: Mutex<()>,
}

impl Orders {
    /// Takes orders for what is in `catalog` from who shows what is in `token_file`; they go to the file `journal`.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, String> {
        Ok(Self {
            catalog: configuration.one("catalog")?.to_owned(),
            token: token(configuration)?,
            journal: configuration.one("journal")?.to_owned(),
            writing: Mutex::new(()),
        })
    }

    /// What an order comes to, in cents.
    fn total(&self, product: &str, quantity: u64) -> Result<u64, Response> {
        match ask(
            "GET",
            &self.catalog,
            &format!("/price?product={product}"),
            "",
        ) {
            Ok((200, cents)) => cents
                .parse::<u64>()
                .ok()
                .and_then(|cents| cents.checked_mul(quantity))
                .ok_or_else(|| Response::text(500, "that is too much")),
            other => Err(Response::passed_on(other)),
        }
    }

    fn place(&self, product: &str, quantity: u64, cents: u64) -> std::io::Result<()> {
        let _alone = self.writing.lock();
        let mut journal = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.journal)?;
        writeln!(journal, "{quantity} {product} {cents}")
    }
}

impl Service for Orders {
    fn answer(&self, request: &Request) -> Response {
        if request.path == "/health" {
            return Response::text(200, "ok");
        }
        if !request.shows(&self.token) {
            return Response::text(401, "who are you?");
        }
        let product = request.parameter("product").unwrap_or_default();
        let Some(quantity) = request
            .parameter("quantity")
            .unwrap_or("1")
            .parse::<u64>()
            .ok()
        else {
            return Response::text(400, "how many?");
        };
        let cents = match self.total(product, quantity) {
            Ok(cents) => cents,
            Err(response) => return response,
        };
        let answer = Response::json(format!(
            "{{\"product\":{product:?},\"quantity\":{quantity},\"cents\":{cents}}}"
        ));
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/quote") => answer,
            ("POST", "/order") => match self.place(product, quantity, cents) {
                Ok(()) => answer,
                Err(error) => Response::text(500, format!("cannot keep the order: {error}")),
            },
            _ => Response::text(404, "not here"),
        }
    }
}

/// What is in the configuration's `token_file`.
pub(crate) fn token(configuration: &Configuration) -> Result<String, String> {
    let file = configuration.one("token_file")?;
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    Ok(text.trim().to_owned())
}
