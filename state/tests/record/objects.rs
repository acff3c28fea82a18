//! Objects, outputs and their history.

use std::ops::ControlFlow;
use std::sync::Arc;

use model::serial::Serial;
use state::{Object, ObjectChange, Payload, RecordError, ReplaceOrder, Status};

use crate::bed::{Bed, addr, delete, object, outputs, put, refusal, resource, succeeded};

#[test]
fn an_environment_without_record_is_empty_at_serial_0() {
    let bed = Bed::new();
    let recorded = bed.read("test");
    assert_eq!(recorded.header.serial, Serial(0));
    assert_eq!(recorded.header.lineage, "");
    assert!(recorded.objects.is_empty() && recorded.outputs.is_empty());
}

#[test]
fn an_object_comes_back_as_it_was_put() {
    let bed = Bed::new();
    let written = Object {
        deposed: Some("4fa1".into()),
        status: Status::Tainted,
        replace: ReplaceOrder::CreateFirst,
        schema_version: 7,
        dependencies: Arc::from([resource("aws_vpc.b"), resource("module.net.aws_vpc.a")]),
        private: Some(Payload::plain(*b"private")),
        ..object("module.net[\"eu\"].aws_subnet.app[\"c.d\"]", "attributes")
    };
    let row = bed.change("test", vec![ObjectChange::Put(Box::new(written.clone()))]);
    let recorded = bed.read("test");
    let read = recorded.objects.first().unwrap();
    assert_eq!(read.addr, written.addr);
    assert_eq!(read.deposed, written.deposed);
    assert_eq!(read.provider, written.provider);
    assert_eq!(
        (read.status, read.replace),
        (written.status, written.replace)
    );
    assert_eq!(read.schema_version, 7);
    let mut dependencies = written.dependencies.to_vec();
    dependencies.sort();
    assert_eq!(read.dependencies.to_vec(), dependencies);
    assert_eq!(read.attributes.plain(), Some(&b"attributes"[..]));
    assert_eq!(
        read.private.as_ref().unwrap().plain(),
        Some(&b"private"[..])
    );
    assert_eq!((read.since, read.run), (Serial(1), row.id));
}

#[test]
fn objects_are_read_in_address_order_and_share_their_block() {
    let bed = Bed::new();
    let addresses = [
        "b.b[10]",
        "b.b[9]",
        "b.b[\"x\"]",
        "b.b",
        "a.a",
        "module.m.a.a",
    ];
    bed.change(
        "test",
        addresses.iter().map(|address| put(address, "")).collect(),
    );
    let objects = bed.read("test").objects;
    let mut sorted = addresses.map(addr);
    sorted.sort();
    assert_eq!(
        objects
            .iter()
            .map(|row| row.addr.clone())
            .collect::<Vec<_>>(),
        sorted
    );
    let blocks: Vec<_> = objects
        .iter()
        .filter(|row| &*row.addr.block.rtype == "b")
        .collect();
    let [first, second, ..] = blocks.as_slice() else {
        panic!("four rows of one block")
    };
    assert!(Arc::ptr_eq(&first.addr.block, &second.addr.block));
}

