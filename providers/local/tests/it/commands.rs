//! Commands as resources and as data sources.

use std::fs;

use contract::{Exists, Found, Object};
use model::{Number, Path, Type, Value};

use crate::harness::{Bench, map, text, texts};

#[tokio::test]
async fn commands_get_what_is_declared_and_what_was_written_before() {
    let bench = Bench::new("local");
    let attributes = [
        (
            "create",
            Value::from("cat; echo \"$TERRACE_OPERATION $A $B\""),
        ),
        (
            "delete",
            Value::from("printf '%s' \"$TERRACE_OPERATION:$TERRACE_OUTPUT\" > deleted"),
        ),
        ("environment", map(&[("A", "1")])),
        ("sensitive_environment", map(&[("B", "2")])),
        ("stdin", Value::from("given\n")),
    ];
    let config = bench.config("local_command", attributes);
    let object = bench.create("local_command", &config).await.unwrap();
    assert_eq!(text(&object, "output"), "given\ncreate 1 2");
    bench.destroy("local_command", &object).await.unwrap();
    assert_eq!(
        fs::read_to_string(bench.path().join("deleted")).unwrap(),
        "delete:given\ncreate 1 2\n"
    );
}

#[tokio::test]
async fn json_output_is_a_value() {
    let bench = Bench::new("local");
    let attributes = [
        (
            "create",
            Value::from(r#"echo '{"a":[1,2.5,null],"b":true}'"#),
        ),
        ("output_format", Value::from("json")),
    ];
    let object = bench
        .create("local_command", &bench.config("local_command", attributes))
        .await
        .unwrap();
    let number = |text: &str| Value::Number(Number::parse(text).unwrap());
    let expected = Value::object([
        (
            "a",
            Value::tuple(vec![number("1"), number("2.5"), Value::NULL]),
        ),
        ("b", Value::Bool(true)),
    ]);
    assert_eq!(object.value.get("output"), Some(&expected));
}

#[tokio::test]
async fn without_update_a_change_of_input_replaces() {
    let bench = Bench::new("local");
    let config = |command: &str| bench.config("local_command", [("create", Value::from(command))]);
    let object = bench
        .create("local_command", &config("echo a"))
        .await
        .unwrap();
    let plan = bench
        .plan("local_command", &object, &config("echo b"))
        .await
        .unwrap();
    assert_eq!(plan.requires_replace, [Path::root().attribute("create")]);
}

#[tokio::test]
async fn a_change_of_another_command_runs_nothing() {
    let bench = Bench::new("local");
    let config = |delete: &str| {
        let attributes = [
            ("create", Value::from("echo x >> runs")),
            ("delete", Value::from(delete)),
        ];
        bench.config("local_command", attributes)
    };
    let object = bench
        .create("local_command", &config("true"))
        .await
        .unwrap();
    let updated = bench
        .update("local_command", &object, &config("exit 0"))
        .await
        .unwrap();
    assert_eq!(
        fs::read_to_string(bench.path().join("runs")).unwrap(),
        "x\n"
    );
    assert_eq!(text(&updated, "delete"), "exit 0");
}

#[tokio::test]
async fn a_failure_shows_what_was_said_but_no_secret() {
    let bench = Bench::new("local");
    let attributes = [
        ("create", Value::from("echo \"no: $TOKEN\" >&2; exit 3")),
        ("sensitive_environment", map(&[("TOKEN", "hunter2")])),
    ];
    let error = bench
        .create("local_command", &bench.config("local_command", attributes))
        .await
        .unwrap_err();
    assert!(
        error.error.message.ends_with("exited with status 3"),
        "{error}"
    );
    assert_eq!(error.error.detail, "no: (sensitive)");
    assert_eq!(error.error.path, Some(Path::root().attribute("create")));
    assert_eq!(error.exists, Exists::Nothing);
}

#[tokio::test]
async fn what_a_failed_create_left_is_recorded_for_its_delete() {
    let bench = Bench::new("local");
    let create = |end: &str| format!("echo \"$TERRACE_ID\"; {end}");
    let delete = "printf '%s' \"$TERRACE_ID $TERRACE_OUTPUT\" > deleted";
    for (line, timeout) in [(create("exit 3"), "10m"), (create("sleep 1000"), "200ms")] {
        let attributes = [
            ("create", Value::from(line.as_str())),
            ("delete", Value::from(delete)),
            ("timeout", Value::from(timeout)),
        ];
        let config = bench.config("local_command", attributes);
        let error = bench.create("local_command", &config).await.unwrap_err();
        let Exists::Object(left) = error.exists else {
            panic!("nothing is left to delete: {error}")
        };
        assert_eq!(left.value.get("output"), Some(&Value::NULL));
        bench.destroy("local_command", &left).await.unwrap();
        let id = text(&left, "id");
        let wrote = if timeout == "10m" {
            format!("{id}\n")
        } else {
            String::new()
        };
        let deleted = fs::read_to_string(bench.path().join("deleted")).unwrap();
        assert_eq!(deleted, format!("{id} {wrote}"));
    }
}

#[tokio::test]
async fn a_create_that_did_well_made_something_also_when_its_output_cannot_be_read() {
    let bench = Bench::new("local");
    let attributes = [
        ("create", Value::from("echo '{'")),
        ("output_format", Value::from("json")),
    ];
    let config = bench.config("local_command", attributes);
    let error = bench.create("local_command", &config).await.unwrap_err();
    assert!(matches!(error.exists, Exists::Object(_)), "{error}");
}

#[tokio::test]
async fn a_failed_update_or_delete_leaves_the_object_as_it_was() {
    let bench = Bench::new("local");
    let config = |stdin: &str| {
        let attributes = [
            ("create", Value::from("cat")),
            ("update", Value::from("echo no >&2; exit 4")),
            ("delete", Value::from("echo never >&2; exit 5")),
            ("stdin", Value::from(stdin)),
        ];
        bench.config("local_command", attributes)
    };
    let object = bench.create("local_command", &config("a")).await.unwrap();
    let update = bench.update("local_command", &object, &config("b")).await;
    let delete = bench.destroy("local_command", &object).await;
    for (error, status, said, which) in [
        (update.unwrap_err(), 4, "no", "update"),
        (delete.unwrap_err(), 5, "never", "delete"),
    ] {
        assert_eq!(
            error.error.message,
            format!("`sh` exited with status {status}")
        );
        assert_eq!(error.error.detail, said);
        assert_eq!(error.error.path, Some(Path::root().attribute(which)));
        assert_eq!(error.exists, Exists::Object(object.clone()));
    }
}

#[tokio::test]
async fn after_a_failure_the_read_command_says_what_exists() {
    let bench = Bench::new("local");
    let config = |create: &str| {
        let read = Value::from("test -e made || exit 44; echo half");
        bench.config(
            "local_command",
            [("create", Value::from(create)), ("read", read)],
        )
    };
    let error = bench
        .create("local_command", &config("exit 1"))
        .await
        .unwrap_err();
    assert_eq!(error.exists, Exists::Nothing);
    let error = bench
        .create("local_command", &config("touch made; exit 1"))
        .await
        .unwrap_err();
    assert!(matches!(error.exists, Exists::Object(object) if text(&object, "output") == "half"));
}

#[tokio::test]
async fn what_takes_too_long_is_killed_with_all_it_started() {
    let bench = Bench::new("local");
    let attributes = [
        ("create", Value::from("sleep 1000 & echo $! > pid; wait")),
        ("timeout", Value::from("200ms")),
    ];
    let error = bench
        .create("local_command", &bench.config("local_command", attributes))
        .await
        .unwrap_err();
    assert!(
        error
            .error
            .message
            .ends_with("took longer than 200ms and was killed"),
        "{error}"
    );
    let pid = fs::read_to_string(bench.path().join("pid")).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    // A killed process goes as soon as the system gets to it.
    let is_gone = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    while !is_gone() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_never_ran() {
    let bench = Bench::new("local");
    let config = bench.config(
        "local_command",
        [("create", texts(&["no-such-program-anywhere"]))],
    );
    let error = bench.create("local_command", &config).await.unwrap_err();
    assert_eq!(error.error.message, "cannot run `no-such-program-anywhere`");
    assert_eq!(error.exists, Exists::Nothing);
}

#[tokio::test]
async fn without_read_nobody_can_tell_and_the_hint_says_so() {
    let bench = Bench::new("local");
    let config = bench.config("local_command", [("create", Value::from("make it"))]);
    let request = bench
        .request("local_command", &Object::nothing(), &config)
        .await
        .unwrap();
    let Found::CannotTell { hint } = bench.find(request).await.unwrap() else {
        panic!("it told")
    };
    assert!(
        hint.starts_with("The `create` command may have run in whole, in part, or not at all."),
        "{hint}"
    );
}

#[tokio::test]
async fn an_object_that_read_says_is_gone_is_gone() {
    let bench = Bench::new("local");
    let attributes = [
        ("create", Value::from("touch it")),
        ("read", Value::from("test -e it || exit 44")),
    ];
    let object = bench
        .create("local_command", &bench.config("local_command", attributes))
        .await
        .unwrap();
    assert!(
        bench
            .read("local_command", &object)
            .await
            .unwrap()
            .is_some()
    );
    fs::remove_file(bench.path().join("it")).unwrap();
    assert!(
        bench
            .read("local_command", &object)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_data_source_answers_with_what_the_command_wrote() {
    let bench = Bench::new("local");
    let config = |allow: Value| {
        let attributes = [
            ("command", Value::from("sh")),
            ("arguments", texts(&["-c", "cat; echo oops >&2; exit 3"])),
            ("stdin", Value::from("in")),
            ("allow_non_zero_exit_code", allow),
        ];
        bench.data_config("local_command", attributes)
    };
    let value = bench
        .data("local_command", config(Value::Bool(true)))
        .await
        .unwrap();
    assert_eq!(value.get("stdout"), Some(&Value::from("in")));
    assert_eq!(value.get("stderr"), Some(&Value::from("oops\n")));
    assert_eq!(value.get("exit_code"), Some(&Value::int(3)));
    let error = bench
        .data("local_command", config(Value::Null(Type::Bool)))
        .await
        .unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.detail.as_str()),
        ("`sh` exited with status 3", "oops")
    );
}

#[tokio::test]
async fn an_external_program_answers_a_query() {
    let bench = Bench::new("external");
    let ask = |line: &str| {
        let attributes = [
            ("program", texts(&["sh", "-c", line])),
            ("query", map(&[("a", "1")])),
        ];
        bench.data_config("external", attributes)
    };
    let value = bench
        .data(
            "external",
            ask("read -r q; printf '{\"got\":\"%s\"}' \"$(echo $q | tr -d '\\042')\""),
        )
        .await;
    assert_eq!(
        value.unwrap().get("result"),
        Some(&map(&[("got", "{a:1}")]))
    );
    let error = bench
        .data("external", ask("echo '{\"a\":1}'"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the program did not write a JSON object whose values are strings"
    );
}

#[tokio::test]
async fn a_command_that_outlived_a_crash_is_waited_for() {
    let bench = Bench::new("local");
    let attributes = [
        (
            "create",
            Value::from("touch begun; while ! test -e go; do :; done; touch made"),
        ),
        ("read", Value::from("test -e made || exit 44; touch seen")),
    ];
    let config = bench.config("local_command", attributes);
    let request = bench
        .request("local_command", &Object::nothing(), &config)
        .await
        .unwrap();
    // As after a crash: the command was started with its marker, and nobody waits for it.
    let line = "touch begun; while ! test -e go; do :; done; touch made";
    let mut orphan = std::process::Command::new("sh")
        .args(["-c", line])
        .env("TERRACE_MARKER", request.marker.as_str())
        .current_dir(bench.path())
        .spawn()
        .unwrap();
    while !bench.path().join("begun").exists() {
        tokio::task::yield_now().await;
    }
    let found = bench.find(request);
    tokio::pin!(found);
    assert!(futures_util::poll!(&mut found).is_pending());
    fs::write(bench.path().join("go"), "").unwrap();
    orphan.wait().unwrap();
    assert!(matches!(found.await.unwrap(), Found::Object(_)));
}
