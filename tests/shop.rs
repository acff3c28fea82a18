//! The story that README.md tells of `examples/shop`, for real: three environments come up and are verified, a second
//! run has nothing to do, a server that was killed is seen and healed, and a destroy leaves nothing behind. And the whole
//! way of a revision, as `examples/shop/story` plays it.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use servers::{Servers, built, copy, free_ports, kill, on_ports};

const ENVIRONMENTS: [&str; 3] = ["test", "staging", "production"];

#[test]
fn the_shop_comes_up_in_three_environments_heals_and_leaves_nothing() {
    let shop = Shop::new();

    let up = |shop: &Shop| {
        shop.done(&["apply", "test", "-auto-approve", "--input", "release=one"]);
        for environment in ["staging", "production"] {
            shop.done(&["promote", environment, "-auto-approve"]);
        }
        shop.done(&["status"])
    };
    let status = up(&shop);
    assert_eq!(shop.servers.running().len(), 3 + 4 + 5);
    insta::assert_snapshot!(status + "[EOF]", @r"
    ENVIRONMENT  REVISION  SINCE  BY  CHECKS    LAST RUN  INSTANCES  SERIAL
    test         r1 <since> <by> 1 passed  2 applied <age>  9       1
    staging      r1 <since> <by> 2 passed  3 promoted <age>  11       1
    production   r1 <since> <by> 2 passed  4 promoted <age>  13       1
    [EOF]
    ");
    assert_eq!(
        shop.get("/quote?product=sencha&quantity=3"),
        r#"{"product":"sencha","quantity":3,"cents":2160}"#
    );

    let before = shop.servers.running();
    let again = up(&shop);
    assert_eq!(before, shop.servers.running());
    let serials = |status: &str| -> Vec<String> {
        let lines = status.lines().skip(1);
        let words = lines.filter_map(|line| line.split_whitespace().last());
        words.map(ToOwned::to_owned).collect()
    };
    assert_eq!(serials(&again), ["1", "1", "1"]);
    for environment in ENVIRONMENTS {
        assert_eq!(
            shop.run(&["plan", environment, "-detailed-exitcode"]).code,
            Some(0),
            "{environment} is as defined"
        );
    }

    let orders = before.get("../run/test/orders.conf").expect("orders runs");
    kill(*orders);
    let plan = shop.run(&["plan", "test", "-detailed-exitcode"]);
    assert_eq!(plan.code, Some(2));
    insta::assert_snapshot!(plan.stdout + "[EOF]", @r#"
    Environment test   r1   recorded serial 1

    module.service["orders"]
      + module.service["orders"].local_process.server
          command                = ["../bin/shop-server-one", "../run/test/orders.conf"]
          ready.http             = "http://127.0.0.1:<port+1>/health"
          ready.within           = "10s"
          stderr                 = "../run/test/orders.log"
          stop.grace             = "2s"
          triggers.configuration = "<sha256>"
          triggers.token         = (sensitive value)
          id, pid known after apply
          because it is gone

    Plan <plan>: 1 create, 8 unchanged
    Apply exactly this: terrace apply <plan>
    [EOF]
    "#);

    shop.done(&["apply", "test", "-auto-approve"]);
    let after = shop.servers.running();
    let healed: Vec<&String> = after
        .iter()
        .filter(|(name, pid)| before.get(*name) != Some(pid))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(healed, ["../run/test/orders.conf"]);

    for environment in ENVIRONMENTS {
        shop.done(&["destroy", environment, "-auto-approve"]);
    }
    assert_eq!(shop.servers.running(), BTreeMap::new());
    let left: Vec<PathBuf> = fs::read_dir(shop.path("run"))
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

#[test]
fn the_story_of_a_revision_ends_as_it_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    for name in [
        "infra",
        "terrace.hcl",
        "build",
        "story",
        ".gitignore",
        "run/.gitignore",
    ] {
        copy(&example.join(name), &directory.path().join(name));
    }
    let played = Command::new(directory.path().join("story"))
        .env("BUILT", built())
        .env("FIRST_PORT", free_ports().to_string())
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CI")
        .stdin(Stdio::null())
        .output()
        .expect("the story is played");
    let said = String::from_utf8_lossy(&played.stdout);
    let wrong = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{said}\n{wrong}");
    insta::assert_snapshot!(outline(&said));
}

/// What was typed in a story, the tables and the last words; not the plans, nor what differs from run to run.
fn outline(said: &str) -> String {
    let mut told = String::new();
    let mut is_table = false;
    for line in said.lines() {
        is_table = line.starts_with("ENVIRONMENT") || is_table && !line.is_empty();
        let is_told = ["## ", "$ ", "(exit code", "Drift: ", "The history"];
        if is_table || is_told.iter().any(|start| line.starts_with(start)) {
            told.push_str(line);
            told.push('\n');
        }
    }
    for (pattern, instead) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "<time>"),
        (r"=[0-9a-f]{12}\b", "=<release>"),
        (r"\b(r\d+) [0-9a-f]{7}\b", "$1 <commit>"),
        (r"\b\d+(?:ms|s)\b|\bnow\b", "<took>"),
        (r" +\n", "\n"),
        (r"  +", "  "),
    ] {
        let pattern = Regex::new(pattern).expect("a regular expression");
        told = pattern.replace_all(&told, instead).into_owned();
    }
    told
}

