//! Whether the checks of `terrace.hcl` can work at all: what their expressions refer to, and of which types they are.
//! Found without an apply: outputs and answers are values that are not known. Entry point: [`check_checks`].

use std::collections::BTreeSet;
use std::path::Path;

use lang::desired::RandomSource;
use lang::eval::evaluate;
use lang::functions::{CallContext, Impure};
use lang::load::Module;
use lang::project::{Check, CheckAction};
use lang::syntax::ast::Expr;
use model::address::{InstanceAddr, Mode};
use model::clock::Clock;
use model::pattern::Pattern;
use model::value::convert;
use model::{Diagnostic, Diagnostics, Str, Type, Value};

use crate::project::Project;
use crate::verify::CheckScope;

/// What functions in checks see of the world.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'s> {
    /// Where relative paths start.
    pub directory: &'s Path,
    /// The time.
    pub clock: &'s dyn Clock,
    /// Chance.
    pub random: &'s dyn RandomSource,
}

impl<'s> Surroundings<'s> {
    fn calls(self) -> CallContext<'s> {
        CallContext {
            directory: self.directory,
            working_directory: self.directory,
            home: None,
            reads: None,
            impure: Impure::Unknown,
            plan_time: None,
            clock: self.clock,
            random: self.random,
            template_depth: 0,
        }
    }
}

/// Reports what is wrong with the expressions of all checks of a project; `root` is the definition's root module,
/// where it could be read.
pub fn check_checks(
    project: &Project,
    root: Option<&Module>,
    surroundings: Surroundings<'_>,
) -> Diagnostics {
    let output = match root {
        Some(root) if !root.broken => Value::object(
            root.outputs
                .keys()
                .map(|name| (name.clone(), Value::dynamic())),
        ),
        Some(_) | None => Value::dynamic(),
    };
    let revision = revision(project);
    let mut out = Diagnostics::new();
    for check in project.file.checks.values() {
        let scope = CheckScope {
            output: output.clone(),
            environment: Value::unknown_not_null(Type::String),
            revision: revision.clone(),
            response: None,
            calls: surroundings.calls(),
        };
        one(check, scope, &mut out);
        if let Some(root) = root.filter(|root| !root.broken) {
            about_nothing(check, root, &mut out);
        }
        if check.every.is_zero() && !check.within.is_zero() {
            let message = format!("check `{}` is tried again without any wait", check.name);
            let warning = Diagnostic::warning("impossible-rule", message);
            let help = "write how long is waited between two tries: every = \"1s\"";
            out.push(warning.at(check.span, "with `every` of no time").help(help));
        }
    }
    out.extend(named_twice(project));
    out
}

/// Warns of what a check is about that is not in the root module, where it would have to be.
fn about_nothing(check: &Check, root: &Module, out: &mut Diagnostics) {
    for (pattern, span) in &check.about {
        let text = pattern.to_string();
        if text.starts_with("module.") && !root.calls.is_empty() {
            continue;
        }
        // Which instances there are is not known, but which blocks.
        let block = text
            .split_once('[')
            .map_or(text.as_str(), |(block, _)| block);
        let Ok(block) = block.parse::<Pattern>() else {
            continue;
        };
        let declared = root
            .resources
            .keys()
            .filter(|name| name.mode == Mode::Managed);
        let mut instances =
            declared.filter_map(|name| format!("{}.{}", name.rtype, name.name).parse().ok());
        if !instances.any(|instance: InstanceAddr| block.matches(&instance)) {
            let message = format!("check `{}` is about nothing in the definition", check.name);
            let warning = Diagnostic::warning("impossible-rule", message);
            let help = "name instances as in a plan, such as local_file.note";
            out.push(warning.at(*span, "no such block").help(help));
        }
    }
}

/// Warns of environments that are named twice in one `after`.
fn named_twice(project: &Project) -> Diagnostics {
    let mut out = Diagnostics::new();
    for environment in &project.file.environments {
        let mut seen = BTreeSet::new();
        for (name, span) in &environment.after {
            if !seen.insert(name) {
                let message = format!("`{}` comes after `{name}` twice", environment.name);
                let warning = Diagnostic::warning("impossible-rule", message);
                out.push(warning.at(*span, "named before").help("name it once"));
            }
        }
    }
    out
}

/// What is known of `revision` before there is one: which inputs it has.
fn revision(project: &Project) -> Value {
    let text = || Value::unknown(Type::String);
    let inputs = project.file.inputs.keys();
    Value::object([
        ("name", text()),
        ("digest", text()),
        ("commit", text()),
        (
            "inputs",
            Value::object(inputs.map(|name| (name.clone(), Value::dynamic()))),
        ),
    ])
}

fn one(check: &Check, mut scope: CheckScope<'_>, out: &mut Diagnostics) {
    let asked = check.action.expr();
    let wanted = match &check.action {
        CheckAction::Http(_) | CheckAction::Tcp(_) => Type::String,
        CheckAction::Command(_) => Type::list(Type::String),
    };
    fits(asked, &scope, &wanted, out);
    if let Some(pass) = &check.pass {
        scope.response = Some(response(&check.action));
        fits(pass, &scope, &Type::Bool, out);
    }
}

/// Reports what is wrong with an expression, or that its value is not of the type that is wanted.
fn fits(expr: &Expr, scope: &CheckScope<'_>, wanted: &Type, out: &mut Diagnostics) {
    let (value, found) = evaluate(expr, scope);
    let failed = found.has_errors();
    for diagnostic in found {
        let helpless = diagnostic.id == "unknown-name" && diagnostic.help.is_empty();
        out.push(if helpless {
            diagnostic.help(
                "a check sees `output.NAME`, `environment.name`, `revision.name` and, in `pass`, \
                 `response`",
            )
        } else {
            diagnostic
        });
    }
    if failed {
        return;
    }
    if let Err(error) = convert(&value.unmark_deep().0, wanted) {
        out.push(
            Diagnostic::error(
                "value-type",
                format!("{} is wanted here", wanted.friendly()),
            )
            .at(expr.span, error.message),
        );
    }
}

/// What an answer is made of.
fn response(action: &CheckAction) -> Value {
    let fields: &[(&str, Type)] = match action {
        CheckAction::Http(_) => &[
            ("status", Type::Number),
            ("body", Type::String),
            ("headers", Type::map(Type::String)),
            ("ok", Type::Bool),
        ],
        CheckAction::Tcp(_) => &[("ok", Type::Bool)],
        CheckAction::Command(_) => &[
            ("status", Type::Number),
            ("stdout", Type::String),
            ("stderr", Type::String),
            ("ok", Type::Bool),
        ],
    };
    Value::object(
        fields
            .iter()
            .map(|(name, ty)| (Str::from(*name), Value::unknown_not_null(ty.clone()))),
    )
}
