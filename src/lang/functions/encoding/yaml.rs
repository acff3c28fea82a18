//! `yamlencode` and `yamldecode`.

mod cursor;
mod parse;
mod read;
mod scalar;
mod scan;
mod text;
mod write;

use model::{Type, Value};

use crate::functions::protocol::{Arguments, Function, FunctionError, Param, Purity, Returns};

pub(super) const YAMLDECODE: Function = Function {
    name: "yamldecode",
    params: &[Param::string("src")],
    variadic: None,
    // Only the text tells.
    returns: Returns::Always(|| Type::Dynamic),
    call: |_, args, _| read(args),
    refine: None,
    purity: Purity::Pure,
    description: "the value that the YAML document stands for",
};

pub(super) const YAMLENCODE: Function = Function {
    name: "yamlencode",
    params: &[Param::any("value").null().dynamic()],
    variadic: None,
    returns: Returns::Always(|| Type::String),
    call: |_, args, _| {
        let value = args.value(0)?;
        if !value.is_wholly_known() {
            return Ok(Value::unknown(Type::String));
        }
        write::write(value)
            .map(Value::string)
            .map_err(FunctionError::new)
    },
    refine: None,
    purity: Purity::Pure,
    description: "the value as a YAML document",
};

fn read(args: Arguments<'_>) -> Result<Value, FunctionError> {
    read::read(args.string(0)?).map_err(|problem| FunctionError::new(problem.to_string()))
}
