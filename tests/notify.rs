//! Those whom `notify` names are told, by a server that really listens: signed, once, again when it changes and when it is
//! over; and what did not arrive comes later.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use delivery::post::{SIGNATURE, TIMESTAMP, signature};
use serde_json::Value as Json;
use tempfile::TempDir;

const SECRET: &str = "tiger-in-the-night";

/// What arrived.
struct Message {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Message {
    /// Reads a request.
    fn read(reader: &mut impl BufRead) -> Self {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length");
        let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        Self {
            path,
            headers,
            body,
        }
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }

    fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }
}

/// A server that answers with the status it is told.
struct Server {
    port: u16,
    status: Arc<Mutex<u16>>,
    messages: Receiver<Message>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let status = Arc::new(Mutex::new(200));
        let answer = status.clone();
        let (sender, messages) = channel();
        // It ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let message = Message::read(&mut reader);
                let status = *answer.lock().unwrap();
                let text = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                reader.get_mut().write_all(text.as_bytes()).unwrap();
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            port,
            status,
            messages,
        }
    }

    fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// What arrived since it was asked last.
    fn arrived(&self) -> Vec<Message> {
        self.messages.try_iter().collect()
    }
}

struct Project(TempDir);

impl Project {
    fn new(server: &Server) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let project = Self(directory);
        project.write(
            "main.tf",
            "variable \"password\" {\n  sensitive = true\n}\n\
             resource \"local_file\" \"note\" {\n  filename = \"note.txt\"\n  content  = \"hello\"\n}\n\
             resource \"local_sensitive_file\" \"secret\" {\n  filename = \"secret.txt\"\n  content = var.password\n}\n",
        );
        let port = server.port;
        project.write(
            "terrace.hcl",
            &format!(
                "environment \"test\" {{\n  variables = {{ password = \"hunter2\" }}\n  verify = [check.health]\n}}\n\
                 check \"health\" {{\n  command = [\"test\", \"!\", \"-e\", \"sick\"]\n  within = \"0s\"\n}}\n\
                 heal {{\n  rule \"files\" {{\n    match = [\"local_file.*\"]\n    action = \"recreate\"\n  }}\n}}\n\
                 notify \"oncall\" {{\n  webhook = \"http://127.0.0.1:{port}/hook\"\n  secret_env = \"HOOK_SECRET\"\n}}\n\
                 notify \"chat\" {{\n  slack = \"http://127.0.0.1:{port}/chat\"\n  on = [\"drift\"]\n}}\n\
                 notify \"program\" {{\n  command = [\"./tell.sh\"]\n  on = [\"drift\"]\n}}\n"
            ),
        );
        project.write(
            "tell.sh",
            "#!/bin/sh\n{ echo \"$TERRACE_SUMMARY\"; cat; echo; } >> told.txt\n",
        );
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(project.path().join("tell.sh"), executable).unwrap();
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    fn command(&self, words: &str, secret: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .args(words.split(' '))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env_remove("HOOK_SECRET");
        if let Some(secret) = secret {
            command.env("HOOK_SECRET", secret);
        }
        command
    }

    /// Runs a command; returns its exit code and what it said on standard error.
    fn terrace(&self, words: &str) -> (i32, String) {
        self.with_secret(words, Some(SECRET))
    }

    fn with_secret(&self, words: &str, secret: Option<&str>) -> (i32, String) {
        let output = self.command(words, secret).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().expect("it ended by itself"), error)
    }
}

fn of<'m>(messages: &'m [Message], path: &str) -> Vec<&'m Message> {
    messages
        .iter()
        .filter(|message| message.path == path)
        .collect()
}

#[test]
fn drift_is_told_once_signed_and_again_when_it_changes_and_when_it_is_over() {
    let server = Server::start();
    let project = Project::new(&server);
    assert_eq!(project.terrace("apply -auto-approve").0, 0);
    assert_eq!(project.terrace("drift").0, 0);
    assert!(server.arrived().is_empty(), "all is well, which is no news");

    project.remove("secret.txt");
    assert_eq!(project.terrace("drift").0, 2);
    let arrived = server.arrived();
    let [hook] = of(&arrived, "/hook")[..] else {
        panic!("one message")
    };
    assert_eq!(hook.text("summary"), "test has drifted in one place");
    assert_eq!(
        hook.json()["facts"][0]["about"],
        "local_sensitive_file.secret"
    );
    assert_eq!(hook.json()["facts"][0]["what"], "missing");
    assert_eq!(
        (hook.text("on"), hook.text("revision")),
        ("drift".into(), "r1".into())
    );
    let header = |name: &str| hook.headers[&name.to_ascii_lowercase()].clone();
    let signed = signature(SECRET, header(TIMESTAMP).parse().unwrap(), &hook.body);
    assert_eq!(header(SIGNATURE), signed);
    let [chat] = of(&arrived, "/chat")[..] else {
        panic!("one message")
    };
    assert!(
        chat.text("text")
            .contains("`local_sensitive_file.secret` missing")
    );
    assert!(!chat.headers.contains_key(&SIGNATURE.to_ascii_lowercase()));
    let told = fs::read_to_string(project.path().join("told.txt")).unwrap();
    assert!(told.starts_with("test has drifted in one place\n{\"format\":1,"));

    // The same is not told again; more is; and that it is over.
    assert_eq!(project.terrace("drift").0, 2);
    let again: Vec<String> = server
        .arrived()
        .into_iter()
        .map(|found| found.body)
        .collect();
    assert_eq!(again, [""; 0]);
    project.remove("note.txt");
    assert_eq!(project.terrace("drift").0, 2);
    assert_eq!(of(&server.arrived(), "/hook").len(), 1);
    assert_eq!(project.terrace("apply -auto-approve").0, 0);
    assert_eq!(project.terrace("drift").0, 0);
    let arrived = server.arrived();
    let [hook] = of(&arrived, "/hook")[..] else {
        panic!("one message")
    };
    assert_eq!(hook.json()["over"], true);
    assert_eq!(project.terrace("drift").0, 0);
    assert!(server.arrived().is_empty());
    let told = fs::read_to_string(project.path().join("told.txt")).unwrap();
    assert_eq!(told.matches("\"format\":1").count(), 3);
    for text in [told, project.terrace("log").1] {
        assert!(!text.contains("hunter2"));
    }
}

