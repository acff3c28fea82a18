//! Listens to what happens while a command works, and shows it: a screen, JSON lines, or nothing.

use std::time::Duration;

use model::Sources;
use model::event::Event;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::invocation::Invocation;
use crate::cli::output::json::diagnostic::Translator;
use crate::cli::output::json::ui_run;
use crate::cli::output::progress::{Progress, ProgressMode};
use crate::cli::output::run_view::RunView;
use crate::cli::output::write;
use crate::cli::reports::account::Account;

/// How what happens is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// On the screen.
    Screen,
    /// As JSON lines on standard output.
    Json,
    /// Not at all.
    Silent,
}

/// Listens until its senders are gone.
#[derive(Debug)]
pub struct Listener {
    sender: mpsc::Sender<Event>,
    task: JoinHandle<RunView>,
}

impl Listener {
    /// Starts to listen.
    pub fn start(invocation: &Invocation, listening: Listening, sources: &Sources) -> Self {
        let (sender, receiver) = mpsc::channel(4096);
        let mode = match listening {
            Listening::Screen => invocation.progress(),
            Listening::Json | Listening::Silent => ProgressMode::Silent,
        };
        let progress = Progress::new(invocation.stderr, mode, invocation.global.verbose > 0);
        let clock = invocation.process.clock.clone();
        let json = (listening == Listening::Json).then(|| sources.clone());
        let account = invocation.account.clone();
        let task = tokio::spawn(listen(receiver, progress, clock, json, account));
        Self { sender, task }
    }

    /// Where events go.
    pub fn sender(&self) -> mpsc::Sender<Event> {
        self.sender.clone()
    }

    /// Waits for the last event; every other sender must be gone.
    pub async fn finish(self) -> RunView {
        drop(self.sender);
        self.task.await.unwrap_or_default()
    }
}

async fn listen(
    mut receiver: mpsc::Receiver<Event>,
    mut progress: Progress,
    clock: std::sync::Arc<dyn model::clock::Clock>,
    json: Option<Sources>,
    account: std::sync::Arc<Account>,
) -> RunView {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Quick work shows no progress.
    tick.reset_after(Duration::from_millis(250));
    let mut events = Vec::with_capacity(256);
    loop {
        tokio::select! {
            count = receiver.recv_many(&mut events, 256) => {
                if count == 0 {
                    break;
                }
                for event in &events {
                    progress.take(event);
                }
                account.take(&events);
                if let Some(sources) = &json {
                    let mut translator = Translator::new(sources);
                    let lines: String = events
                        .iter()
                        .flat_map(|event| {
                            let at = event.at;
                            let account = &account;
                            ui_run::event(event, &mut translator).into_iter().map(move |message| account.line(message, at))
                        })
                        .collect();
                    let _ = write::answer(&lines);
                }
                events.clear();
            }
            _ = tick.tick() => progress.tick(clock.now()),
        }
    }
    progress.clear();
    progress.view().clone()
}
