//! Whether the history is as it was written: how many runs of which environment were checked, and where the first is that
//! was not written so. The same facts are the text and the JSON.

use model::Str;
use serde_json::{Value as Json, json};
use state::{Break, ChainReport, Linked, PROJECT, Wrong};

use super::line::{Line, Page};
use super::style::{Label, Look};

/// The history of an environment, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The environment, or [`PROJECT`].
    pub environment: Str,
    /// What was found.
    pub report: ChainReport,
}

/// A head that somebody kept, and where it stands; none where it is no more.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its first digits, as they were given.
    pub head: String,
    /// Where it is in a part of the history that is sound.
    pub found: Option<Linked>,
}

/// So many digits of a hash are shown: nobody finds another history with the same.
const DIGITS: usize = 16;

/// A hash as it is shown in JSON.
fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn head(report: &ChainReport) -> Option<String> {
    report.head.map(|hash| hexadecimal(&hash))
}

fn place(environment: &Str) -> &str {
    match &**environment {
        PROJECT => "the project",
        name => name,
    }
}

/// What is wrong, as a sentence without its end.
fn wrong(found: &Break) -> String {
    let Break {
        position,
        run,
        wrong,
    } = found;
    let run = run.map_or_else(
        || format!("the run at place {position}"),
        |run| format!("run {run}"),
    );
    match wrong {
        Wrong::RunEdited => format!("{run} was edited"),
        Wrong::JournalEdited => format!("steps, events or checks of {run} were edited"),
        Wrong::Removed => format!("{run} was removed"),
        Wrong::Added => format!("{run} was added after the last one that was written"),
    }
}

fn word(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::RunEdited => "run-edited",
        Wrong::JournalEdited => "journal-edited",
        Wrong::Removed => "removed",
        Wrong::Added => "added",
    }
}

fn runs(count: u64) -> String {
    match count {
        1 => "1 run".into(),
        many => format!("{many} runs"),
    }
}

/// The histories, a line each, and what follows from them.
pub fn screen(checked: &[Checked], look: Look) -> String {
    let mut page = Page::new(look);
    let shown = || {
        let all = checked.iter();
        all.filter(|one| one.report.sound > 0 || one.report.broken.is_some())
    };
    if shown().next().is_none() {
        page.line(&Line::plain("Nothing was run yet."));
        return page.finish();
    }
    let widths = shown().map(|one| place(&one.environment).len());
    let column = widths.max().unwrap_or(0) + 2;
    for one in shown() {
        let mut line = Line::of(Label::Environment, place(&one.environment).to_owned());
        line.pad_to(column);
        let sound = runs(one.report.sound);
        line = match &one.report.broken {
            None => line.with(Label::Done, format!("{sound} as written")).then(
                head(&one.report).map_or_else(String::new, |head| {
                    format!(", head {}", head.get(..DIGITS).unwrap_or(&head))
                }),
            ),
            Some(found) => line
                .then(format!("{sound} as written, then "))
                .with(Label::Failed, wrong(found)),
        };
        page.wrapped(&line, 2);
    }
    page.gap();
    let broken = shown().filter(|one| one.report.broken.is_some()).count();
    let total: u64 = shown().map(|one| one.report.sound).sum();
    page.wrapped(
        &match broken {
            0 => Line::of(
                Label::Done,
                format!("The history is as it was written: {}", runs(total)),
            ),
            _ => Line::of(Label::Failed, "The history was edited")
                .then(": what stands after those places is not vouched for"),
        },
        2,
    );
    page.finish()
}

/// The same for programs.
pub fn as_json(checked: &[Checked], kept: &[Kept]) -> Json {
    let all = checked.iter().map(|one| {
        let broken = one.report.broken.as_ref().map(|found| {
            json!({
                "position": found.position,
                "run": found.run.map(|run| run.0),
                "wrong": word(found.wrong),
            })
        });
        json!({
            "environment": one.environment.as_str(),
            "sound_runs": one.report.sound,
            "head": head(&one.report),
            "broken": broken,
        })
    });
    let is_sound = checked.iter().all(|one| one.report.broken.is_none());
    let mut json = json!({"sound": is_sound, "environments": all.collect::<Vec<_>>()});
    if let (Some(fields), false) = (json.as_object_mut(), kept.is_empty()) {
        let heads = kept.iter().map(|one| {
            let found = one.found.as_ref();
            json!({
                "head": one.head,
                "environment": found.map(|found| found.environment.as_str()),
                "run": found.map(|found| found.run.0),
            })
        });
        fields.insert("heads".to_owned(), heads.collect());
    }
    json
}
