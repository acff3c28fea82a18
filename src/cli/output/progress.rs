//! Paints a run on standard error: a block that is redrawn on a terminal, lines as they come in a log.
//! What the lines say is made in `frame`; here they only get to the terminal.

use std::io::Write as _;

use anstyle_progress::TermProgress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::clock::Timestamp;
use model::event::{Event, EventKind};

use super::frame::{Medium, ended, frame, notices};
use super::json::ui::Message;
use super::json::ui_run::still_running;
use super::line::Line;
use super::run_view::RunView;
use super::style::{Label, Look, Surroundings};
use super::write;

/// How a command that takes a while is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressMode {
    /// A block at the bottom of the terminal, and lines that stay above it.
    Block,
    /// Lines only.
    Lines,
    /// Nothing (`-q`, `--json`).
    Silent,
}

impl ProgressMode {
    /// The mode for standard error. `quiet` and `verbose` count `-q` and `-v`; with `-vv` what happens inside is told
    /// there too, and no block may be in its way.
    pub fn decide(terminal: bool, around: &Surroundings, quiet: u8, verbose: u8) -> Self {
        match () {
            () if quiet > 0 => Self::Silent,
            () if !terminal || around.ci || around.no_progress || around.dumb || verbose > 1 => {
                Self::Lines
            }
            () => Self::Block,
        }
    }
}

/// Runs of more steps list only what did not go well, unless all is asked for.
const MOST_LISTED: u64 = 1_000;
/// Skipped steps are counted from there on.
const MOST_SKIPPED: u64 = 8;

/// Shows a run while it goes on.
#[derive(Debug)]
pub struct Progress {
    view: RunView,
    look: Look,
    mode: ProgressMode,
    list_all: bool,
    multi: MultiProgress,
    rows: Vec<ProgressBar>,
    percent: Option<u8>,
    told: Option<Timestamp>,
    /// The terminal shows the percentage in its title bar or task bar.
    in_title: bool,
}

impl Progress {
    /// Begins to show; `list_all` lists every step of a run of whatever size.
    pub fn new(look: Look, mode: ProgressMode, list_all: bool) -> Self {
        let target = match mode {
            ProgressMode::Block => ProgressDrawTarget::stderr_with_hz(10),
            ProgressMode::Lines | ProgressMode::Silent => ProgressDrawTarget::hidden(),
        };
        Self::on(target, look, mode, list_all)
    }

    fn on(target: ProgressDrawTarget, look: Look, mode: ProgressMode, list_all: bool) -> Self {
        let in_title =
            mode == ProgressMode::Block && anstyle_progress::supports_term_progress(true);
        let multi = MultiProgress::with_draw_target(target);
        Self {
            view: RunView::default(),
            look,
            mode,
            list_all,
            multi,
            rows: Vec::new(),
            percent: None,
            told: None,
            in_title,
        }
    }

    /// The run as it is known by now.
    pub fn view(&self) -> &RunView {
        &self.view
    }

    /// Takes one event in and writes the line it leaves, if any.
    pub fn take(&mut self, event: &Event) {
        self.view.take(event);
        let listed = match &event.kind {
            EventKind::StepDone { .. } => self.list_all || self.view.steps <= MOST_LISTED,
            EventKind::StepSkipped { .. } => {
                self.list_all || self.view.counts.skipped <= MOST_SKIPPED
            }
            EventKind::RunFinished { .. } => {
                self.tell_skipped();
                self.clear();
                false
            }
            EventKind::StepFailed { .. }
            | EventKind::Stopping { .. }
            | EventKind::CheckFinished { .. } => true,
            EventKind::ObserveStarted { .. }
            | EventKind::ObjectAsked { .. }
            | EventKind::ObjectSeen { .. }
            | EventKind::Observed { .. }
            | EventKind::AskRetried { .. }
            | EventKind::RunStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepRetried { .. }
            | EventKind::Sighted { .. }
            | EventKind::CheckStarted { .. } => false,
        };
        let medium = match self.mode {
            ProgressMode::Silent => return,
            ProgressMode::Block => Medium::Terminal(self.look.width),
            ProgressMode::Lines => Medium::Log,
        };
        if let Some(line) = listed.then(|| ended(&event.kind, medium)).flatten() {
            self.keep(&line);
        }
    }

    /// Redraws the block, or tells what goes on for long. To be called some times a second.
    pub fn tick(&mut self, now: Timestamp) {
        match self.mode {
            ProgressMode::Silent => {}
            ProgressMode::Lines => {
                for line in notices(&mut self.view, now) {
                    self.keep(&line);
                }
                self.tell_counts(now);
            }
            ProgressMode::Block => {
                let lines = frame(&self.view, now, self.look.width);
                self.paint(&lines);
                self.tell_terminal();
            }
        }
    }

    /// Messages for the stream about steps that go on; in a silent run they are the sign of life.
    pub fn still_running(&mut self, now: Timestamp) -> Vec<Message> {
        still_running(&mut self.view, now)
    }

