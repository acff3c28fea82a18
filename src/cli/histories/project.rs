//! The projects of histories: a pipeline with rules that chance chose, and definitions that differ from one revision to the
//! next.

use std::time::Duration;

use super::chance::Chance;

/// An environment and its rules.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) after: Vec<&'static str>,
    pub(super) is_manual: bool,
    pub(super) soak: Duration,
    pub(super) approvals: usize,
    /// How old the checks of those before may be.
    pub(super) evidence: Option<Duration>,
    /// Whether nothing comes from six in the evening to six in the morning.
    pub(super) by_day: bool,
}

/// What may be healed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) confirm: usize,
    pub(super) cooldown: Duration,
    pub(super) attempts: usize,
    pub(super) resources: usize,
    pub(super) per: Duration,
    pub(super) destroys: usize,
    /// Whether what was changed is made anew, and not put right in place.
    pub(super) recreates: bool,
    /// Whether nothing is healed from six in the evening to six in the morning.
    pub(super) by_day: bool,
}

/// All of `terrace.hcl`.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// In the order in which they are declared.
    pub(super) places: Vec<Place>,
    /// How long evidence lasts.
    pub(super) expires: Option<Duration>,
    pub(super) policy: Policy,
}

/// Who may approve in production. Of those, anna and bruno write revisions too.
pub(super) const APPROVERS: [&str; 3] = ["bruno", "carla", "dora"];

/// Everyone.
pub(super) const PEOPLE: [&str; 4] = ["anna", "bruno", "carla", "eve"];

/// From six in the morning to six in the evening.
const DAY: &str = "06:00-18:00 UTC";

const HOUR: Duration = Duration::from_secs(3600);

impl Rules {
    pub(super) fn any(chance: &Chance) -> Self {
        let soak = |one_in: u64| match chance.one_in(one_in) {
            true => Duration::from_secs(600),
            false => Duration::ZERO,
        };
        let place = |name, after: &[&'static str]| Place {
            name,
            after: after.to_vec(),
            is_manual: false,
            soak: soak(3),
            approvals: 0,
            evidence: chance.one_in(4).then_some(HOUR * 3),
            by_day: false,
        };
        let mut places = vec![
            Place {
                soak: Duration::ZERO,
                evidence: None,
                ..place("test", &[])
            },
            place("staging", &["test"]),
        ];
        let before_production: &[&str] = match chance.one_in(4) {
            true => {
                places.push(place("load", &["test"]));
                &["staging", "load"]
            }
            false => &["staging"],
        };
        places.push(Place {
            is_manual: chance.one_in(3),
            by_day: chance.one_in(4),
            approvals: [0, 1, 1, 2][usize::try_from(chance.below(4)).expect("it is small")],
            ..place("production", before_production)
        });
        let count = |from: u64, limit| usize::try_from(from + chance.below(limit)).expect("small");
        Self {
            places,
            expires: chance.one_in(3).then_some(HOUR * 2),
            policy: Policy {
                confirm: count(1, 2),
                cooldown: Duration::from_secs([0, 600, 1200][count(0, 3)]),
                attempts: count(1, 3),
                resources: count(1, 4),
                per: [HOUR, Duration::from_secs(120)][count(0, 2)],
                destroys: count(0, 3),
                recreates: chance.one_in(2),
                by_day: chance.one_in(5),
            },
        }
    }

    pub(super) fn place(&self, name: &str) -> &Place {
        let mut found = self.places.iter().filter(|place| place.name == name);
        found.next().expect("it is declared")
    }

