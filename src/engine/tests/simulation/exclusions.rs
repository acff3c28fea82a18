//! What is excluded stays as it is, and so does all that it needs; what goes on without it can be done.

use std::collections::BTreeSet;

use engine::{Planned, Recorded};
use model::address::{InstanceAddr, ResourceAddr, Target};
use model::change::Action;
use model::plan::{Plan, PlanMode};
use sim::Script;

use crate::bed::{Applying, Bed, Engine, environment, planned_steps, process, said};
use crate::definitions::definition;

/// A definition of several files: blocks in the root module, and a module `m` with its instances.
struct Files {
    root: String,
    module: String,
}

impl Files {
    fn engine(&self, bed: &Bed) -> Engine {
        let files = [
            ("main.tf", self.root.as_str()),
            ("m/main.tf", self.module.as_str()),
        ];
        bed.engine_of(&files, Script::default())
    }
}

fn recorded(engine: &Engine) -> Recorded {
    engine::record::read(&engine.store, &environment()).unwrap()
}

fn without(engine: &Engine, excludes: &[&str]) -> Plan {
    let excludes = excludes.iter().map(|text| text.parse().unwrap()).collect();
    let (planned, found) = process(engine.try_plan_without(PlanMode::Normal, excludes));
    let planned = planned.unwrap_or_else(|| panic!("no plan: {}", said(&found)));
    planned.plan
}

fn apply(engine: &Engine, planned: Planned) {
    let outcome = process(engine.apply(planned, Applying::default()));
    assert!(outcome.is_success(), "{}", said(&outcome.diagnostics));
}

fn pairs(n: usize) -> String {
    definition(&format!(
        r#"
resource "sim_network" "o" {{
  count = {n}
  name  = "o-${{count.index}}"
}}
resource "sim_network" "pair" {{
  count = {n}
  name  = "pair-${{count.index}}"
  cidr  = sim_network.o[count.index].id
}}
resource "sim_network" "all" {{
  name = "all"
  cidr = join(" ", sim_network.o[*].id)
}}
"#
    ))
}

#[test]
fn what_needs_a_new_instance_is_left_out_with_it() {
    let bed = Bed::new();
    let engine = bed.engine(&pairs(1), Script::default());
    apply(&engine, process(engine.plan()));
    let engine = bed.engine(&pairs(3), Script::default());
    let plan = without(&engine, &["sim_network.o[2]"]);
    assert_eq!(planned_steps(&plan), ["Create sim_network.o[1]"]);
}

#[test]
fn what_an_excluded_instance_needs_is_not_destroyed() {
    let bed = Bed::new();
    let engine = bed.engine(&pairs(2), Script::default());
    apply(&engine, process(engine.plan()));
    let engine = bed.engine(&pairs(1), Script::default());
    let plan = without(&engine, &["sim_network.pair[1]"]);
    assert!(
        !planned_steps(&plan).contains(&"Destroy sim_network.o[1]".to_owned()),
        "{:?}",
        planned_steps(&plan)
    );
    let engine = bed.engine(&definition(""), Script::default());
    let plan = without(&engine, &["sim_network.pair"]);
    assert_eq!(planned_steps(&plan), ["Destroy sim_network.all"]);
}

fn of_a_module(version: u32, keys: &str, more: &str) -> Files {
    Files {
        root: definition(&format!(
            r#"
module "m" {{
  source   = "./m"
  for_each = toset([{keys}])
  v        = "{version}"
}}
resource "sim_network" "dep" {{
  name       = "dep"
  cidr       = "{version}"
  {more}
}}
"#
        )),
        module: definition(
            r#"
variable "v" {}
resource "sim_network" "x" {
  name = "x"
  cidr = var.v
}
resource "sim_network" "y" {
  name = "y"
  cidr = sim_network.x.id
}
output "y" {
  value = sim_network.y.id
}
"#,
        ),
    }
}

#[test]
fn what_waits_for_a_module_is_left_out_with_what_is_in_it() {
    for exclude in ["module.m", "module.m[\"a\"]", "module.m.sim_network.x"] {
        let bed = Bed::new();
        let engine = of_a_module(1, "\"a\"", "depends_on = [module.m]").engine(&bed);
        apply(&engine, process(engine.plan()));
        let engine = of_a_module(2, "\"a\"", "depends_on = [module.m]").engine(&bed);
        assert_eq!(
            planned_steps(&without(&engine, &[exclude])),
            Vec::<String>::new(),
            "{exclude}"
        );
    }
}

