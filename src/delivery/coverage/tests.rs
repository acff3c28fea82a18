//! What an approval covers, change by change.

use model::Value;
use model::address::{InstanceAddr, ProviderAddr};
use model::change::{Action, Change, Dependencies, DeposedKey, Reason, ReplaceOrder};
use model::ty::Type;
use model::value::Marks;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::half::as_approved;

const REPLACE: Action = Action::Replace(ReplaceOrder::DestroyFirst);

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn change(address: &str, action: Action, after: Value) -> Change {
    Change {
        addr: address.parse::<InstanceAddr>().unwrap(),
        deposed: None,
        previous: None,
        importing: None,
        provider: "provider[\"terrace/sim\"]"
            .parse::<ProviderAddr>()
            .unwrap()
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
        dependencies: Dependencies::default(),
        create_before_destroy: false,
        legacy: false,
    }
}

fn update(after: Value) -> Change {
    change("a.x", Action::Update, after)
}

/// Whether who approved `seen` approved `now`, also when the approval was kept and read again meanwhile.
fn covers(seen: &[Change], now: &[Change]) -> bool {
    let coverage = Coverage::of(&Effects::seen(seen, digest).unwrap());
    let kept: Vec<_> = coverage.parts.iter().collect();
    let kept = serde_json::to_string(&kept).unwrap();
    let parts: Vec<(Digest, (Action, Shape))> = serde_json::from_str(&kept).unwrap();
    let read = Coverage {
        whole: coverage.whole.clone(),
        parts: parts.into_iter().collect(),
    };
    assert_eq!(read, coverage);
    let now = Effects::of(now, digest, std::iter::once(&read)).unwrap();
    read.covers(&now)
}

fn text(text: &str) -> Value {
    Value::string(text)
}

fn unknown() -> Value {
    Value::unknown(Type::String)
}

fn secret(value: Value) -> Value {
    value.mark(Marks::SENSITIVE)
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::object(fields)
}

fn set(items: Vec<Value>) -> Value {
    Value::set(Type::Dynamic, items)
}

#[test]
fn who_approved_that_something_is_made_approved_that_its_half_is_made_whole() {
    let seen = [change("a.x", Action::Create, object([("id", unknown())]))];
    let again = |reason, action| Change {
        reason,
        ..change("a.x", action, object([("id", unknown())]))
    };
    let tainted = Some(Reason::ReplaceBecauseTainted);
    let half = || Ok::<_, ()>(BTreeSet::from(["a.x".parse::<InstanceAddr>().unwrap()]));
    let covered = |now: Change, half: &dyn Fn() -> Result<BTreeSet<InstanceAddr>, ()>| {
        let now = [now];
        covers(&seen, &as_approved(&now, half).unwrap())
    };
    assert!(covered(again(tainted, REPLACE), &half));
    // Where something else made it, or it came whole, an object goes that nobody saw.
    assert!(!covered(again(tainted, REPLACE), &|| Ok(BTreeSet::new())));
    assert!(!covered(again(None, REPLACE), &half));
    let cannot = Some(Reason::ReplaceBecauseCannotUpdate);
    assert!(!covered(again(cannot, REPLACE), &half));
    assert!(!covered(again(tainted, Action::Destroy), &half));
    let mut other = again(tainted, REPLACE);
    other.after = object([("id", unknown()), ("name", text("b"))]);
    assert!(!covered(other, &half));
    // Who approves it after that saw the replacement, and approved the same.
    let replaced = [again(tainted, REPLACE)];
    let now = as_approved(&replaced, half).unwrap();
    assert!(covers(&replaced, &now));
}

#[test]
fn what_has_become_known_is_covered_and_what_became_another_is_not() {
    let seen = [update(object([("id", unknown()), ("size", text("1"))]))];
    let is_covered = |now: Value| covers(&seen, &[update(now)]);
    assert!(is_covered(object([("id", unknown()), ("size", text("1"))])));
    assert!(is_covered(object([
        ("id", text("i-7")),
        ("size", text("1"))
    ])));
    assert!(!is_covered(object([
        ("id", text("i-7")),
        ("size", text("2"))
    ])));
    assert!(!is_covered(object([("id", text("i-7"))])));
    assert!(!is_covered(object([
        ("id", text("i-7")),
        ("size", unknown())
    ])));
}

#[test]
fn what_was_known_is_not_covered_once_it_is_known_after_apply_alone() {
    let seen = [update(object([("size", text("1"))]))];
    assert!(covers(&seen, &seen));
    assert!(!covers(&seen, &[update(object([("size", unknown())]))]));
}

#[test]
fn a_part_of_what_was_seen_is_covered_and_anything_more_is_not() {
    let all = [
        change("a.x", Action::Update, object([("id", unknown())])),
        change("a.y", Action::Destroy, Value::NULL),
    ];
    let [known, destroyed] = [
        change("a.x", Action::Update, object([("id", text("i"))])),
        all[1].clone(),
    ];
    assert!(covers(&all, std::slice::from_ref(&known)));
    assert!(covers(&all, std::slice::from_ref(&destroyed)));
    assert!(covers(&all, &[]));
    let other = change("a.z", Action::Destroy, Value::NULL);
    assert!(!covers(&all, &[known, other]));
    assert!(!covers(
        &all,
        &[change("a.x", Action::Destroy, Value::NULL)]
    ));
    assert!(!covers(
        &all,
        &[change("a.x", Action::Create, object([("id", text("i"))]))]
    ));
}

