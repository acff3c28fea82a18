//! `terrace explain ID`: the longer text of a diagnostic.

use model::diagnostic::IDS;

use super::args::ExplainArgs;
use super::exit::ExitCode;
use super::output::explanations::explanation;
use super::output::line::{Line, Page};
use super::output::style::{Label, Look};

/// What `terrace explain` says, and how it ends: an id that is none is a usage error.
pub fn text(args: &ExplainArgs, look: Look) -> (String, ExitCode) {
    let mut page = Page::new(look);
    let Some(id) = &args.id else {
        for id in IDS {
            page.line(&Line::plain(*id));
        }
        return (page.finish(), ExitCode::Done);
    };
    // People copy the whole of `error[unknown-attribute]`.
    let id = id
        .trim_start_matches("error")
        .trim_start_matches("warning")
        .trim_matches(['[', ']', ':']);
    let Some(text) = explanation(id) else {
        page.line(
            &Line::of(Label::Error, "error").then(format!(": there is no diagnostic `{id}`")),
        );
        if let Some(near) = nearest(id) {
            page.line(&Line::of(Label::Hint, "help").then(format!(": did you mean `{near}`?")));
        }
        return (page.finish(), ExitCode::Usage);
    };
    page.line(&Line::of(Label::Heading, id.to_owned()));
    for paragraph in text.split("\n\n") {
        page.gap();
        for row in paragraph.split('\n') {
            page.wrapped(
                &Line::plain(row.to_owned()),
                row.len() - row.trim_start().len(),
            );
        }
    }
    (page.finish(), ExitCode::Done)
}

/// The id that is most like the word, when one is.
fn nearest(word: &str) -> Option<&'static str> {
    let alike = |id: &'static str| similar::TextDiff::from_chars(word, id).ratio();
    let best = IDS
        .iter()
        .copied()
        .max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) > 0.6).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(id: &str) -> (String, ExitCode) {
        text(
            &ExplainArgs {
                id: Some(id.into()),
            },
            Look::plain().wide(72),
        )
    }

    #[test]
    fn every_diagnostic_is_explained() {
        for id in IDS {
            assert_eq!(explain(id).1, ExitCode::Done, "{id}");
        }
    }

    #[test]
    fn an_id_is_known_as_it_is_printed() {
        assert_eq!(explain("error[cycle]:"), explain("cycle"));
        insta::assert_snapshot!(explain("cycle").0 + "[EOF]", @r"
        cycle

        Things need each other in a circle, so that none can come first. The
        message names the shortest circle there is.

        Take one of the references out: often a security rule, a policy or an
        attachment can be a resource of its own that depends on both sides.
        [EOF]
        ");
    }

    #[test]
    fn a_wrong_id_gets_a_suggestion() {
        let (text, code) = explain("unknown-atribute");
        assert_eq!(code, ExitCode::Usage);
        insta::assert_snapshot!(text + "[EOF]", @r"
        error: there is no diagnostic `unknown-atribute`
        help: did you mean `unknown-attribute`?
        [EOF]
        ");
    }
}