#[test]
fn what_is_excluded_in_one_instance_of_a_module_is_left_out_in_that_one() {
    let bed = Bed::new();
    let engine = of_a_module(1, "\"a\"", "").engine(&bed);
    apply(&engine, process(engine.plan()));
    let engine = of_a_module(1, "\"a\", \"b\", \"c\"", "").engine(&bed);
    let plan = without(&engine, &["module.m[\"b\"].sim_network.x"]);
    assert_eq!(
        planned_steps(&plan),
        [
            "Create module.m[\"c\"].sim_network.x",
            "Create module.m[\"c\"].sim_network.y"
        ]
    );
}

#[test]
fn what_is_meant_in_one_instance_of_a_module_leaves_the_others_alone() {
    let steps = |mode: PlanMode, target: &str, exclude: &str| {
        let bed = Bed::new();
        let engine = of_a_module(1, "\"a\", \"b\"", "").engine(&bed);
        apply(&engine, process(engine.plan()));
        let engine = of_a_module(2, "\"a\", \"b\"", "").engine(&bed);
        let parsed = |text: &str| text.parse().into_iter().collect();
        let plan = engine.try_plan_of(mode, parsed(target), parsed(exclude));
        let (planned, found) = process(plan);
        let plan = planned.unwrap_or_else(|| panic!("{}", said(&found))).plan;
        let addrs = plan.changes.iter().map(|change| change.addr.to_string());
        addrs.collect::<Vec<String>>()
    };
    let of = |key: &str| ["x", "y"].map(|name| format!("module.m[\"{key}\"].sim_network.{name}"));
    for target in ["module.m[\"b\"]", "module.m[\"b\"].sim_network.x"] {
        assert_eq!(steps(PlanMode::Destroy, target, ""), of("b"), "{target}");
    }
    assert_eq!(steps(PlanMode::Normal, "module.m[\"b\"]", ""), of("b"));
    let mut left = steps(PlanMode::Destroy, "", "module.m[\"b\"]");
    left.retain(|addr| addr != "sim_network.dep");
    assert_eq!(left, of("a"));
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

const BLOCKS: u64 = 5;

/// What one block refers to: a block before it, one of its instances, a module or what it gives.
fn reference(chance: &mut Chance, before: &[(u64, u64)], keys: &[&str]) -> Option<String> {
    if chance.one_in(3) && !keys.is_empty() {
        let key = keys[chance.below(keys.len() as u64) as usize];
        return Some(match chance.below(2) {
            0 => format!("module.m[\"{key}\"].y"),
            _ => "join(\" \", values(module.m)[*].y)".to_owned(),
        });
    }
    let (block, count) = *before.get(chance.below(before.len().max(1) as u64) as usize)?;
    Some(match chance.below(2) {
        0 if count > 0 => format!("sim_network.b{block}[{}].id", chance.below(count)),
        _ => format!("join(\" \", sim_network.b{block}[*].id)"),
    })
}

/// A definition by chance: blocks that refer to those before them, and to a module between the first two and the others.
fn by_chance(chance: &mut Chance) -> Files {
    let mut blocks = String::new();
    let mut before: Vec<(u64, u64)> = Vec::new();
    let mut keys: &[&str] = &[];
    for block in 0..BLOCKS {
        if block == 2 {
            keys =
                [&["a"][..], &["a", "b"], &["b", "c"], &["a", "b", "c"]][chance.below(4) as usize];
            let v = reference(chance, &before, &[]).unwrap_or_else(|| "\"none\"".into());
            blocks.push_str(&format!(
                "module \"m\" {{\n  source = \"./m\"\n  for_each = toset({keys:?})\n  v = \"{}-${{{v}}}\"\n}}\n",
                chance.below(2)
            ));
        }
        if chance.one_in(6) {
            continue;
        }
        let count = chance.below(4);
        let cidr = reference(chance, &before, keys).unwrap_or_else(|| "\"none\"".into());
        let first = match chance.below(4) {
            0 => "  lifecycle {\n    create_before_destroy = true\n  }\n",
            1 if !keys.is_empty() => "  depends_on = [module.m]\n",
            _ => "",
        };
        blocks.push_str(&format!(
            "resource \"sim_network\" \"b{block}\" {{\n  count = {count}\n  name = \"b{block}-${{count.index}}\"\n  \
             cidr = \"{}-${{{cidr}}}\"\n{first}}}\n",
            chance.below(2)
        ));
        before.push((block, count));
    }
    Files {
        root: definition(&blocks),
        module: of_a_module(1, "", "").module,
    }
}

fn exclusion(chance: &mut Chance) -> Target {
    let block = chance.below(BLOCKS);
    let at = chance.below(3);
    let text = match chance.below(6) {
        0 => format!("sim_network.b{block}"),
        1 | 2 => format!("sim_network.b{block}[{at}]"),
        3 => "module.m".to_owned(),
        4 => "module.m[\"b\"]".to_owned(),
        _ => "module.m[\"b\"].sim_network.x".to_owned(),
    };
    text.parse().unwrap()
}

/// The recorded instances that instances need, however far: in a module, those of its own instance.
fn needs(recorded: &Recorded, of: &BTreeSet<InstanceAddr>) -> BTreeSet<InstanceAddr> {
    let mut found: BTreeSet<InstanceAddr> = BTreeSet::new();
    let mut queue: Vec<InstanceAddr> = of.iter().cloned().collect();
    while let Some(at) = queue.pop() {
        let object = recorded.current(&at);
        let blocks: BTreeSet<ResourceAddr> = object
            .iter()
            .flat_map(|object| object.dependencies.iter())
            .map(|need| (**need).clone())
            .collect();
        let is_seen = |addr: &InstanceAddr| {
            let modules = [at.module(), addr.module()];
            modules[0] == modules[1] || modules.iter().any(|module| module.steps().is_empty())
        };
        let all = recorded.instances().map(|(addr, _)| addr);
        for addr in all.filter(|addr| blocks.contains(&addr.resource()) && is_seen(addr)) {
            if found.insert(addr.clone()) {
                queue.push(addr);
            }
        }
    }
    found
}

#[test]
fn whatever_is_excluded_stays_with_what_it_needs_and_the_rest_can_be_done() {
    let mut left_out = 0;
    for seed in 0..80 {
        let mut chance = Chance(seed);
        let bed = Bed::new();
        let engine = by_chance(&mut chance).engine(&bed);
        apply(&engine, process(engine.plan()));
        let before = recorded(&engine);
        let files = by_chance(&mut chance);
        let engine = files.engine(&bed);
        let excludes: Vec<Target> = (0..=chance.below(2))
            .map(|_| exclusion(&mut chance))
            .collect();
        let told = format!("seed {seed} without {excludes:?}\n{}", files.root);
        let (planned, found) = process(engine.try_plan_without(PlanMode::Normal, excludes.clone()));
        let planned = planned.unwrap_or_else(|| panic!("{told}\nno plan: {}", said(&found)));
        let kept: BTreeSet<InstanceAddr> = before
            .instances()
            .map(|(addr, _)| addr)
            .filter(|addr| excludes.iter().any(|target| target.covers(addr)))
            .collect();
        let needed = needs(&before, &kept);
        left_out += usize::from(!kept.is_empty());
        for change in &planned.plan.changes {
            let named = excludes.iter().any(|target| target.covers(&change.addr));
            let is_needed = needed.contains(&change.addr);
            assert!(
                change.action == Action::NoOp || !named,
                "{told}\n{} is named",
                change.addr
            );
            assert!(
                change.action != Action::Destroy || !is_needed,
                "{told}\n{} is needed",
                change.addr
            );
        }
        let outcome = process(engine.apply(planned, Applying::default()));
        assert!(
            outcome.is_success(),
            "{told}\n{}",
            said(&outcome.diagnostics)
        );
        let after = recorded(&engine);
        for addr in &kept {
            let values = [&before, &after]
                .map(|recorded| recorded.current(addr).map(|object| &object.value));
            assert_eq!(values[0], values[1], "{told}");
        }
    }
    assert!(left_out > 25, "{left_out}");
}