    /// Takes the block away; lines that were kept stay.
    pub fn clear(&mut self) {
        for row in self.rows.drain(..) {
            self.multi.remove(&row);
        }
        // A terminal that is gone takes no line; there is nobody to tell.
        let _ = self.multi.clear();
        if self.in_title && self.percent.take().is_some() {
            let _ = write!(std::io::stderr(), "{}", TermProgress::none());
        }
    }

    /// Runs something that writes to the terminal by itself, with the block out of its way.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.multi.suspend(write)
    }

    fn keep(&self, line: &Line) {
        let text = line.show(self.look);
        match self.mode {
            ProgressMode::Silent => {}
            // When standard error is gone there is nobody to tell.
            ProgressMode::Block => drop(self.multi.println(text)),
            ProgressMode::Lines => write::say(&format!("{text}\n")),
        }
    }

    fn paint(&mut self, lines: &[Line]) {
        while self.rows.len() > lines.len() {
            let Some(row) = self.rows.pop() else { break };
            self.multi.remove(&row);
        }
        while self.rows.len() < lines.len() {
            let row = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                row.set_style(style);
            }
            self.rows.push(self.multi.add(row));
        }
        for (row, line) in self.rows.iter().zip(lines) {
            row.set_message(line.show(self.look));
            row.tick();
        }
    }

    fn tell_skipped(&self) {
        let more = self.view.counts.skipped.saturating_sub(MOST_SKIPPED);
        if more > 0 && !self.list_all {
            self.keep(
                &Line::plain("     ")
                    .with(Label::Skipped, "Skipped")
                    .then(format!(" {more} more")),
            );
        }
    }

    /// Says in a log how far a run is whose steps are not listed, every half minute.
    fn tell_counts(&mut self, now: Timestamp) {
        let Some(started) = self.view.started.filter(|_| self.view.ended.is_none()) else {
            return;
        };
        if self.list_all || self.view.steps <= MOST_LISTED {
            return;
        }
        if now.since(self.told.unwrap_or(started)).as_secs() >= 30 {
            self.told = Some(now);
            let text = format!(" {}/{} steps", self.view.counts.ended(), self.view.steps);
            let took = format!(" {}", super::duration::short(now.since(started)));
            let line = Line::plain("    ")
                .with(Label::Running, "Applying")
                .then(text);
            self.keep(&line.with(Label::Duration, took));
        }
    }

    fn tell_terminal(&mut self) {
        if !self.in_title || self.view.started.is_none() {
            return;
        }
        let percent = self.view.counts.ended().saturating_mul(100) / self.view.steps.max(1);
        let percent = u8::try_from(percent).unwrap_or(100).min(100);
        if self.percent != Some(percent) {
            self.percent = Some(percent);
            let _ = write!(
                std::io::stderr(),
                "{}",
                TermProgress::start().percent(percent)
            );
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;
    use model::plan::{StepId, StepKind};
    use model::serial::{PlanId, RunId};

    use super::*;

    #[test]
    fn the_block_stays_below_the_lines_that_are_kept() {
        let term = InMemoryTerm::new(12, 60);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 100);
        let mut progress = Progress::on(target, Look::plain().wide(60), ProgressMode::Block, false);
        let at = |millis: i64, kind: EventKind| Event {
            at: Timestamp(millis),
            kind,
        };
        let plan = PlanId::from_digest([1; 4]);
        let environment = "staging".into();
        progress.take(&at(
            0,
            EventKind::RunStarted {
                run: RunId(1),
                plan,
                environment,
                steps: 2,
            },
        ));
        for step in [0, 1] {
            let addr = format!("a.b[{step}]").parse().unwrap();
            let started = EventKind::StepStarted {
                step: StepId(step),
                kind: StepKind::Create,
                addr,
                id: None,
            };
            progress.take(&at(0, started));
        }
        progress.tick(Timestamp(2_000));
        let took = std::time::Duration::from_secs(3);
        let done = EventKind::StepDone {
            step: StepId(0),
            kind: StepKind::Create,
            addr: "a.b[0]".parse().unwrap(),
            id: None,
            took,
        };
        progress.take(&at(3_000, done));
        progress.tick(Timestamp(4_000));
        insta::assert_snapshot!(term.contents() + "\n[EOF]", @r"
             Created a.b[0]                                       3s
            Creating a.b[1]                                       4s
            Applying [=============>            ] 1/2  1 running  4s
        [EOF]
        ");
        progress.clear();
        insta::assert_snapshot!(term.contents().trim_end().to_owned() + "\n[EOF]", @r"
             Created a.b[0]                                       3s
        [EOF]
        ");
    }

    #[test]
    fn logs_and_quiet_commands_have_no_block() {
        let mode = |terminal, quiet, verbose| {
            ProgressMode::decide(terminal, &Surroundings::default(), quiet, verbose)
        };
        assert_eq!(mode(true, 0, 0), ProgressMode::Block);
        assert_eq!(mode(false, 0, 0), ProgressMode::Lines);
        assert_eq!(mode(true, 0, 2), ProgressMode::Lines);
        assert_eq!(mode(true, 1, 0), ProgressMode::Silent);
        let ci = Surroundings {
            ci: true,
            ..Surroundings::default()
        };
        assert_eq!(ProgressMode::decide(true, &ci, 0, 0), ProgressMode::Lines);
    }
}
