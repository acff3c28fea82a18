//! The `configuration` of Terraform's plan JSON: what the definition says, before anything is evaluated. Expressions
//! are there as what they refer to, and as their value where they refer to nothing.

use engine::plugins::Plugins;
use lang::Definition;
use lang::eval::literal;
use lang::load::{Module, ModuleCall, Output, Resource, Variable};
use lang::reference::Reference;
use lang::syntax::ast::{Body, Expr, ExprKind};
use lang::syntax::parse_traversal;
use lang::syntax::stack::with_room;
use model::Sources;
use model::address::{Mode, ModulePath};
use model::schema::{Block, Nesting, Schema};
use serde_json::{Map, Value as Json, json};

use super::instance::mode;
use super::provider_configs::{ProviderConfigs, source_of};
use super::references::{Named, named_in};
use super::shape::known;

/// A definition, and what providers say of its blocks.
#[derive(Clone, Copy, Debug)]
pub struct DefinitionView<'a> {
    /// The definition.
    pub definition: &'a Definition,
    /// Its providers, opened. Of one that is not, nested blocks are lists, as most are.
    pub plugins: &'a Plugins,
}

/// The definition as one object.
pub(super) fn configuration(view: DefinitionView) -> Json {
    let DefinitionView {
        definition,
        plugins,
    } = view;
    let configs = ProviderConfigs::of(definition, plugins);
    let mut json = Map::new();
    put(&mut json, "provider_config", configs.json());
    let writer = Writer { view, configs };
    let root = ModulePath::root();
    let module = definition
        .module(&root)
        .map(|module| writer.module(&root, module));
    json.insert(
        "root_module".into(),
        Json::Object(module.unwrap_or_default()),
    );
    Json::Object(json)
}

struct Writer<'a> {
    view: DefinitionView<'a>,
    configs: ProviderConfigs,
}

