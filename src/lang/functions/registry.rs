//! Finds functions by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::protocol::Function;
use super::{
    collection, conversion, crypto, datetime, encoding, filesystem, network, numeric, string,
    template,
};

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    [
        collection::FUNCTIONS,
        conversion::FUNCTIONS,
        crypto::FUNCTIONS,
        datetime::FUNCTIONS,
        encoding::FUNCTIONS,
        filesystem::FUNCTIONS,
        network::FUNCTIONS,
        numeric::FUNCTIONS,
        string::FUNCTIONS,
        template::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
    .map(|function| (function.name, function))
    .collect()
});

/// The function of that name. `try`, `can`, `convert` and `type` are not here: the evaluator has them.
pub fn lookup(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// All functions, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Function> {
    BY_NAME.values().copied()
}
