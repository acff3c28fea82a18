//! Where a value that drifted comes from: the literal in the definition or among an environment's variables that has to say
//! something else for what is there to be as defined, or where nothing says it yet, the place for it. Nothing is written; what
//! cannot be said by a literal is told with its place. Entry points: [`Written::place`], [`spliced`].

use std::collections::{BTreeMap, BTreeSet};

use lang::desired::{Given, Origin};
use lang::load::{Module, ModuleCall, Repeat};
use lang::syntax::ast::{Block, Body, Expr, ExprKind, TraversalKind};
use lang::syntax::parse_body;
use lang::{Definition, eval};
use model::address::{InstanceAddr, ModulePath};
use model::value::to_json;
use model::{PathStep, Sources, Span, Str, Value};

/// All that values may be written in.
#[derive(Clone, Copy, Debug)]
pub struct Written<'w> {
    /// The definition.
    pub definition: &'w Definition,
    /// What the root module's variables were given.
    pub given: &'w BTreeMap<Str, Given>,
    /// The text of all of it.
    pub sources: &'w Sources,
    /// The environment, of whose variables it is.
    pub environment: &'w str,
    /// Its block in `terrace.hcl`, where it has one.
    pub block: Option<Span>,
    /// The attributes that an author may set of the instance's type.
    pub settable: &'w BTreeSet<Str>,
    /// The root variables that are inputs, the same in every environment.
    pub inputs: &'w BTreeSet<Str>,
}

/// A place that says a value, or is to say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The literal; empty where there is none yet.
    pub span: Span,
    /// What comes before the literal where there is none yet: a name and `=`.
    pub before: String,
    /// What comes after it then.
    pub after: String,
    /// How far the line of the literal is indented where it is a new one.
    pub indent: Option<usize>,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self {
            span,
            before: String::new(),
            after: String::new(),
            indent: None,
        }
    }
}

/// Why there is no literal that could say something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Why, in a phrase.
    pub why: String,
    /// Where, if anywhere.
    pub span: Option<Span>,
    /// Whether it is only that there is nothing at the end of the path, of which what it is in may be written anew.
    pub is_missing: bool,
}

impl Kept {
    fn at(span: Span, why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            span: Some(span),
            is_missing: false,
        }
    }

    fn missing(span: Span, why: impl Into<String>) -> Self {
        Self {
            is_missing: true,
            ..Self::at(span, why)
        }
    }
}