#[test]
fn every_earlier_serial_can_be_read() {
    let bed = Bed::new();
    let depose = ObjectChange::Depose {
        addr: addr("a.a[0]"),
        key: "d1".into(),
    };
    let taint = ObjectChange::SetStatus {
        addr: addr("a.a[1]"),
        deposed: None,
        status: Status::Tainted,
    };
    let remove = ObjectChange::Delete {
        addr: addr("a.a[0]"),
        deposed: Some("d1".into()),
    };
    let rename = ObjectChange::Move {
        from: addr("a.a[1]"),
        to: addr("b.b[\"x\"]"),
        deposed: None,
    };
    let histories = [
        (
            vec![put("a.a[0]", "1"), put("a.a[1]", "1")],
            vec!["a.a[0]=1", "a.a[1]=1"],
        ),
        (vec![put("a.a[0]", "2")], vec!["a.a[0]=2", "a.a[1]=1"]),
        (
            vec![depose, put("a.a[0]", "3")],
            vec!["a.a[0]=3", "a.a[0] (d1)=2", "a.a[1]=1"],
        ),
        (
            vec![taint],
            vec!["a.a[0]=3", "a.a[0] (d1)=2", "a.a[1] tainted=1"],
        ),
        (
            vec![remove, rename],
            vec!["a.a[0]=3", "b.b[\"x\"] tainted=1"],
        ),
        (vec![delete("a.a[0]"), delete("b.b[\"x\"]")], vec![]),
        (vec![put("a.a[0]", "4")], vec!["a.a[0]=4"]),
    ];
    for (changes, expected) in &histories {
        bed.change("test", changes.clone());
        assert_eq!(bed.shown("test"), *expected);
    }
    for (serial, (_, expected)) in (1..).zip(&histories) {
        assert_eq!(bed.shown_at("test", serial), *expected, "serial {serial}");
    }
    assert!(bed.shown_at("test", 0).is_empty());
    let error = refusal(bed.store.read_at(&"test".into(), Serial(8)));
    assert!(
        matches!(
            error,
            RecordError::NoSerial {
                newest: Serial(7),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_serial_rises_once_per_run_that_changes_something() {
    let bed = Bed::new();
    let lease = bed.lease("test");
    let run = bed.run(&lease);
    run.change(vec![put("a.a", "1")]).wait().unwrap();
    run.change(vec![put("a.a", "2"), put("a.b", "1")])
        .wait()
        .unwrap();
    run.outputs(outputs(&[("url", "x")])).wait().unwrap();
    let row = run.finish(succeeded()).wait().unwrap();
    assert_eq!(
        (row.serial_before, row.serial_after),
        (Serial(0), Some(Serial(1)))
    );
    let run = bed.run(&lease);
    run.change(vec![put("a.a", "2")]).wait().unwrap();
    run.outputs(outputs(&[("url", "x")])).wait().unwrap();
    let row = run.finish(succeeded()).wait().unwrap();
    assert_eq!((row.serial_before, row.serial_after), (Serial(1), None));
    assert_eq!(bed.read("test").header.serial, Serial(1));
}

#[test]
fn what_comes_and_goes_within_one_run_leaves_no_history() {
    let bed = Bed::new();
    bed.change(
        "test",
        vec![
            put("a.a", "1"),
            put("a.b", "1"),
            delete("a.b"),
            put("a.b", "2"),
        ],
    );
    bed.change("test", vec![delete("a.a"), put("a.a", "3"), delete("a.b")]);
    assert_eq!(bed.shown("test"), ["a.a=3"]);
    assert_eq!(bed.shown_at("test", 1), ["a.a=1", "a.b=2"]);
    let past = bed
        .sqlite()
        .query_row("SELECT count(*) FROM object_past", [], |row| row.get(0));
    assert_eq!(past, Ok(2));
}

#[test]
fn a_change_of_one_object_writes_one_row_of_history() {
    let bed = Bed::new();
    bed.change(
        "test",
        (0..500)
            .map(|index| put(&format!("a.a[{index}]"), "1"))
            .collect(),
    );
    bed.change("test", vec![put("a.a[7]", "2")]);
    let past = bed
        .sqlite()
        .query_row("SELECT count(*) FROM object_past", [], |row| row.get(0));
    assert_eq!(past, Ok(1));
}

#[test]
fn a_list_of_changes_is_made_wholly_or_not_at_all() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    let run = bed.run(&bed.lease("test"));
    let error = refusal(
        run.change(vec![put("a.a", "2"), put("new.one", "1"), delete("no.one")])
            .wait(),
    );
    assert_eq!(
        error.to_string(),
        "environment `test` has no object `no.one`"
    );
    assert_eq!(bed.shown("test"), ["a.a=1"]);
    assert_eq!(bed.read("test").header.serial, Serial(1));
    // The block's term was undone too; it must not be remembered.
    run.change(vec![put("new.one", "2")]).wait().unwrap();
    assert_eq!(bed.shown("test"), ["a.a=1", "new.one=2"]);
}

#[test]
fn an_object_is_never_moved_over_another() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1"), put("a.b", "2")]);
    let run = bed.run(&bed.lease("test"));
    let over = ObjectChange::Move {
        from: addr("a.a"),
        to: addr("a.b"),
        deposed: None,
    };
    let error = refusal(run.change(vec![over]).wait());
    assert_eq!(
        error.to_string(),
        "environment `test` already has an object `a.b`"
    );
    let depose = ObjectChange::Depose {
        addr: addr("a.a"),
        key: "d".into(),
    };
    let restore = ObjectChange::Restore {
        addr: addr("a.a"),
        key: "d".into(),
    };
    run.change(vec![depose, put("a.a", "3")]).wait().unwrap();
    let error = refusal(run.change(vec![restore.clone()]).wait());
    assert_eq!(
        error.to_string(),
        "environment `test` already has an object `a.a`"
    );
    run.change(vec![delete("a.a"), restore]).wait().unwrap();
    assert_eq!(bed.shown("test"), ["a.a=1", "a.b=2"]);
}

#[test]
fn a_number_too_large_for_the_record_is_an_error_of_its_own_call() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let large = run.change(vec![put("a.a[18446744073709551615]", "1")]);
    let other = run.change(vec![put("a.a[9223372036854775807]", "1")]);
    assert!(large.wait().is_err());
    other.wait().unwrap();
    assert_eq!(bed.shown("test"), ["a.a[9223372036854775807]=1"]);
}

#[test]
fn environments_do_not_see_each_other() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    bed.change("staging", vec![put("a.a", "2"), put("a.b", "2")]);
    bed.change("test", vec![put("a.a", "3")]);
    assert_eq!(bed.shown("test"), ["a.a=3"]);
    assert_eq!(bed.shown("staging"), ["a.a=2", "a.b=2"]);
    let environments = bed.store.environments().unwrap();
    let shown: Vec<_> = environments
        .iter()
        .map(|row| {
            (
                row.header.environment.to_string(),
                row.header.serial,
                row.objects,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("staging".into(), Serial(1), 2),
            ("test".into(), Serial(2), 1)
        ]
    );
    let lineage = |name: &str| bed.read(name).header.lineage;
    assert_ne!(lineage("test"), lineage("staging"));
    assert_eq!(lineage("test").len(), 36);
}

#[test]
fn outputs_have_history_too() {
    let bed = Bed::new();
    let lease = bed.lease("test");
    for of in [
        &[("a", "1"), ("b", "1")][..],
        &[("a", "1"), ("b", "2"), ("c", "2")],
        &[("c", "2")],
    ] {
        let run = bed.run(&lease);
        run.outputs(outputs(of)).wait().unwrap();
        run.finish(succeeded()).wait().unwrap();
    }
    let shown = |serial| {
        let recorded = bed.store.read_at(&"test".into(), Serial(serial)).unwrap();
        let one = |row: &state::OutputRow| {
            let value = recorded.opener.output(row).unwrap();
            format!("{}={}", row.name, str::from_utf8(&value).unwrap())
        };
        recorded.outputs.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(shown(1), ["a=1", "b=1"]);
    assert_eq!(shown(2), ["a=1", "b=2", "c=2"]);
    assert_eq!(shown(3), ["c=2"]);
    assert_eq!(bed.store.outputs(&"test".into()).unwrap().0.len(), 1);
}

#[test]
fn reading_one_by_one_stops_when_told() {
    let bed = Bed::new();
    bed.change(
        "test",
        (0..10)
            .map(|index| put(&format!("a.a[{index}]"), "1"))
            .collect(),
    );
    let mut seen = 0;
    let header = bed.store.read_each(&"test".into(), |_, _| {
        seen += 1;
        if seen == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((header.unwrap().serial, seen), (Serial(1), 3));
}

#[test]
fn a_read_is_of_one_serial_while_a_run_goes_on() {
    let bed = Bed::new();
    bed.change(
        "test",
        (0..50)
            .map(|index| put(&format!("a.a[{index}]"), "1"))
            .collect(),
    );
    let run = bed.run(&bed.lease("test"));
    let mut texts = Vec::new();
    let header = bed.store.read_each(&"test".into(), |_, row| {
        if texts.is_empty() {
            let all = (0..50)
                .map(|index| put(&format!("a.a[{index}]"), "2"))
                .collect();
            run.change(all).wait().unwrap();
        }
        texts.push(row.attributes.plain().unwrap().to_vec());
        ControlFlow::Continue(())
    });
    assert_eq!(header.unwrap().serial, Serial(1));
    assert!(texts.iter().all(|text| text == b"1"));
    assert_eq!(bed.read("test").header.serial, Serial(2));
}
