//! The sections of a summary, each at each degree of folding.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Fold;
use super::escape::{block, code, words};
use crate::report::subject::{
    CheckResult, Checked, Drift, DriftClass, Environment, Healing, Outcome, Plan, PlannedChange,
    StepResult, Subject,
};

/// A summary of the last resort, in parts.
pub(super) struct ByDanger {
    pub(super) title: String,
    /// What is destroyed or replaced, by block; empty where nothing is.
    pub(super) danger: String,
    /// The environments, then what went wrong, line by line.
    pub(super) rest: Vec<String>,
}

/// The whole summary, but for what it says was folded.
pub(super) fn written(subject: &Subject, fold: Fold) -> String {
    let mut out = format!("# {}\n\n", words(&subject.operation));
    out.push_str("| environment | revision | result | changes | checks | drift |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for environment in &subject.environments {
        out.push_str(&row(environment));
        out.push('\n');
    }
    let danger = danger(subject, fold);
    if !danger.is_empty() {
        out.push('\n');
        out.push_str(&danger);
    }
    for environment in &subject.environments {
        out.push_str(&section(environment, fold));
    }
    out
}

/// What is destroyed or replaced by block, then the environments, then what went wrong.
pub(super) fn by_danger(subject: &Subject) -> ByDanger {
    let mut danger = danger(subject, Fold::Instances);
    if !danger.is_empty() {
        danger.push('\n');
    }
    let mut rest = Vec::new();
    for environment in &subject.environments {
        let result = result(&environment.outcome);
        let name = code(&environment.name);
        rest.push(format!("- {name}: {result}"));
    }
    for environment in &subject.environments {
        let section = section(environment, Fold::Instances);
        rest.extend(section.lines().map(ToOwned::to_owned));
    }
    ByDanger {
        title: format!("# {}\n\n", words(&subject.operation)),
        danger,
        rest,
    }
}

/// What this degree leaves out of this summary, in phrases.
pub(super) fn folded(subject: &Subject, fold: Fold) -> Vec<String> {
    let count =
        |what: fn(&Environment) -> usize| -> usize { subject.environments.iter().map(what).sum() };
    let mut out = Vec::new();
    let mut say = |degree: Fold, number: usize, what: &str| {
        if fold >= degree && number > 0 {
            out.push(format!("{what} ({number})"));
        }
    };
    say(
        Fold::Instances,
        count(|one| one.destructive().count()),
        "destroyed and replaced instances, now by block",
    );
    say(
        Fold::Instances,
        count(|one| wrong(one).count()),
        "drifted instances",
    );
    say(
        Fold::Instances,
        count(remedies),
        "what to do about what waits",
    );
    say(Fold::Lists, count(skipped), "skipped steps");
    say(
        Fold::Lists,
        count(|one| harmless(one).count()),
        "changes that destroy nothing",
    );
    say(
        Fold::Lists,
        count(|one| passed(one).count() + expected(one).count()),
        "passed checks and expected drift",
    );
    say(Fold::Reasons, count(reasons), "reasons");
    say(
        Fold::Details,
        count(|one| one.checks.iter().filter(|check| has_seen(check)).count()),
        "what failed checks saw",
    );
    out
}

