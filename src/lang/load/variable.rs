//! Type constraints of variables: `list(object({a = optional(string, "x")}))`, and the defaults in them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use model::value::{ConvertError, convert};
use model::{Diagnostic, Diagnostics, Str, Type, Value};

use crate::eval;
use crate::suggest::closest;
use crate::syntax::ast::{Expr, ExprKind, ObjectItem};

/// A wished type and the defaults for attributes that are absent or null.
#[derive(Clone, Debug)]
pub struct TypeConstraint {
    /// The type; attributes given by `optional` are optional in it.
    pub ty: Type,
    /// Defaults inside it.
    pub defaults: Option<Arc<Defaults>>,
}

impl Default for TypeConstraint {
    fn default() -> Self {
        Self {
            ty: Type::Dynamic,
            defaults: None,
        }
    }
}

/// Defaults of an object type's attributes, and of what is nested in a type.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// For attributes that are absent or null.
    attributes: BTreeMap<Str, Value>,
    /// By attribute name or tuple index; the empty name is a collection's elements.
    children: BTreeMap<Str, Arc<Defaults>>,
}

impl TypeConstraint {
    /// Fills in defaults and converts.
    ///
    /// # Errors
    /// When the value cannot be converted to the type.
    pub fn apply(&self, value: &Value) -> Result<Value, ConvertError> {
        match &self.defaults {
            Some(defaults) => convert(&defaults.fill(value), &self.ty),
            None => convert(value, &self.ty),
        }
    }
}

impl Defaults {
    fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// The value with defaults put in wherever an attribute is absent or null, at every depth.
    fn fill(&self, value: &Value) -> Value {
        let (bare, marks) = value.clone().unmark();
        let items = |items: &[Value]| -> Vec<Value> {
            items
                .iter()
                .enumerate()
                .map(|(index, item)| self.fill_child(&index.to_string(), item))
                .collect()
        };
        let filled = match &bare {
            Value::Object(fields) => {
                let mut entries = (**fields).clone();
                self.put_defaults(&mut entries);
                Value::object(entries.into_iter().map(|(name, value)| {
                    let value = self.fill_child(&name, &value);
                    (name, value)
                }))
            }
            // A map that stands for an object may gain values of other types, so it becomes an object; a map that
            // stands for a map goes on as an object, too: conversion makes it one again.
            Value::Map(map) => {
                let mut entries = map.entries.clone();
                self.put_defaults(&mut entries);
                Value::object(entries.into_iter().map(|(name, value)| {
                    let value = self.fill_child(&name, &value);
                    (name, value)
                }))
            }
            Value::List(list) => Value::tuple(items(&list.items)),
            Value::Set(set) => Value::tuple(items(&set.items)),
            Value::Tuple(elements) => Value::tuple(items(elements)),
            _ => bare,
        };
        filled.mark(marks)
    }

    fn put_defaults(&self, entries: &mut model::value::Fields) {
        for (name, default) in &self.attributes {
            if entries.get(name).is_none_or(Value::is_null) {
                entries.insert(name.clone(), default.clone());
            }
        }
    }

    fn fill_child(&self, name: &str, value: &Value) -> Value {
        match self.children.get(name).or_else(|| self.children.get("")) {
            Some(child) => child.fill(value),
            None => value.clone(),
        }
    }
}

/// Reads a type constraint from the expression of a `type` argument.
pub fn type_constraint(expr: &Expr) -> (TypeConstraint, Diagnostics) {
    let mut reader = Reader {
        diagnostics: Diagnostics::new(),
    };
    let (ty, defaults) = reader.constraint(expr);
    let defaults = if defaults.is_empty() {
        None
    } else {
        Some(Arc::new(defaults))
    };
    (TypeConstraint { ty, defaults }, reader.diagnostics)
}

struct Reader {
    diagnostics: Diagnostics,
}

const PRIMITIVES: &[&str] = &["any", "bool", "number", "string"];
const CONSTRUCTORS: &[&str] = &["list", "map", "object", "set", "tuple"];

impl Reader {
    fn fail(
        &mut self,
        expr: &Expr,
        message: impl Into<String>,
        label: &str,
        help: String,
    ) -> (Type, Defaults) {
        self.diagnostics.push(
            Diagnostic::error("invalid-type", message)
                .at(expr.span, label)
                .help(help),
        );
        (Type::Dynamic, Defaults::default())
    }

    fn constraint(&mut self, expr: &Expr) -> (Type, Defaults) {
        match &expr.kind {
            ExprKind::Paren(inner) => self.constraint(inner),
            ExprKind::Traversal { root, steps } if steps.is_empty() => {
                self.keyword(expr, &root.text)
            }
            ExprKind::Literal(Value::Null(_)) => self.fail(
                expr,
                "`null` is not a type",
                "",
                "use `any` for a variable of any type".into(),
            ),
            ExprKind::Literal(Value::String(text)) => {
                // The quoted form of Terraform 0.11.
                let text = text.clone();
                self.keyword(expr, &text)
            }
            ExprKind::Call { name, args, .. } => match name.as_slice() {
                [name] => self.constructor(expr, &name.clone(), args),
                _ => self.unknown(expr, "::"),
            },
            _ => self.fail(
                expr,
                "a type is written as a keyword or a constructor",
                "not a type",
                "for example `string`, `list(number)` or `object({ name = string })`".into(),
            ),
        }
    }

