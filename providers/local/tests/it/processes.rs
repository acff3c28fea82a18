//! Long-running processes.

use std::fs;

use contract::{Exists, Found, Object};
use model::{Type, Value};

use crate::harness::{Bench, map, number, text, texts};

fn shell(bench: &Bench, line: &str, more: &[(&'static str, Value)]) -> Value {
    let own = [("command", texts(&["sh", "-c", line]))];
    bench.config("local_process", own.into_iter().chain(more.iter().cloned()))
}

fn stop(signal: Option<&str>, grace: &str) -> Value {
    let signal = signal.map_or(Value::Null(Type::String), Value::from);
    Value::object([("signal", signal), ("grace", Value::from(grace))])
}

fn ready(kind: &str, target: &str, within: &str) -> Value {
    let mut fields: model::value::Fields = ["tcp", "http", "within"]
        .into_iter()
        .map(|name| (name.into(), Value::Null(Type::String)))
        .chain([("status".into(), Value::Null(Type::Number))])
        .collect();
    fields.insert(kind.into(), Value::from(target));
    fields.insert("within".into(), Value::from(within));
    Value::object(fields)
}

fn is_running(pid: i64) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// A port nobody uses just now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

async fn start(bench: &Bench, config: &Value) -> Object {
    bench.create("local_process", config).await.unwrap()
}

#[tokio::test]
async fn a_process_leads_a_session_of_its_own_and_writes_to_its_files() {
    let bench = Bench::new("local");
    let more = [
        ("stdout", Value::from("log/out")),
        ("stderr", Value::from("log/err")),
        ("environment", map(&[("A", "hello")])),
    ];
    let object = start(
        &bench,
        &shell(&bench, "echo $A; echo oops >&2; exec sleep 1000", &more),
    )
    .await;
    let pid = number(&object, "pid");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let session = stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap();
    assert_eq!(session, pid.to_string());
    let read = |name: &str| fs::read_to_string(bench.path().join(name)).unwrap();
    until(|| read("log/err") == "oops\n").await;
    assert_eq!(read("log/out"), "hello\n");
    bench.destroy("local_process", &object).await.unwrap();
    assert!(!is_running(pid));
}

#[tokio::test]
async fn a_killed_process_is_gone() {
    let bench = Bench::new("local");
    let object = start(&bench, &shell(&bench, "exec sleep 1000", &[])).await;
    let pid = number(&object, "pid");
    let target = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(target, rustix::process::Signal::KILL).unwrap();
    until(|| !is_running(pid)).await;
    assert_eq!(bench.read("local_process", &object).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_of_definition_starts_it_anew_as_the_same_object() {
    let bench = Bench::new("local");
    let config = |a: &str| {
        shell(
            &bench,
            "exec sleep 1000",
            &[("environment", map(&[("A", a)]))],
        )
    };
    let object = start(&bench, &config("1")).await;
    let plan = bench
        .plan("local_process", &object, &config("2"))
        .await
        .unwrap();
    assert_eq!(plan.requires_replace, []);
    assert!(!plan.planned.get("pid").unwrap().is_known());
    let anew = bench
        .update("local_process", &object, &config("2"))
        .await
        .unwrap();
    assert!(!is_running(number(&object, "pid")));
    assert!(is_running(number(&anew, "pid")));
    assert_eq!(text(&anew, "id"), text(&object, "id"));
    bench.destroy("local_process", &anew).await.unwrap();
}

#[tokio::test]
async fn how_it_is_stopped_can_change_while_it_runs() {
    let bench = Bench::new("local");
    let config = |grace: &str| shell(&bench, "exec sleep 1000", &[("stop", stop(None, grace))]);
    let object = start(&bench, &config("1s")).await;
    let updated = bench
        .update("local_process", &object, &config("2s"))
        .await
        .unwrap();
    assert_eq!(number(&updated, "pid"), number(&object, "pid"));
    bench.destroy("local_process", &updated).await.unwrap();
}

#[tokio::test]
async fn a_process_that_does_not_listen_to_its_signal_is_killed_with_its_children() {
    let bench = Bench::new("local");
    let line = "trap '' TERM; sleep 1000 & echo $! > child; while :; do wait; sleep 1000; done";
    let object = start(
        &bench,
        &shell(&bench, line, &[("stop", stop(None, "50ms"))]),
    )
    .await;
    let child = bench.path().join("child");
    until(|| fs::read_to_string(&child).is_ok_and(|text| text.ends_with('\n'))).await;
    let child: i64 = fs::read_to_string(child).unwrap().trim().parse().unwrap();
    bench.destroy("local_process", &object).await.unwrap();
    assert!(!is_running(number(&object, "pid")));
    assert!(!is_running(child));
}

#[tokio::test]
async fn what_a_dead_process_left_running_is_seen_and_cleared_away() {
    let bench = Bench::new("local");
    let config = shell(&bench, "sleep 1000 & echo $! > child; wait", &[]);
    let object = start(&bench, &config).await;
    let file = bench.path().join("child");
    until(|| fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))).await;
    let child: i64 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let pid = number(&object, "pid");
    let target = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(target, rustix::process::Signal::KILL).unwrap();
    until(|| !is_running(pid)).await;
    let left = bench.read("local_process", &object).await.unwrap().unwrap();
    assert!(left.value.get("pid").unwrap().is_null());
    let plan = bench.plan("local_process", &left, &config).await.unwrap();
    assert!(!plan.planned.get("pid").unwrap().is_known());
    let healed = bench.update("local_process", &left, &config).await.unwrap();
    assert!(!is_running(child));
    assert!(is_running(number(&healed, "pid")));
    bench.destroy("local_process", &healed).await.unwrap();
}

/// A web server of one answer a connection, in a program every test machine has.
fn server(port: u16) -> Vec<String> {
    let line = format!(
        "import http.server as h; h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler).serve_forever()"
    );
    vec!["python3".into(), "-c".into(), line]
}

fn server_config(bench: &Bench, port: u16, ready: Value) -> Value {
    let words = server(port);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    bench.config(
        "local_process",
        [("command", texts(&words)), ("ready", ready)],
    )
}

#[tokio::test]
async fn those_that_depend_on_it_wait_until_it_answers() {
    let bench = Bench::new("local");
    for kind in ["tcp", "http"] {
        let port = free_port();
        let target = if kind == "tcp" {
            format!("127.0.0.1:{port}")
        } else {
            format!("http://127.0.0.1:{port}/")
        };
        let config = server_config(&bench, port, ready(kind, &target, "30s"));
        let object = start(&bench, &config).await;
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let again = bench.create("local_process", &config).await.unwrap_err();
        assert_eq!(
            again.error.message,
            format!("something else listens on 127.0.0.1:{port} already")
        );
        bench.destroy("local_process", &object).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_does_not_get_ready_is_stopped() {
    let bench = Bench::new("local");
    let target = format!("127.0.0.1:{}", free_port());
    let config = shell(
        &bench,
        "echo $$ > pid; exec sleep 1000",
        &[("ready", ready("tcp", &target, "300ms"))],
    );
    let error = bench.create("local_process", &config).await.unwrap_err();
    assert_eq!(error.error.message, "`sh` was not ready within 300ms");
    assert_eq!(error.exists, Exists::Nothing);
    let pid: i64 = fs::read_to_string(bench.path().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(!is_running(pid));
}

#[tokio::test]
async fn one_that_ends_while_a_stranger_answers_in_its_place_is_not_ready() {
    let bench = Bench::new("local");
    let port = free_port();
    let (started, bound) = (bench.path().join("started"), bench.path().join("bound"));
    let stranger = tokio::task::spawn_blocking(move || {
        while !started.exists() {
            std::thread::yield_now();
        }
        let held = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        fs::write(bound, "").unwrap();
        held
    });
    let script = "touch started; while [ ! -e bound ]; do sleep 0.01; done; sleep 0.3; exit 7";
    let target = format!("127.0.0.1:{port}");
    let config = shell(&bench, script, &[("ready", ready("tcp", &target, "60s"))]);
    let error = bench.create("local_process", &config).await.unwrap_err();
    drop(stranger.await.unwrap());
    assert_eq!(
        error.error.message,
        "`sh` ended before it was ready (exit status: 7)"
    );
}

#[tokio::test]
async fn one_in_whose_place_another_process_answers_is_not_ready() {
    let bench = Bench::new("local");
    let port = free_port();
    let target = format!("127.0.0.1:{port}");
    let more = [("ready", ready("tcp", &target, "4s"))];
    let waits = shell(&bench, "exec sleep 1000", &more);
    let serves = server_config(&bench, port, ready("tcp", &target, "30s"));
    let (waiting, serving) = tokio::join!(
        bench.create("local_process", &waits),
        start(&bench, &serves)
    );
    let error = waiting.unwrap_err().error;
    assert_eq!(error.message, "`sh` was not ready within 4s");
    assert!(error.detail.contains("another process listens there"));
    bench.destroy("local_process", &serving).await.unwrap();
}

#[tokio::test]
async fn one_that_ends_before_it_is_ready_is_reported_at_once() {
    let bench = Bench::new("local");
    let target = format!("127.0.0.1:{}", free_port());
    let more = [
        ("ready", ready("tcp", &target, "1000s")),
        ("stderr", Value::from("err")),
    ];
    let error = bench
        .create("local_process", &shell(&bench, "exit 7", &more))
        .await
        .unwrap_err();
    assert_eq!(
        error.error.message,
        "`sh` ended before it was ready (exit status: 7)"
    );
    assert_eq!(error.error.detail, "What it wrote is in `err`.");
}

#[tokio::test]
async fn after_a_crash_it_is_found_by_its_marker() {
    let bench = Bench::new("local");
    let config = shell(&bench, "exec sleep 1000", &[]);
    let request = bench
        .request("local_process", &Object::nothing(), &config)
        .await
        .unwrap();
    let made = bench
        .provider
        .apply(request.clone())
        .await
        .unwrap()
        .unwrap();
    // The answer was lost: only the request is known.
    let Found::Object(found) = bench.find(request.clone()).await.unwrap() else {
        panic!("not found")
    };
    assert_eq!(number(&found, "pid"), number(&made, "pid"));
    bench.destroy("local_process", &found).await.unwrap();
    assert!(!is_running(number(&made, "pid")));
    assert_eq!(bench.find(request).await.unwrap(), Found::Nothing);
}

#[tokio::test]
async fn a_restart_cut_off_half_way_is_told_from_one_that_was_done() {
    let bench = Bench::new("local");
    let config = |a: &str| {
        shell(
            &bench,
            "exec sleep 1000",
            &[("environment", map(&[("A", a)]))],
        )
    };
    let object = start(&bench, &config("1")).await;
    let request = bench
        .request("local_process", &object, &config("2"))
        .await
        .unwrap();
    let Found::Object(before) = bench.find(request.clone()).await.unwrap() else {
        panic!("not found")
    };
    assert_eq!(before, object);
    let anew = bench
        .provider
        .apply(request.clone())
        .await
        .unwrap()
        .unwrap();
    let Found::Object(after) = bench.find(request.clone()).await.unwrap() else {
        panic!("not found")
    };
    assert_eq!(number(&after, "pid"), number(&anew, "pid"));
    bench.destroy("local_process", &anew).await.unwrap();
    assert_eq!(bench.find(request).await.unwrap(), Found::Nothing);
}

/// Updates a running server to what cannot run; it must go on running, as the same process.
async fn survives(bench: &Bench, object: &Object, next: &Value, expected: &str) {
    let error = bench
        .update("local_process", object, next)
        .await
        .unwrap_err();
    assert_eq!(error.error.message, expected);
    assert_eq!(error.exists, Exists::Object(object.clone()));
    assert!(is_running(number(object, "pid")), "{expected}");
}

#[tokio::test]
async fn a_process_goes_on_where_what_is_to_follow_it_cannot_run() {
    let bench = Bench::new("local");
    let (own, other) = (
        free_port(),
        std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
    );
    let at = |port: u16| ready("tcp", &format!("127.0.0.1:{port}"), "30s");
    let object = start(&bench, &server_config(&bench, own, at(own))).await;
    let taken = other.local_addr().unwrap().port();
    let message = format!("something else listens on 127.0.0.1:{taken} already");
    let next = server_config(&bench, taken, at(taken));
    survives(&bench, &object, &next, &message).await;

    let with = |command: &[&str], more: &[(&'static str, Value)]| {
        let own = [("command", texts(command)), ("ready", at(own))];
        bench.config("local_process", own.into_iter().chain(more.iter().cloned()))
    };
    let next = with(&["no-such-program"], &[]);
    survives(&bench, &object, &next, "cannot run `no-such-program`").await;
    fs::write(bench.path().join("plain"), "").unwrap();
    let next = with(&["./plain"], &[]);
    survives(&bench, &object, &next, "cannot run `./plain`").await;
    let elsewhere = bench.path().join("nowhere");
    let message = format!(
        "there is no directory `{}` to run `sh` in",
        elsewhere.display()
    );
    let next = with(&["sh"], &[("working_directory", Value::from("nowhere"))]);
    survives(&bench, &object, &next, &message).await;
    let message = format!("cannot open `{}/.`", bench.path().display());
    let next = with(&["sh"], &[("stdout", Value::from("."))]);
    survives(&bench, &object, &next, &message).await;
    bench.destroy("local_process", &object).await.unwrap();
}

#[tokio::test]
async fn a_port_that_the_old_process_itself_holds_is_no_hindrance() {
    let bench = Bench::new("local");
    let (first, second) = (free_port(), free_port());
    let at = |port: u16| ready("tcp", &format!("127.0.0.1:{port}"), "30s");
    let line = format!(
        "import socket, time\na, b = socket.socket(), socket.socket()\nfor s, p in ((a, {first}), (b, {second})):\n \
         s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', p)); s.listen()\n\
         time.sleep(1000)"
    );
    let config = |port: u16, a: &str| {
        let attributes = [
            ("command", texts(&["python3", "-c", &line])),
            ("environment", map(&[("A", a)])),
            ("ready", at(port)),
        ];
        bench.config("local_process", attributes)
    };
    let object = start(&bench, &config(first, "1")).await;
    let anew = bench
        .update("local_process", &object, &config(second, "2"))
        .await
        .unwrap();
    assert!(!is_running(number(&object, "pid")));
    bench.destroy("local_process", &anew).await.unwrap();
}
