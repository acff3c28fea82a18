//! What instances depend on changes without anything else: the record learns it, and destroys go by it.

use model::Value;
use model::event::{Event, EventKind};
use model::plan::StepKind;
use sim::Script;
use tokio::sync::mpsc;

use crate::bed::{Applying, Bed, heal, planned_steps, process, settled};
use crate::definitions::definition;

/// Two networks, of which the second says what it depends on.
fn networks(lines: &str) -> String {
    definition(&format!(
        r#"
resource "sim_network" "a" {{
  name = "a"
}}
resource "sim_network" "b" {{
  name = "b"
  {lines}
}}
"#
    ))
}

/// Applies, one step at a time, and returns what was destroyed in which order.
fn destroyed(bed: &Bed, text: &str) -> Vec<String> {
    let engine = bed.engine(text, Script::default());
    process(async {
        let (sender, mut receiver) = mpsc::channel::<Event>(1000);
        let applying = Applying {
            events: Some(sender),
            ..Applying::default()
        };
        let (_, outcome) = engine.command(applying).await;
        assert!(outcome.unwrap().is_success());
        let mut destroyed = Vec::new();
        while let Some(event) = receiver.recv().await {
            if let EventKind::StepStarted {
                kind: StepKind::Destroy,
                addr,
                ..
            } = event.kind
            {
                destroyed.push(addr.to_string());
            }
        }
        destroyed
    })
}

/// Applies a definition that differs from what is recorded in its links alone.
fn relink(bed: &Bed, text: &str, instances: &[&str]) {
    let engine = bed.engine(text, Script::default());
    let planned = process(engine.plan());
    assert!(
        planned.plan.is_empty(),
        "{:?}",
        planned_steps(&planned.plan)
    );
    let relinked = planned.plan.relinked.iter();
    let relinked: Vec<String> = relinked.map(|link| link.addr.to_string()).collect();
    assert_eq!(relinked, instances);
    process(engine.apply(planned, Applying::default()));
    drop(engine);
    settled(bed, text);
}

#[test]
fn a_reference_that_was_added_orders_destroys() {
    let bed = Bed::new();
    heal(&bed, &networks(""));
    let other_way = networks("").replace(
        "name = \"a\"",
        "name = \"a\"\n  depends_on = [sim_network.b]",
    );
    relink(&bed, &other_way, &["sim_network.a"]);
    assert_eq!(
        destroyed(&bed, &definition("")),
        ["sim_network.a", "sim_network.b"]
    );

    let bed = Bed::new();
    heal(&bed, &networks(""));
    relink(
        &bed,
        &networks("depends_on = [sim_network.a]"),
        &["sim_network.b"],
    );
    assert_eq!(
        destroyed(&bed, &definition("")),
        ["sim_network.b", "sim_network.a"]
    );
}

#[test]
fn a_reference_that_was_removed_orders_destroys_no_more() {
    let bed = Bed::new();
    heal(&bed, &networks("depends_on = [sim_network.a]"));
    relink(&bed, &networks(""), &["sim_network.b"]);
    assert_eq!(
        destroyed(&bed, &definition("")),
        ["sim_network.a", "sim_network.b"]
    );
}

#[test]
fn an_order_of_replacement_that_is_forced_on_an_unchanged_instance_is_recorded() {
    let bed = Bed::new();
    heal(&bed, &networks("depends_on = [sim_network.a]"));
    let lines =
        "depends_on = [sim_network.a]\n  lifecycle {\n    create_before_destroy = true\n  }";
    relink(&bed, &networks(lines), &["sim_network.a", "sim_network.b"]);
}

#[test]
fn what_drifted_and_depends_on_something_else_is_recorded_as_both() {
    let bed = Bed::new();
    heal(&bed, &networks(""));
    let text =
        networks("depends_on = [sim_network.a]\n  lifecycle {\n    ignore_changes = [cidr]\n  }");
    let engine = bed.engine(&text, Script::default());
    let other =
        |object: &Value| contract::attributes::with(object, [("cidr", "10.9.0.0/16".into())]);
    engine.cloud.tamper("net-000002", other).unwrap();
    let planned = process(engine.plan());
    assert_eq!(
        (planned.plan.drift.len(), planned.plan.relinked.len()),
        (1, 1)
    );
    process(engine.apply(planned, Applying::default()));
    drop(engine);
    settled(&bed, &text);
}

#[test]
fn what_depends_on_a_module_waits_for_all_that_it_makes() {
    let inner = definition("resource \"sim_network\" \"x\" {\n  name = \"x\"\n}\n");
    let outer =
        "module \"inner\" {\n  source = \"../inner\"\n}\noutput \"one\" {\n  value = 1\n}\n";
    for lines in ["depends_on = [module.m]", "tags = module.m"] {
        let root = definition(&format!(
            "module \"m\" {{\n  source = \"./outer\"\n}}\n\
             resource \"sim_network\" \"last\" {{\n  name = \"last\"\n  {lines}\n}}\n"
        ));
        let bed = Bed::new();
        let files = [
            ("main.tf", root.as_str()),
            ("outer/main.tf", outer),
            ("inner/main.tf", inner.as_str()),
        ];
        let engine = bed.engine_of(&files, Script::default());
        let plan = process(engine.plan()).plan;
        assert_eq!(
            planned_steps(&plan),
            [
                "Create sim_network.last",
                "Create module.m.module.inner.sim_network.x"
            ]
        );
        let last = plan
            .changes
            .iter()
            .find(|change| change.addr.to_string() == "sim_network.last");
        let needs = last.unwrap().dependencies.iter().map(ToString::to_string);
        assert_eq!(
            needs.collect::<Vec<_>>(),
            ["module.m.module.inner.sim_network.x"]
        );
        let waits = plan.order.after.iter().position(|after| !after.is_empty());
        assert_eq!(waits, Some(0), "{lines}");
    }
}
