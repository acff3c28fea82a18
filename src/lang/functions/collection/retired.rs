//! Functions that are gone, and say what to use instead.

use model::Type;

use crate::functions::protocol::{
    Arguments, CallContext, Function, FunctionError, Param, Purity, Returns,
};

pub(super) const LIST: Function = retired("list", |_, _| {
    Err(FunctionError::new(
        "`list(..)` is gone since Terraform 0.12; write `[..]`, or `tolist([..])`",
    )
    .without_values())
});

pub(super) const MAP: Function = retired("map", |_, _| {
    Err(FunctionError::new(
        "`map(..)` is gone since Terraform 0.12; write `{..}`, or `tomap({..})`",
    )
    .without_values())
});

const fn retired(
    name: &'static str,
    returns: fn(&CallContext<'_>, Arguments<'_>) -> Result<Type, FunctionError>,
) -> Function {
    Function {
        name,
        params: &[],
        variadic: Some(Param::any("vals").null().unknown().dynamic().marked()),
        returns: Returns::ByArguments(returns),
        call: |_, _, ty| Ok(model::Value::unknown(ty.clone())),
        refine: None,
        purity: Purity::Pure,
        description: "gone; an error that says what to use instead",
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::fails;

    #[test]
    fn functions_that_are_gone_say_what_to_use() {
        let message = "`list(..)` is gone since Terraform 0.12; write `[..]`, or `tolist([..])`";
        fails("list", "[1]", message);
        fails(
            "map",
            "[]",
            "`map(..)` is gone since Terraform 0.12; write `{..}`, or `tomap({..})`",
        );
    }
}
