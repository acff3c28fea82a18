//! How a function is described and called: what a function may leave to [`call`], and what it gets handed.
//! Knows no function; the evaluator finds them with [`super::lookup`].
//!
//! A function is one `const` entry in its subject's `FUNCTIONS`:
//! ```text
//! Function {
//!     name: "strrev",
//!     params: &[Param::string("str")],
//!     variadic: None,
//!     returns: Returns::Always(|| Type::String),
//!     call: |_, args, _| {
//!         let text = args.string(0)?;
//!         Ok(Value::string(text.graphemes(true).rev().collect::<String>()))
//!     },
//!     refine: Some(not_null),
//!     purity: Purity::Pure,
//!     description: "the characters of a string in reverse order",
//! }
//! ```
//! [`call`] has then already converted each argument to its parameter's type, refused null, answered for an argument
//! that is unknown or of dynamic type (unless the parameter says [`Param::unknown`], [`Param::dynamic`]), and taken the
//! marks away (unless [`Param::marked`]); it gives the marks back to the result. `ty` in `call` is what `returns` said.

use std::fmt;
use std::path::Path;

use model::clock::{Clock, Timestamp};
use model::value::{Refinement, convert};
use model::{Marks, Number, Str, Type, Value};

use super::reads::Reads;

/// A built-in function.
#[derive(Clone, Copy)]
pub struct Function {
    /// The name that an expression calls it by.
    pub name: &'static str,
    /// What it takes, in order.
    pub params: &'static [Param],
    /// What it takes after those, any number of times.
    pub variadic: Option<Param>,
    /// The type of its result.
    pub returns: Returns,
    /// Computes the result.
    pub call: CallFn,
    /// What is true of every result, known or not; usually [`not_null`].
    pub refine: Option<fn(Refinement) -> Refinement>,
    /// Whether the result depends on the arguments alone.
    pub purity: Purity,
    /// What it gives, in a phrase.
    pub description: &'static str,
}

/// Computes a result of the given type from arguments that [`call`] has prepared.
pub type CallFn = fn(&CallContext<'_>, Arguments<'_>, &Type) -> Result<Value, FunctionError>;

/// Finds the type of the result; the arguments may be unknown, whatever the parameters say.
pub type TypeFn = fn(&CallContext<'_>, Arguments<'_>) -> Result<Type, FunctionError>;

/// The type of a function's result.
#[derive(Clone, Copy)]
pub enum Returns {
    /// The same for all arguments.
    Always(fn() -> Type),
    /// Depends on the arguments; dynamic when it cannot be told yet.
    ByArguments(TypeFn),
}

/// Whether a function's result depends on its arguments alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purity {
    /// It does.
    Pure,
    /// It is another one at each call, so that it stays unknown until the apply.
    Impure,
}

/// A parameter.
#[derive(Clone, Copy)]
pub struct Param {
    /// Its name, for messages.
    pub name: &'static str,
    /// What an argument is converted to.
    pub ty: fn() -> Type,
    /// Null may come.
    pub allow_null: bool,
    /// An unknown may come; otherwise the result is then unknown.
    pub allow_unknown: bool,
    /// An unknown or a null of dynamic type may come; otherwise the result is then a dynamic unknown.
    pub allow_dynamic: bool,
    /// Marks stay on the argument and the function answers for those of the result.
    pub allow_marked: bool,
}

impl Param {
    /// A parameter of a type; takes neither null nor unknown nor marks.
    pub const fn new(name: &'static str, ty: fn() -> Type) -> Self {
        Self {
            name,
            ty,
            allow_null: false,
            allow_unknown: false,
            allow_dynamic: false,
            allow_marked: false,
        }
    }

    /// A parameter of type string.
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, || Type::String)
    }

    /// A parameter of type number.
    pub const fn number(name: &'static str) -> Self {
        Self::new(name, || Type::Number)
    }

    /// A parameter of any type.
    pub const fn any(name: &'static str) -> Self {
        Self::new(name, || Type::Dynamic)
    }

    /// Lets null come.
    #[must_use]
    pub const fn null(self) -> Self {
        Self {
            allow_null: true,
            ..self
        }
    }

    /// Lets unknowns come.
    #[must_use]
    pub const fn unknown(self) -> Self {
        Self {
            allow_unknown: true,
            ..self
        }
    }

    /// Lets unknowns and nulls of dynamic type come (unknowns only together with [`Param::unknown`]).
    #[must_use]
    pub const fn dynamic(self) -> Self {
        Self {
            allow_dynamic: true,
            ..self
        }
    }

    /// Leaves the marks on.
    #[must_use]
    pub const fn marked(self) -> Self {
        Self {
            allow_marked: true,
            ..self
        }
    }
}

