//! The commonest kind of function: pure, with a fixed number of parameters, giving a string that is never null.

use model::Type;

use super::protocol::{CallFn, Function, Param, Purity, Returns, not_null};

/// Describes a pure function that gives a string and never null.
pub(super) const fn text_function(
    name: &'static str,
    params: &'static [Param],
    call: CallFn,
    description: &'static str,
) -> Function {
    Function {
        name,
        params,
        variadic: None,
        returns: Returns::Always(|| Type::String),
        call,
        refine: Some(not_null),
        purity: Purity::Pure,
        description,
    }
}