fn row(environment: &Environment) -> String {
    let revision = environment.revision.map(|revision| revision.to_string());
    let cells = [
        code(&environment.name),
        revision.unwrap_or_default(),
        result(&environment.outcome),
        environment.plan.as_ref().map(counts).unwrap_or_default(),
        check_counts(&environment.checks),
        environment
            .drift
            .as_deref()
            .map(drift_counts)
            .unwrap_or_default(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".into(),
        Outcome::Unchanged => "nothing to do".into(),
        Outcome::Failed(why) => format!("**failed**: {}", short(why)),
        Outcome::Unknown(why) => format!("**cannot tell**: {}", short(why)),
        Outcome::Waiting => "waits".into(),
        Outcome::NotReached => "not reached".into(),
    }
}

/// The first words, which are enough for a table.
fn short(text: &str) -> String {
    let mut text = text.lines().next().unwrap_or_default().to_owned();
    super::escape::cut(&mut text, 200);
    words(&text)
}

/// The section of what is destroyed or replaced; empty where nothing is.
fn danger(subject: &Subject, fold: Fold) -> String {
    let mut lines = Vec::new();
    for environment in &subject.environments {
        let name = code(&environment.name);
        if fold < Fold::Instances {
            let changes = environment.destructive();
            lines.extend(changes.map(|change| {
                format!("- {name}: **{}** {}\n", change.verb(), named(change, fold))
            }));
            continue;
        }
        let mut blocks: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for change in environment.destructive() {
            let block = (change.verb(), change.address.resource().to_string());
            *blocks.entry(block).or_default() += 1;
        }
        lines.extend(blocks.into_iter().map(|((verb, block), instances)| {
            let times = match instances {
                1 => String::new(),
                many => format!(" ({many} instances)"),
            };
            format!("- {name}: **{verb}** {}{times}\n", code(&block))
        }));
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("## Destroyed or replaced\n\n{}", lines.concat()),
    }
}

fn named(change: &PlannedChange, fold: Fold) -> String {
    let address = code(&change.address.to_string());
    if fold >= Fold::Reasons || change.reason.is_empty() {
        return address;
    }
    format!("{address}: {}", words(&change.reason))
}

/// What is to be said of one environment beyond its row; empty where that is nothing.
fn section(environment: &Environment, fold: Fold) -> String {
    let mut out = String::new();
    if let (Outcome::Failed(why) | Outcome::Unknown(why), true) =
        (&environment.outcome, fold < Fold::Reasons)
        && short(why) != words(why)
    {
        out.push_str(&block(why));
        out.push('\n');
    }
    for wait in &environment.waits {
        let remedy = if wait.remedy.is_empty() || fold >= Fold::Instances {
            String::new()
        } else {
            format!(" {}", code(&wait.remedy))
        };
        out.push_str(&format!("- waits: {}{remedy}\n", words(&wait.sentence)));
    }
    out.push_str(&steps(environment, fold));
    out.push_str(&checks(environment, fold));
    out.push_str(&drift(environment, fold));
    if fold < Fold::Lists {
        out.push_str(&changes(environment, fold));
    }
    if out.is_empty() {
        return out;
    }
    format!("\n## {}\n\n{out}", words(&environment.name))
}

fn steps(environment: &Environment, fold: Fold) -> String {
    let mut out = String::new();
    for step in &environment.steps {
        let (word, why) = match &step.result {
            StepResult::Done => continue,
            StepResult::Failed(why) => ("failed", why),
            StepResult::Unknown(why) => ("unknown", why),
            StepResult::Skipped(_) if fold >= Fold::Lists => continue,
            StepResult::Skipped(why) => ("skipped", why),
        };
        let address = code(&step.address.to_string());
        let why = if fold >= Fold::Reasons {
            short(why)
        } else {
            words(why)
        };
        out.push_str(&format!(
            "- **{word}** {} {address}: {why}\n",
            words(&step.verb)
        ));
    }
    out
}

fn checks(environment: &Environment, fold: Fold) -> String {
    let mut out = String::new();
    for check in &environment.checks {
        let (word, result) = match check.result {
            CheckResult::Passed if fold >= Fold::Lists => continue,
            CheckResult::Passed => ("passed", check),
            CheckResult::Failed => ("**failed**", check),
            CheckResult::Unknown => ("**could not be tried**", check),
        };
        let detail = if fold >= Fold::Reasons {
            short(&result.detail)
        } else {
            words(&result.detail)
        };
        let colon = if detail.is_empty() { "" } else { ": " };
        out.push_str(&format!(
            "- check {} {word}{colon}{detail}\n",
            code(&result.name)
        ));
        if fold < Fold::Details && has_seen(result) {
            let seen = block(&result.seen);
            out.push_str(&format!(
                "\n<details><summary>what it saw</summary>\n\n{seen}\n</details>\n\n"
            ));
        }
    }
    out
}

fn drift(environment: &Environment, fold: Fold) -> String {
    let mut out = String::new();
    for finding in environment.drift.iter().flatten() {
        let listed = match finding.class {
            DriftClass::Expected => fold < Fold::Lists,
            DriftClass::Missing
            | DriftClass::Changed
            | DriftClass::Unhealthy
            | DriftClass::Unreadable => fold < Fold::Instances,
        };
        if listed {
            out.push_str(&found(finding, fold));
        }
    }
    out
}

fn found(finding: &Drift, fold: Fold) -> String {
    let address = code(&finding.address.to_string());
    let (word, why) = match &finding.healing {
        Healing::NotAsked => ("", ""),
        Healing::Healed => (", healed", ""),
        Healing::Left(why) => (", left alone", why.as_str()),
        Healing::Refused(why) => (", **refused by protect**", why.as_str()),
        Healing::Failed(why) => (", **healing failed**", why.as_str()),
    };
    let mut line = format!("- {} {address}{word}", finding.class.word());
    if fold < Fold::Reasons {
        if let Some(seen_for) = finding.seen_for {
            line.push_str(&format!(", seen for {}", rough(seen_for)));
        }
        for more in [finding.detail.as_str(), why] {
            if !more.is_empty() {
                line.push_str(&format!("; {}", words(more)));
            }
        }
    }
    line.push('\n');
    line
}

fn changes(environment: &Environment, fold: Fold) -> String {
    let mut out = String::new();
    for change in harmless(environment) {
        out.push_str(&format!("- {} {}\n", change.verb(), named(change, fold)));
    }
    if out.is_empty() {
        return out;
    }
    let id = environment.plan.as_ref().and_then(|plan| plan.id.as_ref());
    let title = id.map_or_else(|| "changes".to_owned(), |id| format!("changes, plan {id}"));
    format!("\n<details><summary>{title}</summary>\n\n{out}\n</details>\n")
}

fn harmless(environment: &Environment) -> impl Iterator<Item = &PlannedChange> {
    let changes = environment.plan.iter().flat_map(|plan| &plan.changes);
    changes.filter(|change| !change.is_destructive() && change.verb() != "keep")
}

fn passed(environment: &Environment) -> impl Iterator<Item = &Checked> {
    let checks = environment.checks.iter();
    checks.filter(|check| check.result == CheckResult::Passed)
}

fn expected(environment: &Environment) -> impl Iterator<Item = &Drift> {
    let findings = environment.drift.iter().flatten();
    findings.filter(|finding| finding.class == DriftClass::Expected)
}

fn wrong(environment: &Environment) -> impl Iterator<Item = &Drift> {
    let findings = environment.drift.iter().flatten();
    findings.filter(|finding| finding.class != DriftClass::Expected)
}

/// How many reasons the environment has: of changes, of drift and of failures.
fn reasons(environment: &Environment) -> usize {
    let changes = environment.plan.iter().flat_map(|plan| &plan.changes);
    let failed = environment
        .steps
        .iter()
        .filter(|step| step.result != StepResult::Done);
    let why = matches!(
        environment.outcome,
        Outcome::Failed(_) | Outcome::Unknown(_)
    );
    usize::from(why)
        + changes.filter(|change| !change.reason.is_empty()).count()
        + environment.drift.iter().flatten().count()
        + environment.checks.len()
        + failed.count()
}

fn skipped(environment: &Environment) -> usize {
    let steps = environment.steps.iter();
    steps
        .filter(|step| matches!(step.result, StepResult::Skipped(_)))
        .count()
}

fn remedies(environment: &Environment) -> usize {
    let waits = environment.waits.iter();
    waits.filter(|wait| !wait.remedy.is_empty()).count()
}

fn has_seen(check: &Checked) -> bool {
    check.result != CheckResult::Passed && !check.seen.is_empty()
}

fn counts(plan: &Plan) -> String {
    let mut by_verb: BTreeMap<_, usize> = BTreeMap::new();
    for change in &plan.changes {
        *by_verb
            .entry((change.is_destructive(), change.verb()))
            .or_default() += 1;
    }
    let mut phrases: Vec<String> = by_verb
        .into_iter()
        .filter(|((_, verb), _)| *verb != "keep")
        .map(|((destructive, verb), number)| match destructive {
            true => format!("**{number} {verb}**"),
            false => format!("{number} {verb}"),
        })
        .collect();
    phrases.push(format!("{} unchanged", plan.unchanged));
    phrases.join(", ")
}

fn check_counts(checks: &[Checked]) -> String {
    let count = |result| checks.iter().filter(|check| check.result == result).count();
    let phrases = [
        (count(CheckResult::Passed), "passed"),
        (count(CheckResult::Failed), "**failed**"),
        (count(CheckResult::Unknown), "**not tried**"),
    ];
    listed(phrases)
}

fn drift_counts(findings: &[Drift]) -> String {
    if findings.is_empty() {
        return "none".into();
    }
    let healed = |finding: &&Drift| finding.healing == Healing::Healed;
    let classes = DriftClass::ALL.map(|class| {
        let of_class = findings.iter().filter(|finding| finding.class == class);
        (of_class.count(), class.word())
    });
    let healed = (findings.iter().filter(healed).count(), "healed");
    let refused = |finding: &&Drift| matches!(finding.healing, Healing::Refused(_));
    let refused = (
        findings.iter().filter(refused).count(),
        "refused by protect",
    );
    listed(classes.into_iter().chain([healed, refused]))
}

fn listed(numbers: impl IntoIterator<Item = (usize, &'static str)>) -> String {
    let phrases: Vec<String> = numbers
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    phrases.join(", ")
}

/// A time as one speaks of it.
fn rough(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}