#[test]
fn of_a_replacement_each_half_is_covered_alone_and_no_replacement_by_its_half() {
    let after = object([("id", unknown()), ("size", text("1"))]);
    let create = [change("a.x", Action::Create, after.clone())];
    let replace = [change("a.x", REPLACE, after.clone())];
    assert!(covers(&replace, &create));
    assert!(!covers(&create, &replace));
    let known = object([("size", text("1"))]);
    let replace = [change("a.x", REPLACE, known.clone())];
    assert!(covers(&replace, &[change("a.x", Action::Create, known)]));
    // What was replaced and is there yet.
    let mut left = change("a.x", Action::Destroy, Value::NULL);
    left.deposed = Some(DeposedKey("0a1b2c3d".into()));
    assert!(!covers(&replace, std::slice::from_ref(&left)));
    let order = Action::Replace(ReplaceOrder::CreateFirst);
    let replace = [change("a.x", order, after)];
    assert!(covers(&replace, std::slice::from_ref(&left)));
    assert!(!covers(
        &replace,
        &[change("a.x", Action::Destroy, Value::NULL)]
    ));
}

#[test]
fn a_secret_is_not_covered_once_it_is_told() {
    let seen = [update(object([
        ("id", unknown()),
        ("key", secret(text("1"))),
    ]))];
    let is_covered = |key: Value| {
        let now = object([("id", text("i")), ("key", key)]);
        covers(&seen, &[update(now)])
    };
    assert!(is_covered(secret(text("1"))));
    assert!(!is_covered(text("1")));
    assert!(!is_covered(secret(text("2"))));
    let hidden = [update(object([("key", secret(unknown()))]))];
    assert!(covers(
        &hidden,
        &[update(object([("key", secret(text("1")))]))]
    ));
    assert!(!covers(&hidden, &[update(object([("key", text("1"))]))]));
    // All around it is secret now, which tells less.
    let all = secret(object([("key", text("1"))]));
    assert!(covers(&hidden, &[update(all)]));
    let open = [update(object([("key", unknown())]))];
    assert!(covers(
        &open,
        &[update(object([("key", secret(text("1")))]))]
    ));
}

#[test]
fn elements_of_collections_become_known_in_their_places() {
    let list = |items: Vec<Value>| object([("l", Value::list(Type::String, items))]);
    let seen = [update(list(vec![unknown(), text("b")]))];
    assert!(covers(&seen, &[update(list(vec![text("a"), text("b")]))]));
    assert!(!covers(&seen, &[update(list(vec![text("b"), text("a")]))]));
    assert!(!covers(&seen, &[update(list(vec![text("a")]))]));
    let map = |key: &str, value: Value| {
        let entries = [(key.into(), value)];
        update(object([("m", Value::map(Type::String, entries))]))
    };
    let seen = [map("k", unknown())];
    assert!(covers(&seen, &[map("k", text("v"))]));
    assert!(!covers(&seen, &[map("other", text("v"))]));
    let seen = [update(object([("m", unknown())]))];
    assert!(covers(&seen, &[map("k", text("v"))]));
}

#[test]
fn elements_of_sets_become_known_and_none_comes_or_goes() {
    let rule = |port: &str, from: Value| object([("port", text(port)), ("from", from)]);
    let of = |items: Vec<Value>| update(object([("id", unknown()), ("rules", set(items))]));
    let seen = [of(vec![
        rule("80", text("all")),
        rule("443", unknown()),
        rule("22", unknown()),
    ])];
    let is_covered = |items: Vec<Value>| covers(&seen, &[of(items)]);
    let (web, tls, shell) = (
        rule("80", text("all")),
        rule("443", text("lb")),
        rule("22", text("office")),
    );
    assert!(is_covered(vec![shell.clone(), web.clone(), tls.clone()]));
    assert!(!is_covered(vec![web.clone(), tls.clone()]));
    assert!(!is_covered(vec![tls.clone(), shell.clone()]));
    assert!(!is_covered(vec![
        web.clone(),
        tls.clone(),
        rule("23", text("all"))
    ]));
    assert!(!is_covered(vec![web, tls, shell, rule("22", text("all"))]));
}

#[test]
fn an_approval_from_before_parts_were_kept_covers_what_is_the_same_in_whole() {
    let seen = [update(object([("id", unknown())]))];
    let mut coverage = Coverage::of(&Effects::seen(&seen, digest).unwrap());
    coverage.parts.clear();
    let now = |changes: &[Change]| Effects::of(changes, digest, std::iter::once(&coverage));
    assert!(coverage.covers(&now(&seen).unwrap()));
    let known = [update(object([("id", text("i"))]))];
    assert!(!coverage.covers(&now(&known).unwrap()));
}

#[test]
fn what_is_kept_of_a_known_value_is_a_digest_alone() {
    let after = object([
        ("id", unknown()),
        (
            "size",
            Value::list(Type::String, vec![text("1"), text("2")]),
        ),
        ("key", object([("inner", secret(text("1")))])),
    ]);
    let coverage = Coverage::of(&Effects::seen(&[update(after)], digest).unwrap());
    let (_, shape) = coverage.parts.first_key_value().unwrap().1;
    let Some(Parts::Placed { parts, .. }) = &shape.parts else {
        panic!("{shape:?}")
    };
    let kept: Vec<(bool, bool)> = parts
        .iter()
        .map(|part| (part.known.is_some(), part.parts.is_some()))
        .collect();
    assert_eq!(kept, [(false, false), (false, true), (true, false)]);
}
