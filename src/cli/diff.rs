//! `terrace diff`: in what two environments differ, from the record alone: the revision, the variables, the instances and
//! the outputs.

use std::collections::BTreeMap;

use delivery::Project;
use engine::{Recorded, recorded::RecordedObject};
use model::address::InstanceAddr;
use model::serial::RevisionId;
use model::{Diagnostic, Str, Value};
use state::{RecordError, RevisionRow, Store};

use super::args::DiffArgs;
use super::invocation::Invocation;
use super::output::difference::{Difference, differences};
use super::output::environments::{Contrast, Side, as_json, screen};
use super::output::value::Amount;
use super::output::write;
use super::prepare::{self, Refused};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::applied;

/// Runs the command.
pub fn run(invocation: &Invocation, args: &DiffArgs) -> ExitCode {
    let contrast = match contrast(invocation, args) {
        Ok(contrast) => contrast,
        Err(refused) => return refused.report(invocation),
    };
    let amount = match args.detail {
        true => Amount::All,
        false => Amount::Line,
    };
    let text = match args.json {
        true => format!("{:#}\n", as_json(&contrast)),
        false => screen(&contrast, amount, invocation.stdout),
    };
    if write::answer(&text).is_err() {
        return ExitCode::Failed;
    }
    match args.detailed_exitcode && !contrast.is_alike() {
        true => ExitCode::ChangesPending,
        false => ExitCode::Done,
    }
}

fn contrast(invocation: &Invocation, args: &DiffArgs) -> Result<Contrast, Refused> {
    let (project, _) = prepare::open(invocation)?;
    let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &project.sources);
    let of_record = |error: RecordError| refused(record::diagnostic(&error));
    let named = |name: &str| {
        let found = project.environment(Some(name));
        found.map_err(|error| refused(error.diagnostic()))
    };
    let (left, right) = (named(&args.left)?, named(&args.right)?);
    let store = record::open_existing(&project.record()).map_err(of_record)?;
    let Some(store) = store else {
        return Err(refused(
            Diagnostic::error("unknown-revision", "nothing is recorded yet")
                .help(format!("terrace apply {left}")),
        ));
    };
    let (left, right) = (
        End::read(&project, &store, left)?,
        End::read(&project, &store, right)?,
    );
    Ok(Contrast {
        variables: compared(&left.variables, &right.variables, differences),
        instances: compared(&left.objects(), &right.objects(), |a, b| {
            effective(&a.value, &b.value, args.ids)
        }),
        outputs: compared(&left.outputs(), &right.outputs(), differences),
        alike: left.alike(&right, args.ids),
        sides: [left.side, right.side],
    })
}

/// One of the two environments.
struct End {
    side: Side,
    variables: BTreeMap<Str, Value>,
    recorded: Recorded,
}

impl End {
    fn read(project: &Project, store: &Store, environment: Str) -> Result<Self, Refused> {
        let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &project.sources);
        let of_record = |error: RecordError| refused(record::diagnostic(&error));
        let last = delivery::applied::applied(store, &environment).map_err(of_record)?;
        let revision = last.map(|last| last.revision);
        let row: Option<RevisionRow> = revision
            .map(|RevisionId(number)| store.revision(number))
            .transpose()
            .map_err(of_record)?;
        let digest = last.and_then(|last| last.configuration);
        let mut variables = match digest {
            Some(digest) => {
                applied::variables(store, &environment, digest).map_err(|found| refused(*found))?
            }
            None => BTreeMap::new(),
        };
        if let Some(row) = &row {
            // Inputs belong to the revision, and differ only with it.
            let manifest = delivery::revision::read(store, row.manifest)
                .map_err(|error| refused(record::diagnostic(&error)))?;
            let inputs = manifest.inputs.iter();
            variables.extend(inputs.map(|(name, value)| {
                (name.as_str().into(), model::value::from_json_implied(value))
            }));
        }
        let recorded = record::read(Some(store), &environment)
            .map_err(|error| refused(record::diagnostic(&error)))?;
        Ok(Self {
            side: Side {
                environment,
                revision: row,
                has_variables: digest.is_some(),
            },
            variables,
            recorded,
        })
    }

    fn objects(&self) -> BTreeMap<InstanceAddr, &RecordedObject> {
        let all = self.recorded.instances();
        all.filter_map(|(addr, instance)| Some((addr, instance.current.as_ref()?)))
            .collect()
    }

    fn outputs(&self) -> BTreeMap<Str, Value> {
        let outputs = self.recorded.outputs.iter();
        outputs
            .map(|(name, output)| {
                let value = match output.sensitive {
                    true => output.value.clone().mark(model::Marks::SENSITIVE),
                    false => output.value.clone(),
                };
                (name.clone(), value)
            })
            .collect()
    }

    /// How many instances are the same in both.
    fn alike(&self, other: &Self, ids: bool) -> u64 {
        let mine = self.objects();
        let alike = mine.iter().filter(|(addr, object)| {
            let theirs = other.recorded.current(addr);
            theirs.is_some_and(|theirs| effective(&object.value, &theirs.value, ids).is_empty())
        });
        alike.count() as u64
    }
}

/// What differs between two things of one name; one of which there is no other has one side alone.
fn compared<K: Ord + Clone + ToString, V>(
    left: &BTreeMap<K, V>,
    right: &BTreeMap<K, V>,
    differ: impl Fn(&V, &V) -> Vec<Difference>,
) -> Vec<(K, Option<Which>, Vec<Difference>)> {
    let mut found = Vec::new();
    for (name, one) in left {
        match right.get(name) {
            None => found.push((name.clone(), Some(Which::Left), Vec::new())),
            Some(other) => {
                let differences = differ(one, other);
                if !differences.is_empty() {
                    found.push((name.clone(), None, differences));
                }
            }
        }
    }
    let only = right.keys().filter(|name| !left.contains_key(*name));
    found.extend(only.map(|name| (name.clone(), Some(Which::Right), Vec::new())));
    found.sort_by(|(a, _, _), (b, _, _)| a.cmp(b));
    found
}

pub use super::output::environments::Which;

/// What differs between two objects. What names an object is another in every environment, and says nothing.
fn effective(left: &Value, right: &Value, ids: bool) -> Vec<Difference> {
    let mut found = differences(left, right);
    found.retain(|one| ids || one.name != "id");
    found
}
