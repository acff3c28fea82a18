//! What a resource type or data source takes and gives, as people read it.

use model::schema::{Attribute, AttributeType, Block, NestedBlock, Schema};
use model::{Str, Type};

use super::line::{Line, Page};
use super::style::{Label, Look};

/// A resource type or data source of a provider.
#[derive(Clone, Copy, Debug)]
pub struct TypeView<'a> {
    /// Its name: `local_file`.
    pub name: &'a Str,
    /// `resource` or `data source`.
    pub what: &'static str,
    /// Its provider, as `required_providers` names it.
    pub provider: &'a str,
    /// Its schema.
    pub schema: &'a Schema,
}

/// All types, by provider.
pub fn types(views: &[TypeView<'_>], look: Look) -> String {
    let mut page = Page::new(look);
    for of_one in views.chunk_by(|a, b| a.provider == b.provider) {
        page.gap();
        let provider = of_one.first().map_or("", |view| view.provider);
        page.line(&Line::of(Label::Heading, provider.to_owned()));
        let rows = of_one.iter().map(|view| Row {
            path: view.name.to_string(),
            kind: view.what.into(),
            about: &view.schema.block.description,
            which: Which::Required,
        });
        let rows: Vec<Row<'_>> = rows.collect();
        write_rows(&mut page, &rows.iter().collect::<Vec<_>>());
    }
    page.finish()
}

/// One type with its arguments, those that must be set first, and what its provider sets.
pub fn one(view: TypeView<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let head = Line::of(Label::Heading, view.name.to_string());
    page.line(&head.then(format!("   {} of {}", view.what, view.provider)));
    let block = &view.schema.block;
    if !block.description.is_empty() {
        page.wrapped(&Line::plain(block.description.clone()), 0);
    }
    let mut rows = Vec::new();
    rows_of(block, "", &mut rows);
    for (title, which) in [
        ("Arguments", Which::Required),
        ("Arguments that may be left out", Which::Optional),
        ("Set by the provider", Which::Computed),
    ] {
        let of_these = rows.iter().filter(|row| row.which == which);
        let of_these: Vec<&Row<'_>> = of_these.collect();
        if !of_these.is_empty() {
            page.gap();
            page.line(&Line::of(Label::Heading, title));
            write_rows(&mut page, &of_these);
        }
    }
    page.finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Required,
    Optional,
    Computed,
}

/// An attribute, or a block, by its path.
struct Row<'a> {
    path: String,
    kind: String,
    about: &'a str,
    which: Which,
}

fn rows_of<'a>(block: &'a Block, above: &str, rows: &mut Vec<Row<'a>>) {
    for (name, attribute) in &block.attributes {
        let path = format!("{above}{name}");
        rows.push(Row {
            kind: kind_of(attribute),
            about: &attribute.description,
            which: which(attribute),
            path,
        });
    }
    for (name, nested) in &block.blocks {
        let path = format!("{above}{name}");
        let which = match nested.min_items {
            0 => Which::Optional,
            _ => Which::Required,
        };
        rows.push(Row {
            kind: times(nested),
            about: &nested.block.description,
            which,
            path: path.clone(),
        });
        rows_of(&nested.block, &format!("{path}."), rows);
    }
}

fn which(attribute: &Attribute) -> Which {
    match (attribute.required, attribute.optional) {
        (true, _) => Which::Required,
        (false, true) => Which::Optional,
        (false, false) => Which::Computed,
    }
}

fn kind_of(attribute: &Attribute) -> String {
    let mut kind = match &attribute.ty {
        AttributeType::Plain(Type::Dynamic) => "any".into(),
        AttributeType::Plain(ty) => ty.friendly(),
        AttributeType::Nested { .. } => "object".into(),
    };
    if attribute.sensitive {
        kind.push_str(", sensitive");
    }
    kind
}

fn times(nested: &NestedBlock) -> String {
    match nested.max_items {
        0 => "blocks".into(),
        1 => "block".into(),
        most => format!("at most {most} blocks"),
    }
}

fn write_rows(page: &mut Page, rows: &[&Row<'_>]) {
    let widest = |of: fn(&Row<'_>) -> usize| rows.iter().map(|row| of(row)).max().unwrap_or(0);
    let path = widest(|row| row.path.chars().count());
    let kind = widest(|row| row.kind.chars().count());
    for row in rows {
        let line = Line::plain("  ").with(Label::Address, format!("{:path$}", row.path));
        if row.about.is_empty() {
            page.line(&line.with(Label::Unchanged, format!("  {}", row.kind)));
            continue;
        }
        let line = line.with(Label::Unchanged, format!("  {:kind$}", row.kind));
        page.wrapped(&line.then(format!("  {}", row.about)), path + kind + 6);
    }
}
