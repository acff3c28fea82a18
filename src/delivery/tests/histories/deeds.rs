//! What plans do in random histories: a few things to a few objects, of which some values are not known yet and some are
//! secret. Whether one does no more than another is found by looking at the values, not at digests of them.

use std::collections::BTreeMap;

use delivery::coverage::{Coverage, Effects};
use model::Value;
use model::address::{InstanceAddr, ProviderAddr};
use model::change::{Action, Change, Dependencies, ReplaceOrder};
use model::ty::Type;
use model::value::Marks;
use sha2::{Digest, Sha256};

use super::Chance;

/// What a plan does, by object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Deeds(pub(super) BTreeMap<&'static str, (Action, [Cell; 2])>);

/// A value of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// None while it is not known.
    value: Option<u8>,
    is_secret: bool,
}

const ACTIONS: [Action; 4] = [
    Action::Create,
    Action::Update,
    Action::Destroy,
    Action::Replace(ReplaceOrder::DestroyFirst),
];

impl Deeds {
    pub(super) fn some(chance: &mut Chance) -> Self {
        let mut deeds = BTreeMap::new();
        for object in ["a.x", "a.y", "a.z"] {
            if chance.one_in(2) {
                continue;
            }
            // Mostly a create, so that what was approved is often what is to be done.
            let action = ACTIONS[chance.below(8).saturating_sub(4) as usize];
            let mut cell = || Cell {
                value: (!chance.one_in(3)).then(|| u8::from(chance.one_in(4))),
                is_secret: chance.one_in(6),
            };
            deeds.insert(object, (action, [cell(), cell()]));
        }
        Self(deeds)
    }

    /// What a plan does later, when some of it is done and more of it is known; now and then, something else as well.
    pub(super) fn later(&self, chance: &mut Chance) -> Self {
        let mut later = Self::default();
        for (object, (action, cells)) in &self.0 {
            if chance.one_in(3) {
                continue;
            }
            let is_half = matches!(action, Action::Replace(_)) && chance.one_in(2);
            let action = if is_half { Action::Create } else { *action };
            let cells = cells.map(|cell| Cell {
                value: cell.value.or_else(|| chance.one_in(2).then_some(7)),
                is_secret: cell.is_secret && !chance.one_in(10),
            });
            later.0.insert(object, (action, cells));
        }
        if chance.one_in(5) {
            later.0.extend(Self::some(chance).0);
        }
        later
    }

    /// What is kept of it when someone approves it.
    pub(super) fn approved(&self) -> Coverage {
        Coverage::of(&Effects::seen(&self.changes(), digest).expect("it can be encoded"))
    }

    /// What the rules are told of it.
    pub(super) fn effects(&self, approved: &[Coverage]) -> Effects {
        Effects::of(&self.changes(), digest, approved.iter()).expect("it can be encoded")
    }

    /// Whether someone who saw `seen` has seen all of it.
    pub(super) fn are_no_more_than(&self, seen: &Self) -> bool {
        self.0.iter().all(|(object, (action, now))| {
            let Some((seen_action, seen)) = seen.0.get(object) else {
                return false;
            };
            let is_half = *action == Action::Create && matches!(seen_action, Action::Replace(_));
            let is_seen = |(now, seen): (&Cell, &Cell)| {
                let is_same = seen.value.is_none() || seen.value == now.value;
                is_same && (now.is_secret || !seen.is_secret)
            };
            let nothing_left = *action == Action::Destroy;
            (action == seen_action || is_half)
                && (nothing_left || now.iter().zip(seen).all(is_seen))
        })
    }

    /// Whether any of it is not just as in `seen`.
    pub(super) fn differ_from(&self, seen: &Self) -> bool {
        let mut all = self.0.iter();
        all.any(|(object, deed)| seen.0.get(object) != Some(deed))
    }

    fn changes(&self) -> Vec<Change> {
        let changes = self.0.iter();
        changes
            .map(|(object, (action, cells))| change(object, *action, cells))
            .collect()
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn change(address: &str, action: Action, [one, other]: &[Cell; 2]) -> Change {
    let value = |cell: &Cell| {
        let value = match cell.value {
            Some(number) => Value::int(number.into()),
            None => Value::unknown(Type::Number),
        };
        match cell.is_secret {
            true => value.mark(Marks::SENSITIVE),
            false => value,
        }
    };
    let after = match action {
        Action::Destroy => Value::NULL,
        Action::NoOp
        | Action::Read
        | Action::Create
        | Action::Update
        | Action::Replace(_)
        | Action::Forget => Value::object([("one", value(one)), ("other", value(other))]),
    };
    Change {
        addr: address.parse::<InstanceAddr>().expect("an address"),
        deposed: None,
        previous: None,
        importing: None,
        provider: "provider[\"terrace/sim\"]"
            .parse::<ProviderAddr>()
            .expect("a provider")
            .into(),
        action,
        reason: None,
        because: Vec::new(),
        before: Value::NULL,
        after,
        replace_paths: Vec::new(),
        config: Value::NULL,
        private: Vec::new(),
        prior_private: Vec::new(),
        schema_version: 0,
        dependencies: Dependencies::from([]),
        create_before_destroy: false,
        legacy: false,
    }
}
