//! `terrace explain WORD`: the longer text of a diagnostic, or what a resource type takes.

use std::sync::Arc;

use contract::Provider;
use model::Str;
use model::address::ProviderSource;

use model::diagnostic::IDS;

use super::args::ExplainArgs;
use super::invocation::{Directories, Invocation};
use super::output::explanations::explanation;
use super::output::line::{Line, Page};
use super::output::schema::{self, TypeView};
use super::output::style::{Label, Look};
use super::output::write;
use crate::cli::invocation::exit::ExitCode;

/// The providers that are built in, as `required_providers` names them.
const BUILT_IN: [&str; 7] = [
    "terraform.io/builtin/terraform",
    "hashicorp/null",
    "hashicorp/random",
    "hashicorp/time",
    "hashicorp/local",
    "hashicorp/external",
    "terrace/sim",
];

/// The word that stands for all types.
const TYPES: &str = "types";

/// Says what a word means: the id of a diagnostic, a resource type, a data source, a provider.
pub async fn run(invocation: &Invocation, args: &ExplainArgs) -> ExitCode {
    let opened = opened(invocation).await;
    let views = views(&opened);
    let found: Vec<TypeView<'_>> = views
        .iter()
        .filter(|view| args.id.as_deref() == Some(view.name.as_str()))
        .copied()
        .collect();
    let look = invocation.stdout;
    let (text, code) = if args.id.as_deref() == Some(TYPES) {
        let types: Vec<TypeView<'_>> = views
            .into_iter()
            .filter(|view| view.what != PROVIDER)
            .collect();
        (schema::types(&types, look), ExitCode::Done)
    } else if found.is_empty() {
        let types: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
        text(args, &types, look)
    } else {
        let texts: Vec<String> = found.iter().map(|view| schema::one(*view, look)).collect();
        (texts.join("\n"), ExitCode::Done)
    };
    match write::answer(&text) {
        Ok(()) => code,
        Err(_) => ExitCode::Failed,
    }
}

const PROVIDER: &str = "provider";

/// The built-in providers, each with the name of its source.
async fn opened(invocation: &Invocation) -> Vec<(&'static str, Str, Arc<dyn Provider>)> {
    let directories = Directories {
        own: &invocation.directory,
        source: &invocation.directory,
    };
    let providers = (invocation.process.providers)(directories, invocation.process.clock.clone());
    let mut found = Vec::new();
    for source in BUILT_IN {
        if let Ok(address) = source.parse::<ProviderSource>()
            && let Ok(provider) = providers.open(&address).await
        {
            found.push((source, address.name, provider));
        }
    }
    found
}

/// All that they have, by name; resources before data sources.
fn views<'a>(opened: &'a [(&'static str, Str, Arc<dyn Provider>)]) -> Vec<TypeView<'a>> {
    let mut views = Vec::new();
    for (source, name, provider) in opened {
        let all = provider.schema();
        let view = |name, what, schema| TypeView {
            name,
            what,
            provider: source,
            schema,
        };
        let resources = all.resources.iter();
        views.extend(resources.map(|(name, found)| view(name, "resource", &found.schema)));
        let data = all.data.iter();
        views.extend(data.map(|(name, found)| view(name, "data source", found)));
        if !all.provider.block.attributes.is_empty() || !all.provider.block.blocks.is_empty() {
            views.push(view(name, PROVIDER, &all.provider));
        }
    }
    views
}

/// What `terrace explain` says of a diagnostic, and how it ends: an id that is none is a usage error.
pub fn text(args: &ExplainArgs, types: &[&str], look: Look) -> (String, ExitCode) {
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
            &Line::of(Label::Error, "error")
                .then(format!(": there is no diagnostic or resource type `{id}`")),
        );
        if let Some(near) = nearest(id).or_else(|| lang::closest(id, types.iter().copied())) {
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
            &["local_process"],
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
        error: there is no diagnostic or resource type `unknown-atribute`
        help: did you mean `unknown-attribute`?
        [EOF]
        ");
        assert!(
            explain("local_proces")
                .0
                .contains("did you mean `local_process`?")
        );
    }
}
