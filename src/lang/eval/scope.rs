//! What names stand for while an expression is evaluated.

use model::{Diagnostic, Diagnostics, Span, Str, Value};

use crate::functions::{CallContext, FunctionError};
use crate::syntax::ast::{Ident, TraversalStep};

/// Gives the values of names, and what functions see of the world.
///
/// A name is handed over with all static steps after it, so that an implementation can answer
/// `terraform_data.x[3].id` without building the value of all of `terraform_data.x`.
pub trait Scope {
    /// The value of `root` followed by as many of `steps` as the scope cares to take; none when there is no such
    /// name, which the caller reports. A name that exists and cannot be evaluated is reported to `out` here, and its
    /// value is a dynamic unknown.
    fn resolve(
        &self,
        root: &Ident,
        steps: &[TraversalStep],
        out: &mut Diagnostics,
    ) -> Option<Resolution>;

    /// The value of `root.steps[key]` for a key that had to be evaluated, followed by as many steps of
    /// [`Indexed::rest`] as the scope cares to take (which [`Resolution::taken`] then counts); none to have the value
    /// of `root.steps` indexed instead. The key is known, not null, and without marks.
    fn resolve_indexed(&self, indexed: &Indexed<'_>, out: &mut Diagnostics) -> Option<Resolution> {
        let _ = (indexed, out);
        None
    }

    /// Names that [`Scope::resolve`] knows, to suggest one of them.
    fn names(&self) -> Vec<Str> {
        Vec::new()
    }

    /// What functions see of the world.
    fn calls(&self) -> &CallContext<'_>;

    /// Calls `provider::NAME::FUNCTION`; none when there is no such provider or function.
    fn call_provider_function(
        &self,
        name: &[Str],
        args: &[Value],
    ) -> Option<Result<Value, FunctionError>> {
        let _ = (name, args);
        None
    }

    /// Whether the function `type` may be called, as it may in a console only.
    fn is_console(&self) -> bool {
        false
    }

    /// Whether functions may be called at all.
    fn has_functions(&self) -> bool {
        true
    }
}

/// `root.steps[key].rest`.
#[derive(Clone, Copy, Debug)]
pub struct Indexed<'a> {
    /// The name.
    pub root: &'a Ident,
    /// The static steps before the key.
    pub steps: &'a [TraversalStep],
    /// The key.
    pub key: &'a Value,
    /// The static steps after the key.
    pub rest: &'a [TraversalStep],
}

/// A value, and how many of the steps that were handed over it includes.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The value.
    pub value: Value,
    /// How many steps were taken; the caller takes the others.
    pub taken: usize,
}

impl Resolution {
    /// The value of the name alone.
    pub fn of(value: Value) -> Self {
        Self { value, taken: 0 }
    }
}

/// A scope with one more name, such as the iterator of a `dynamic` block.
#[derive(Clone)]
pub struct Bound<'a> {
    /// What all other names stand for.
    pub outer: &'a dyn Scope,
    /// The name.
    pub name: Str,
    /// What it stands for.
    pub value: Value,
}

impl std::fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Scope for Bound<'_> {
    fn resolve(
        &self,
        root: &Ident,
        steps: &[TraversalStep],
        out: &mut Diagnostics,
    ) -> Option<Resolution> {
        if root.text == self.name {
            return Some(Resolution::of(self.value.clone()));
        }
        self.outer.resolve(root, steps, out)
    }

    fn resolve_indexed(&self, indexed: &Indexed<'_>, out: &mut Diagnostics) -> Option<Resolution> {
        if indexed.root.text == self.name {
            None
        } else {
            self.outer.resolve_indexed(indexed, out)
        }
    }

    fn names(&self) -> Vec<Str> {
        let mut names = self.outer.names();
        names.push(self.name.clone());
        names
    }

    fn calls(&self) -> &CallContext<'_> {
        self.outer.calls()
    }

    fn call_provider_function(
        &self,
        name: &[Str],
        args: &[Value],
    ) -> Option<Result<Value, FunctionError>> {
        self.outer.call_provider_function(name, args)
    }

    fn is_console(&self) -> bool {
        self.outer.is_console()
    }

    fn has_functions(&self) -> bool {
        self.outer.has_functions()
    }
}

/// Whether diagnostics will be shown, or only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reporting {
    /// They may be shown: say everything.
    Full,
    /// Only whether there is an error matters, so that the message need not be made.
    Counted,
}

/// A scope and the names bound inside the expression, the innermost first.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) locals: Option<&'a Local<'a>>,
    pub(super) reporting: Reporting,
}

/// A name bound inside the expression.
pub(super) struct Local<'a> {
    pub(super) name: &'a Str,
    pub(super) value: Value,
    pub(super) outer: Option<&'a Local<'a>>,
}

impl<'a> Env<'a> {
    /// The value of a name bound inside the expression.
    pub(super) fn local(&self, name: &Str) -> Option<&'a Value> {
        let mut next = self.locals;
        while let Some(local) = next {
            if local.name == name {
                return Some(&local.value);
            }
            next = local.outer;
        }
        None
    }

    /// All names, for suggestions.
    pub(super) fn names(&self) -> Vec<Str> {
        let mut names = self.scope.names();
        let mut next = self.locals;
        while let Some(local) = next {
            names.push(local.name.clone());
            next = local.outer;
        }
        names
    }

    /// The same, with diagnostics only counted.
    pub(super) fn counted(self) -> Self {
        Self {
            reporting: Reporting::Counted,
            ..self
        }
    }

    /// Reports an error, made only if it will be shown.
    pub(super) fn fail(
        &self,
        out: &mut Diagnostics,
        span: Span,
        error: impl FnOnce() -> Diagnostic,
    ) -> Value {
        out.push(match self.reporting {
            Reporting::Full => error().at_least(span),
            Reporting::Counted => Diagnostic::error("function-failed", ""),
        });
        Value::dynamic()
    }
}
