use serde_json::json;

use model::change::{
    Action, Because, Cause, Change, DeposedKey, OutputChange, Reason, ReplaceOrder,
};
use model::clock::Timestamp;
use model::path::Path;
use model::plan::{Drift, Order, Plan, PlanMode, Refresh, Step, StepKind};
use model::serial::{PlanId, Serial};
use model::{Diagnostics, Marks, Type, Value};

use super::*;
use crate::cli::output::style::{Look, Paint};
use model::value::from_json_implied as from_json;

/// A value of JSON in which `"?"` is unknown and `"secret"` sensitive.
fn value(json: &serde_json::Value) -> Value {
    let whole = from_json(json);
    let Some(fields) = whole.as_fields() else {
        return whole;
    };
    Value::object(fields.iter().map(|(name, value)| {
        let value = match value.as_str().map(model::Str::as_str) {
            Some("?") => Value::unknown(Type::String),
            Some(text) if text.starts_with("secret") => value.clone().mark(Marks::SENSITIVE),
            _ => value.clone(),
        };
        (name.clone(), value)
    }))
}

fn change(
    addr: &str,
    action: Action,
    before: serde_json::Value,
    after: serde_json::Value,
) -> Change {
    Change {
        addr: addr.parse().unwrap(),
        deposed: None,
        previous: None,
        importing: None,
        provider: std::sync::Arc::new(model::address::ProviderAddr {
            module: model::address::ModulePath::root(),
            source: model::address::ProviderSource::implied("aws"),
            alias: None,
        }),
        action,
        reason: None,
        because: Vec::new(),
        before: value(&before),
        after: value(&after),
        replace_paths: Vec::new(),
        config: Value::NULL,
        private: Vec::new(),
        prior_private: Vec::new(),
        schema_version: 0,
        dependencies: Vec::new().into(),
        create_before_destroy: false,
        legacy: false,
    }
}

fn because(change: Change, cause: Cause, place: Option<&str>) -> Change {
    let mut change = change;
    change.because.push(Because {
        cause,
        place: place.map(Into::into),
    });
    change
}

fn plan(changes: Vec<Change>) -> Plan {
    let steps = changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.action != Action::NoOp);
    Plan {
        id: PlanId::from_digest([0x7f, 0x3a, 0x91, 0xc0]),
        environment: "staging".into(),
        revision: None,
        content: None,
        serial: Serial(41),
        lineage: "l".into(),
        created: Timestamp(0),
        mode: PlanMode::Normal,
        refresh: Refresh::Observe,
        targets: Vec::new(),
        excludes: Vec::new(),
        variables: std::collections::BTreeMap::new(),
        files: Vec::new(),
        unchanged: 23,
        stays: None,
        steps: steps
            .map(|(at, _)| Step {
                kind: StepKind::Update,
                change: u32::try_from(at).unwrap(),
            })
            .collect(),
        changes,
        order: Order::default(),
        outputs: Vec::new(),
        drift: Vec::new(),
        relinked: Vec::new(),
        reads: std::collections::BTreeMap::new(),
        conditions: Vec::new(),
        warnings: Diagnostics::new(),
    }
}

fn facts() -> PlanFacts {
    PlanFacts {
        accounts: vec!["aws 123456789012 eu-west-1".into()],
        took: Some(std::time::Duration::from_millis(3_100)),
        go_on: Some(GoOn::exactly("terrace apply p7f3a91c".into())),
        past_rules: None,
        drift_with: Some("terrace plan staging --refresh-only".into()),
        rest_with: None,
        open: Vec::new(),
    }
}

fn show(plan: &Plan, options: PlanOptions, look: Look) -> String {
    render(plan, &facts(), options, look) + "[EOF]"
}

