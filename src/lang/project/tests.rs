use std::time::Duration;

use model::clock::Timestamp;
use model::{Severity, Sources, Value};

use super::*;

fn read_text(text: &str) -> (Project, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("terrace.hcl", text);
    let (project, diagnostics) = read(file, text);
    (project, diagnostics, sources)
}

fn good(text: &str) -> Project {
    let (project, diagnostics, _) = read_text(text);
    assert_eq!(diagnostics, Diagnostics::new(), "{text}");
    project
}

/// Each diagnostic as `id: message [text at its place, label] help`.
fn wrong(text: &str) -> Vec<String> {
    let (_, diagnostics, sources) = read_text(text);
    let shown = diagnostics.iter().map(|one| {
        let place = one.primary.as_ref().expect("a place");
        let label = match place.text.as_str() {
            "" => String::new(),
            label => format!(", {label}"),
        };
        format!(
            "{}: {} [{}{label}] {}",
            one.id,
            one.message,
            sources.text(place.span),
            one.help.join("; ")
        )
    });
    shown.collect()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const WHOLE: &str = r#"
name       = "shop"
definition = "infra"

input "app_version" {
  default     = "1.0.0"
  description = "What runs"
}
input "size" {}

group "release-managers" { members = ["anna", "bruno"] }

environment "staging" {}

environment "production" {
  after     = ["staging"]
  promote   = "manual"
  protect   = ["module.database", "random_password.db[*]"]
  variables = { replicas = 2 }
  require {
    soak      = "1h"
    approvals = 2
    by        = ["release-managers", "carla"]
    window    = ["Mon-Fri 07:00-19:00 Europe/Rome", "Sat"]
    freeze    = ["2026-12-20/2027-01-06"]
    evidence  = "24h"
  }
}

check "errors" {
  http    = "http://localhost"
  streak  = 3
  expires = "1h"
}

heal {
  confirm  = 2
  cooldown = "10m"
  attempts = 5
  default  = "ignore"
  window   = ["22:00-02:00"]
  freeze   = ["2026-12-24"]
  rule "restart" {
    match  = ["local_process.*", "module.app[*].x.*"]
    on     = ["unhealthy", "missing", "missing"]
    action = "recreate"
  }
  rule "autoscaled" {
    match  = ["aws_autoscaling_group.*.desired_capacity"]
    action = "adopt"
  }
  limit {
    resources = 5
    share     = "25%"
    per       = "1h"
    destroys  = 1
  }
}

notify "oncall" {
  webhook    = "https://example.com/hook"
  secret_env = "TERRACE_WEBHOOK_SECRET"
  on         = ["drift", "failed"]
}
notify "team"  { slack = "https://hooks.example.com/x" }
notify "local" { command = ["./tell.sh", "now"] }
"#;

#[test]
fn environments_have_their_rules() {
    let project = good(WHOLE);
    let staging = project.environment("staging").unwrap();
    assert_eq!(staging.promote, Promote::Auto);
    assert!(staging.require.span.is_none() && staging.require.approvers(&project.groups).is_none());
    let production = project.environment("production").unwrap();
    assert_eq!(production.promote, Promote::Manual);
    let shown: Vec<String> = production
        .protect
        .iter()
        .map(|(pattern, _)| pattern.to_string())
        .collect();
    assert_eq!(shown, ["module.database", "random_password.db[*]"]);
    let require = &production.require;
    assert_eq!(require.soak.map(|(time, _)| time), Some(secs(3600)));
    assert_eq!(require.evidence.map(|(time, _)| time), Some(secs(86400)));
    assert_eq!(require.approvals.map(|(number, _)| number), Some(2));
    let approvers: Vec<Str> = require
        .approvers(&project.groups)
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(approvers, ["anna", "bruno", "carla"]);
    let at = |text: &str| {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp(moment.as_millisecond())
    };
    for (moment, open) in [
        ("2026-11-23T06:00:00Z", true),
        ("2026-11-23T05:00:00Z", false),
        ("2026-11-21T23:00:00Z", true),
        ("2026-12-26T12:00:00Z", false),
    ] {
        assert_eq!(require.calendar.is_open(at(moment)), open, "{moment}");
    }
}

#[test]
fn inputs_checks_and_notifications_are_read() {
    let project = good(WHOLE);
    let version = &project.inputs["app_version"];
    assert_eq!(version.default, Some(Value::string("1.0.0")));
    assert_eq!(version.description.as_deref(), Some("What runs"));
    assert!(project.inputs["size"].default.is_none());
    let check = &project.checks["errors"];
    assert_eq!((check.streak, check.expires), (3, Some(secs(3600))));
    let plain = good("check \"c\" { tcp = \"h:1\" }");
    let plain = &plain.checks["c"];
    assert_eq!((plain.streak, plain.expires), (1, None));
    let oncall = &project.notify["oncall"];
    let url = "https://example.com/hook".into();
    assert_eq!(oncall.channel, NotifyChannel::Webhook(url));
    assert_eq!(oncall.on, [NotifyOn::Drift, NotifyOn::Failed]);
    let secret = oncall.secret_env.as_ref().map(|(name, _)| name.as_str());
    assert_eq!(secret, Some("TERRACE_WEBHOOK_SECRET"));
    let words = vec!["./tell.sh".into(), "now".into()];
    assert_eq!(
        project.notify["local"].channel,
        NotifyChannel::Command(words)
    );
    let all: Vec<&str> = project.notify["team"]
        .on
        .iter()
        .map(|on| on.word())
        .collect();
    assert_eq!(all, ["drift", "healed", "failed", "waiting"]);
}

#[test]
fn what_may_be_healed_is_read() {
    let project = good(WHOLE);
    let heal = &project.heal;
    assert_eq!((heal.confirm, heal.attempts), (2, 5));
    assert_eq!(heal.cooldown, secs(600));
    assert_eq!(heal.default, HealAction::Ignore);
    assert_eq!(heal.calendar.window.len() + heal.calendar.freeze.len(), 2);
    let [restart, autoscaled] = heal.rules.as_slice() else {
        panic!("two rules");
    };
    assert_eq!(restart.name, "restart");
    assert_eq!(restart.action, HealAction::Recreate);
    assert_eq!(restart.on, [HealOn::Missing, HealOn::Unhealthy]);
    assert_eq!(restart.patterns.len(), 2);
    assert_eq!(autoscaled.on, HealOn::ALL);
    assert!(autoscaled.patterns[0].0.names_attribute());
    let limit = &heal.limit;
    assert_eq!((limit.resources, limit.destroys), (5, 1));
    assert_eq!(limit.share.map(|share| share.of(11)), Some(2));
    assert_eq!(limit.per, Some(secs(3600)));
}

#[test]
fn without_a_heal_block_everything_is_reported() {
    for text in ["", "heal {}", "heal {\n limit {}\n}"] {
        let heal = good(text).heal;
        assert_eq!(heal.default, HealAction::Report, "{text}");
        assert_eq!((heal.confirm, heal.attempts), (1, 3), "{text}");
        assert_eq!((heal.limit.resources, heal.limit.destroys), (3, 0));
        assert_eq!(heal.cooldown, Duration::ZERO, "{text}");
    }
}

#[test]
fn a_value_of_an_environment_that_is_none_says_what_to_write() {
    for (text, expected) in [
        (
            "check \"c\" {\n tcp = \"h:1\"\n every = \"often\"\n}",
            "value-type: `often` is not a duration [\"often\"] write for example `500ms`, `30s`, `5m` or `1h30m`",
        ),
        (
            "check \"c\" {\n tcp = \"h:1\"\n streak = 0\n}",
            "value-type: `streak` is not a whole number of 1 or more [0] write for example `streak = 1`",
        ),
        (
            "environment \"e\" {\n require {\n approvals = -1\n}\n}",
            "value-type: `approvals` is not a whole number of 0 or more [-1] write for example `approvals = 1`",
        ),
        (
            "environment \"e\" {\n require {\n approvals = 1.5\n}\n}",
            "value-type: `approvals` is not a whole number of 0 or more [1.5] write for example `approvals = 1`",
        ),
        (
            "environment \"e\" {\n require {\n approvals = \"1\"\n}\n}",
            "value-type: `approvals` is not a whole number of 0 or more [\"1\"] write for example `approvals = 1`",
        ),
        (
            "environment \"e\" {\n promote = \"manuel\"\n}",
            "value-type: `manuel` is not known here [\"manuel\"] did you mean `manual`?",
        ),
        (
            "environment \"e\" {\n promote = true\n}",
            "value-type: a string is wanted here [true, this is a bool] ",
        ),
        (
            "environment \"e\" {\n protect = [\"module.database\", \"database\"]\n}",
            "value-type: `database` is not a pattern of addresses [\"database\", a resource has a type and a name] write for example `aws_instance.web`, `aws_instance.*`, `module.app` or `module.*.aws_instance.*`",
        ),
        (
            "environment \"e\" {\n protect = [\"a.b.c\"]\n}",
            "value-type: `a.b.c` names an attribute, and instances are protected [\"a.b.c\"] leave out what follows the instance's name",
        ),
        (
            "environment \"e\" {\n protect = \"a.b\"\n}",
            "value-type: `protect` is a list [\"a.b\"] write `protect = [\"..\"]`",
        ),
        (
            "environment \"e\" {\n require {\n window = [\"Mon 7\"]\n}\n}",
            "value-type: `Mon 7` is not a window [\"Mon 7\", `7` is not a span of time] write two times of day, `07:00-19:00`",
        ),
        (
            "environment \"e\" {\n require {\n window = [\"Mon Europe/Roma\"]\n}\n}",
            "value-type: `Mon Europe/Roma` is not a window [\"Mon Europe/Roma\", there is no time zone `Europe/Roma`] did you mean `Europe/Rome`?",
        ),
    ] {
        assert_eq!(wrong(text), [expected], "{text}");
    }
}

#[test]
fn a_value_of_healing_that_is_none_says_what_to_write() {
    for (text, expected) in [
        (
            "heal {\n freeze = [\"2026-13-01\"]\n}",
            "value-type: `2026-13-01` is not a freeze [\"2026-13-01\", `2026-13-01` is not a date] write year, month and day, `2026-12-20`",
        ),
        (
            "heal {\n default = \"repair\"\n}",
            "value-type: `repair` is not known here [\"repair\"] known here: ignore, report, update, recreate, adopt",
        ),
        (
            "heal {\n limit {\n share = \"a quarter\"\n}\n}",
            "value-type: `a quarter` is not a share [\"a quarter\"] write whole percents from `0%` to `100%`",
        ),
        (
            "heal {\n limit {\n share = \"101%\"\n}\n}",
            "value-type: `101%` is not a share [\"101%\"] write whole percents from `0%` to `100%`",
        ),
        (
            "heal {\n limit {\n share = \"+1%\"\n}\n}",
            "value-type: `+1%` is not a share [\"+1%\"] write whole percents from `0%` to `100%`",
        ),
        (
            "heal {\n rule \"r\" {\n match = [\"a.b\"]\n on = [\"gone\"]\n action = \"report\"\n}\n}",
            "value-type: `gone` is not known here [\"gone\"] known here: missing, unhealthy, changed, any",
        ),
        (
            "heal {\n rule \"r\" {\n match = []\n action = \"report\"\n}\n}",
            "value-type: `match` is empty [[]] write `match = [\"..\"]`",
        ),
    ] {
        assert_eq!(wrong(text), [expected], "{text}");
    }
}

#[test]
fn a_value_of_persons_and_inputs_that_is_none_says_what_to_write() {
    for (text, expected) in [
        (
            "group \"g\" {\n members = [\"\"]\n}",
            "invalid-identifier: `` is not a person's name [\"\"] write the name as it stands in `terrace log`",
        ),
        (
            "group \"g\" {\n members = [anna]\n}",
            "value-type: a string is wanted here [anna] ",
        ),
        (
            "input \"app.version\" {}",
            "invalid-identifier: `app.version` is not the name of a variable [\"app.version\"] call it as the definition's variable that gets its value",
        ),
        (
            "input \"a\" {\n default = output.x\n}",
            "not-a-literal: nothing can be referred to here [output.x, a reference] write the value itself",
        ),
        (
            "input \"a\" {\n type = string\n}",
            "unknown-name: an input has no argument `type` [type] the definition's variable `a` says its type",
        ),
        (
            "notify \"n\" {\n webhook = \"example.com\"\n}",
            "value-type: `webhook` is not a URL [\"example.com\"] begin it with `https://` and the host",
        ),
        (
            "notify \"n\" {\n slack = \"https://h/x\"\n secret_env = \"s3cr-et\"\n}",
            "value-type: `secret_env` is not the name of an environment variable [\"s3cr-et\"] write the name of the variable, and keep the secret out of the file",
        ),
        (
            "notify \"n\" {\n command = []\n}",
            "value-type: `command` is empty [[]] write `command = [\"..\"]`",
        ),
        (
            "notify \"n\" {\n slack = \"https://h/x\"\n on = [\"drifts\"]\n}",
            "value-type: `drifts` is not known here [\"drifts\"] did you mean `drift`?",
        ),
    ] {
        assert_eq!(wrong(text), [expected], "{text}");
    }
}

#[test]
fn an_environment_is_not_called_as_something_else_nor_said_to_come_before_itself() {
    for (text, expected) in [
        (
            "environment \"r1\" {}\nenvironment \"42\" {}\nenvironment \"p12ab34f\" {}\nenvironment \"run\" {}\nenvironment \"r1b\" {}",
            &[
                "invalid-identifier: an environment cannot be called `r1` [\"r1\", to commands this is a revision] give it another name, such as `test`",
                "invalid-identifier: an environment cannot be called `42` [\"42\", to commands this is a revision] give it another name, such as `test`",
                "invalid-identifier: an environment cannot be called `p12ab34f` [\"p12ab34f\", to commands this is a plan] give it another name, such as `test`",
                "invalid-identifier: an environment cannot be called `run` [\"run\", to commands this is the word in `terrace show run 1`] give it another name, such as `test`",
            ],
        ),
        (
            "environment \"test\" {\n after = [\"tset\"]\n}\nenvironment \"tests\" {\n after = [\"test\"]\n}",
            &[
                "unknown-environment: there is no environment `tset` [\"tset\", not declared] declare `environment \"tset\" { .. }`",
            ],
        ),
    ] as [(&str, &[&str]); 2]
    {
        assert_eq!(wrong(text), expected, "{text}");
    }
}

#[test]
fn what_is_missing_twice_or_not_known_is_said() {
    for (text, expected) in [
        (
            "heal {\n rule \"r\" {\n on = [\"any\"]\n}\n}",
            &[
                "missing-argument: rule `r` has no `match` [rule \"r\"] write for example `match = [\"aws_instance.*\"]`",
                "missing-argument: rule `r` has no `action` [rule \"r\"] write for example `action = \"report\"`",
            ][..],
        ),
        (
            "heal {\n rule \"r\" {\n match = [\"a.b\"]\n action = \"report\"\n}\n rule \"r\" {\n match = [\"a.b\"]\n action = \"report\"\n}\n}",
            &[
                "duplicate-definition: rule `r` is declared twice [rule \"r\", declared again here] ",
            ],
        ),
        (
            "heal {}\nheal {}",
            &[
                "duplicate-definition: a second `heal` block in terrace.hcl [heal, only one is allowed] ",
            ],
        ),
        (
            "environment \"e\" {\n require {}\n require {}\n}",
            &[
                "duplicate-definition: a second `require` block in environment `e` [require, only one is allowed] ",
            ],
        ),
        (
            "heal \"all\" {}",
            &["syntax: `heal` has a name and takes none [heal \"all\"] write `heal { .. }`"],
        ),
        (
            "input {}",
            &["syntax: `input` has 0 labels instead of 1 [input] write `input \"NAME\" { .. }`"],
        ),
        (
            "input \"a\" {}\ninput \"a\" {}",
            &[
                "duplicate-definition: input `a` is declared twice [input \"a\", declared again here] ",
            ],
        ),
        (
            "group \"g\" {}",
            &[
                "missing-argument: group `g` has no `members` [group \"g\"] write `members = [\"NAME\"]`",
            ],
        ),
        (
            "notify \"n\" {}",
            &[
                "missing-argument: notify `n` has none of `webhook`, `slack`, `command` [notify \"n\", exactly one is wanted] write for example `webhook = \"https://example.com/hook\"`",
            ],
        ),
        (
            "notify \"n\" {\n slack = \"https://h\"\n command = [\"c\"]\n}",
            &[
                "missing-argument: notify `n` has more than one of `webhook`, `slack`, `command` [notify \"n\", exactly one is wanted] write for example `webhook = \"https://example.com/hook\"`",
            ],
        ),
        (
            "heal {\n limit {\n resource = 3\n}\n}",
            &[
                "unknown-name: `limit` has no argument `resource` [resource, not known here] did you mean `resources`?",
            ],
        ),
        (
            "environment \"e\" {\n require {\n soaks = \"1h\"\n}\n}",
            &[
                "unknown-name: `require` of environment `e` has no argument `soaks` [soaks, not known here] did you mean `soak`?",
            ],
        ),
    ] {
        assert_eq!(wrong(text), expected, "{text}");
    }
}

#[test]
fn rules_that_can_never_be_met_are_said() {
    for (text, expected) in [
        (
            "environment \"e\" {\n require {\n soak = \"1h\"\n}\n}",
            "impossible-rule: `soak` is about an environment before, and there is none [\"1h\"] add `after` to the environment, or take it away",
        ),
        (
            "environment \"e\" {\n require {\n evidence = \"1h\"\n}\n}",
            "impossible-rule: `evidence` is about an environment before, and there is none [\"1h\"] add `after` to the environment, or take it away",
        ),
        (
            "environment \"e\" {\n require {\n by = [\"anna\"]\n}\n}",
            "impossible-rule: `by` says who approves, and no approval is wanted [\"anna\"] add `approvals = 1`",
        ),
        (
            "environment \"e\" {\n require {\n approvals = 0\n by = [\"anna\"]\n}\n}",
            "impossible-rule: `by` says who approves, and no approval is wanted [\"anna\"] add `approvals = 1`",
        ),
        (
            "group \"g\" { members = [\"anna\", \"anna\"] }\nenvironment \"e\" {\n require {\n approvals = 2\n by = [\"g\", \"anna\"]\n}\n}",
            "impossible-rule: 2 approvals are wanted and 1 person may approve [2] name more groups or persons in `by`, or want fewer",
        ),
        (
            "check \"c\" {\n tcp = \"h:1\"\n every = \"20s\"\n within = \"1m\"\n streak = 5\n}",
            "impossible-rule: 5 passes in a row, 20s apart, take longer than 1m [5] make `within` longer, or `streak` or `every` smaller",
        ),
        (
            "heal {\n rule \"r\" {\n match = [\"a.b\"]\n on = [\"missing\", \"changed\"]\n action = \"update\"\n}\n}",
            "impossible-rule: `update` does nothing about what is missing [[\"missing\", \"changed\"]] let another rule with `recreate` or `report` come first for it",
        ),
        (
            "heal {\n rule \"r\" {\n match = [\"a.b\"]\n on = [\"unhealthy\"]\n action = \"adopt\"\n}\n}",
            "impossible-rule: `adopt` does nothing about what is unhealthy [[\"unhealthy\"]] let another rule with `recreate` or `report` come first for it",
        ),
        (
            "heal {\n rule \"r\" {\n match = [\"a.b.c\"]\n on = [\"missing\"]\n action = \"report\"\n}\n}",
            "impossible-rule: `a.b.c` names an attribute, which can only be changed [\"a.b.c\"] add \"changed\" to `on`, or name the instances",
        ),
        (
            "notify \"n\" {\n command = [\"c\"]\n secret_env = \"S\"\n}",
            "impossible-rule: a command is given no signed message [\"S\"] take `secret_env` away",
        ),
        (
            "input \"v\" {}\nenvironment \"e\" {\n variables = { v = 1 }\n}",
            "shared-input: environment `e` sets `v`, which is an input [v = 1, set here] take one of them away",
        ),
    ] {
        assert_eq!(wrong(text), [expected], "{text}");
    }
}

#[test]
fn a_person_who_is_called_almost_as_a_group_is_warned_of() {
    let text = "group \"managers\" { members = [\"anna\"] }\nenvironment \"e\" {\n require {\n approvals = 1\n by = [\"manager\"]\n}\n}";
    let (_, diagnostics, _) = read_text(text);
    assert!(
        diagnostics
            .iter()
            .all(|one| one.severity == Severity::Warning)
    );
    assert_eq!(
        wrong(text),
        [
            "unknown-reference: there is no group `manager`, so that it is a person [\"manager\"] did you mean `managers`?"
        ]
    );
}

#[test]
fn a_streak_that_just_fits_is_good() {
    good("check \"c\" {\n tcp = \"h:1\"\n every = \"20s\"\n within = \"1m\"\n streak = 4\n}");
}