#[test]
fn what_did_not_arrive_is_told_later_and_nothing_fails_by_it() {
    let server = Server::start();
    let project = Project::new(&server);
    assert_eq!(project.terrace("apply -auto-approve").0, 0);
    project.remove("note.txt");
    server.answers(404);
    let (code, said) = project.terrace("drift");
    assert_eq!(code, 2);
    assert!(
        said.contains(
            "warning[not-notified]: `oncall` was not told: test has drifted in one place"
        ),
        "{said}"
    );
    assert!(
        said.contains("status 404") && !said.contains("127.0.0.1"),
        "{said}"
    );
    server.answers(200);
    // Nothing is sent unsigned.
    let before = server.arrived().len();
    assert!(before > 0);
    let (code, said) = project.with_secret("drift", None);
    assert_eq!(code, 2);
    assert!(said.contains("HOOK_SECRET is not set"), "{said}");
    assert!(of(&server.arrived(), "/hook").is_empty());
    assert_eq!(project.terrace("drift").0, 2);
    assert_eq!(of(&server.arrived(), "/hook").len(), 1);
    // Another time may help with a server that is ill, and is tried at once.
    project.write("sick", "");
    server.answers(503);
    assert_eq!(project.terrace("drift").0, 2);
    assert_eq!(of(&server.arrived(), "/hook").len(), 3);
}

#[test]
fn what_failed_and_what_was_healed_is_told() {
    let server = Server::start();
    let project = Project::new(&server);
    project.write("sick", "");
    assert_eq!(project.terrace("apply -auto-approve").0, 1);
    let arrived = server.arrived();
    let [failed] = of(&arrived, "/hook")[..] else {
        panic!("one message")
    };
    assert_eq!(failed.text("on"), "failed");
    assert_eq!(failed.text("summary"), "test: run 2 (apply r1) failed");
    let detail = failed.json()["facts"][0]["detail"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(detail.ends_with("check health did not pass"), "{detail}");
    project.remove("sick");
    assert_eq!(project.terrace("apply -auto-approve").0, 0);
    project.remove("note.txt");
    assert_eq!(project.terrace("drift --heal").0, 0);
    let arrived = server.arrived();
    let told: Vec<(String, bool)> = of(&arrived, "/hook")
        .iter()
        .map(|message| (message.text("on"), message.json()["over"] == true))
        .collect();
    // The apply that found nothing to do is no run; the healing one went well.
    assert_eq!(
        told,
        [
            ("failed".into(), true),
            ("healed".into(), false),
            ("drift".into(), false)
        ]
    );
    let healed = of(&arrived, "/hook")[1].json();
    assert_eq!(healed["facts"][0]["about"], "local_file.note");
}

#[test]
fn a_heal_that_was_cut_short_and_went_well_all_the_same_is_told_as_that() {
    let server = Server::start();
    let project = Project::new(&server);
    project.write(
        "slow.tf",
        "resource \"local_command\" \"slow\" {\n  create = \"touch made; if [ -e gate ]; then touch started; read x < gate; fi; echo made\"\n  \
         read = \"test -e made && echo made || exit 44\"\n}\n",
    );
    let rules = fs::read_to_string(project.path().join("terrace.hcl")).unwrap();
    project.write("terrace.hcl", &rules.replace("local_file.*", "local_*.*"));
    assert_eq!(project.terrace("apply -auto-approve").0, 0);
    project.remove("made");
    let gate = project.path().join("gate");
    assert!(
        Command::new("mkfifo")
            .arg(&gate)
            .status()
            .unwrap()
            .success()
    );
    let mut healing = project.command("drift --heal", Some(SECRET));
    let mut healing = healing.stdout(Stdio::null()).spawn().unwrap();
    while !project.path().join("started").exists() {
        assert!(healing.try_wait().unwrap().is_none(), "nothing is healed");
        std::thread::yield_now();
    }
    healing.kill().unwrap();
    healing.wait().unwrap();
    // What it had begun ends by itself.
    fs::write(&gate, "go on\n").unwrap();
    project.remove("gate");
    let (code, said) = project.terrace("drift --heal");
    assert_eq!(code, 0, "{said}");
    let arrived = server.arrived();
    let told: Vec<(String, String)> = of(&arrived, "/hook")
        .iter()
        .map(|message| (message.text("on"), message.text("summary")))
        .collect();
    let healed = "test: run 4 (heal r1) was interrupted, and healed what had drifted all the same";
    assert_eq!(told, [("healed".to_owned(), healed.to_owned())]);
    let facts = &of(&arrived, "/hook")[0].json()["facts"];
    assert_eq!(facts[0]["about"], "local_command.slow");
}
