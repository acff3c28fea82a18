//! What must exist: nothing that no record knows, and in the end exactly what is defined.

use std::collections::{BTreeMap, BTreeSet};

use model::{Str, Value};
use sim::SimObject;

use super::bed::Bed;
use super::chance::Chance;
use super::project::{Edition, Rules};

fn text<'v>(object: &'v SimObject, name: &str) -> &'v str {
    let value = object.value.get(name).and_then(Value::as_str);
    value.map_or("", Str::as_str)
}

/// Whose it is, by its name.
fn place(object: &SimObject) -> &str {
    let name = text(object, "name");
    name.split('-').next().unwrap_or(name)
}

/// Something of an environment goes away or changes behind everyone's back. Says what it was.
pub(super) fn tamper(bed: &Bed, chance: &Chance, of: &str) -> Option<String> {
    let objects = bed.cloud.objects().expect("the cloud");
    let servers: Vec<&SimObject> = objects
        .iter()
        .filter(|object| place(object) == of && (object.rtype == "sim_server" || chance.one_in(8)))
        .collect();
    if servers.is_empty() {
        return None;
    }
    let server = chance.one_of(&servers);
    let changed = match chance.one_in(2) {
        true => bed.cloud.remove(&server.id),
        false => bed.cloud.tamper(&server.id, |value| {
            let odd = [("odd".into(), Value::string("yes"))];
            let tags = Value::map(model::Type::String, odd);
            with(value, "tags", tags)
        }),
    };
    changed.expect("it was there");
    if server.rtype == "sim_network" {
        return Some("sim_network.net".into());
    }
    let number = text(server, "name").rsplit('-').next().unwrap_or_default();
    Some(format!("sim_server.web[{number}]"))
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let fields = value.as_fields().expect("an object");
    let fields = fields.iter().map(|(field, old)| match *field == *name {
        true => (field.clone(), new.clone()),
        false => (field.clone(), old.clone()),
    });
    Value::object(fields)
}

/// Makes sure that there is no object that no record knows: it is recorded, or what made it is still to be found out.
pub(super) fn knows_all(bed: &Bed, rules: &Rules) {
    let mut known: BTreeSet<Str> = BTreeSet::new();
    let mut markers: BTreeSet<String> = BTreeSet::new();
    for place in &rules.places {
        let name: Str = place.name.into();
        // First what is open: what a process wrote before it died may only now move from there to what is recorded.
        let open = bed.store.open_intents(&name).expect("the record");
        markers.extend(open.intents.into_iter().map(|intent| intent.marker));
        let recorded = engine::record::read(&bed.store, &name).expect("the record");
        for (_, instance) in recorded.instances() {
            let objects = instance.current.iter().chain(instance.deposed.values());
            for object in objects {
                let id = object.value.get("id").and_then(Value::as_str).cloned();
                let is_new = known.insert(id.expect("it has an id"));
                assert!(is_new, "an object is recorded twice in {name}");
            }
        }
    }
    for object in bed.cloud.objects().expect("the cloud") {
        assert!(
            known.contains(&object.id) || markers.contains(object.marker.as_str()),
            "no record knows {object:?}"
        );
    }
}

/// Makes sure that exactly what is defined exists, in every environment.
pub(super) fn is_as_defined(
    bed: &Bed,
    rules: &Rules,
    edition: Edition,
    colors: &BTreeMap<&'static str, u64>,
) {
    let mut wanted = BTreeSet::new();
    for place in &rules.places {
        let name = place.name;
        wanted.insert(format!("{name} 10.{}.0.0/16", edition.network));
        for server in 0..edition.servers {
            let (number, image) = (edition.number, edition.image);
            wanted.insert(format!(
                "{name}-{server} i{image} {number} {}",
                colors[name]
            ));
        }
        let open = bed.store.open_intents(&name.into()).expect("the record");
        assert!(open.intents.is_empty(), "{name} has open steps");
        let unended = bed.store.unended_runs(&name.into()).expect("the record");
        assert_eq!(unended, Vec::new(), "{name} has runs that did not end");
    }
    let objects = bed.cloud.objects().expect("the cloud");
    let there: BTreeSet<String> = objects.iter().map(shown).collect();
    assert_eq!(there, wanted);
    assert_eq!(objects.len(), wanted.len(), "something is there twice");
}

fn shown(object: &SimObject) -> String {
    let name = text(object, "name");
    if object.rtype == "sim_network" {
        return format!("{name} {}", text(object, "cidr"));
    }
    let tag = |tag: &str| {
        let tag = object.value.get("tags").and_then(|tags| tags.get(tag));
        tag.and_then(Value::as_str).map_or("", Str::as_str)
    };
    let image = text(object, "image");
    format!("{name} {image} {} {}", tag("edition"), tag("color"))
}
