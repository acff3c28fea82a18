//! The command line: one file a command, each parse, options, one call, render; what only one uses is in the folder of its
//! name. For all: `args`, `invocation`, `prepare`, `guard`, `record`, `reports`; `output/` is all that writes.

pub mod args;
pub mod guard;
pub mod invocation;
pub mod output;
pub mod prepare;
pub mod record;
pub mod reports;

pub mod adopt;
pub mod apply;
pub mod completions;
pub mod console;
pub mod diff;
pub mod drift;
pub mod explain;
pub mod fmt;
pub mod holds;
pub mod init;
pub mod log;
pub mod modules;
pub mod outputs;
pub mod pipeline;
pub mod plan;
pub mod promote;
pub mod revision;
pub mod rollback;
pub mod show;
pub mod state;
pub mod status;
pub mod validate;
pub mod verify;
pub mod version;
pub mod watch;
pub mod whereabouts;

#[cfg(test)]
mod histories;

use std::ffi::OsString;

use args::Command;
use invocation::exit::ExitCode;
use invocation::{Invocation, Process};
use output::style::{Look, Surroundings};
use output::write;

/// Runs the command that a command line names.
pub fn run(line: impl IntoIterator<Item = OsString>, process: Process) -> ExitCode {
    let args = match args::parse(line, &process.environment) {
        Ok(args) => args,
        Err(early) => return end_early(&early, &process),
    };
    let invocation = Invocation::new(process, args.global);
    if !invocation.directory.is_dir() {
        let message = format!("there is no directory `{}`", invocation.directory.display());
        let diagnostic = model::Diagnostic::error("file-not-readable", message);
        invocation.report(&diagnostic.into(), &model::Sources::default(), "", false);
        return ExitCode::Usage;
    }
    match args.command {
        Command::Plan(args) => {
            let reporting = args.reporting.clone();
            let work = plan::run(&invocation, args);
            block_on(reports::around(&invocation, &reporting, "plan", work))
        }
        Command::Apply(args) => {
            let reporting = args.reporting.clone();
            let work = apply::run(&invocation, args);
            block_on(reports::around(&invocation, &reporting, "apply", work))
        }
        Command::Destroy(args) => block_on(apply::destroy(&invocation, args)),
        Command::Drift(args) => block_on(drift::run(&invocation, &args)),
        Command::Adopt(args) => block_on(adopt::run(&invocation, &args)),
        Command::Watch(args) => block_on(watch::run(&invocation, &args)),
        Command::Pipeline(args::PipelineCommand::Run(args)) => {
            block_on(pipeline::run(&invocation, &args))
        }
        Command::Verify(args) => {
            let work = verify::run(&invocation, &args);
            block_on(reports::around(
                &invocation,
                &args.reporting,
                "verify",
                work,
            ))
        }
        Command::Version(args) => answer(version::text(&args).as_bytes(), ExitCode::Done),
        Command::Completions(args) => answer(&completions::script(&args), ExitCode::Done),
        Command::Explain(args) => block_on(explain::run(&invocation, &args)),
        Command::Promote(args) => {
            let reporting = args.reporting.clone();
            let work = promote::run(&invocation, args);
            block_on(reports::around(&invocation, &reporting, "promote", work))
        }
        Command::Rollback(args) => block_on(rollback::run(&invocation, args)),
        Command::Approve(args) => block_on(promote::approve(&invocation, args)),
        Command::Hold(args) => block_on(holds::hold(&invocation, args)),
        Command::ReleaseHold(args) => block_on(holds::release(&invocation, args)),
        Command::Show(args) => block_on(show::run(&invocation, &args)),
        Command::Output(args) => outputs::run(&invocation, &args),
        Command::State(args::StateCommand::Settle(args)) => {
            block_on(state::settle::run(&invocation, &args))
        }
        Command::State(args::StateCommand::List(args)) => {
            state::run(&invocation, &state::Look::List(args))
        }
        Command::State(args::StateCommand::Show(args)) => {
            state::run(&invocation, &state::Look::Show(args))
        }
        Command::Status(args) => status::run(&invocation, &args),
        Command::Revision(args) => block_on(revision::run(&invocation, args)),
        Command::Where(args) => whereabouts::run(&invocation, &args),
        Command::Trace(args) => whereabouts::trace(&invocation, &args),
        Command::Diff(args) => diff::run(&invocation, &args),
        Command::Log(args) => log::run(&invocation, &args),
        Command::Validate(args) => block_on(validate::run(&invocation, args)),
        Command::Fmt(args) => fmt::run(&invocation, &args),
        Command::Console(args) => block_on(console::run(&invocation, &args)),
        Command::Init(args) => init::run(&invocation, &args),
        Command::Get(args) => modules::get(&invocation, &args),
    }
}

/// Runs a command that waits for things.
fn block_on(command: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(command);
            // A provider's blocking call that was left must not keep the process.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            write::say(&format!("error: cannot start threads: {error}\n"));
            ExitCode::Failed
        }
    }
}

/// Writes an answer to standard output.
fn answer(text: &[u8], code: ExitCode) -> ExitCode {
    match write::through(|out| out.write_all(text)) {
        Ok(()) => code,
        Err(_) => ExitCode::Failed,
    }
}

fn end_early(early: &args::Early, process: &Process) -> ExitCode {
    let around = Surroundings::read(|name| process.environment.get(name).cloned());
    let choice = output::style::ColorChoice::Auto;
    if early.is_answer() {
        let text = early.text(Look::stdout(choice, &around).paint);
        return match write::answer(&text) {
            Ok(()) => early.code,
            Err(_) => ExitCode::Failed,
        };
    }
    write::say(&early.text(Look::stderr(choice, &around).paint));
    early.code
}
