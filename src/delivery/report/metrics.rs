//! Metrics in the text format of Prometheus, for a file that the node exporter's textfile collector reads. Every family is
//! written once, with its help and type, and only if there is something in it. Entry point: [`metrics`].

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use model::clock::Timestamp;
use model::serial::RevisionId;
use model::text::Str;

use super::subject::{CheckResult, DriftClass};

/// What is known of one environment, in numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Its name.
    pub environment: Str,
    /// The revision it has.
    pub revision: Option<RevisionId>,
    /// What the revision was made of: a commit, or a digest.
    pub definition: Option<Str>,
    /// How many instances are recorded.
    pub resources: Option<u64>,
    /// How many instances of each class of drift the last look found; `None` when nobody looked, and a class that is not in
    /// it has none.
    pub drifted: Option<BTreeMap<DriftClass, u64>>,
    /// What each check said last.
    pub checks: BTreeMap<Str, CheckResult>,
    /// When each kind of operation (`apply`, `drift`) succeeded last.
    pub last_success: BTreeMap<Str, Timestamp>,
    /// How many heals there ever were, by outcome (`healed`, `failed`, `left`).
    pub heals: BTreeMap<Str, u64>,
    /// How many operations there ever were, by kind and outcome.
    pub operations: BTreeMap<(Str, Str), u64>,
    /// How long each operation ever took, by kind.
    pub durations: BTreeMap<Str, Vec<Duration>>,
    /// From the commit of the revision it has to the moment it had it.
    pub lead_time: Option<Duration>,
}

/// Upper ends of the histogram of durations, in seconds.
const BUCKETS: [u64; 8] = [1, 5, 15, 60, 300, 900, 3600, 14_400];

/// Writes the metrics of these environments, which must have different names.
pub fn metrics(environments: &[Measured]) -> String {
    [
        info(environments),
        resources(environments),
        drifted(environments),
        checks(environments),
        last_success(environments),
        durations(environments),
        operations(environments),
        heals(environments),
        lead_time(environments),
    ]
    .concat()
}

fn info(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_environment_info",
        "The revision that an environment has, and what that was made of.",
    );
    for one in environments {
        let revision = one.revision.map(|revision| revision.to_string());
        let labels = [
            ("environment", one.environment.as_str()),
            ("revision", revision.as_deref().unwrap_or_default()),
            ("definition", one.definition.as_deref().unwrap_or_default()),
        ];
        family.sample("", &labels, 1);
    }
    family.text()
}

fn resources(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_environment_resources",
        "Instances recorded in an environment.",
    );
    for one in environments {
        if let Some(resources) = one.resources {
            family.sample("", &[("environment", &one.environment)], resources);
        }
    }
    family.text()
}

fn drifted(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_environment_drifted_resources",
        "Instances that the last look found to differ from what is recorded, by class.",
    );
    for one in environments {
        let Some(drifted) = &one.drifted else {
            continue;
        };
        for class in DriftClass::ALL {
            let labels = [
                ("environment", one.environment.as_str()),
                ("class", class.word()),
            ];
            family.sample("", &labels, drifted.get(&class).copied().unwrap_or(0));
        }
    }
    family.text()
}

fn checks(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_check_status",
        "What a check said last: 1 passed, 0 failed, -1 could not be tried.",
    );
    for one in environments {
        for (check, result) in &one.checks {
            let labels = [
                ("environment", one.environment.as_str()),
                ("check", check.as_str()),
            ];
            let value = match result {
                CheckResult::Passed => 1,
                CheckResult::Failed => 0,
                CheckResult::Unknown => -1,
            };
            family.sample("", &labels, value);
        }
    }
    family.text()
}

fn last_success(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_last_success_timestamp_seconds",
        "Unix time at which an operation succeeded last.",
    );
    for one in environments {
        for (operation, at) in &one.last_success {
            let labels = of_operation(one, operation);
            family.sample("", &labels, seconds(i128::from(at.0)));
        }
    }
    family.text()
}

fn durations(environments: &[Measured]) -> String {
    let mut family = Family::new(
        "terrace_operation_duration_seconds",
        "How long operations took.",
        "histogram",
    );
    for one in environments {
        for (operation, took) in &one.durations {
            let labels = of_operation(one, operation);
            for end in BUCKETS {
                let within = took
                    .iter()
                    .filter(|took| **took <= Duration::from_secs(end));
                let end = end.to_string();
                let [environment, operation] = labels;
                family.sample(
                    "_bucket",
                    &[environment, operation, ("le", &end)],
                    within.count(),
                );
            }
            let [environment, operation] = labels;
            family.sample(
                "_bucket",
                &[environment, operation, ("le", "+Inf")],
                took.len(),
            );
            let sum = took
                .iter()
                .fold(Duration::ZERO, |sum, took| sum.saturating_add(*took));
            family.sample("_sum", &labels, sum.as_secs_f64());
            family.sample("_count", &labels, took.len());
        }
    }
    family.text()
}

fn operations(environments: &[Measured]) -> String {
    let mut family = Family::new(
        "terrace_operations_total",
        "Operations by outcome.",
        "counter",
    );
    for one in environments {
        for ((operation, outcome), number) in &one.operations {
            let [environment, operation] = of_operation(one, operation);
            family.sample("", &[environment, operation, ("outcome", outcome)], number);
        }
    }
    family.text()
}

fn heals(environments: &[Measured]) -> String {
    let mut family = Family::new("terrace_heals_total", "Heals by outcome.", "counter");
    for one in environments {
        for (outcome, number) in &one.heals {
            let labels = [
                ("environment", one.environment.as_str()),
                ("outcome", outcome.as_str()),
            ];
            family.sample("", &labels, number);
        }
    }
    family.text()
}

fn lead_time(environments: &[Measured]) -> String {
    let mut family = Family::gauge(
        "terrace_lead_time_seconds",
        "From the commit of the revision that an environment has to its being there.",
    );
    for one in environments {
        if let Some(lead_time) = one.lead_time {
            let labels = [("environment", one.environment.as_str())];
            family.sample("", &labels, lead_time.as_secs_f64());
        }
    }
    family.text()
}

fn of_operation<'m>(one: &'m Measured, operation: &'m Str) -> [(&'static str, &'m str); 2] {
    [("environment", &one.environment), ("operation", operation)]
}

/// Milliseconds as seconds, exactly.
fn seconds(milliseconds: i128) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let whole = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1000, whole % 1000)
}

/// Samples of one name.
struct Family {
    name: &'static str,
    head: String,
    samples: String,
}

impl Family {
    /// `help` must be free of line breaks and backslashes.
    fn new(name: &'static str, help: &str, kind: &str) -> Self {
        Self {
            name,
            head: format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"),
            samples: String::new(),
        }
    }

    fn gauge(name: &'static str, help: &str) -> Self {
        Self::new(name, help, "gauge")
    }

    fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = labels.join(",");
        let line = format!("{}{suffix}{{{labels}}} {value}\n", self.name);
        self.samples.push_str(&line);
    }

    fn text(self) -> String {
        if self.samples.is_empty() {
            String::new()
        } else {
            self.head + &self.samples
        }
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
