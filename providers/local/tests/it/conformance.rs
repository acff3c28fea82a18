//! Every resource type keeps the contract.

use contract::conformance::Case;
use model::{Type, Value};

use crate::harness::{Bench, map, texts};

async fn passes(bench: &Bench, case: &Case) {
    let found = bench.findings(case).await;
    assert!(found.is_empty(), "{}:\n{}", case.rtype, found.join("\n"));
}

#[tokio::test]
async fn terraform_data_keeps_the_contract() {
    let bench = Bench::new("terraform");
    let config = |input: Value, trigger: Value| {
        bench.config(
            "terraform_data",
            [("input", input), ("triggers_replace", trigger)],
        )
    };
    let case = Case {
        beside: Some(config(Value::NULL, Value::NULL)),
        update: Some(config(
            Value::object([("a", Value::int(2))]),
            Value::from("x"),
        )),
        replace: Some(config(Value::int(1), Value::from("y"))),
        import_by: Some("id".into()),
        ..Case::new(
            "terraform_data",
            config(Value::tuple(vec![Value::int(1)]), Value::from("x")),
        )
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn null_resource_keeps_the_contract() {
    let bench = Bench::new("null");
    let config = |triggers: Value| bench.config("null_resource", [("triggers", triggers)]);
    let case = Case {
        update: Some(config(map(&[]))),
        replace: Some(config(map(&[("a", "1")]))),
        wrong: vec![config(Value::from("a"))],
        ..Case::new(
            "null_resource",
            config(Value::Null(Type::map(Type::String))),
        )
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn random_types_keep_the_contract() {
    let bench = Bench::new("random");
    let case = |rtype: &str,
                config: &[(&str, Value)],
                replace: &[(&str, Value)],
                wrong: &[&[(&str, Value)]]| Case {
        beside: Some(bench.config(rtype, replace.iter().cloned())),
        replace: Some(bench.config(rtype, replace.iter().cloned())),
        wrong: wrong
            .iter()
            .map(|wrong| bench.config(rtype, wrong.iter().cloned()))
            .collect(),
        ..Case::new(rtype, bench.config(rtype, config.iter().cloned()))
    };
    let int = Value::int;
    let cases = [
        case(
            "random_bytes",
            &[("length", int(4))],
            &[("length", int(5))],
            &[&[("length", int(0))]],
        ),
        Case {
            import_by: Some("id".into()),
            ..case(
                "random_id",
                &[("byte_length", int(4))],
                &[("byte_length", int(5))],
                &[&[("byte_length", int(-1))]],
            )
        },
        case(
            "random_integer",
            &[("min", int(1)), ("max", int(6))],
            &[("min", int(1)), ("max", int(7))],
            &[&[("min", int(2)), ("max", int(1))]],
        ),
        case(
            "random_pet",
            &[],
            &[("length", int(3))],
            &[&[("length", int(-1))]],
        ),
        case(
            "random_shuffle",
            &[("input", texts(&["a", "b", "c"]))],
            &[("input", texts(&["a", "b"])), ("result_count", int(5))],
            &[&[("input", texts(&[])), ("result_count", int(-1))]],
        ),
        Case {
            import_by: Some("result".into()),
            ..case(
                "random_string",
                &[("length", int(8))],
                &[("length", int(9))],
                &[&[("length", int(0))]],
            )
        },
        Case {
            import_by: Some("result".into()),
            ..case(
                "random_password",
                &[("length", int(8))],
                &[("length", int(9))],
                &[&[("length", int(0))]],
            )
        },
        case("random_uuid", &[], &[("keepers", map(&[("a", "1")]))], &[]),
        case("random_uuid4", &[], &[("keepers", map(&[("a", "1")]))], &[]),
        Case {
            import_by: Some("id".into()),
            ..case("random_uuid7", &[], &[("keepers", map(&[("a", "1")]))], &[])
        },
    ];
    for case in &cases {
        passes(&bench, case).await;
    }
}

#[tokio::test(start_paused = true)]
async fn time_types_keep_the_contract() {
    let bench = Bench::new("time");
    let days = |number: i64| bench.config("time_offset", [("offset_days", Value::int(number))]);
    let offset = Case {
        update: Some(days(2)),
        replace: Some(bench.config(
            "time_offset",
            [
                ("offset_days", Value::int(2)),
                ("triggers", map(&[("a", "1")])),
            ],
        )),
        wrong: vec![bench.config("time_offset", [])],
        ..Case::new("time_offset", days(1))
    };
    let days = |number: i64| bench.config("time_rotating", [("rotation_days", Value::int(number))]);
    let later = [
        ("rotation_days", Value::int(2)),
        ("rfc3339", Value::from("2030-01-01T00:00:00Z")),
    ];
    let rotating = Case {
        update: Some(days(2)),
        replace: Some(bench.config("time_rotating", later)),
        wrong: vec![bench.config("time_rotating", []), days(0)],
        ..Case::new("time_rotating", days(1))
    };
    let fixed = Case {
        replace: Some(bench.config(
            "time_static",
            [("rfc3339", Value::from("2030-01-01T00:00:00+02:00"))],
        )),
        wrong: vec![bench.config("time_static", [("rfc3339", Value::from("yesterday"))])],
        import_by: Some("id".into()),
        ..Case::new("time_static", bench.config("time_static", []))
    };
    let wait = |text: &str| bench.config("time_sleep", [("create_duration", Value::from(text))]);
    // Waiting makes nothing that could be found or read.
    let sleep = Case {
        update: Some(wait("2s")),
        replace: Some(bench.config(
            "time_sleep",
            [
                ("create_duration", "2s".into()),
                ("triggers", map(&[("a", "1")])),
            ],
        )),
        wrong: vec![bench.config("time_sleep", []), wait("soon")],
        ..Case::new("time_sleep", wait("1s"))
    };
    for case in [&offset, &fixed] {
        passes(&bench, case).await;
    }
    for case in [&rotating, &sleep] {
        let found = bench.findings(case).await;
        let of_the_world = [
            "finding a create: it finds nothing",
            "finding a destroy: it finds an object that there is not",
            "reading it after the destroy: it is still there",
        ];
        let found: Vec<&String> = found
            .iter()
            .filter(|found| !of_the_world.contains(&found.as_str()))
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn local_file_keeps_the_contract() {
    let bench = Bench::new("local");
    for rtype in ["local_file", "local_sensitive_file"] {
        let config = |name: &str, content: &str| {
            bench.config(
                rtype,
                [
                    ("filename", Value::from(name)),
                    ("content", Value::from(content)),
                ],
            )
        };
        let bad_mode = [
            ("filename", "a".into()),
            ("content", "x".into()),
            ("file_permission", Value::from("rw")),
        ];
        let case = Case {
            beside: Some(config("b/c.txt", "one")),
            replace: Some(config("a.txt", "two")),
            wrong: vec![
                bench.config(rtype, [("filename", Value::from("a"))]),
                bench.config(rtype, bad_mode),
                bench.config(
                    rtype,
                    [
                        ("filename", "a".into()),
                        ("content_base64", Value::from("?")),
                    ],
                ),
            ],
            ..Case::new(rtype, config("a.txt", "one"))
        };
        passes(&bench, &case).await;
    }
}

#[tokio::test]
async fn local_directory_keeps_the_contract() {
    let bench = Bench::new("local");
    let config = |path: &str, mode: &str| {
        bench.config(
            "local_directory",
            [
                ("path", Value::from(path)),
                ("permission", Value::from(mode)),
            ],
        )
    };
    let case = Case {
        beside: Some(config("b/c", "0755")),
        update: Some(config("a", "0700")),
        replace: Some(config("d", "0700")),
        wrong: vec![config("a", "rwx")],
        import_by: Some("path".into()),
        ..Case::new("local_directory", config("a", "0755"))
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn local_command_keeps_the_contract() {
    let bench = Bench::new("local");
    let config = |name: &str, text: &str, update: bool| {
        let write = format!("printf %s \"$TEXT\" > {name} && cat {name}");
        let mut attributes = vec![
            ("create", Value::from(&*write)),
            (
                "read",
                Value::from(&*format!("test -e {name} || exit 44; cat {name}")),
            ),
            ("delete", Value::from(&*format!("rm -f {name}"))),
            ("environment", map(&[("TEXT", text)])),
        ];
        if update {
            attributes.push(("update", Value::from(&*write)));
        }
        bench.config("local_command", attributes)
    };
    let case = Case {
        beside: Some(config("b", "one", true)),
        update: Some(config("a", "two", true)),
        replace: Some(config("a", "three", false)),
        wrong: vec![
            bench.config("local_command", [("create", Value::from(" "))]),
            bench.config("local_command", [("create", Value::int(1))]),
            bench.config(
                "local_command",
                [("create", "x".into()), ("timeout", Value::from("soon"))],
            ),
        ],
        ..Case::new("local_command", config("a", "one", true))
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn local_command_without_read_keeps_the_contract_and_says_what_it_cannot_tell() {
    let bench = Bench::new("local");
    let config = bench.config(
        "local_command",
        [
            ("create", texts(&["echo", "x"])),
            ("delete", Value::from("true")),
        ],
    );
    let case = Case {
        may_not_tell: true,
        ..Case::new("local_command", config)
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn local_process_keeps_the_contract() {
    let bench = Bench::new("local");
    let sleep = |seconds: &str, variable: &str| {
        let attributes = [
            ("command", texts(&["sleep", seconds])),
            ("environment", map(&[("A", variable)])),
        ];
        bench.config("local_process", attributes)
    };
    let bad_ready = Value::object([
        ("tcp", Value::Null(Type::String)),
        ("http", Value::Null(Type::String)),
        ("status", Value::Null(Type::Number)),
        ("within", Value::Null(Type::String)),
    ]);
    let case = Case {
        beside: Some(sleep("1001", "x")),
        update: Some(sleep("1000", "y")),
        wrong: vec![
            bench.config("local_process", [("command", texts(&[]))]),
            bench.config(
                "local_process",
                [("command", texts(&["sleep", "1"])), ("ready", bad_ready)],
            ),
        ],
        ..Case::new("local_process", sleep("1000", "x"))
    };
    passes(&bench, &case).await;
}