    /// The text of `terrace.hcl`, with the colours that environments are given.
    pub(super) fn text(&self, color: impl Fn(&str) -> u64) -> String {
        let mut text = String::from("definition = \"infra\"\n");
        for place in &self.places {
            let color = color(place.name);
            let after: Vec<String> = place.after.iter().map(|one| format!("{one:?}")).collect();
            let promote = if place.is_manual { "manual" } else { "auto" };
            let mut require = String::new();
            if place.soak > Duration::ZERO {
                require += &format!("    soak = \"{}s\"\n", place.soak.as_secs());
            }
            if place.approvals > 0 {
                require += &format!(
                    "    approvals = {}\n    by = {APPROVERS:?}\n",
                    place.approvals
                );
            }
            if let Some(limit) = place.evidence {
                require += &format!("    evidence = \"{}s\"\n", limit.as_secs());
            }
            if place.by_day {
                require += &format!("    window = [{DAY:?}]\n");
            }
            text += &format!(
                "environment {:?} {{\n  after = [{}]\n  promote = {promote:?}\n  variables = {{ color = \"{color}\" }}\n  \
                 verify = [check.good]\n",
                place.name,
                after.join(", ")
            );
            if !require.is_empty() {
                text += &format!("  require {{\n{require}  }}\n");
            }
            text += "}\n";
        }
        text += "check \"good\" {\n  \
                 command = [\"test\", \"!\", \"-e\", \"bad/${environment.name}-${revision.name}\"]\n  within = \"0s\"\n";
        if let Some(expires) = self.expires {
            text += &format!("  expires = \"{}s\"\n", expires.as_secs());
        }
        let Policy {
            confirm,
            cooldown,
            attempts,
            resources,
            per,
            destroys,
            recreates,
            by_day,
        } = self.policy;
        let changed = if recreates { "recreate" } else { "update" };
        let window = match by_day {
            true => format!("  window = [{DAY:?}]\n"),
            false => String::new(),
        };
        text += &format!(
            "}}\nheal {{\n  confirm = {confirm}\n  cooldown = \"{}s\"\n  attempts = {attempts}\n{window}  \
             rule \"gone\" {{\n    match = [\"sim_server.*\"]\n    on = [\"missing\"]\n    action = \"recreate\"\n  }}\n  \
             rule \"changed\" {{\n    match = [\"sim_server.*\"]\n    on = [\"changed\"]\n    action = {changed:?}\n  }}\n  \
             limit {{\n    resources = {resources}\n    per = \"{}s\"\n    destroys = {destroys}\n  }}\n}}\n",
            cooldown.as_secs(),
            per.as_secs()
        );
        text
    }
}

/// What a definition wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edition {
    pub(super) number: u64,
    pub(super) servers: u64,
    /// A change of it replaces the network, and with it the servers.
    pub(super) network: u64,
    /// A change of it replaces the servers.
    pub(super) image: u64,
}

impl Edition {
    /// The next one.
    pub(super) fn next(self, chance: &Chance) -> Self {
        Self {
            number: self.number + 1,
            servers: 1 + chance.below(3),
            network: self.network + u64::from(chance.one_in(6)),
            image: self.image + u64::from(chance.one_in(4)),
        }
    }

    /// Whether an instance is in it.
    pub(super) fn wants(&self, addr: &str) -> bool {
        let number = addr.strip_prefix("sim_server.web[");
        let number = number.and_then(|rest| rest.strip_suffix(']')?.parse::<u64>().ok());
        number.is_none_or(|number| number < self.servers)
    }

    /// The text of the definition.
    pub(super) fn text(&self) -> String {
        let Self {
            number,
            servers,
            network,
            image,
        } = self;
        format!(
            "terraform {{\n  required_providers {{\n    sim = {{ source = \"terrace/sim\" }}\n  }}\n}}\n\
             variable \"color\" {{\n  type = string\n}}\n\
             resource \"sim_network\" \"net\" {{\n  name = terraform.workspace\n  cidr = \"10.{network}.0.0/16\"\n}}\n\
             resource \"sim_server\" \"web\" {{\n  count = {servers}\n  name = \"${{terraform.workspace}}-${{count.index}}\"\n  \
             network_id = sim_network.net.id\n  image = \"i{image}\"\n  \
             tags = {{ edition = \"{number}\", color = var.color }}\n}}\n\
             output \"edition\" {{\n  value = \"{number}\"\n}}\n"
        )
    }
}
