//! The catalog: what there is and what it costs.

use crate::Service;
use crate::configuration::Configuration;
use crate::http::{Request, Response};

/// The catalog.
pub(crate) struct Catalog {
    products: Vec<Product>,
}

struct Product {
    id: String,
    name: String,
    cents: u64,
}

impl Catalog {
    /// The catalog of the configuration's lines `product = ID | NAME | CENTS`.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, String> {
        let products = configuration
            .all("product")
            .map(Product::read)
            .collect::<Result<_, _>>()?;
        Ok(Self { products })
    }
}

impl Product {
    fn read(line: &str) -> Result<Self, String> {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [id, name, cents] = parts.as_slice() else {
            return Err(format!("a product is `ID | NAME | CENTS`, not `{line}`"));
        };
        let cents = cents
            .parse()
            .map_err(|_| format!("`{cents}` is not a number of cents"))?;
        Ok(Self {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            cents,
        })
    }

    fn json(&self) -> String {
        let Self { id, name, cents } = self;
        format!("{{\"id\":{id:?},\"name\":{name:?},\"cents\":{cents}}}")
    }
}

impl Service for Catalog {
    fn answer(&self, request: &Request) -> Response {
        match request.path.as_str() {
            "/health" => Response::text(200, "ok"),
            "/products" => {
                let products: Vec<String> = self.products.iter().map(Product::json).collect();
                Response::json(format!("[{}]", products.join(",")))
            }
            "/price" => {
                let id = request.parameter("product").unwrap_or_default();
                match self.products.iter().find(|product| product.id == id) {
                    Some(product) => Response::text(200, product.cents.to_string()),
                    None => Response::text(404, "there is no such product"),
                }
            }
            _ => Response::text(404, "not here"),
        }
    }
}