fn sample() -> Plan {
    let nothing = json!(null);
    let mut subnet = change(
        "module.network.aws_subnet.app[\"c\"]",
        Action::Create,
        nothing.clone(),
        json!({"arn": "?", "availability_zone": "eu-west-1c", "cidr_block": "10.0.3.0/24", "id": "?",
               "vpc_id": "vpc-0d41", "ipv6": "?", "owner": "?", "zone_id": "?", "tags": null}),
    );
    subnet.config = value(
        &json!({"availability_zone": "eu-west-1c", "cidr_block": "10.0.3.0/24",
        "vpc_id": "vpc-0d41", "arn": null, "id": null, "ipv6": null, "owner": null, "zone_id": null, "tags": null}),
    );
    let web = change(
        "aws_instance.web",
        Action::Update,
        json!({"id": "i-0f3e9", "instance_type": "t3.small", "tags": {"Release": "1.8.2", "Name": "web"},
               "user_data": "#!/bin/sh\napt-get update\napt-get install -y nginx\n"}),
        json!({"id": "i-0f3e9", "instance_type": "t3.medium", "tags": {"Release": "1.9.0", "Name": "web"},
               "user_data": "#!/bin/sh\napt-get update\napt-get install -y nginx=1.24\nsystemctl enable nginx\n"}),
    );
    let defined = |attribute: &str, reference: &str| Cause::Defined {
        attribute: Path::root().attribute(attribute),
        references: vec![reference.into()],
    };
    let web = because(
        web,
        defined("instance_type", "var.size"),
        Some("envs/staging.hcl:12"),
    );
    let web = because(
        web,
        defined("tags", "var.release"),
        Some("envs/staging.hcl:12"),
    );
    let mut db = change(
        "module.data.aws_db_instance.main",
        Action::Replace(ReplaceOrder::CreateFirst),
        json!({"id": "main", "endpoint": "main.cx3abcdefghijklmnopqrst.eu-west-1.rds.amazonaws.com",
               "engine_version": "14.9", "password": "secret1"}),
        json!({"id": "?", "endpoint": "?", "engine_version": "16.2", "password": "secret2"}),
    );
    db.config = value(
        &json!({"id": null, "endpoint": null, "engine_version": "16.2", "password": "secret2"}),
    );
    db.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    db.replace_paths = vec![Path::root().attribute("engine_version")];
    let db = because(
        db,
        Cause::Reason(Reason::ReplaceBecauseCannotUpdate),
        Some("modules/data/main.hcl:8"),
    );
    let mut legacy = change(
        "module.data.aws_security_group.legacy",
        Action::Destroy,
        json!({"id": "sg-07aa", "name": "legacy"}),
        nothing.clone(),
    );
    legacy.reason = Some(Reason::DeleteBecauseNoResourceConfig);
    let mut moved = change(
        "aws_subnet.app[\"a\"]",
        Action::NoOp,
        json!({"id": "x"}),
        json!({"id": "x"}),
    );
    moved.previous = Some("aws_subnet.a".parse().unwrap());
    let mut changes = vec![web, moved, db, legacy, subnet];
    changes.sort_by(|a, b| a.addr.cmp(&b.addr));
    let mut plan = plan(changes);
    plan.outputs = outputs();
    plan.drift = vec![Drift {
        addr: "aws_instance.batch".parse().unwrap(),
        recorded: value(&json!({"id": "i-1", "size": 1})),
        observed: value(&json!({"id": "i-1", "size": 2})),
        instead: None,
        private: Vec::new(),
    }];
    plan
}

fn outputs() -> Vec<OutputChange> {
    vec![
        OutputChange {
            name: "url".into(),
            before: Value::from("http://a"),
            after: Value::from("http://b"),
            sensitive: false,
            action: Action::Update,
        },
        OutputChange {
            name: "token".into(),
            before: Value::NULL,
            after: Value::from("t0p"),
            sensitive: true,
            action: Action::Create,
        },
    ]
}

#[test]
fn the_screen_of_a_mixed_plan() {
    insta::assert_snapshot!(show(&sample(), PlanOptions::default(), Look::plain()));
}

