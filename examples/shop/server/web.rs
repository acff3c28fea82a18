//! The front end: the page people see, and the way to the services behind it.

use crate::Service;
use crate::configuration::Configuration;
use crate::http::{Request, Response, ask};
use crate::orders::token;

/// The front end.
pub(crate) struct Web {
    title: String,
    catalog: String,
    orders: String,
    token: String,
}

impl Web {
    /// A front end with a `title` to the services at `catalog` and `orders`.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, String> {
        Ok(Self {
            title: configuration.one("title")?.to_owned(),
            catalog: configuration.one("catalog")?.to_owned(),
            orders: configuration.one("orders")?.to_owned(),
            token: token(configuration)?,
        })
    }

    /// Whether the services behind it are well.
    fn health(&self) -> Response {
        for address in [&self.catalog, &self.orders] {
            match ask("GET", address, "/health", "") {
                Ok((200, _)) => {}
                Ok((status, _)) => {
                    return Response::text(503, format!("{address} answers {status}"));
                }
                Err(message) => return Response::text(503, message),
            }
        }
        Response::text(200, "ok")
    }

    fn page(&self) -> Response {
        let title = &self.title;
        let products = match ask("GET", &self.catalog, "/products", "") {
            Ok((_, products)) => products,
            Err(message) => return Response::text(503, message),
        };
        Response::page(format!(
            "<!doctype html><title>{title}</title><h1>{title}</h1><pre>{products}</pre>\n"
        ))
    }
}

impl Service for Web {
    fn answer(&self, request: &Request) -> Response {
        let product = request.parameter("product").unwrap_or_default();
        let quantity = request.parameter("quantity").unwrap_or("1");
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/") => self.page(),
            ("GET", "/health") => self.health(),
            ("GET", "/quote") => {
                let target = format!("/quote?product={product}&quantity={quantity}");
                Response::passed_on(ask("GET", &self.orders, &target, &self.token))
            }
            ("POST", "/buy") => {
                let target = format!("/order?product={product}&quantity={quantity}");
                Response::passed_on(ask("POST", &self.orders, &target, &self.token))
            }
            _ => Response::text(404, "not here"),
        }
    }
}
