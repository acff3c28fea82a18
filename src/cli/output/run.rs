//! What a run leaves on the screen when it is over: counts, each failure in full, what is true now and what to do.

use model::Sources;

use super::diagnostic::{Warnings, render};
use super::frame::summary;
use super::line::{Line, Page};
use super::run_view::RunView;
use super::style::{Label, Look};

/// Facts about the end of a run that its events do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// What the record is at now: `serial 42` or `r42`.
    pub recorded: String,
    /// What goes on from a failure: `terrace apply staging`.
    pub go_on: Option<String>,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// All of it.
    All,
    /// What went wrong, and what to do.
    Failures,
    /// What went wrong.
    Errors,
}

impl Telling {
    /// What so many `-q` leave of it.
    pub fn of(quiet: u8) -> Self {
        match quiet {
            0 => Self::All,
            1 => Self::Failures,
            _ => Self::Errors,
        }
    }
}

/// The text for standard error; empty, or ends with a newline.
pub fn closing(
    view: &RunView,
    end: &RunEnd,
    sources: &Sources,
    look: Look,
    telling: Telling,
) -> String {
    let mut page = Page::new(look);
    if telling == Telling::All {
        for line in summary(view, &end.recorded, look.width) {
            page.line(&line);
        }
    }
    if !view.failures.is_empty() {
        page.gap();
        page.text(&render(&view.failures, sources, Warnings::Folded, look));
    }
    let left = view.counts.failed + view.counts.skipped;
    if left > 0 && telling != Telling::Errors {
        page.gap();
        page.wrapped(
            &Line::plain(format!(
                "Nothing was rolled back; {} records what exists.",
                end.recorded
            )),
            0,
        );
        if let Some(command) = &end.go_on {
            // An instance of which it cannot be told what became is left as it is until then.
            let unsettled = view.failures.iter().any(|found| found.id == "journal-open");
            let when = if unsettled {
                "Go on, when that is settled: "
            } else {
                "Go on: "
            };
            page.line(&Line::plain(when).with(Label::Command, command.clone()));
        }
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::clock::Timestamp;
    use model::diagnostic::Diagnostic;
    use model::event::{Event, EventKind};
    use model::plan::{StepId, StepKind};
    use model::serial::{PlanId, RunId};

    use super::*;

    #[test]
    fn a_failure_stands_in_full_with_what_to_do() {
        let mut view = RunView::default();
        let diagnostic = Diagnostic::error(
            "provider-refused",
            "aws refused to create `aws_db_instance.main`",
        )
        .note("InvalidParameterCombination: RDS does not support db.t3.nano")
        .help("use db.t3.micro or larger");
        let plan = PlanId::from_digest([1; 4]);
        let environment = "staging".into();
        let events = [
            EventKind::RunStarted {
                run: RunId(52),
                plan,
                environment,
                steps: 2,
            },
            EventKind::StepFailed {
                step: StepId(0),
                kind: StepKind::Create,
                addr: "aws_db_instance.main".parse().unwrap(),
                took: Duration::from_secs(1),
                diagnostic: Box::new(diagnostic),
                refusal: None,
            },
            EventKind::RunFinished {
                run: RunId(52),
                done: 0,
                failed: 1,
                skipped: 1,
                took: Duration::from_secs(1),
            },
        ];
        for kind in events {
            view.take(&Event {
                at: Timestamp(0),
                kind,
            });
        }
        let end = RunEnd {
            recorded: "serial 42".into(),
            go_on: Some("terrace apply staging".into()),
        };
        insta::assert_snapshot!(closing(&view, &end, &Sources::default(), Look::plain(), Telling::All) + "[EOF]", @r"
        ────────────
             Summary 0ms  2 steps: 0 done, 1 failed, 1 skipped     run 52, serial 42

        error[provider-refused]: aws refused to create `aws_db_instance.main`
          note: InvalidParameterCombination: RDS does not support db.t3.nano
        help: use db.t3.micro or larger

        Nothing was rolled back; serial 42 records what exists.
        Go on: terrace apply staging
        [EOF]
        ");
        insta::assert_snapshot!(closing(&view, &end, &Sources::default(), Look::plain(), Telling::of(1)) + "[EOF]", @r"
        error[provider-refused]: aws refused to create `aws_db_instance.main`
          note: InvalidParameterCombination: RDS does not support db.t3.nano
        help: use db.t3.micro or larger

        Nothing was rolled back; serial 42 records what exists.
        Go on: terrace apply staging
        [EOF]
        ");
        insta::assert_snapshot!(closing(&view, &end, &Sources::default(), Look::plain(), Telling::of(2)) + "[EOF]", @r"
        error[provider-refused]: aws refused to create `aws_db_instance.main`
          note: InvalidParameterCombination: RDS does not support db.t3.nano
        help: use db.t3.micro or larger
        [EOF]
        ");
    }
}