impl Written<'_> {
    /// The place of the literal that an instance's attribute has its value from, or should have it from.
    ///
    /// # Errors
    /// Why there is none.
    pub fn place(&self, addr: &InstanceAddr, path: &[PathStep]) -> Result<Place, Kept> {
        let place = self.anywhere(addr, path)?;
        match self.fetched_from(place.span) {
            None => Ok(place),
            Some(source) => {
                let why = format!("it is written in a module that is fetched from {source}");
                Err(Kept::at(place.span, why))
            }
        }
    }

    /// The source of the module that a place is in, where it is not a local path: what is edited there is nobody's to keep.
    fn fetched_from(&self, span: Span) -> Option<&str> {
        let name = self.sources.file(span.file)?.name.as_str();
        let mut packages = self.definition.packages.values();
        let found = packages.find(|package| {
            let root = format!("{}/", package.root);
            name.starts_with(&root) || name.contains(&format!("/{root}"))
        });
        found.map(|package| package.source.as_str())
    }

    fn anywhere(&self, addr: &InstanceAddr, path: &[PathStep]) -> Result<Place, Kept> {
        let resource = addr.resource();
        let module = self.module(&resource.module)?;
        let found = module.resources.values().find(|known| {
            known.id.mode == resource.mode
                && known.id.rtype == resource.rtype
                && known.id.name == resource.name
        });
        let Some(found) = found else {
            return Err(Kept {
                why: "its block is not in the definition any more".into(),
                span: None,
                is_missing: false,
            });
        };
        if !matches!(found.repeat, Repeat::Once) {
            let why = "its block makes several instances, and what it says is for all of them";
            return Err(Kept::at(found.span, why));
        }
        let Some((PathStep::Attribute(name), rest)) = path.split_first() else {
            return Err(Kept::at(found.span, "it is written here as a block"));
        };
        let body = &found.body;
        let is_written = body.attributes.iter().any(|known| known.name.text == *name)
            || body.blocks.iter().any(|known| known.kind.text == *name);
        if is_written || !self.settable.contains(name) {
            return self.in_body(&resource.module, body, found.span, path);
        }
        if !rest.is_empty() {
            return Err(Kept::missing(
                found.span,
                format!("`{name}` is not set here"),
            ));
        }
        self.line_in(body, found.span, name, ("", ""))
            .ok_or_else(|| {
                Kept::at(
                    found.span,
                    format!("`{name}` is not set here, all in one line"),
                )
            })
    }

    /// The place for a line of its own in the body of a block: below its last attribute. `around` stands around the value.
    fn line_in(
        &self,
        body: &Body,
        header: Span,
        name: &str,
        around: (&str, &str),
    ) -> Option<Place> {
        let text = &*self.sources.file(body.span.file)?.text;
        let (start, end) = (body.span.start as usize, body.span.end as usize);
        let is_one_line = !text.get(start..end)?.contains('\n');
        let (open, close) = around;
        let place = |at: usize, indent: usize, after: String| Place {
            span: Span::new(body.span.file, at, at),
            before: format!("\n{:indent$}{name} = {open}", ""),
            after: format!("{close}{after}"),
            indent: Some(indent),
        };
        let last = body
            .attributes
            .iter()
            .max_by_key(|known| known.expr.span.end);
        let Some(last) = last else {
            let indent = indented(text, header.start as usize) + 2;
            let is_empty = text.get(start..end)?.trim().is_empty();
            return match (is_one_line, is_empty) {
                (true, false) => None,
                (true, true) => {
                    let outer = indent.saturating_sub(2);
                    Some(place(start, indent, format!("\n{:outer$}", "")))
                }
                (false, _) => Some(place(start, indent, String::new())),
            };
        };
        if is_one_line {
            return None;
        }
        let indent = indented(text, last.name.span.start as usize);
        Some(place(
            end_of_line(text, last.expr.span.end as usize)?,
            indent,
            String::new(),
        ))
    }

    /// The place for a variable of the environment that it has by its default only.
    fn of_environment(&self, name: &Str) -> Option<Place> {
        let at = self.block?;
        let text = &*self.sources.file(at.file)?.text;
        let (body, _) = parse_body(at.file, text);
        let block = self.environment_block(&body)?;
        let mut attributes = block.body.attributes.iter();
        let Some(variables) = attributes.find(|attribute| attribute.name.text == *"variables")
        else {
            let open = format!("{{ {name} = ");
            return self.line_in(&block.body, block.header, "variables", (&open, " }"));
        };
        let ExprKind::Object(items) = &variables.expr.kind else {
            return None;
        };
        let place = |at_byte: usize, before: String, after: &str, indent: Option<usize>| Place {
            span: Span::new(at.file, at_byte, at_byte),
            before,
            after: after.into(),
            indent,
        };
        let (start, end) = (
            variables.expr.span.start as usize,
            variables.expr.span.end as usize,
        );
        let Some(last) = items.last() else {
            return Some(place(start + 1, format!(" {name} = "), " ", None));
        };
        let last_end = last.value.span.end as usize;
        if text.get(start..end)?.contains('\n') {
            let indent = indented(text, last.key.span.start as usize);
            let before = format!("\n{:indent$}{name} = ", "");
            return Some(place(
                end_of_line(text, last_end)?,
                before,
                "",
                Some(indent),
            ));
        }
        Some(place(last_end, format!(", {name} = "), "", None))
    }

    fn module(&self, path: &ModulePath) -> Result<&Module, Kept> {
        let found = self.definition.modules.get(path);
        found.map(|module| &**module).ok_or_else(|| Kept {
            why: "its module is not in the definition any more".into(),
            span: None,
            is_missing: false,
        })
    }

    fn in_body(
        &self,
        module: &ModulePath,
        body: &Body,
        header: Span,
        path: &[PathStep],
    ) -> Result<Place, Kept> {
        let Some((PathStep::Attribute(name), rest)) = path.split_first() else {
            return Err(Kept::at(header, "it is written here as a block"));
        };
        let attribute = body
            .attributes
            .iter()
            .find(|known| known.name.text == *name);
        if let Some(attribute) = attribute {
            return self.in_expr(module, &attribute.expr, rest);
        }
        let blocks: Vec<_> = body
            .blocks
            .iter()
            .filter(|block| block.kind.text == *name)
            .collect();
        let (index, rest) = match rest.split_first() {
            Some((PathStep::Index(index), rest)) => (*index, rest),
            Some(_) | None => (0, rest),
        };
        match (
            blocks.get(usize::try_from(index).unwrap_or(usize::MAX)),
            blocks.len(),
        ) {
            (Some(block), _) => self.in_body(module, &block.body, block.header, rest),
            (None, 0) => Err(Kept::at(header, format!("`{name}` is not set here"))),
            (None, _) => Err(Kept::at(
                header,
                format!("there are other blocks `{name}` here"),
            )),
        }
    }

    fn in_expr(&self, module: &ModulePath, expr: &Expr, path: &[PathStep]) -> Result<Place, Kept> {
        match (&expr.kind, path.split_first()) {
            (ExprKind::Paren(inner), _) => self.in_expr(module, inner, path),
            (_, None) if is_literal(expr) => Ok(expr.span.into()),
            (ExprKind::Tuple(items), Some((PathStep::Index(index), rest))) => {
                match items.get(usize::try_from(*index).unwrap_or(usize::MAX)) {
                    Some(item) => self.in_expr(module, item, rest),
                    None => Err(Kept::missing(expr.span, "it has no such element")),
                }
            }
            (
                ExprKind::Object(items),
                Some((PathStep::Attribute(name) | PathStep::Key(name), rest)),
            ) => {
                let is_it = |key: &Expr| matches!(&key.kind, ExprKind::Literal(Value::String(text)) if text == name);
                match items.iter().find(|item| is_it(&item.key)) {
                    Some(item) => self.in_expr(module, &item.value, rest),
                    None => Err(Kept::missing(expr.span, format!("it has no `{name}`"))),
                }
            }
            (ExprKind::Traversal { root, steps }, _) if root.text == *"var" => {
                let mut steps = steps.iter().map(|step| match &step.kind {
                    TraversalKind::Attribute(name) => Some(PathStep::Attribute(name.clone())),
                    TraversalKind::Index(Value::String(key)) => Some(PathStep::Key(key.clone())),
                    TraversalKind::Index(key) => {
                        let index = to_json(key).ok().and_then(|index| index.as_u64());
                        index.map(PathStep::Index)
                    }
                });
                let Some(Some(PathStep::Attribute(name))) = steps.next() else {
                    return Err(computed(expr));
                };
                let Some(mut way) = steps.collect::<Option<Vec<PathStep>>>() else {
                    return Err(computed(expr));
                };
                way.extend_from_slice(path);
                self.of_variable(module, &name, expr.span, &way)
            }
            _ if is_literal(expr) => Err(Kept::missing(expr.span, "it is written otherwise")),
            _ => Err(computed(expr)),
        }
    }

    /// The place that gives a module's variable its value.
    fn of_variable(
        &self,
        module: &ModulePath,
        name: &Str,
        used: Span,
        path: &[PathStep],
    ) -> Result<Place, Kept> {
        let declared = self.module(module)?.variables.get(name);
        let span = declared.map_or(used, |declared| declared.span);
        let default = || Kept::at(span, format!("it is the default of `var.{name}`"));
        let (Some(parent), Some(call)) = (module.parent(), module.0.last()) else {
            return match self.given.get(name) {
                Some(given) => self.given(name, given, path),
                None if self.inputs.contains(name) => {
                    let why = format!("`var.{name}` is an input, the same in every environment");
                    Err(Kept::at(span, why))
                }
                None if !path.is_empty() => Err(Kept::missing(span, default().why)),
                None => self.of_environment(name).ok_or_else(default),
            };
        };
        let call: &ModuleCall = self.module(&parent)?.calls.get(call).ok_or_else(default)?;
        if !matches!(call.repeat, Repeat::Once) {
            let why = "its module is called several times over, and what is said there is for all";
            return Err(Kept::at(call.span, why));
        }
        let argument = call.arguments.get(name).ok_or_else(default)?;
        self.in_expr(&parent, &argument.expr, path)
    }

    /// The place in `terrace.hcl` or a variable file.
    fn given(&self, name: &Str, given: &Given, path: &[PathStep]) -> Result<Place, Kept> {
        match given.origin {
            Origin::Environment | Origin::AutoFile => {}
            Origin::Process | Origin::CommandLine | Origin::CommandFile => {
                return Err(Kept {
                    why: format!(
                        "`var.{name}` is given by whoever calls terrace, as by TF_VAR_{name}"
                    ),
                    span: None,
                    is_missing: false,
                });
            }
        }
        let other = || Kept::at(given.span, format!("`var.{name}` is given here"));
        let file = self.sources.file(given.span.file).ok_or_else(other)?;
        if file.name.ends_with(".json") {
            return Err(other());
        }
        let (body, _) = parse_body(given.span.file, &file.text);
        let expr = body
            .attributes
            .iter()
            .find(|attribute| attribute.name.text == *name)
            .map(|attribute| &attribute.expr)
            .or_else(|| self.in_environment(&body, name))
            .ok_or_else(other)?;
        self.in_expr(&ModulePath::root(), expr, path)
    }

    /// The environment's block in the body of `terrace.hcl`.
    fn environment_block<'b>(&self, body: &'b Body) -> Option<&'b Block> {
        body.blocks.iter().find(|block| {
            let mut labels = block.labels.iter();
            block.kind.text == *"environment" && labels.any(|label| label.text == *self.environment)
        })
    }

    /// The expression that the environment's block gives a variable.
    fn in_environment<'b>(&self, body: &'b Body, name: &Str) -> Option<&'b Expr> {
        let mut attributes = self.environment_block(body)?.body.attributes.iter();
        let variables = attributes.find(|attribute| attribute.name.text == *"variables")?;
        let ExprKind::Object(items) = &variables.expr.kind else {
            return None;
        };
        let mut items = items.iter();
        let item = items.find(
            |item| matches!(&item.key.kind, ExprKind::Literal(Value::String(key)) if key == name),
        );
        item.map(|item| &item.value)
    }
}

