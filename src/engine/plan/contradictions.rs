//! What `moved` blocks of a definition cannot say: of what is declared still, of one thing twice, in a circle, or of objects
//! of another type. Read off the definition alone; what they do to a record is in `moves`. Entry point: [`moved`].

use std::collections::BTreeMap;

use lang::Definition;
use lang::load::{Module, Repeat, ResourceName};
use model::address::{InstanceAddr, InstanceKey, ModulePath, ModuleStep, Target};
use model::{Diagnostic, Diagnostics, Span};

use super::moves::{Statement, all};

/// Reports `moved` blocks that contradict the definition, or each other.
pub(crate) fn moved(definition: &Definition) -> Diagnostics {
    let mut out = Diagnostics::new();
    let statements = all(definition);
    for statement in &statements {
        if let Some(found) = alone(definition, statement) {
            out.push(found);
        }
    }
    out.extend(ambiguous(&statements));
    if !out.has_errors()
        && let Some(found) = circle(&statements)
    {
        out.push(found);
    }
    out
}

fn refused(statement: &Statement, message: String) -> Diagnostic {
    Diagnostic::error("move-blocked", message).at(statement.span, "")
}

/// What is wrong with a statement whatever others say.
fn alone(definition: &Definition, statement: &Statement) -> Option<Diagnostic> {
    let Statement { from, to, .. } = statement;
    if from == to {
        let message = format!("`{from}` cannot be moved to itself");
        return Some(refused(statement, message).help("take the block away"));
    }
    match (from, to) {
        (Target::Resource(old), Target::Resource(new)) => {
            if !may_become(old, new) {
                let message = format!("`{from}` cannot become `{to}`, which is of another type");
                let help = "an object of one type is none of another: let the record forget it with a `removed` block, \
                            or let it be destroyed";
                return Some(refused(statement, message).help(help));
            }
            let is_whole = old.key == InstanceKey::None && new.key == InstanceKey::None;
            let declared = resource(definition, old)?;
            let stays = match declared.repeat {
                Repeat::Once => old.key == InstanceKey::None,
                Repeat::Count(_) | Repeat::ForEach(_) => is_whole && !is_same_block(old, new),
            };
            stays.then(|| exists(statement, declared.span))
        }
        (Target::Module(old), Target::Module(new)) => {
            let step = old.steps().last()?;
            let is_whole = new.steps().iter().all(|step| step.key == InstanceKey::None);
            let call = parent(definition, old.steps())?.calls.get(&step.name)?;
            let stays = match call.repeat {
                Repeat::Once => step.key == InstanceKey::None,
                Repeat::Count(_) | Repeat::ForEach(_) => {
                    is_whole && step.key == InstanceKey::None && old.path() != new.path()
                }
            };
            stays.then(|| exists(statement, call.span))
        }
        (Target::Resource(_), Target::Module(_)) | (Target::Module(_), Target::Resource(_)) => {
            let message = format!("`{from}` cannot become `{to}`");
            let help = "a module becomes a module, and a resource a resource";
            Some(refused(statement, message).help(help))
        }
    }
}

/// Whether objects of one type can be those of the other: of the same, and `null_resource`, of which there is nothing in the
/// world, those of `terraform_data`.
fn may_become(old: &InstanceAddr, new: &InstanceAddr) -> bool {
    let (old, new) = (&old.block, &new.block);
    let is_same = old.rtype == new.rtype && old.mode == new.mode;
    is_same || (old.rtype == *"null_resource" && new.rtype == *"terraform_data")
}

fn is_same_block(old: &InstanceAddr, new: &InstanceAddr) -> bool {
    old.resource() == new.resource()
}

fn exists(statement: &Statement, declared: Span) -> Diagnostic {
    let Statement { from, to, .. } = statement;
    let message = format!("`{from}` is moved and still declared");
    Diagnostic::error("still-declared", message)
        .at(statement.span, "moved here")
        .and_at(declared, "declared here")
        .help(format!(
            "declare it as `{to}` only, or take the `moved` block away"
        ))
}

fn resource<'d>(
    definition: &'d Definition,
    addr: &InstanceAddr,
) -> Option<&'d lang::load::Resource> {
    let name = ResourceName {
        mode: addr.block.mode,
        rtype: addr.block.rtype.clone(),
        name: addr.block.name.clone(),
    };
    let module = definition.module(&addr.module().path())?;
    module.resources.get(&name)
}

/// The module that calls the last of these steps.
fn parent<'d>(definition: &'d Definition, steps: &[ModuleStep]) -> Option<&'d Module> {
    let (_, above) = steps.split_last()?;
    let path = above.iter().map(|step| step.name.clone()).collect();
    definition.module(&ModulePath(path)).map(|module| &**module)
}

/// Statements of one thing that becomes two, and of two that become one.
fn ambiguous(statements: &[Statement]) -> Diagnostics {
    let mut out = Diagnostics::new();
    let (mut by_from, mut by_to) = (BTreeMap::new(), BTreeMap::new());
    for statement in statements {
        let (from, to) = (statement.from.to_string(), statement.to.to_string());
        let first: &Statement = by_from.entry(from.clone()).or_insert(statement);
        if first.to != statement.to {
            let message = format!("`{from}` is moved to `{}` and to `{to}`", first.to);
            out.push(refused(statement, message).and_at(first.span, "it is moved here already"));
            continue;
        }
        let first: &Statement = by_to.entry(to.clone()).or_insert(statement);
        if first.from != statement.from {
            let message = format!("`{}` and `{from}` are both moved to `{to}`", first.from);
            out.push(
                refused(statement, message).and_at(first.span, "something is moved there already"),
            );
        }
    }
    out
}

/// A chain of statements that comes back to where it began. No address is moved twice here.
fn circle(statements: &[Statement]) -> Option<Diagnostic> {
    let next: BTreeMap<String, &Statement> = statements
        .iter()
        .map(|statement| (statement.from.to_string(), statement))
        .collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (number, first) in statements.iter().enumerate() {
        let mut at = first.from.to_string();
        // Each address is gone through once: by this chain, or by an earlier one that ended.
        while !seen.contains_key(&at) {
            seen.insert(at.clone(), number);
            let Some(statement) = next.get(&at) else {
                break;
            };
            at = statement.to.to_string();
            if seen.get(&at) == Some(&number) {
                let message = format!("`{at}` is moved in a circle");
                return Some(
                    refused(statement, message).help("take one of the `moved` blocks away"),
                );
            }
        }
    }
    None
}