impl Writer<'_> {
    fn sources(&self) -> &Sources {
        &self.view.definition.sources
    }

    fn module(&self, path: &ModulePath, module: &Module) -> Map<String, Json> {
        let mut json = Map::new();
        let outputs = module.outputs.iter();
        let outputs = outputs.map(|(name, output)| (name.to_string(), self.output(output)));
        put(&mut json, "outputs", outputs.collect());
        let mut resources: Vec<(bool, String, &Resource)> = module
            .resources
            .values()
            .map(|resource| {
                (
                    resource.id.mode != Mode::Managed,
                    address(resource),
                    resource,
                )
            })
            .collect();
        resources.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        if !resources.is_empty() {
            let resources = resources
                .into_iter()
                .map(|(_, address, resource)| self.resource(path, module, address, resource));
            json.insert("resources".into(), resources.collect());
        }
        let calls = module.calls.iter();
        let calls = calls.map(|(name, call)| (name.to_string(), self.call(path, call)));
        put(&mut json, "module_calls", calls.collect());
        let variables = module.variables.iter();
        let variables = variables.map(|(name, declared)| (name.to_string(), variable(declared)));
        put(&mut json, "variables", variables.collect());
        json
    }

    fn output(&self, output: &Output) -> Json {
        let Output {
            value,
            span: _,
            description,
            sensitive,
            ephemeral: _,
            depends_on,
            preconditions: _,
        } = output;
        let mut json = Map::new();
        if *sensitive {
            json.insert("sensitive".into(), json!(true));
        }
        json.insert("expression".into(), Json::Object(expression(value)));
        self.put_depends_on(&mut json, depends_on);
        put_text(&mut json, "description", description.as_deref());
        Json::Object(json)
    }

    fn resource(
        &self,
        path: &ModulePath,
        module: &Module,
        address: String,
        resource: &Resource,
    ) -> Json {
        let mut json = Map::new();
        json.insert("address".into(), json!(address));
        json.insert("mode".into(), json!(mode(resource.id.mode)));
        json.insert("type".into(), json!(resource.id.rtype.as_str()));
        json.insert("name".into(), json!(resource.id.name.as_str()));
        let key = self.configs.key_of(path, resource);
        json.insert("provider_config_key".into(), json!(key));
        let schema = self.schema(module, resource);
        let arguments = expressions(&resource.body, schema.map(|schema| &schema.block));
        put(&mut json, "expressions", arguments);
        let version = schema.map_or(0, |schema| schema.version);
        json.insert("schema_version".into(), json!(version));
        put_repeat(&mut json, &resource.repeat);
        self.put_depends_on(&mut json, &resource.depends_on);
        Json::Object(json)
    }

    fn schema(&self, module: &Module, resource: &Resource) -> Option<&Schema> {
        let (source, rtype) = (source_of(module, resource), &resource.id.rtype);
        let plugins = self.view.plugins;
        match resource.id.mode {
            Mode::Managed => plugins
                .resource_schema(&source, rtype)
                .map(|found| &found.schema),
            Mode::Data => plugins.data_schema(&source, rtype).map(|found| &**found),
            Mode::Ephemeral => None,
        }
    }

    fn call(&self, path: &ModulePath, call: &ModuleCall) -> Json {
        let mut json = Map::new();
        json.insert(
            "source".into(),
            json!(lang::load::without_secrets(&call.source)),
        );
        let arguments = call.arguments.iter();
        let arguments = arguments
            .map(|(name, argument)| (name.to_string(), Json::Object(expression(&argument.expr))));
        put(&mut json, "expressions", arguments.collect());
        put_repeat(&mut json, &call.repeat);
        let path = path.child(call.name.clone());
        let module = self.view.definition.module(&path);
        let module = module.map(|module| self.module(&path, module));
        json.insert("module".into(), Json::Object(module.unwrap_or_default()));
        put_text(&mut json, "version_constraint", call.version.as_deref());
        self.put_depends_on(&mut json, &call.depends_on);
        Json::Object(json)
    }

    fn put_depends_on(&self, json: &mut Map<String, Json>, depends_on: &[Reference]) {
        let written = depends_on.iter().filter_map(|reference| {
            // In the JSON syntax, and in that of old, references stand in quotes.
            let text = self.sources().text(reference.span).trim_matches('"');
            let (root, steps) = parse_traversal(reference.span.file, text).0?;
            Named::of(&root, &steps).map(|named| named.object())
        });
        let written: Vec<String> = written.collect();
        if !written.is_empty() {
            json.insert("depends_on".into(), json!(written));
        }
    }
}

fn address(resource: &Resource) -> String {
    let id = &resource.id;
    match id.mode {
        Mode::Managed => format!("{}.{}", id.rtype, id.name),
        Mode::Data => format!("data.{}.{}", id.rtype, id.name),
        Mode::Ephemeral => format!("ephemeral.{}.{}", id.rtype, id.name),
    }
}

fn variable(variable: &Variable) -> Json {
    let mut json = Map::new();
    if let Some(default) = &variable.default {
        json.insert("default".into(), known(default).unwrap_or(Json::Null));
    }
    put_text(&mut json, "description", variable.description.as_deref());
    if variable.sensitive {
        json.insert("sensitive".into(), json!(true));
    }
    Json::Object(json)
}

/// The arguments of a body, and those of the blocks in it. `dynamic` blocks are none of it.
pub(super) fn expressions(body: &Body, schema: Option<&Block>) -> Map<String, Json> {
    let mut json = Map::new();
    for attribute in &body.attributes {
        let name = &attribute.name.text;
        if schema.is_none_or(|schema| schema.attributes.contains_key(name)) {
            json.insert(name.to_string(), Json::Object(expression(&attribute.expr)));
        }
    }
    for block in &body.blocks {
        let name = block.kind.text.as_str();
        let nested = schema.and_then(|schema| schema.blocks.get(&block.kind.text));
        if name == "dynamic" || (schema.is_some() && nested.is_none()) {
            continue;
        }
        let inner = Json::Object(expressions(&block.body, nested.map(|nested| &nested.block)));
        match nested.map_or(Nesting::List, |nested| nested.nesting) {
            Nesting::Single | Nesting::Group => {
                json.insert(name.into(), inner);
            }
            Nesting::List | Nesting::Set => {
                let all = json.entry(name).or_insert_with(|| json!([]));
                if let Some(all) = all.as_array_mut() {
                    all.push(inner);
                }
            }
            Nesting::Map => {
                let all = json.entry(name).or_insert_with(|| json!({}));
                let label = block.labels.first().map(|label| label.text.to_string());
                if let Some((all, label)) = all.as_object_mut().zip(label) {
                    all.insert(label, inner);
                }
            }
        }
    }
    json
}

