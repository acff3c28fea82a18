//! What is wrong as it is written, whatever comes of the expressions it stands in.

use std::path::Path;

use model::address::{Mode, ProviderSource};
use model::schema::{Attribute, Block};
use model::{Diagnostics, Sources, Str, Type};

use super::Graph;
use crate::load::Snapshot;
use crate::load::load;

const BLOCKS: &str = r#"
    resource "terraform_data" "one" {}
    resource "terraform_data" "many" { count = 2 }
    resource "terraform_data" "each" { for_each = toset(["a"]) }
"#;

/// What is reported of an expression in an output, by its graph and by the schema of `terraform_data`.
fn reported(expr: &str) -> Vec<String> {
    found(&format!("{BLOCKS}\noutput \"o\" {{ value = {expr} }}"))
}

fn found(text: &str) -> Vec<String> {
    let child = "output \"yes\" { value = 1 }";
    let files = [
        ("main.tf".to_owned(), text.as_bytes().to_vec()),
        ("m/main.tf".to_owned(), child.as_bytes().to_vec()),
    ];
    let (definition, diagnostics) = load(
        &Snapshot(files.into_iter().collect()),
        Path::new(""),
        Sources::default(),
    );
    assert_eq!(diagnostics, Diagnostics::new());
    let (graph, mut diagnostics) = Graph::of(&definition);
    let schema = Block {
        attributes: [
            ("id".into(), Attribute::computed(Type::String)),
            ("output".into(), Attribute::computed(Type::Dynamic)),
        ]
        .into_iter()
        .collect(),
        ..Block::default()
    };
    diagnostics.extend(
        graph.check_uses(&definition, |_: &ProviderSource, _: Mode, rtype: &Str| {
            (rtype == "terraform_data").then_some(&schema)
        }),
    );
    diagnostics.into_iter().map(|one| one.message).collect()
}

#[test]
fn an_attribute_that_the_type_has_not_is_an_error_wherever_it_stands() {
    let no_such = "`terraform_data.one` has no attribute `idd`";
    for expr in [
        "terraform_data.one.idd",
        "try(terraform_data.one.idd, 1)",
        "can(terraform_data.one.idd)",
        "false ? terraform_data.one.idd : 1",
        "[for x in [] : terraform_data.one.idd]",
    ] {
        assert_eq!(reported(expr), [no_such], "{expr}");
    }
    assert_eq!(
        reported("try(terraform_data.many[0].idd, terraform_data.each[\"a\"].idd, 1)"),
        [
            "`terraform_data.many[0]` has no attribute `idd`",
            "`terraform_data.each[\"a\"]` has no attribute `idd`",
        ]
    );
    assert_eq!(
        reported("try(terraform_data.one.id.x, 1)"),
        ["`terraform_data.one.id` is a string and has no attributes"]
    );
}

#[test]
fn what_only_values_can_tell_is_left_to_the_evaluation() {
    for expr in [
        "terraform_data.one.output.x[3].y",
        "terraform_data.many[*].idd",
        "terraform_data.each[var.k].idd",
        "terraform_data.many[7].id",
        "terraform_data.many[\"a\"].id",
        "[for x in terraform_data.each : x.idd]",
        "terraform_data.many",
    ] {
        let text = format!("{BLOCKS}\nvariable \"k\" {{}}\noutput \"o\" {{ value = {expr} }}");
        assert_eq!(found(&text), [""; 0], "{expr}");
    }
}

#[test]
fn instances_are_chosen_where_there_are_several_and_only_there() {
    assert_eq!(
        reported("try(terraform_data.one[0].id, 1)"),
        ["`terraform_data.one` is not repeated and takes no index"]
    );
    assert_eq!(
        reported("try(terraform_data.many.id, 1)"),
        ["`terraform_data.many` has `count`, so that only its instances have attributes"]
    );
    assert_eq!(
        reported("try(terraform_data.each.a.id, 1)"),
        ["`terraform_data.each` has `for_each`, so that only its instances have attributes"]
    );
    assert_eq!(
        reported("terraform_data.many[0][\"id\"]"),
        ["an instance of `terraform_data.many` has attributes, named after a `.`, and no elements"]
    );
}

#[test]
fn an_output_that_a_module_has_not_may_be_tried() {
    let module = |expr: &str| {
        found(&format!(
            "module \"m\" {{ source = \"./m\" }}\noutput \"o\" {{ value = {expr} }}"
        ))
    };
    for expr in [
        "try(module.m.nope, 1)",
        "can(module.m.nope)",
        "false ? module.m.nope : 1",
        "[for x in [] : module.m.nope]",
    ] {
        assert_eq!(module(expr), [""; 0], "{expr}");
    }
    let no_such = "`module.m` has no output `nope`";
    for expr in [
        "module.m.nope",
        "[module.m.nope]",
        "try(1, 2) + module.m.nope",
    ] {
        assert_eq!(module(expr), [no_such], "{expr}");
    }
    assert_eq!(
        module("try(module.n.nope, 1)"),
        ["there is no module call `n`"]
    );
}

#[test]
fn what_has_no_meaning_here_is_not_tried_either() {
    for (expr, name) in [
        ("try(1, self.id)", "self"),
        ("try(count.index, 1)", "count.index"),
        ("false ? each.key : 1", "each.key"),
        ("can(each.value.x)", "each.value"),
    ] {
        assert_eq!(reported(expr), [format!("`{name}` has no meaning here")]);
    }
    let fine = r#"
        resource "terraform_data" "a" {
          count = 2
          lifecycle {
            precondition {
              condition     = count.index < 3
              error_message = "no"
            }
            postcondition {
              condition     = self.id != "" && count.index < 3
              error_message = "no"
            }
          }
        }
        module "m" {
          source   = "./m"
          for_each = toset(["a"])
        }
    "#;
    assert_eq!(found(fine), [""; 0]);
}
