//! JUnit XML: a suite for each environment, a case for each step, check, finding of drift and thing that is waited for. What
//! failed is a failure, what could not be told an error, what was left out or waits is skipped.

#[cfg(test)]
mod tests;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::subject::{
    CheckResult, Checked, Drift, DriftClass, Environment, Healing, Outcome, StepOutcome,
    StepResult, Subject, Wait, WaitsFor,
};

/// The report cannot be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as XML")]
pub struct JunitError(#[source] quick_junit::SerializeError);

/// Writes a report as JUnit XML. Characters that XML has not are left out.
///
/// # Errors
/// [`JunitError`] if the XML cannot be written, which no text in it is a reason for.
pub fn junit(subject: &Subject) -> Result<String, JunitError> {
    let mut report = Report::new(text(&subject.operation));
    for environment in &subject.environments {
        report.add_test_suite(suite(environment));
    }
    report.to_string().map_err(JunitError)
}

fn suite(environment: &Environment) -> TestSuite {
    let Environment {
        name,
        revision,
        outcome,
        took,
        plan: _,
        steps,
        checks,
        drift,
        waits,
    } = environment;
    let mut suite = TestSuite::new(text(name));
    if let Some(revision) = revision {
        suite.add_property(("revision", revision.to_string().as_str()));
    }
    if let Some(took) = took {
        suite.set_time(*took);
    }
    let mut add = |kind: &str, mut case: TestCase| {
        case.set_classname(text(&format!("{name}.{kind}")));
        suite.add_test_case(case);
    };
    add("environment", of_outcome(outcome));
    for step in steps {
        add("step", of_step(step));
    }
    for check in checks {
        add("check", of_check(check));
    }
    for finding in drift.iter().flatten() {
        add("drift", of_drift(finding));
    }
    for wait in waits {
        add("waits", of_wait(wait));
    }
    suite
}

fn of_outcome(outcome: &Outcome) -> TestCase {
    let status = match outcome {
        Outcome::Done | Outcome::Unchanged => TestCaseStatus::success(),
        Outcome::Failed(why) => failure("failed", why),
        Outcome::Unknown(why) => error("unknown", why),
        Outcome::Waiting => skipped("waits"),
        Outcome::NotReached => skipped("was not reached"),
    };
    TestCase::new("outcome", status)
}

fn of_step(step: &StepOutcome) -> TestCase {
    let status = match &step.result {
        StepResult::Done => TestCaseStatus::success(),
        StepResult::Failed(why) => failure("failed", why),
        StepResult::Skipped(why) => skipped(why),
        StepResult::Unknown(why) => error("unknown", why),
    };
    let mut case = TestCase::new(text(&format!("{} {}", step.verb, step.address)), status);
    if let Some(took) = step.took {
        case.set_time(took);
    }
    case
}

fn of_check(check: &Checked) -> TestCase {
    let mut status = match check.result {
        CheckResult::Passed => TestCaseStatus::success(),
        CheckResult::Failed => failure("check", &check.detail),
        CheckResult::Unknown => error("check", &check.detail),
    };
    if check.result != CheckResult::Passed && !check.seen.is_empty() {
        status.set_description(text(&check.seen));
    }
    let mut case = TestCase::new(text(&check.name), status);
    if let Some(took) = check.took {
        case.set_time(took);
    }
    case
}

fn of_drift(finding: &Drift) -> TestCase {
    let class = finding.class.word();
    let said = |what: &str| match finding.detail.as_str() {
        "" => what.to_owned(),
        detail => format!("{detail}; {what}"),
    };
    let status = match (&finding.healing, finding.class) {
        (Healing::Healed, _) => TestCaseStatus::success(),
        (_, DriftClass::Expected) => skipped(&said("expected")),
        (Healing::Failed(why), _) => failure(class, &said(&format!("healing failed: {why}"))),
        (Healing::Refused(why), _) => failure("refused", &said(why)),
        (Healing::NotAsked, DriftClass::Unreadable) => error(class, &finding.detail),
        (Healing::Left(why), DriftClass::Unreadable) => error(class, &said(why)),
        (Healing::NotAsked, DriftClass::Missing | DriftClass::Changed | DriftClass::Unhealthy) => {
            failure(class, &finding.detail)
        }
        (Healing::Left(why), DriftClass::Missing | DriftClass::Changed | DriftClass::Unhealthy) => {
            failure(class, &said(why))
        }
    };
    let mut case = TestCase::new(text(&format!("{class} {}", finding.address)), status);
    if finding.healing == Healing::Healed {
        case.set_system_out(text(&said("healed")));
    }
    case
}

fn of_wait(wait: &Wait) -> TestCase {
    let name = match wait.waits_for {
        WaitsFor::Approval => "approval",
        WaitsFor::Time => "time",
        WaitsFor::Condition => "condition",
    };
    let mut status = skipped(&wait.sentence);
    if !wait.remedy.is_empty() {
        status.set_description(text(&wait.remedy));
    }
    TestCase::new(name, status)
}

fn failure(kind: &str, why: &str) -> TestCaseStatus {
    non_success(NonSuccessKind::Failure, kind, why)
}

fn error(kind: &str, why: &str) -> TestCaseStatus {
    non_success(NonSuccessKind::Error, kind, why)
}

fn non_success(as_what: NonSuccessKind, kind: &str, why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(as_what);
    status.set_type(kind).set_message(text(why));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text(why));
    status
}

/// The text without the two characters of Unicode's first plane that XML has not. quick-junit takes control characters and
/// colours out, but not these.
fn text(given: &str) -> String {
    let said = |character: &char| !matches!(character, '\u{fffe}' | '\u{ffff}');
    given.chars().filter(said).collect()
}