    fn keyword(&mut self, expr: &Expr, name: &str) -> (Type, Defaults) {
        let ty = match name {
            "any" => Type::Dynamic,
            "bool" => Type::Bool,
            "number" => Type::Number,
            "string" => Type::String,
            "list" => Type::list(Type::Dynamic),
            "map" => Type::map(Type::Dynamic),
            "set" => Type::set(Type::Dynamic),
            "object" | "tuple" => {
                let help = if name == "object" {
                    "object({ name = string })"
                } else {
                    "tuple([string, number])"
                };
                return self.fail(
                    expr,
                    format!("`{name}` needs its content"),
                    "",
                    format!("write `{help}`"),
                );
            }
            _ => return self.unknown(expr, name),
        };
        (ty, Defaults::default())
    }

    fn unknown(&mut self, expr: &Expr, name: &str) -> (Type, Defaults) {
        let known: Vec<&str> = PRIMITIVES.iter().chain(CONSTRUCTORS).copied().collect();
        let help = closest(name, known.iter().copied()).map_or_else(
            || format!("types are {}", known.join(", ")),
            |close| format!("did you mean `{close}`?"),
        );
        self.fail(
            expr,
            format!("there is no type `{name}`"),
            "not a type",
            help,
        )
    }

    fn constructor(&mut self, expr: &Expr, name: &str, args: &[Expr]) -> (Type, Defaults) {
        if name == "optional" {
            return self.fail(
                expr,
                "`optional` stands outside of an object type",
                "",
                "`optional(..)` marks attributes inside `object({ .. })`".into(),
            );
        }
        if !CONSTRUCTORS.contains(&name) {
            return self.unknown(expr, name);
        }
        let [arg] = args else {
            let help = format!("`{name}` takes exactly one argument");
            return self.fail(
                expr,
                format!("`{name}` has {} arguments", args.len()),
                "",
                help,
            );
        };
        match name {
            "list" | "set" | "map" => {
                let (element, defaults) = self.constraint(arg);
                let mut outer = Defaults::default();
                if !defaults.is_empty() {
                    outer.children.insert("".into(), Arc::new(defaults));
                }
                let ty = match name {
                    "list" => Type::list(element),
                    "set" => Type::set(element),
                    _ => Type::map(element),
                };
                (ty, outer)
            }
            "tuple" => self.tuple(expr, arg),
            _ => self.object(expr, arg),
        }
    }

    fn tuple(&mut self, expr: &Expr, arg: &Expr) -> (Type, Defaults) {
        let ExprKind::Tuple(elements) = &arg.kind else {
            return self.fail(
                expr,
                "`tuple` takes a list of types",
                "",
                "write `tuple([string, number])`".into(),
            );
        };
        let mut outer = Defaults::default();
        let mut types = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let (ty, defaults) = self.constraint(element);
            types.push(ty);
            if !defaults.is_empty() {
                outer
                    .children
                    .insert(index.to_string().into(), Arc::new(defaults));
            }
        }
        (Type::tuple(types), outer)
    }

    fn object(&mut self, expr: &Expr, arg: &Expr) -> (Type, Defaults) {
        let ExprKind::Object(items) = &arg.kind else {
            return self.fail(
                expr,
                "`object` takes attributes",
                "",
                "write `object({ name = string })`".into(),
            );
        };
        let mut outer = Defaults::default();
        let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
        let mut optional = Vec::new();
        for ObjectItem { key, value } in items {
            let ExprKind::Literal(Value::String(name)) = &key.kind else {
                self.fail(
                    key,
                    "an attribute's name is a plain word",
                    "",
                    "write `name = type`".into(),
                );
                continue;
            };
            let (ty, child) = match &value.kind {
                ExprKind::Call {
                    name: call, args, ..
                } if matches!(call.as_slice(), [one] if *one == "optional") => {
                    optional.push(name.clone());
                    let (ty, child, default) = self.optional(value, args);
                    if let Some(default) = default {
                        outer.attributes.insert(name.clone(), default);
                    }
                    (ty, child)
                }
                _ => self.constraint(value),
            };
            if attributes.insert(name.clone(), ty).is_some() {
                self.fail(
                    key,
                    format!("attribute `{name}` is declared twice"),
                    "",
                    "remove one".into(),
                );
            }
            if !child.is_empty() {
                outer.children.insert(name.clone(), Arc::new(child));
            }
        }
        (Type::object_with_optional(attributes, optional), outer)
    }

    /// `optional(type)` or `optional(type, default)`.
    fn optional(&mut self, expr: &Expr, args: &[Expr]) -> (Type, Defaults, Option<Value>) {
        let (type_expr, default_expr) = match args {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            _ => {
                let help = "`optional` takes a type and maybe a default";
                let (ty, defaults) = self.fail(
                    expr,
                    format!("`optional` has {} arguments", args.len()),
                    "",
                    help.into(),
                );
                return (ty, defaults, None);
            }
        };
        let (ty, child) = self.constraint(type_expr);
        let Some(default_expr) = default_expr else {
            return (ty, child, None);
        };
        let (value, diagnostics) = eval::literal(default_expr);
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        if failed {
            return (ty, child, None);
        }
        let filled = if child.is_empty() {
            value
        } else {
            child.fill(&value)
        };
        match convert(&filled, &ty) {
            Ok(value) => (ty, child, Some(value)),
            Err(error) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "value-type",
                        "the default does not fit the attribute's type",
                    )
                    .at(default_expr.span, error.message)
                    .note(format!("the type is `{ty}`")),
                );
                (ty, child, None)
            }
        }
    }
}