/// How far the line of a place is indented.
fn indented(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(line..).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

/// The end of the line that something ends in, before its line break. A heredoc ends after its own.
fn end_of_line(text: &str, end: usize) -> Option<usize> {
    if text.get(..end)?.ends_with('\n') {
        return end.checked_sub(1);
    }
    let rest = text.get(end..)?;
    Some(end + rest.find('\n').unwrap_or(rest.len()))
}

fn computed(expr: &Expr) -> Kept {
    Kept::at(expr.span, "it is computed by an expression")
}

/// Whether nothing is computed in it.
fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Paren(inner) => is_literal(inner),
        ExprKind::Tuple(items) => items.iter().all(is_literal),
        ExprKind::Object(items) => items
            .iter()
            .all(|item| is_literal(&item.key) && is_literal(&item.value)),
        ExprKind::Unary { operand, .. } => is_literal(operand) && eval::literal(expr).1.is_empty(),
        ExprKind::Template(_)
        | ExprKind::Wrap(_)
        | ExprKind::Traversal { .. }
        | ExprKind::Relative { .. }
        | ExprKind::Index { .. }
        | ExprKind::Splat { .. }
        | ExprKind::Call { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Conditional { .. }
        | ExprKind::For(_)
        | ExprKind::Error => false,
    }
}