/// What an expression refers to, and its value where that follows from what is written.
fn expression(expr: &Expr) -> Map<String, Json> {
    let mut json = Map::new();
    if let Some(value) = constant(expr) {
        json.insert("constant_value".into(), value);
    }
    let references: Vec<String> = named_in(expr).iter().flat_map(Named::texts).collect();
    if !references.is_empty() {
        json.insert("references".into(), json!(references));
    }
    json
}

/// The value of an expression without names and functions. Of a choice that is made already, only the chosen side
/// has to be one.
fn constant(expr: &Expr) -> Option<Json> {
    let (value, diagnostics) = literal(expr);
    if !diagnostics.has_errors() {
        return known(&value);
    }
    if let ExprKind::Paren(inner) | ExprKind::Wrap(inner) = &expr.kind {
        return with_room(|| constant(inner));
    }
    let ExprKind::Conditional { condition, yes, no } = &expr.kind else {
        return None;
    };
    let chosen = if literal(condition).0.as_bool()? {
        yes
    } else {
        no
    };
    with_room(|| constant(chosen))
}

fn put_repeat(json: &mut Map<String, Json>, repeat: &lang::load::Repeat) {
    use lang::load::Repeat;
    match repeat {
        Repeat::Once => {}
        Repeat::Count(expr) => put(json, "count_expression", expression(expr)),
        Repeat::ForEach(expr) => put(json, "for_each_expression", expression(expr)),
    }
}

fn put(json: &mut Map<String, Json>, name: &str, object: Map<String, Json>) {
    if !object.is_empty() {
        json.insert(name.into(), Json::Object(object));
    }
}

fn put_text(json: &mut Map<String, Json>, name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        json.insert(name.into(), json!(text));
    }
}

#[cfg(test)]
mod tests {
    use lang::syntax::parse_body;
    use model::schema::{Attribute, NestedBlock};
    use model::{FileId, Type};

    use super::*;

    fn nested(nesting: Nesting) -> NestedBlock {
        NestedBlock {
            nesting,
            block: schema([]),
            min_items: 0,
            max_items: 0,
        }
    }

    fn schema<const N: usize>(blocks: [(&str, Nesting); N]) -> Block {
        let blocks = blocks.map(|(name, nesting)| (name.into(), nested(nesting)));
        Block {
            attributes: [("a".into(), Attribute::optional(Type::String))].into(),
            blocks: blocks.into(),
            ..Block::default()
        }
    }

    const BODY: &str = r#"
        a = var.x
        stranger = 1
        one { a = 1 }
        many { a = var.y["k"] }
        many {}
        named "n" { a = upper("x") }
        dynamic "many" {
          for_each = var.z
          content {}
        }
    "#;

    #[test]
    fn nested_blocks_are_as_their_schema_nests_them() {
        let (body, diagnostics) = parse_body(FileId(0), BODY);
        assert!(!diagnostics.has_errors());
        let schema = schema([
            ("one", Nesting::Single),
            ("many", Nesting::Set),
            ("named", Nesting::Map),
        ]);
        let wanted = json!({
            "a": {"references": ["var.x"]},
            "one": {"a": {"constant_value": 1}},
            "many": [{"a": {"references": ["var.y[\"k\"]", "var.y"]}}, {}],
            "named": {"n": {"a": {}}},
        });
        assert_eq!(Json::Object(expressions(&body, Some(&schema))), wanted);
    }

    #[test]
    fn without_a_schema_nothing_is_left_out_but_what_makes_blocks() {
        let (body, _) = parse_body(FileId(0), BODY);
        let found = expressions(&body, None);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "stranger", "one", "many", "named"]);
        assert_eq!(found["one"], json!([{"a": {"constant_value": 1}}]));
    }
}