#[test]
fn the_same_at_60_columns() {
    insta::assert_snapshot!(show(
        &sample(),
        PlanOptions::default(),
        Look::plain().wide(60)
    ));
}

#[test]
fn the_same_with_labels() {
    let look = Look {
        paint: Paint::Debug,
        ..Look::plain()
    };
    insta::assert_snapshot!(show(&sample(), PlanOptions::default(), look));
}

#[test]
fn the_same_in_detail_with_all_attributes() {
    let options = PlanOptions {
        form: Form::Detail,
        verbose: true,
    };
    insta::assert_snapshot!(show(&sample(), options, Look::plain()));
}

#[test]
fn a_summary_counts_by_module() {
    let options = PlanOptions {
        form: Form::Summary,
        verbose: false,
    };
    insta::assert_snapshot!(show(&sample(), options, Look::plain()));
}

#[test]
fn nothing_to_do_is_a_sentence() {
    let mut plan = plan(Vec::new());
    assert_eq!(
        render(&plan, &facts(), PlanOptions::default(), Look::plain()),
        "staging is as defined (23 instances checked in 3.1s)\n"
    );
    plan.refresh = Refresh::Trust;
    plan.mode = PlanMode::Destroy;
    plan.unchanged = 0;
    assert_eq!(
        render(&plan, &facts(), PlanOptions::default(), Look::plain()),
        "staging has nothing to destroy\n"
    );
}

fn creates(count: u64, input: impl Fn(u64) -> serde_json::Value) -> Vec<Change> {
    let block = model::address::BlockAddr {
        module: model::address::ModuleAddr::root(),
        mode: model::address::Mode::Managed,
        rtype: "terraform_data".into(),
        name: "x".into(),
    };
    let block = std::sync::Arc::new(block);
    let like = change("terraform_data.x", Action::Create, json!(null), json!(null));
    (0..count)
        .map(|n| {
            let mut change = like.clone();
            change.addr = block.instance(model::address::InstanceKey::Index(n));
            change.after = value(&json!({"id": "?", "input": input(n), "output": "?"}));
            change.config = value(&json!({"id": null, "input": input(n), "output": null}));
            change
        })
        .collect()
}

