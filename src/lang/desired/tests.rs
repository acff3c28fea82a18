//! What is known of a definition in the phases that only check.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::address::{BlockAddr, InstanceKey, Mode, ModuleAddr, ModulePath};
use model::clock::{Clock, Timestamp};
use model::{Diagnostics, Sources, Str, Value};

use super::{Desired, Given, Missing, Origin, Phase, Settings, assign, unknown_variables};
use crate::functions::Random;
use crate::load::{Snapshot, load};
use crate::{Definition, Graph};

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

fn definition(text: &str) -> (Definition, Graph) {
    let files = [("main.tf".to_owned(), text.as_bytes().to_vec())];
    let (definition, found) = load(
        &Snapshot(files.into_iter().collect()),
        Path::new(""),
        Sources::default(),
    );
    assert_eq!(found, Diagnostics::new());
    let (graph, _) = Graph::of(&definition);
    (definition, graph)
}

/// Evaluates everything with no variable known, and returns what was reported.
fn checked(text: &str, phase: Phase) -> (Desired, Vec<String>) {
    let (definition, graph) = definition(text);
    let variables = unknown_variables(definition.module(&ModulePath::root()).unwrap());
    let settings = Settings {
        workspace: "test".into(),
        directory: "/nowhere".into(),
        working_directory: "/nowhere".into(),
        home: None,
        reads: Arc::default(),
        phase,
        given_at: Arc::default(),
        plan_time: None,
        clock: Arc::new(Fixed),
        random: Arc::new(Fixed),
    };
    let order = graph.order.clone();
    let mut desired = Desired::new(Arc::new(definition), Arc::new(graph), &variables, settings);
    let mut found = Vec::new();
    for node in order {
        let diagnostics = desired.evaluate(node);
        found.extend(diagnostics.into_iter().map(|diagnostic| diagnostic.message));
    }
    (desired, found)
}

fn block(name: &str) -> BlockAddr {
    BlockAddr {
        module: ModuleAddr::root(),
        mode: Mode::Managed,
        rtype: "terraform_data".into(),
        name: name.into(),
    }
}

#[test]
fn one_instance_stands_for_all_when_nobody_knows_how_many() {
    let text = r#"
        variable "n" {}
        resource "terraform_data" "a" { count = var.n }
        output "o" { value = [terraform_data.a[3], terraform_data.a["x"], length(terraform_data.a)] }
    "#;
    let (desired, found) = checked(text, Phase::Definition);
    assert_eq!(found, [""; 0]);
    assert!(desired.has_instance(&Arc::new(block("a")).instance(InstanceKey::None)));
    assert!(!desired.output("o").unwrap().is_wholly_known());
}

#[test]
fn what_has_no_instance_is_looked_at_for_any_environment_but_not_for_one() {
    let text = r#"resource "terraform_data" "a" { count = 0 }"#;
    let addr = Arc::new(block("a")).instance(InstanceKey::None);
    assert!(checked(text, Phase::Definition).0.has_instance(&addr));
    assert!(!checked(text, Phase::Environment).0.has_instance(&addr));
}

#[test]
fn a_reference_that_leads_nowhere_is_left_to_the_graph() {
    let text = r#"
        locals { x = local.nope }
        output "o" { value = [local.x.y, var.nope, module.nope.x, terraform_data.nope.id] }
    "#;
    assert_eq!(checked(text, Phase::Definition).1, [""; 0]);
    assert_eq!(checked(text, Phase::Plan).1.len(), 4);
}

#[test]
fn an_attribute_of_counted_instances_needs_an_index() {
    let text = r#"
        variable "n" { type = number }
        resource "terraform_data" "a" { count = var.n }
        output "o" { value = terraform_data.a.id }
    "#;
    let (_, found) = checked(text, Phase::Environment);
    assert_eq!(
        found,
        ["`terraform_data.a` has `count`, so that only its instances have attributes"]
    );
}

fn messages(given: &[&str], missing: Missing) -> Vec<String> {
    let (definition, _) = definition("variable \"size\" {}\nvariable \"name\" {}\n");
    let root = definition.module(&ModulePath::root()).unwrap();
    let given: BTreeMap<Str, Given> = given
        .iter()
        .map(|name| {
            let given = Given {
                value: Value::int(1),
                span: model::Span::new(model::FileId(0), 0, 0),
                origin: Origin::CommandLine,
            };
            (Str::from(*name), given)
        })
        .collect();
    let (values, found) = assign(root, &given, missing);
    assert_eq!(values.len(), 2);
    found.into_iter().map(|one| one.message).collect()
}

#[test]
fn a_missing_variable_is_reported_only_where_it_must_have_a_value() {
    let no_name = "variable `name` has no value";
    let no_size = "variable `size` has no value";
    assert_eq!(messages(&[], Missing::Reported), [no_name, no_size]);
    assert_eq!(messages(&["size"], Missing::Reported), [no_name]);
    assert_eq!(messages(&[], Missing::NotKnown), [""; 0]);
}

#[test]
fn a_variable_that_was_meant_by_a_misspelt_name_is_not_reported_as_well() {
    let found = messages(&["sizes", "name"], Missing::Reported);
    assert_eq!(found, ["the definition has no variable `sizes`"]);
}
