//! What is said at the end of an apply.

use std::collections::BTreeMap;

use engine::Outcome;
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics, Sources, Str, Value};

use super::Apply;
use crate::cli::args::Keep;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::json::diagnostic::Translator;
use crate::cli::output::json::ui;
use crate::cli::output::recorded::OutputView;
use crate::cli::output::run::{RunEnd, Telling, closing};
use crate::cli::output::run_view::RunView;
use crate::cli::output::state::outputs as show_outputs;
use crate::cli::output::write;
use crate::cli::prepare::revised::Content;
use crate::cli::record;

impl Apply<'_> {
    /// What goes on from a run that did not do all: the same again. What was replaced is not replaced once more.
    pub(super) fn go_on(&self, outcome: &Outcome, mode: PlanMode) -> Option<String> {
        if outcome.is_success() {
            return None;
        }
        let keep = Keep {
            mode: mode == PlanMode::RefreshOnly,
            part: true,
            replace: outcome.done.values().all(|count| *count == 0),
        };
        let mut command = self.purpose.command(self.again(), mode, keep);
        if self.planning.is_none() && mode == PlanMode::RefreshOnly {
            command.push_str(" -refresh-only");
        }
        Some(command)
    }

    /// The record could not be written any more in the middle of the run.
    pub(super) fn cut_short(&self, error: &engine::record::StoreError) -> ExitCode {
        let diagnostic = record::diagnostic(error);
        let code = if diagnostic.id == "record-locked" {
            ExitCode::Locked
        } else {
            ExitCode::Failed
        };
        let sources = self.prepared.sources();
        let (what, then) = if diagnostic.id == "record-gone" {
            (
                "the run was cut short, and nothing of it is recorded",
                "What it did is what the lines above say; the next command knows nothing of it.\n",
            )
        } else {
            (
                "the run was cut short; what it did until then is recorded",
                "Run the command again: what was under way is found out then.\n",
            )
        };
        self.invocation
            .report(&diagnostic.into(), sources, what, false);
        self.invocation.say(then);
        code
    }

    pub(super) fn say_end(&self, outcome: &Outcome, view: &RunView, mode: PlanMode) {
        if self.showing.json {
            let rest = unsaid(outcome, view);
            say_diagnostics(self.invocation, &rest, self.prepared.sources());
            if !outcome.is_success() {
                return;
            }
            say_completed(self.invocation, &outcome.done, mode, &outcome.outputs);
            return;
        }
        let mut recorded = self.store.header(&self.prepared.environment).map_or_else(
            |_| "the record".to_owned(),
            |header| format!("serial {}", header.serial),
        );
        let content = self.prepared.content.as_ref();
        if let Some(id) = content.and_then(Content::id) {
            recorded.push_str(&format!(", {id}"));
        }
        let go_on = self.go_on(outcome, mode);
        let text = closing(
            view,
            &RunEnd { recorded, go_on },
            self.prepared.sources(),
            self.invocation.stderr,
            Telling::of(self.invocation.global.quiet),
        );
        write::say(&text);
        if outcome.stopped {
            self.invocation
                .say("Interrupted: what was not begun is left for the next apply.\n");
        }
        if outcome.unknown > 0 {
            let (steps, them) = match outcome.unknown {
                1 => ("1 step was".to_owned(), "it"),
                several => (format!("{several} steps were"), "them"),
            };
            let left =
                format!("{steps} left: what became of {them} is found out by the next command.\n");
            self.invocation.say(&left);
        }
        let rest = unsaid(outcome, view);
        if !rest.is_empty() {
            self.invocation.say("\n");
        }
        self.invocation
            .report(&rest, self.prepared.sources(), "", false);
    }

    pub(super) fn show_outputs(&self, outputs: &BTreeMap<Str, (Value, bool)>) {
        if self.showing.json || outputs.is_empty() {
            return;
        }
        let text = show_outputs(&views(outputs), self.invocation.stdout);
        // A reader that went away wants no more.
        let _ = self.invocation.tell(&text);
    }
}

/// The last JSON messages of an apply that came to its end: what it did, and the outputs.
pub(super) fn say_completed(
    invocation: &Invocation,
    done: &BTreeMap<&'static str, u64>,
    mode: PlanMode,
    outputs: &BTreeMap<Str, (Value, bool)>,
) {
    let count = |word: &str| done.get(word).copied().unwrap_or(0);
    let summary = ui::Summary {
        add: count("create"),
        change: count("update"),
        import: count("import"),
        remove: count("destroy"),
    };
    let operation = match mode {
        PlanMode::Destroy => ui::Operation::Destroy,
        PlanMode::Normal | PlanMode::RefreshOnly => ui::Operation::Apply,
    };
    let message = ui::change_summary(summary, operation);
    let now = invocation.process.clock.now();
    let _ = write::answer(&invocation.account.line(message, now));
    if mode != PlanMode::Destroy {
        say_outputs(invocation, outputs);
    }
}

/// Failures are shown with the end of the run; conditions that do not hold after it, and what is in doubt, are not.
fn unsaid(outcome: &Outcome, view: &RunView) -> Diagnostics {
    let shown = &view.failures;
    let is_new = |found: &&Diagnostic| !shown.iter().any(|known| known.message == found.message);
    outcome.diagnostics.iter().filter(is_new).cloned().collect()
}

/// Writes diagnostics into the stream of messages.
pub(in crate::cli) fn say_diagnostics(
    invocation: &Invocation,
    found: &Diagnostics,
    sources: &Sources,
) {
    invocation.account.wrong(found);
    let mut translator = Translator::new(sources);
    let now = invocation.process.clock.now();
    let lines: String = found
        .iter()
        .map(|found| {
            let message = ui::diagnostic(found, &mut translator);
            invocation.account.line(message, now)
        })
        .collect();
    let _ = write::answer(&lines);
}

fn say_outputs(invocation: &Invocation, outputs: &BTreeMap<Str, (Value, bool)>) {
    let now = invocation.process.clock.now();
    let _ = write::answer(&invocation.account.line(ui::outputs(&views(outputs)), now));
}

fn views(outputs: &BTreeMap<Str, (Value, bool)>) -> Vec<OutputView<'_>> {
    outputs
        .iter()
        .map(|(name, (value, sensitive))| OutputView {
            name,
            value,
            sensitive: *sensitive,
        })
        .collect()
}