#[test]
fn identical_creates_are_one_block() {
    let mut plan = plan(creates(1_000, |_| json!("same")));
    plan.unchanged = 0;
    insta::assert_snapshot!(show(&plan, PlanOptions::default(), Look::plain()), @r#"
    Environment staging   aws 123456789012 eu-west-1   recorded serial 41

      + terraform_data.x[0..999]                          1000 instances
          input = "same"
          id, output known after apply

    Plan p7f3a91c: 1000 create
    Apply exactly this: terrace apply p7f3a91c
    [EOF]
    "#);
}

#[test]
fn creates_that_differ_in_a_value_are_one_block_from_four_on() {
    let mut few = plan(creates(3, |n| json!(n / 2)));
    few.unchanged = 0;
    let many = plan(creates(50, |n| json!(format!("10.0.{n}.0/24"))));
    let text = show(&few, PlanOptions::default(), Look::plain());
    insta::assert_snapshot!(text + "\n" + &show(&many, PlanOptions::default(), Look::plain()));
}

#[test]
fn a_hundred_thousand_creates_take_a_moment_and_a_page() {
    let plan = plan(creates(100_000, |n| json!(n)));
    let text = render(&plan, &facts(), PlanOptions::default(), Look::plain());
    assert_eq!(text.lines().count(), 8, "{text}");
    let detail = PlanOptions {
        form: Form::Detail,
        verbose: false,
    };
    assert_eq!(
        render(&plan, &facts(), detail, Look::plain())
            .lines()
            .count(),
        300_005
    );
}

#[test]
fn every_reason_has_a_sentence() {
    let reasons = [
        (
            Action::Replace(ReplaceOrder::DestroyFirst),
            Reason::ReplaceBecauseTainted,
        ),
        (
            Action::Replace(ReplaceOrder::DestroyFirst),
            Reason::ReplaceByRequest,
        ),
        (
            Action::Replace(ReplaceOrder::DestroyFirst),
            Reason::ReplaceByTriggers,
        ),
        (Action::Destroy, Reason::DeleteBecauseNoModule),
        (Action::Destroy, Reason::DeleteBecauseWrongRepetition),
        (Action::Destroy, Reason::DeleteBecauseCountIndex),
        (Action::Destroy, Reason::DeleteBecauseEachKey),
        (Action::Destroy, Reason::DeleteBecauseNoMoveTarget),
        (Action::Forget, Reason::DeleteBecauseNoResourceConfig),
        (Action::Read, Reason::ReadBecauseConfigUnknown),
        (Action::Read, Reason::ReadBecauseDependencyPending),
        (Action::Read, Reason::ReadBecauseCheckNested),
    ];
    let changes = reasons
        .into_iter()
        .enumerate()
        .map(|(n, (action, reason))| {
            let mut change = change(
                &format!("a.b{n:02}"),
                action,
                json!({"id": "i"}),
                json!({"id": "i"}),
            );
            change.reason = Some(reason);
            change
        })
        .collect();
    insta::assert_snapshot!(show(&plan(changes), PlanOptions::default(), Look::plain()));
}

#[test]
fn every_cause_has_a_sentence() {
    let attribute = |name: &str| Path::root().attribute(name);
    let update = change("a.b", Action::Update, json!({"x": 1}), json!({"x": 2}));
    let causes = [
        Cause::Defined {
            attribute: attribute("x"),
            references: Vec::new(),
        },
        Cause::Drifted {
            attribute: attribute("y"),
        },
        Cause::Upstream {
            attribute: attribute("z"),
            resource: "a.c"
                .parse::<model::address::InstanceAddr>()
                .unwrap()
                .resource(),
        },
        Cause::Provider {
            attribute: attribute("w"),
        },
    ];
    let update = causes.into_iter().fold(update, |change, cause| {
        because(change, cause, Some("main.tf:3"))
    });
    let gone = because(
        change("a.gone", Action::Create, json!(null), json!({"x": 1})),
        Cause::Gone,
        None,
    );
    let trigger = Cause::Trigger {
        reference: "a.c.x".into(),
    };
    let replace = Action::Replace(ReplaceOrder::DestroyFirst);
    let triggered = because(
        change("a.t", replace, json!({"x": 1}), json!({"x": 1})),
        trigger,
        Some("main.tf:9"),
    );
    insta::assert_snapshot!(show(
        &plan(vec![update, gone, triggered]),
        PlanOptions::default(),
        Look::plain()
    ));
}

#[test]
fn a_replacement_that_may_be_needless_says_so() {
    let mut change = change(
        "terraform_data.x",
        Action::Replace(ReplaceOrder::DestroyFirst),
        json!({"id": "1", "triggers_replace": "a"}),
        json!({"id": "?", "triggers_replace": "?"}),
    );
    change.config = value(&json!({"id": null, "triggers_replace": "?"}));
    change.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    change.replace_paths = vec![Path::root().attribute("triggers_replace")];
    insta::assert_snapshot!(show(&plan(vec![change]), PlanOptions::default(), Look::plain()), @r#"
    Environment staging   aws 123456789012 eu-west-1   recorded serial 41

    -/+ terraform_data.x                                  destroy, then create
          triggers_replace  "a" -> (known after apply)    forces replacement, not known yet
          id known after apply
          because triggers_replace cannot change in place

    Plan p7f3a91c: 1 replace, 23 unchanged
    Will destroy: terraform_data.x (replaced, as triggers_replace is not known yet)
    Apply exactly this: terrace apply p7f3a91c
    [EOF]
    "#);
}

#[test]
fn json_and_long_texts_are_compared_by_lines() {
    let policy =
        |effect: &str| json!({"Statement": [{"Effect": effect, "Action": "s3:*"}]}).to_string();
    let script = |word: &str| (0..40).map(|n| format!("{word} {n}\n")).collect::<String>();
    let update = change(
        "a.b",
        Action::Update,
        json!({"policy": policy("Allow"), "script": script("old"), "list": [1, 2]}),
        json!({"policy": policy("Deny"), "script": script("new"), "list": [1, 2, 3]}),
    );
    let create = change(
        "a.c",
        Action::Create,
        json!(null),
        json!({"policy": policy("Allow"), "script": script("x")}),
    );
    insta::assert_snapshot!(show(
        &plan(vec![update, create]),
        PlanOptions::default(),
        Look::plain()
    ));
}

#[test]
fn deposed_imported_and_moved_objects_say_what_they_are() {
    let mut deposed = change("a.b", Action::Destroy, json!({"id": "i"}), json!(null));
    deposed.deposed = Some(DeposedKey("0a1b2c3d".into()));
    let mut imported = change("a.c", Action::NoOp, json!({"id": "i"}), json!({"id": "i"}));
    imported.importing = Some("i-1".into());
    let mut moved = change("a.d", Action::Update, json!({"x": 1}), json!({"x": 2}));
    moved.previous = Some("a.old".parse().unwrap());
    insta::assert_snapshot!(show(
        &plan(vec![deposed, imported, moved]),
        PlanOptions::default(),
        Look::plain()
    ));
}

#[test]
fn modules_with_many_instances_are_one_heading() {
    let destroy = |n: u32| {
        let mut change = change(
            &format!("module.m[{n}].a.b"),
            Action::Destroy,
            json!({"id": "i"}),
            json!(null),
        );
        change.reason = Some(Reason::DeleteBecauseNoModule);
        change
    };
    insta::assert_snapshot!(show(
        &plan((0..30).map(destroy).collect()),
        PlanOptions::default(),
        Look::plain()
    ));
}

#[test]
fn a_refresh_shows_what_was_observed() {
    let mut plan = sample();
    plan.mode = PlanMode::RefreshOnly;
    plan.changes.clear();
    plan.outputs.clear();
    plan.drift.push(Drift {
        addr: "aws_instance.gone".parse().unwrap(),
        recorded: value(&json!({"id": "i-2"})),
        observed: Value::NULL,
        instead: None,
        private: Vec::new(),
    });
    insta::assert_snapshot!(show(&plan, PlanOptions::default(), Look::plain()), @r"
    Environment staging   aws 123456789012 eu-west-1   recorded serial 41   record only

      ~ aws_instance.batch                                changed outside
          size  1 -> 2
      - aws_instance.gone                                 gone

    Plan p7f3a91c: 1 changed outside, 1 gone, 21 unchanged
    Apply exactly this: terrace apply p7f3a91c
    [EOF]
    ");
}

#[test]
fn a_long_address_wraps_after_a_dot() {
    let address = "module.a_rather_long_module_name[\"eu-west-1\"].module.another_one.aws_security_group_rule.ingress_from_anywhere";
    let change = change(address, Action::Destroy, json!({"id": "i"}), json!(null));
    insta::assert_snapshot!(show(&plan(vec![change]), PlanOptions::default(), Look::plain().wide(60)), @r#"
    Environment staging   aws 123456789012 eu-west-1   recorded
      serial 41

    module.a_rather_long_module_name["eu-west-1"].module.another_one
      - module.a_rather_long_module_name["eu-west-1"].module.
          another_one.aws_security_group_rule.
          ingress_from_anywhere

    Plan p7f3a91c: 1 destroy, 23 unchanged
    Will destroy:
      module.a_rather_long_module_name["eu-west-1"].module.another_one.aws_security_group_rule.ingress_from_anywhere
    Apply exactly this: terrace apply p7f3a91c
    [EOF]
    "#);
}