/// A copy of the example on ports of its own. Nothing of it runs any more when it is dropped.
struct Shop {
    servers: Servers,
    directory: tempfile::TempDir,
    first_port: u16,
}

/// What a command answered.
struct Answer {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Shop {
    fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
        let first_port = free_ports();
        let directory = tempfile::tempdir().expect("a directory");
        let shop = Self {
            servers: Servers::below(directory.path()),
            directory,
            first_port,
        };
        copy(&example.join("infra"), &shop.path("infra"));
        for name in ["bin", "run"] {
            fs::create_dir(shop.path(name)).expect("a directory");
        }
        fs::copy(
            built().join("shop-server"),
            shop.path("bin/shop-server-one"),
        )
        .expect("the server is copied");
        let project = fs::read_to_string(example.join("terrace.hcl")).expect("the project");
        let project = on_ports(&project, first_port);
        fs::write(shop.path("terrace.hcl"), project).expect("the project is written");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_terrace"))
            .args(words)
            .current_dir(self.directory.path())
            .env_remove("CI")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .expect("terrace runs");
        let text = |bytes: &[u8]| self.same_each_time(&String::from_utf8_lossy(bytes));
        Answer {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code(),
        }
    }

    /// Runs a command that must be done, and returns what it answered.
    fn done(&self, words: &[&str]) -> String {
        let Answer {
            stdout,
            stderr,
            code,
        } = self.run(words);
        assert_eq!(code, Some(0), "terrace {words:?}\n{stdout}\n{stderr}");
        stdout
    }

    /// Asks the front end of production.
    fn get(&self, target: &str) -> String {
        let url = format!("127.0.0.1:{}", self.first_port + 50);
        let mut stream = std::net::TcpStream::connect(url).expect("the shop listens");
        let request = format!("GET {target} HTTP/1.1\r\nHost: shop\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).expect("the shop reads");
        let answer = std::io::read_to_string(stream).expect("the shop answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
        body.to_owned()
    }

    /// The text with what differs from run to run taken out.
    fn same_each_time(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for offset in 0..60 {
            // With the colon before it: the digits alone may be in a hash.
            let port = format!(":{}", self.first_port + offset);
            text = text.replace(&port, &format!(":<port+{offset}>"));
        }
        for (pattern, instead) in [
            (r"\bp[0-9a-f]{7}\b", "<plan>"),
            (r"\b[0-9a-f]{64}\b", "<sha256>"),
            (r"BY +CHECKS", "BY  CHECKS"),
            (r"LAST RUN +INSTANCES", "LAST RUN  INSTANCES"),
            (r"r1 +(?:now|\d+[smh]) +\S+ +", "r1 <since> <by> "),
            (r"(applied|promoted) +(?:now|\d+[smh]) *", "$1 <age>  "),
        ] {
            let pattern = Regex::new(pattern).expect("a regular expression");
            text = pattern.replace_all(&text, instead).into_owned();
        }
        text
    }
}
