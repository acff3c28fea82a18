//! What was applied to an environment last, ready to be evaluated again: its revision and the variables it was given, not
//! the definition and `terrace.hcl` as they are now. Which run that is, is in `delivery::applied`.

use std::collections::BTreeMap;

use delivery::{Project, configuration, revision};
use lang::desired::{Given, Origin};
use lang::load::Module;
use model::value::from_json_implied;
use model::{Diagnostic, Str, Value};
use serde_json::Value as Json;
use state::{RecordError, Store};

use crate::cli::prepare::Refused;
use crate::cli::prepare::revised::{self, Content};
use crate::cli::record;

/// What was applied last.
#[derive(Debug)]
pub struct AppliedLast {
    /// The revision.
    pub content: Content,
    /// The variables, without the inputs and ephemeral ones; none where the run kept none.
    pub variables: Option<BTreeMap<Str, Value>>,
}

/// Finds what was applied to `environment` last, and lets the definition be read as it was then. None where no revision was.
///
/// # Errors
/// When it cannot be read, or checked out.
pub fn find(project: &mut Project, environment: &Str) -> Result<Option<AppliedLast>, Refused> {
    let sources = project.sources.clone();
    let refused = |found: Diagnostic| Refused::alone(found, &sources);
    let of_record = |error: RecordError| refused(record::diagnostic(&error));
    let Some(store) = record::open_existing(&project.record()).map_err(of_record)? else {
        return Ok(None);
    };
    let Some(last) = delivery::applied::applied(&store, environment).map_err(of_record)? else {
        return Ok(None);
    };
    let row = store.revision(last.revision.0).map_err(of_record)?;
    let content = Content::kept(&store, row.manifest).map_err(|found| refused(*found))?;
    let here = revised::root(project, &content.manifest);
    if !here.is_some_and(|here| revision::is_all_there(&here, &content.manifest)) {
        content
            .check_out(&store, project)
            .map_err(|found| refused(*found))?;
    }
    let variables = match last.configuration {
        None => None,
        Some(digest) => {
            Some(variables(&store, environment, digest).map_err(|found| refused(*found))?)
        }
    };
    Ok(Some(AppliedLast { content, variables }))
}

/// The variables that the record keeps under a digest.
///
/// # Errors
/// When it has none, or they cannot be read.
pub fn variables(
    store: &Store,
    environment: &Str,
    digest: state::ConfigurationDigest,
) -> Result<BTreeMap<Str, Value>, Box<Diagnostic>> {
    let bytes = store
        .configuration(environment, digest)
        .map_err(|error| record::diagnostic(&error))?;
    configuration::read(&bytes).map_err(|error| {
        let message = format!("the variables of {environment} cannot be read");
        Box::new(Diagnostic::error("record-unreadable", message).note(error.to_string()))
    })
}

/// What the root module's variables are given again: what they were given then, and the inputs of the revision. Ephemeral
/// ones are never kept, and taken from `now`.
pub fn given(
    root: &Module,
    variables: &BTreeMap<Str, Value>,
    inputs: &BTreeMap<String, Json>,
    now: impl FnOnce() -> BTreeMap<Str, Given>,
) -> BTreeMap<Str, Given> {
    let is_ephemeral = |name: &str| {
        let declared = root.variables.get(name);
        declared.is_some_and(|variable| variable.ephemeral)
    };
    let mut given = BTreeMap::new();
    if root.variables.values().any(|variable| variable.ephemeral) {
        given = now();
        given.retain(|name, _| is_ephemeral(name));
    }
    let kept = variables
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let inputs = inputs
        .iter()
        .map(|(name, value)| (name.as_str().into(), from_json_implied(value)));
    for (name, value) in kept.chain(inputs) {
        if let Some(declared) = root.variables.get(&name) {
            let (span, origin) = (declared.span, Origin::Process);
            given.insert(
                name,
                Given {
                    value,
                    span,
                    origin,
                },
            );
        }
    }
    given
}