/// The arguments of one call, converted to their parameters' types.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(pub &'a [Value]);

impl<'a> Arguments<'a> {
    /// All of them.
    pub fn all(self) -> &'a [Value] {
        self.0
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.0.len()
    }

    /// The argument at `index`, if there is one.
    pub fn get(self, index: usize) -> Option<&'a Value> {
        self.0.get(index)
    }

    /// Those from `index` on: the variadic ones.
    pub fn rest(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// The argument at `index`.
    ///
    /// # Errors
    /// When there is none, which [`call`] does not let happen for a declared parameter.
    pub fn value(self, index: usize) -> Result<&'a Value, FunctionError> {
        self.0
            .get(index)
            .ok_or_else(|| FunctionError::bug(index, "an argument"))
    }

    /// The known string at `index`.
    ///
    /// # Errors
    /// When it is something else, which [`call`] does not let happen for a string parameter.
    pub fn string(self, index: usize) -> Result<&'a Str, FunctionError> {
        self.value(index)?
            .as_str()
            .ok_or_else(|| FunctionError::bug(index, "a string"))
    }

    /// The known number at `index`.
    ///
    /// # Errors
    /// When it is something else, which [`call`] does not let happen for a number parameter.
    pub fn number(self, index: usize) -> Result<&'a Number, FunctionError> {
        self.value(index)?
            .as_number()
            .ok_or_else(|| FunctionError::bug(index, "a number"))
    }

    /// The elements of the known list, set or tuple at `index`.
    ///
    /// # Errors
    /// When it is something else, which [`call`] does not let happen for a list or set parameter.
    pub fn items(self, index: usize) -> Result<&'a [Value], FunctionError> {
        self.value(index)?
            .as_items()
            .ok_or_else(|| FunctionError::bug(index, "a list"))
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Which argument is to blame, counted from 0; none for the call as a whole.
    pub argument: Option<usize>,
    /// The diagnostic's id, one of [`model::diagnostic::IDS`].
    pub id: &'static str,
    /// What is wrong, as a phrase: lower case, no full stop.
    pub message: String,
    /// Whether the message quotes (parts of) values; it is then not shown when an argument is sensitive.
    pub quotes_values: bool,
}

impl FunctionError {
    /// The call as a whole fails.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            argument: None,
            id: "function-failed",
            message: message.into(),
            quotes_values: true,
        }
    }

    /// The argument at `index` is to blame.
    pub fn argument(index: usize, message: impl Into<String>) -> Self {
        Self {
            argument: Some(index),
            ..Self::new(message)
        }
    }

    /// Says that the message quotes no value, so that it may be shown when an argument is sensitive.
    #[must_use]
    pub fn without_values(self) -> Self {
        Self {
            quotes_values: false,
            ..self
        }
    }

    fn bug(index: usize, wanted: &str) -> Self {
        let message =
            format!("the argument was not prepared as {wanted}. This is a bug in Terrace.");
        Self {
            id: "bug",
            ..Self::argument(index, message).without_values()
        }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FunctionError {}

/// Where random bytes come from; they must not be guessable.
pub trait Random {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// What impure functions give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impure {
    /// An unknown, as long as it is not the apply.
    Unknown,
    /// A value.
    Evaluated,
}

/// What functions see of the world outside their arguments.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    /// What relative paths are relative to; absolute itself.
    pub directory: &'a Path,
    /// What a path from the root begins with where it leads to what is read from `directory`.
    pub working_directory: &'a Path,
    /// What `~` stands for, if known.
    pub home: Option<&'a Path>,
    /// Who takes note of the files that are read.
    pub reads: Option<&'a Reads>,
    /// What impure functions give.
    pub impure: Impure,
    /// The time of the plan, for `plantimestamp`; none where there is no plan, as in a console.
    pub plan_time: Option<Timestamp>,
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// Where random bytes come from.
    pub random: &'a dyn Random,
    /// How many `templatefile` and `templatestring` calls this call is inside of.
    pub template_depth: u32,
}

/// A result that is never null.
pub fn not_null(refinement: Refinement) -> Refinement {
    Refinement {
        not_null: true,
        ..refinement
    }
}

/// Calls a function.
///
/// # Errors
/// When the number of arguments is wrong, an argument cannot be converted or must not be null, or the function fails.
pub fn call(
    function: &Function,
    ctx: &CallContext<'_>,
    args: Vec<Value>,
) -> Result<Value, FunctionError> {
    check_count(function, args.len())?;
    let mut prepared = Vec::with_capacity(args.len());
    let mut marks = Marks::NONE;
    let mut seen = Marks::NONE;
    for (index, arg) in args.into_iter().enumerate() {
        let Some(param) = function.param(index) else {
            continue;
        };
        let (arg, taken) = prepare(param, index, &arg)?;
        marks = marks.union(taken);
        seen = seen.union(taken).union(arg.marks());
        prepared.push(arg);
    }
    run(function, ctx, &prepared)
        .map(|result| result.mark(marks))
        .map_err(|error| redact(function, error, seen))
}