/// What is at a place in a value.
pub fn at<'v>(value: &'v Value, path: &[PathStep]) -> Option<&'v Value> {
    let Some((step, rest)) = path.split_first() else {
        return Some(value);
    };
    let inner = match step {
        PathStep::Attribute(name) | PathStep::Key(name) => value.bare().as_fields()?.get(name)?,
        PathStep::Index(index) => value
            .bare()
            .as_items()?
            .get(usize::try_from(*index).ok()?)?,
        PathStep::Element(_) => return None,
    };
    at(inner, rest)
}

/// A text with other words at some of its places; all else is as it was.
///
/// `edits` has the first byte of a place and the byte after it, and what is to stand there. Places must not overlap.
pub fn spliced(text: &str, edits: &BTreeMap<(usize, usize), String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for ((start, end), words) in edits {
        out.push_str(text.get(done..*start).unwrap_or_default());
        out.push_str(words);
        // The line end is a part of a heredoc.
        let old = text.get(*start..*end).unwrap_or_default();
        if old.ends_with('\n') && !words.ends_with('\n') {
            out.push('\n');
        }
        done = *end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lang::load;
    use lang::load::Snapshot;

    use super::*;

    const TEXT: &str = "variable \"x\" {}\n\
         resource \"a\" \"b\" {\n  \
           tags = { one = \"1\", \"t w o\" = \"2\" }\n  \
           list = [1, [2, 3]]\n  \
           text = <<-EOT\n    hello\n  EOT\n  \
           made = \"${var.x}!\"\n  \
           less = -1\n  \
           ready {\n    http = \"u\"\n  }\n  \
           ready {\n    http = \"v\"\n  }\n}\n";

    /// The text at the place of a value, or why there is none.
    fn place(path: &[PathStep]) -> Result<String, Kept> {
        let mut files = Snapshot::default();
        files.0.insert("main.tf".into(), TEXT.as_bytes().into());
        let (definition, _) = load(&files, Path::new(""), Sources::default());
        let written = Written {
            definition: &definition,
            given: &BTreeMap::new(),
            sources: &definition.sources,
            environment: "test",
            block: None,
            settable: &BTreeSet::from(["unset".into()]),
            inputs: &BTreeSet::new(),
        };
        let found = written.place(&"a.b".parse().unwrap(), path)?;
        let Span { start, end, .. } = found.span;
        let (start, end) = (start as usize, end as usize);
        Ok(match found.indent {
            None => TEXT[start..end].to_owned(),
            Some(_) => format!("{}{}1{}", &TEXT[..start], found.before, found.after),
        })
    }

    fn attribute(name: &str) -> PathStep {
        PathStep::Attribute(name.into())
    }

    fn key(name: &str) -> PathStep {
        PathStep::Key(name.into())
    }

    #[test]
    fn the_smallest_literal_that_says_it_is_found() {
        let found = |path: &[PathStep]| place(path).unwrap();
        assert_eq!(found(&[attribute("tags"), key("t w o")]), "\"2\"");
        assert_eq!(
            found(&[attribute("list"), PathStep::Index(1), PathStep::Index(0)]),
            "2"
        );
        assert_eq!(found(&[attribute("less")]), "-1");
        assert!(found(&[attribute("text")]).starts_with("<<-EOT\n    hello"));
        assert_eq!(
            found(&[attribute("ready"), PathStep::Index(1), attribute("http")]),
            "\"v\""
        );
        assert_eq!(
            found(&[attribute("tags")]),
            "{ one = \"1\", \"t w o\" = \"2\" }"
        );
    }

    #[test]
    fn what_is_not_set_comes_below_the_last_that_is() {
        let text = place(&[attribute("unset")]).unwrap();
        assert!(text.ends_with("\n  less = -1\n  unset = 1"), "{text}");
        let inside = place(&[attribute("unset"), key("x")]).unwrap_err();
        assert!(inside.is_missing, "all of it is to be written");
    }

    #[test]
    fn what_no_literal_says_is_told() {
        let why = |path: &[PathStep]| {
            let kept = place(path).unwrap_err();
            (kept.why, kept.is_missing)
        };
        let computed = "it is computed by an expression";
        assert_eq!(why(&[attribute("made")]), (computed.into(), false));
        let other = [attribute("tags"), key("three")];
        assert_eq!(why(&other), ("it has no `three`".into(), true));
        assert_eq!(
            why(&[attribute("none")]),
            ("`none` is not set here".into(), false)
        );
    }

    #[test]
    fn all_else_stays_as_it_was_written() {
        let text = "a = 1 # one\nb = <<X\nhello\nX\nc = 2\n";
        let heredoc = text.find("<<X").unwrap();
        let after = text.find("c = 2").unwrap();
        let edits = BTreeMap::from([
            ((4, 5), "10".to_owned()),
            ((heredoc, after), "\"bye\"".to_owned()),
        ]);
        assert_eq!(spliced(text, &edits), "a = 10 # one\nb = \"bye\"\nc = 2\n");
    }
}
