use model::address::{ModulePath, ProviderAddr, ProviderSource};
use model::{Marks, Str, Type};

use super::*;

fn with_record(test: impl FnOnce(&[RecordedView], &[OutputView])) {
    let provider = ProviderAddr {
        module: ModulePath::root(),
        source: ProviderSource::builtin(),
        alias: None,
    };
    let value = Value::object([
        ("id", Value::from("1")),
        (
            "input",
            Value::object([
                ("b c", Value::int(1)),
                ("list", Value::tuple(vec![Value::from("x"), Value::NULL])),
            ]),
        ),
        ("empty", Value::map(Type::String, [])),
        ("secret", Value::from("s3cret").mark(Marks::SENSITIVE)),
        ("script", Value::from("#!/bin/sh\necho ${1}\n")),
    ]);
    let key = DeposedKey("0a1b2c3d".into());
    let object = |addr: &str, deposed, tainted| RecordedView {
        addr: addr.parse().unwrap(),
        deposed,
        provider: &provider,
        schema_version: 0,
        value: &value,
        depends_on: &[],
        tainted,
    };
    let objects = [
        object("a.b[1]", Some(&key), false),
        object("a.b[1]", None, true),
        object("a.b[0]", None, false),
    ];
    let (url, token): (Str, Str) = ("url".into(), "token".into());
    let (text, secret) = (
        Value::from("http://a"),
        Value::from("t0p").mark(Marks::SENSITIVE),
    );
    let outputs = [
        OutputView {
            name: &token,
            value: &secret,
            sensitive: true,
        },
        OutputView {
            name: &url,
            value: &text,
            sensitive: false,
        },
    ];
    test(&objects, &outputs);
}

#[test]
fn a_list_has_a_line_for_each_address_and_remarks_say_what_else_there_is() {
    with_record(|objects, _| {
        insta::assert_snapshot!(list(objects, Look::plain()) + "[EOF]", @r"
    a.b[0]
    a.b[1]
    [EOF]
    ");
        insta::assert_snapshot!(remarks(objects, Look::plain()) + "[EOF]", @r"
    a.b[1]  tainted: its last create did not end well
    a.b[1]  deposed object 0a1b2c3d
    [EOF]
    ");
    });
}

#[test]
fn the_record_shows_attributes_but_no_secrets() {
    with_record(|objects, outputs| {
        let screen = RecordScreen {
            environment: "staging",
            recorded: "serial 42",
            objects: &objects[2..],
            outputs,
        };
        insta::assert_snapshot!(record(&screen, Look::plain()) + "[EOF]");
    });
}

#[test]
fn outputs_asked_for_by_name_are_shown() {
    with_record(|_, outputs| {
        assert_eq!(output(&outputs[0], Look::plain()), "\"t0p\"\n");
        assert_eq!(output_raw(&outputs[0]).as_deref(), Some("t0p"));
        insta::assert_snapshot!(super::outputs(outputs, Look::plain()) + "[EOF]", @r#"
        token = (sensitive value)
        url = "http://a"
        [EOF]
        "#);
        insta::assert_snapshot!(outputs_json(outputs).to_string(), @r#"
        {"token":{"sensitive":true,"type":"string","value":"t0p"},"url":{"sensitive":false,"type":"string","value":"http://a"}}
        "#);
    });
}