/// How the function is called: `substr(str, offset, length)`.
pub fn signature(function: &Function) -> String {
    let mut names: Vec<String> = function
        .params
        .iter()
        .map(|param| param.name.to_owned())
        .collect();
    names.extend(function.variadic.map(|param| format!("{}...", param.name)));
    format!("{}({})", function.name, names.join(", "))
}

impl Function {
    /// The parameter that takes the argument at `index`, if any does.
    pub fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.variadic.as_ref())
    }
}

/// Checks the number of arguments.
///
/// # Errors
/// When it is not what the function takes.
pub fn check_count(function: &Function, given: usize) -> Result<(), FunctionError> {
    let wanted = function.params.len();
    if given == wanted || (given > wanted && function.variadic.is_some()) {
        return Ok(());
    }
    let least = if function.variadic.is_some() {
        "at least "
    } else {
        ""
    };
    let plural = if wanted == 1 { "" } else { "s" };
    let message = format!(
        "`{}` got {given}, takes {least}{wanted} argument{plural}",
        function.name
    );
    Err(FunctionError {
        id: "argument-count",
        ..FunctionError::new(message).without_values()
    })
}

/// Converts the argument and takes its marks, as far as the parameter says.
fn prepare(param: &Param, index: usize, arg: &Value) -> Result<(Value, Marks), FunctionError> {
    let ty = (param.ty)();
    let arg = if ty == Type::Dynamic {
        arg.clone()
    } else {
        convert(arg, &ty).map_err(|error| FunctionError {
            id: "argument-type",
            ..FunctionError::argument(index, format!("`{}`: {error}", param.name)).without_values()
        })?
    };
    Ok(if param.allow_marked {
        (arg, Marks::NONE)
    } else {
        arg.unmark_deep()
    })
}

fn run(function: &Function, ctx: &CallContext<'_>, args: &[Value]) -> Result<Value, FunctionError> {
    let each = || {
        args.iter()
            .enumerate()
            .filter_map(|(i, arg)| Some((function.param(i)?, arg)))
    };
    for (index, (param, arg)) in each().enumerate() {
        if arg.is_null() && !param.allow_null {
            let message = format!("`{}` is null, but must not be", param.name);
            let error = FunctionError::argument(index, message).without_values();
            return Err(FunctionError {
                id: "argument-not-null",
                ..error
            });
        }
        if !param.allow_dynamic && is_dynamic(arg) {
            return Ok(Value::dynamic());
        }
    }
    let ty = match function.returns {
        Returns::Always(ty) => ty(),
        Returns::ByArguments(rule) => rule(ctx, Arguments(args))?,
    };
    let postponed = each().any(|(param, arg)| !param.allow_unknown && !arg.is_known())
        || (function.purity == Purity::Impure && ctx.impure == Impure::Unknown);
    let result = if postponed {
        // What the function would do with marks that are left to it is not known, so all of them stay.
        let marks = args
            .iter()
            .fold(Marks::NONE, |marks, arg| marks.union(arg.marks()));
        Value::unknown(ty).mark(marks)
    } else {
        (function.call)(ctx, Arguments(args), &ty)?
    };
    Ok(match function.refine {
        Some(refine) => refine_result(result, refine),
        None => result,
    })
}

fn is_dynamic(arg: &Value) -> bool {
    (arg.is_null() || !arg.is_known()) && arg.ty() == Type::Dynamic
}

fn refine_result(result: Value, refine: fn(Refinement) -> Refinement) -> Value {
    let marks = result.marks();
    if let Value::Unknown(unknown) = result.bare()
        && unknown.ty != Type::Dynamic
    {
        let refinement = refine(unknown.refinement.clone());
        return Value::refined(unknown.ty.clone(), refinement).mark(marks);
    }
    result
}

fn redact(function: &Function, error: FunctionError, marks: Marks) -> FunctionError {
    if !error.quotes_values || !marks.is_secret() {
        return error;
    }
    let message = format!(
        "`{}` cannot use the value; why is not shown, because it is sensitive",
        function.name
    );
    FunctionError { message, ..error }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(ty) => f.debug_tuple("Always").field(&ty()).finish(),
            Self::ByArguments(_) => f.write_str("ByArguments"),
        }
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Param")
            .field("name", &self.name)
            .field("ty", &(self.ty)())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CallContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("directory", &self.directory)
            .field("working_directory", &self.working_directory)
            .finish_non_exhaustive()
    }
}
