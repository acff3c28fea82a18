//! What is said of a rollback: what it cannot undo, and why there is none.

use delivery::rollback::{Loss, Lost, Nowhere};
use model::serial::RevisionId;
use model::{Diagnostic, Str};

use super::line::{Line, Page};
use super::plan::fold_addresses;
use super::style::{Label, Look, width_of};
use super::value::Amount;

/// Wider addresses do not push the others' fates aside.
const MOST_WIDE: usize = 40;

/// What became of an object, as what follows its address.
pub fn fate(how: Lost) -> String {
    match how {
        Lost::Destroyed(run) => {
            format!("run {run} destroyed it: it is made anew, without what was in it")
        }
        Lost::Replaced(run) => format!("run {run} put another in its place, which stays"),
        Lost::Forgotten => {
            "it is not recorded any more and may still exist: another is made".into()
        }
        Lost::Destroys => "this plan destroys it".into(),
        Lost::Replaces => "this plan puts another in its place".into(),
        Lost::Forgets => "this plan forgets it: it goes on to exist".into(),
    }
}

/// What a rollback does not bring back, below its plan; nothing is left out.
pub fn losses(losses: &[Loss], look: Look) -> String {
    let mut page = Page::new(look);
    page.line(&Line::of(Label::Heading, "Cannot be undone"));
    let mut hows: Vec<Lost> = Vec::new();
    for loss in losses {
        if !hows.contains(&loss.how) {
            hows.push(loss.how);
        }
    }
    let rows: Vec<(String, Lost)> = hows
        .into_iter()
        .flat_map(|how| {
            let those = losses.iter().filter(move |loss| loss.how == how);
            let folded = fold_addresses(those.map(|loss| &loss.addr), Amount::All);
            folded.into_iter().map(move |address| (address, how))
        })
        .collect();
    let widths = rows.iter().map(|(address, _)| width_of(address));
    let column = widths.filter(|width| *width <= MOST_WIDE).max();
    for (address, how) in rows {
        let width = width_of(&address).max(column.unwrap_or(0));
        let mut line = Line::plain("  ").with(Label::Destroy, address);
        line.pad_to(width + 4);
        page.wrapped(&line.then(fate(how)), 6);
    }
    format!("\n{}", page.finish())
}

/// Why there is nothing to go back to. `wanted` is the revision that was named, `program` how commands begin.
pub fn nowhere(
    why: &Nowhere,
    wanted: Option<RevisionId>,
    environment: &Str,
    program: &str,
) -> Diagnostic {
    let error = |message: String| Diagnostic::error("rollback-impossible", message);
    let revision = wanted.map_or_else(|| "it".to_owned(), |revision| revision.to_string());
    let log = format!("what was there: {program} log {environment}");
    match why {
        Nowhere::Nothing { now } => {
            let note = match now {
                Some(now) => format!(
                    "nothing was there before {now} that was applied whole and passed its checks"
                ),
                None => {
                    "nothing was there before that was applied whole and passed its checks".into()
                }
            };
            error(format!("there is nothing to go back to in {environment}"))
                .note(note)
                .help(log)
        }
        Nowhere::NeverThere => {
            error(format!("{revision} was never in {environment}, all of it")).help(log)
        }
        Nowhere::There => error(match wanted {
            Some(revision) => {
                format!("{revision} is in {environment} already, with the same variables")
            }
            None => format!("{environment} had the same revision and variables before"),
        })
        .help(format!(
            "to bring back what is not as it was applied: {program} drift {environment} --heal"
        )),
        Nowhere::Rejected(decision) => {
            let reason = decision.reason.as_ref();
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            let revision = wanted.map_or_else(
                || "what was there before".to_owned(),
                |revision| revision.to_string(),
            );
            error(format!(
                "{revision} was rejected by {}{reason}",
                decision.by
            ))
            .help(format!("name another revision that was there; {log}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::serial::RunId;

    #[test]
    fn every_loss_is_named_with_what_became_of_it() {
        let loss = |addr: &str, how| Loss {
            addr: addr.parse().unwrap(),
            how,
        };
        let found = [
            loss("sim_database.orders", Lost::Destroyed(RunId(5))),
            loss("sim_server.web[0]", Lost::Replaced(RunId(5))),
            loss("sim_server.web[1]", Lost::Replaced(RunId(5))),
            loss("sim_server.old", Lost::Forgotten),
            loss("sim_server.new", Lost::Destroys),
            loss(
                "module.service[\"catalog\"].local_file.configuration",
                Lost::Replaces,
            ),
        ];
        insta::assert_snapshot!(losses(&found, Look::plain().wide(80)) + "[EOF]", @r#"
        Cannot be undone
          sim_database.orders   run 5 destroyed it: it is made anew, without what was in
              it
          sim_server.web[0, 1]  run 5 put another in its place, which stays
          sim_server.old        it is not recorded any more and may still exist: another
              is made
          sim_server.new        this plan destroys it
          module.service["catalog"].local_file.configuration  this plan puts another in
              its place
        [EOF]
        "#);
    }
}
