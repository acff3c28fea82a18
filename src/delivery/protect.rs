//! What a plan destroys or replaces although it is data: marked by `protect` of its environment, or of a type that keeps
//! data wherever it stands. Whether its block is still there does not matter. Pure. Entry points: [`refused`], [`guarding`].

use model::Span;
use model::address::InstanceAddr;
use model::change::{Action, Change};
use model::pattern::Pattern;

use crate::stateful::keeps_data;

/// An instance that would be lost, and what protects it.
#[derive(Clone, Copy, Debug)]
pub struct Loss<'p> {
    /// What would happen to it.
    pub change: &'p Change,
    /// What protects it.
    pub guard: Guard<'p>,
}

/// What protects an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard<'p> {
    /// `protect` of the environment names it.
    Named(&'p Pattern, Span),
    /// Objects of its type keep data.
    Type,
}

impl Guard<'_> {
    /// What protects the instance, as a phrase.
    pub fn said_of(self, addr: &InstanceAddr) -> String {
        match self {
            Self::Named(named, _) => format!("`protect` names {named}"),
            Self::Type => format!("{} keeps data", addr.block.rtype),
        }
    }
}

/// The instances that a plan would destroy or replace, that are protected, and that `allow` does not name; in the plan's
/// order.
pub fn refused<'p>(
    changes: &'p [Change],
    protect: &'p [(Pattern, Span)],
    allow: &[Pattern],
) -> Vec<Loss<'p>> {
    let lost = changes.iter().filter(|change| is_lost(change));
    let guarded = lost.filter_map(|change| {
        let guard = guard(change, protect)?;
        Some(Loss { change, guard })
    });
    guarded
        .filter(|loss| !allow.iter().any(|named| named.matches(&loss.change.addr)))
        .collect()
}

/// The patterns that name no instance: neither one that the plan changes, nor one of `recorded`.
pub fn unknown<'a>(
    changes: &[Change],
    recorded: impl Iterator<Item = InstanceAddr>,
    allow: &'a [Pattern],
) -> Vec<&'a Pattern> {
    let mut left: Vec<&Pattern> = allow.iter().collect();
    if left.is_empty() {
        return left;
    }
    for change in changes {
        left.retain(|named| !named.matches(&change.addr));
    }
    for addr in recorded {
        left.retain(|named| !named.matches(&addr));
    }
    left
}

fn is_lost(change: &Change) -> bool {
    match change.action {
        Action::Destroy | Action::Replace(_) => true,
        Action::NoOp | Action::Read | Action::Create | Action::Update | Action::Forget => false,
    }
}

/// What protects the instance. One that was moved is protected under both addresses.
fn guard<'p>(change: &Change, protect: &'p [(Pattern, Span)]) -> Option<Guard<'p>> {
    let before = change.previous.as_ref();
    let named = named(&change.addr, protect);
    named
        .or_else(|| before.and_then(|before| self::named(before, protect)))
        .or_else(|| keeps_data(&change.addr.block.rtype).then_some(Guard::Type))
}

/// What protects an instance that stays where it is.
pub fn guarding<'p>(addr: &InstanceAddr, protect: &'p [(Pattern, Span)]) -> Option<Guard<'p>> {
    named(addr, protect).or_else(|| keeps_data(&addr.block.rtype).then_some(Guard::Type))
}

fn named<'p>(addr: &InstanceAddr, protect: &'p [(Pattern, Span)]) -> Option<Guard<'p>> {
    let mut patterns = protect.iter();
    let (named, span) = patterns.find(|(named, _)| named.matches(addr))?;
    Some(Guard::Named(named, *span))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::address::{ModulePath, ProviderAddr, ProviderSource};
    use model::change::ReplaceOrder;
    use model::{Sources, Value};

    use super::*;

    const REPLACE: Action = Action::Replace(ReplaceOrder::DestroyFirst);

    fn change(addr: &str, action: Action) -> Change {
        Change {
            addr: addr.parse().unwrap(),
            deposed: None,
            previous: None,
            importing: None,
            provider: Arc::new(ProviderAddr {
                module: ModulePath::root(),
                source: ProviderSource::implied("aws"),
                alias: None,
            }),
            action,
            reason: None,
            because: Vec::new(),
            before: Value::NULL,
            after: Value::NULL,
            replace_paths: Vec::new(),
            config: Value::NULL,
            private: Vec::new(),
            prior_private: Vec::new(),
            schema_version: 0,
            dependencies: Vec::new().into(),
            create_before_destroy: false,
            legacy: false,
        }
    }

    fn patterns(texts: &[&str]) -> Vec<(Pattern, Span)> {
        let file = Sources::default().add("terrace.hcl", "");
        let named = texts.iter().map(|text| text.parse().unwrap());
        named.map(|named| (named, Span::new(file, 0, 0))).collect()
    }

    fn lost(changes: &[Change], protect: &[&str], allow: &[&str]) -> Vec<String> {
        let allow: Vec<Pattern> = allow.iter().map(|text| text.parse().unwrap()).collect();
        let protect = patterns(protect);
        let found = refused(changes, &protect, &allow);
        found
            .iter()
            .map(|loss| loss.change.addr.to_string())
            .collect()
    }

    #[test]
    fn what_is_destroyed_or_replaced_is_lost_and_nothing_else() {
        let changes = [
            change("a.destroyed", Action::Destroy),
            change("a.replaced", REPLACE),
            change("a.updated", Action::Update),
            change("a.created", Action::Create),
            change("a.forgotten", Action::Forget),
            change("b.destroyed", Action::Destroy),
        ];
        assert_eq!(lost(&changes, &["a.*"], &[]), ["a.destroyed", "a.replaced"]);
        assert_eq!(lost(&changes, &[], &[]), [""; 0]);
    }

    #[test]
    fn types_that_keep_data_are_protected_wherever_they_stand() {
        let changes = [
            change("module.a[\"x\"].aws_s3_bucket.b[0]", Action::Destroy),
            change("aws_instance.web", Action::Destroy),
        ];
        let found = lost(&changes, &[], &[]);
        assert_eq!(found, ["module.a[\"x\"].aws_s3_bucket.b[0]"]);
        assert_eq!(lost(&changes, &[], &["aws_s3_bucket.b"]).len(), 1);
        assert_eq!(lost(&changes, &[], &["module.a.aws_s3_bucket.b"]), [""; 0]);
        assert_eq!(lost(&changes, &[], &["module.*"]), [""; 0]);
    }

    #[test]
    fn what_is_moved_stays_protected() {
        let mut moved = change("a.elsewhere", REPLACE);
        moved.previous = Some("module.data.a.here".parse().unwrap());
        assert_eq!(lost(&[moved], &["module.data"], &[]), ["a.elsewhere"]);
    }

    #[test]
    fn a_pattern_that_names_nothing_is_told() {
        let changes = [change("a.gone", Action::Destroy)];
        let recorded = || ["b.stays".parse().unwrap()].into_iter();
        let allow: Vec<Pattern> = ["a.*", "b.stays", "c.none"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let found = unknown(&changes, recorded(), &allow);
        assert_eq!(found, [&allow[2]]);
    }
}
