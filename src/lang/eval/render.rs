//! Evaluates templates that functions are given as text.

use model::{Sources, Span, Str, Value};

use super::expression::evaluate;
use super::operand::kind_of;
use super::references::{FreeTraversal, references};
use super::scope::{Resolution, Scope};
use crate::functions::{CallContext, FunctionError};
use crate::syntax::ast::{Ident, TraversalStep};
use crate::syntax::parse_template;

/// Evaluates the template `text`, known to people as `name`, in which the entries of `vars` are the only names.
///
/// # Errors
/// When `vars` is no known map or object, and with the first thing that is wrong in the template, with its place.
pub fn render(
    name: &str,
    text: &str,
    vars: &Value,
    ctx: &CallContext<'_>,
) -> Result<Value, FunctionError> {
    if vars.as_fields().is_none() {
        let message = format!("the variables are {}, not a map or object", kind_of(vars));
        return Err(FunctionError::argument(1, message).without_values());
    }
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let (expr, found) = parse_template(file, text);
    if let Some(error) = found.iter().find(|found| found.is_error()) {
        return Err(failure(
            0,
            &sources,
            error.primary.as_ref().map(|label| label.span),
            &error.message,
        ));
    }
    let scope = Variables {
        vars,
        ctx: CallContext {
            template_depth: ctx.template_depth + 1,
            ..*ctx
        },
    };
    let mut free: Vec<FreeTraversal<'_>> = Vec::new();
    references(&expr, &mut free);
    if let Some(missing) = free.iter().find(|free| vars.get(&free.root.text).is_none()) {
        let message = format!(
            "the template uses `{}`, which is not among its variables",
            missing.root.text
        );
        return Err(failure(1, &sources, Some(missing.span), &message));
    }
    let (value, found) = evaluate(&expr, &scope);
    match found.iter().find(|found| found.is_error()) {
        Some(error) => {
            let span = error.primary.as_ref().map(|label| label.span);
            let mut failure = failure(0, &sources, span, &error.message);
            failure.argument = None;
            Err(failure)
        }
        None => Ok(value),
    }
}

fn failure(argument: usize, sources: &Sources, span: Option<Span>, message: &str) -> FunctionError {
    let place = span.and_then(|span| {
        let name = &sources.file(span.file)?.name;
        let position = sources.position(span)?;
        Some(format!("{name}:{}:{}: ", position.line, position.column))
    });
    FunctionError::argument(argument, format!("{}{message}", place.unwrap_or_default()))
}

/// The variables of a template.
struct Variables<'a> {
    vars: &'a Value,
    ctx: CallContext<'a>,
}

impl Scope for Variables<'_> {
    fn resolve(
        &self,
        root: &Ident,
        _: &[TraversalStep],
        _: &mut model::Diagnostics,
    ) -> Option<Resolution> {
        let value = self.vars.get(&root.text)?.clone();
        Some(Resolution::of(value.mark(self.vars.marks())))
    }

    fn names(&self) -> Vec<Str> {
        self.vars
            .as_fields()
            .map(|fields| fields.keys().cloned().collect())
            .unwrap_or_default()
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.ctx
    }
}
