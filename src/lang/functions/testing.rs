//! Calls functions in tests: arguments and results as JSON, errors as their messages.

use std::path::Path;

use model::clock::{Clock, Timestamp};
use model::{Number, Type, Value};

use super::protocol::{CallContext, Function, Impure, Random, call};
use super::registry::lookup;

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Calls a function with relative paths relative to `directory`, and the home directory `/home/me`.
pub(super) fn run_in(directory: &Path, name: &str, args: Vec<Value>) -> Result<Value, String> {
    run_from((directory, directory), name, args)
}

/// Calls a function that reads the files of one directory as those of another one.
pub(super) fn run_from(
    (directory, working_directory): (&Path, &Path),
    name: &str,
    args: Vec<Value>,
) -> Result<Value, String> {
    let function = lookup(name).unwrap();
    called((directory, working_directory), function, args)
}

/// Calls a function that has no name of its own in the language.
pub(super) fn run_function(
    directory: &Path,
    function: &Function,
    args: Vec<Value>,
) -> Result<Value, String> {
    called((directory, directory), function, args)
}

/// What calls see where files are read from `directory`, with the home directory `/home/me`.
pub(super) fn context(directory: &Path) -> CallContext<'_> {
    CallContext {
        directory,
        working_directory: directory,
        home: Some(Path::new("/home/me")),
        reads: None,
        impure: Impure::Evaluated,
        plan_time: None,
        clock: &Fixed,
        random: &Fixed,
        template_depth: 0,
    }
}

fn called(
    (directory, working_directory): (&Path, &Path),
    function: &Function,
    args: Vec<Value>,
) -> Result<Value, String> {
    let ctx = CallContext {
        working_directory,
        ..context(directory)
    };
    call(function, &ctx, args).map_err(|error| error.message)
}

/// Calls a function.
pub(super) fn run(name: &str, args: Vec<Value>) -> Result<Value, String> {
    run_in(Path::new("/base/dir"), name, args)
}

/// Calls a function with arguments given as one JSON array; its arrays are tuples, its objects objects.
pub(super) fn run_json(name: &str, args: &str) -> Result<Value, String> {
    run(name, json(args).as_items().unwrap().to_vec())
}

/// Checks a result, type and all.
#[track_caller]
pub(super) fn gives(name: &str, args: &str, wanted: Value) {
    assert_eq!(run_json(name, args), Ok(wanted), "{name}({args})");
}

/// Checks a message.
#[track_caller]
pub(super) fn fails(name: &str, args: &str, message: &str) {
    assert_eq!(
        run_json(name, args),
        Err(message.to_owned()),
        "{name}({args})"
    );
}

/// A value from JSON: tuples, objects, bare nulls.
pub(super) fn json(text: &str) -> Value {
    from_json(&serde_json::from_str(text).unwrap())
}

fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(value) => Value::from(*value),
        serde_json::Value::Number(number) => {
            Value::Number(Number::parse(&number.to_string()).unwrap())
        }
        serde_json::Value::String(text) => Value::string(text.as_str()),
        serde_json::Value::Array(items) => Value::tuple(items.iter().map(from_json).collect()),
        serde_json::Value::Object(fields) => Value::object(
            fields
                .iter()
                .map(|(name, value)| (name.as_str(), from_json(value))),
        ),
    }
}

/// A list of strings.
pub(super) fn strings<const N: usize>(items: [&str; N]) -> Value {
    Value::list(Type::String, items.map(Value::from).to_vec())
}

/// A list of numbers.
pub(super) fn numbers<const N: usize>(items: [i64; N]) -> Value {
    Value::list(Type::Number, items.map(Value::int).to_vec())
}
