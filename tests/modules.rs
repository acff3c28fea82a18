//! Modules that are not local paths, from real servers and repositories on this machine; and that the real Terraform, 1.11, installs
//! the same, as recorded, and takes what Terrace installed.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

/// What the server answers to a path, its query included or not.
#[derive(Clone, Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// What the request must have as `Authorization`, or else it is status 401.
    authorization: Option<&'static str>,
    /// Only half of the body is sent, and then nothing.
    stalls: bool,
}

impl Answer {
    fn body(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            body: body.into(),
            ..Self::default()
        }
    }

    fn header(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            status: 204,
            headers: vec![(name, value.into())],
            ..Self::default()
        }
    }

    fn only_for(self, authorization: &'static str) -> Self {
        Self {
            authorization: Some(authorization),
            ..self
        }
    }
}

/// A web server.
#[derive(Clone)]
struct Server {
    port: u16,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Self {
            port: listener.local_addr().expect("its address").port(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.answer(stream));
            }
        });
        server
    }

    fn put(&self, path: &str, answer: Answer) {
        let mut answers = self.answers.lock().expect("the answers");
        answers.insert(path.to_owned(), answer);
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let first = lines.next()?.ok()?;
        let target = first.split(' ').nth(1)?.to_owned();
        let mut authorization = None;
        for line in lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
        {
            let (name, value) = line.split_once(": ")?;
            if name.eq_ignore_ascii_case("authorization") {
                authorization = Some(value.to_owned());
            }
        }
        let path = target.split('?').next()?.to_owned();
        let answer = self.answers.lock().ok()?.get(&path).cloned();
        self.asked.lock().ok()?.push(target);
        let missing = Answer {
            status: 404,
            ..Answer::default()
        };
        let mut answer = answer.unwrap_or(missing);
        if answer
            .authorization
            .is_some_and(|wanted| authorization.as_deref() != Some(wanted))
        {
            answer = Answer {
                status: 401,
                ..Answer::default()
            };
        }
        let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if answer.status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        if answer.stalls {
            let (half, _) = answer.body.split_at(answer.body.len() / 2);
            stream.write_all(half).ok()?;
            stream.flush().ok()?;
            // Until the other side is gone.
            let mut rest = [0; 1];
            let _ = std::io::Read::read(&mut stream, &mut rest);
            return Some(());
        }
        stream.write_all(&answer.body).ok()
    }

    /// Serves versions of the module `example/network/cloud`, each an archive, to who has the token.
    fn registry(&self, versions: &[&str]) {
        const TOKEN: &str = "Bearer of-the-test";
        let listed: Vec<String> = versions
            .iter()
            .map(|version| format!("{{\"version\":\"{version}\"}}"))
            .collect();
        let listed = format!("{{\"modules\":[{{\"versions\":[{}]}}]}}", listed.join(","));
        let base = "/v1/modules/example/network/cloud";
        self.put(
            &format!("{base}/versions"),
            Answer::body(listed).only_for(TOKEN),
        );
        for version in versions {
            let place = format!("/archives/{version}.zip");
            let text =
                format!("output \"version\" {{\n  value = \"{version} in ${{path.module}}\"\n}}\n");
            let files = [
                ("network/main.tf", text.as_str()),
                ("network/inner/main.tf", text.as_str()),
            ];
            self.put(&place, Answer::body(zipped(&files)));
            let location = format!("{place}//network?archive=zip");
            let said = Answer::header("X-Terraform-Get", location).only_for(TOKEN);
            self.put(&format!("{base}/{version}/download"), said);
        }
    }
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(*path, options)
            .expect("a file of the archive");
        out.write_all(text.as_bytes()).expect("its text");
    }
    out.finish().expect("an archive").into_inner()
}

/// A directory with a definition, and a home with a CLI configuration that names the server as a registry.
struct Bed {
    root: TempDir,
    port: u16,
}

impl Bed {
    fn new(server: &Server, definition: &str) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let bed = Self {
            root,
            port: server.port,
        };
        for directory in ["home", "project"] {
            std::fs::create_dir(bed.root.path().join(directory)).expect("a directory");
        }
        let services = format!(
            "services = {{ \"modules.v1\" = \"{}\" }}",
            server.url("/v1/modules/")
        );
        let configuration = format!(
            "host \"registry.test\" {{\n  {services}\n}}\n\ncredentials \"registry.test\" {{\n  token = \"of-the-test\"\n}}\n"
        );
        std::fs::write(bed.root.path().join("home/.terraformrc"), configuration)
            .expect("the configuration");
        bed.define(definition);
        bed
    }

    fn define(&self, definition: &str) {
        std::fs::write(self.path("main.tf"), definition).expect("the definition");
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join("project").join(path)
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("TERRACE_ACTOR", "somebody")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null());
        command
    }

    /// Runs Terrace; returns what it said, standard error last, with `PORT` for the server's.
    fn terrace(&self, words: &[&str]) -> String {
        let output = self
            .command(env!("CARGO_BIN_EXE_terrace"), words)
            .output()
            .expect("terrace runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let said = said.replace(&format!(":{}", self.port), ":PORT");
        format!("{said}[{}]", output.status.code().unwrap_or(-1))
    }

    /// What is listed as installed, but for local modules, which only Terraform lists: key, source, version, directory.
    fn listed(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(".terraform/modules/modules.json"));
        let listed: serde_json::Value =
            serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        let entries = listed["Modules"].as_array().cloned().unwrap_or_default();
        let of =
            |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let mut found: Vec<String> = entries
            .iter()
            .filter(|entry| !of(entry, "Source").starts_with('.'))
            .map(|entry| {
                ["Key", "Source", "Version", "Dir"]
                    .map(|name| of(entry, name))
                    .join(" ")
            })
            .filter(|line| !line.starts_with(' '))
            .collect();
        found.sort();
        found
    }
}

/// The files below a directory, but for those of version control and those that list others.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path();
            let name = entry.file_name();
            if name == ".git" || name == "modules.json" || name == ".gitignore" {
                continue;
            }
            match path.is_dir() {
                true => left.push(path),
                false => found.push(
                    path.strip_prefix(root)
                        .expect("below it")
                        .display()
                        .to_string(),
                ),
            }
        }
    }
    found.sort();
    found
}

const NETWORK: &str = "
module \"network\" {
  source  = \"registry.test/example/network/cloud\"
  version = \"~> 1.0\"
}

output \"version\" {
  value = module.network.version
}
";

#[test]
fn a_registrys_module_is_the_newest_that_is_allowed_until_an_upgrade() {
    let server = Server::start();
    server.registry(&["1.0.0", "2.0.0", "1.2.0", "1.3.0-beta1"]);
    let bed = Bed::new(&server, NETWORK);
    let first =
        "   Installed module.network  registry.test/example/network/cloud  version 1.2.0\n[0]";
    assert_eq!(bed.terrace(&["get"]), first);
    server.registry(&["1.0.0", "1.2.5", "2.0.0"]);
    assert_eq!(
        bed.terrace(&["get"]),
        "Nothing to do: 1 module is installed already. To resolve anew: terrace init -upgrade\n[0]"
    );
    // What was resolved stays, also where what was installed is gone.
    let asked = server.asked.lock().expect("what was asked").len();
    std::fs::remove_dir_all(bed.path(".terraform")).expect("it was installed");
    assert_eq!(bed.terrace(&["get"]), first);
    assert_eq!(server.asked.lock().expect("what was asked").len(), asked);
    let said = bed.terrace(&["apply", "-auto-approve", "-q"]);
    assert!(
        said.contains("version = \"1.2.0 in .terraform/modules/network/network\""),
        "{said}"
    );
    assert_eq!(
        bed.terrace(&["get", "-update"]),
        "   Installed module.network  registry.test/example/network/cloud  version 1.2.5\n[0]"
    );
    // Only what is used is kept.
    let kept = std::fs::read_dir(bed.path(".terrace/modules")).expect("what is kept");
    let kept = kept.flatten().filter(|entry| entry.path().is_dir()).count();
    assert_eq!(kept, 1);
}

#[test]
fn what_a_registry_does_not_have_is_told() {
    let server = Server::start();
    server.registry(&["1.0.0", "2.0.0"]);
    let bed = Bed::new(&server, &NETWORK.replace("~> 1.0", "~> 3.0"));
    assert_eq!(
        bed.terrace(&["validate"]),
        "\
error[version-constraint]: no version of `registry.test/example/network/cloud` can be used
 --> main.tf:4:13
  |
4 |   version = \"~> 3.0\"
  |             ^^^^^^^^ none is `~> 3.0`
  |
  = note: there are 2.0.0, 1.0.0
[1]"
    );
    bed.define("module \"a\" {\n  source = \"registry.test/example/other/cloud\"\n}\n");
    assert_eq!(
        bed.terrace(&["validate"]),
        "\
error[missing-module]: no module in `registry.test/example/other/cloud`
 --> main.tf:2:12
  |
2 |   source = \"registry.test/example/other/cloud\"
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ registry.test has no such module
  |
help: a private one is shown to whom the host knows: terrace explain module-not-fetched
[1]"
    );
    std::fs::write(
        bed.root.path().join("home/.terraformrc"),
        format!(
            "host \"registry.test\" {{ services = {{ \"modules.v1\" = \"{}\" }} }}",
            server.url("/v1/modules/")
        ),
    )
    .expect("the configuration");
    bed.define(NETWORK);
    assert_eq!(
        bed.terrace(&["validate"]),
        "\
error[module-not-fetched]: module `registry.test/example/network/cloud` cannot be fetched
 --> main.tf:3:13
  |
3 |   source  = \"registry.test/example/network/cloud\"
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ registry.test wants to know who asks: status 401
  |
help: give a token by the variable TF_TOKEN_registry_test, or by a `credentials \"registry.test\"`
      block in ~/.terraformrc
[1]"
    );
}

#[test]
fn an_archive_on_a_web_server_may_call_others_but_not_lead_out_of_itself() {
    let server = Server::start();
    let inner = "output \"text\" {\n  value = path.module\n}\n";
    server.put("/inner.zip", Answer::body(zipped(&[("main.tf", inner)])));
    let outer = format!(
        "module \"inner\" {{\n  source = \"{}\"\n}}\nmodule \"out\" {{\n  source = \"../beside\"\n}}\n",
        server.url("/inner.zip")
    );
    server.put(
        "/outer.zip",
        Answer::body(zipped(&[
            ("sub/main.tf", &outer),
            ("beside/main.tf", inner),
        ])),
    );
    let call = |url: &str| format!("module \"outer\" {{\n  source = \"{url}\"\n}}\n");
    let bed = Bed::new(&server, &call(&server.url("/outer.zip//sub")));
    assert_eq!(
        bed.terrace(&["get"]),
        "   Installed module.outer  http://127.0.0.1:PORT/outer.zip//sub\n   Installed module.outer.inner  http://127.0.0.1:PORT/inner.zip\n[0]"
    );
    let outer = outer.replace("../beside", "../../beside");
    server.put(
        "/outer.zip",
        Answer::body(zipped(&[("sub/main.tf", &outer)])),
    );
    assert_eq!(
        bed.terrace(&["get", "-update"]),
        "   Installed module.outer  http://127.0.0.1:PORT/outer.zip//sub
   Installed module.outer.inner  http://127.0.0.1:PORT/inner.zip
error[missing-module]: `../../beside` leads out of the package that it is in
 --> .terraform/modules/outer/sub/main.tf:5:12
  |
5 |   source = \"../../beside\"
  |            ^^^^^^^^^^^^^^ not in the package
  |
  = note: the package is `.terraform/modules/outer`, and nothing else is fetched with it
help: call the other module by its own address, or name both as `//` directories of one package
[1]"
    );
    server.put("/broken.zip", Answer::body("PK no archive"));
    bed.define(&call(&server.url("/broken.zip")));
    let said = bed.terrace(&["validate"]);
    assert!(said.contains("the archive cannot be read"), "{said}");
    let page = "<html><meta name=\"terraform-get\" content=\"/inner.zip\"></html>";
    server.put("/page", Answer::body(page));
    bed.define(&call(&server.url("/page")));
    assert_eq!(
        bed.terrace(&["get"]),
        "   Installed module.outer  http://127.0.0.1:PORT/page\n[0]"
    );
    // A server has no say over this machine's files.
    server.put("/page", Answer::header("X-Terraform-Get", "file:///etc"));
    bed.define(&call(&server.url("/page?again=1")));
    let said = bed.terrace(&["validate"]);
    assert!(
        said.contains("it leads to a file of this machine"),
        "{said}"
    );
}

#[test]
fn what_was_fetched_is_what_it_was_first() {
    let server = Server::start();
    server.put("/a.zip", Answer::body(zipped(&[("main.tf", "# one\n")])));
    let bed = Bed::new(
        &server,
        &format!(
            "module \"a\" {{\n  source = \"{}\"\n}}\n",
            server.url("/a.zip")
        ),
    );
    bed.terrace(&["get"]);
    let kept = bed.path(".terrace/modules/packages.json");
    let pinned = std::fs::read(&kept).expect("what was resolved");
    server.put("/a.zip", Answer::body(zipped(&[("main.tf", "# two\n")])));
    // As on a machine that has only what was resolved.
    for directory in [".terraform", ".terrace"] {
        std::fs::remove_dir_all(bed.path(directory)).expect("it was installed");
    }
    std::fs::create_dir_all(kept.parent().expect("its directory")).expect("a directory");
    std::fs::write(&kept, pinned).expect("what was resolved");
    let said = bed.terrace(&["validate"]);
    assert!(
        said.contains("is not what it was when it was fetched first"),
        "{said}"
    );
    assert!(
        bed.terrace(&["init", "-upgrade"])
            .contains("Installed module.a")
    );
}

#[test]
fn a_download_that_died_leaves_nothing_half_and_two_at_once_install_one() {
    let server = Server::start();
    let archive = zipped(&[("main.tf", "output \"x\" {\n  value = 1\n}\n")]);
    let stalled = Answer {
        stalls: true,
        ..Answer::body(archive.clone())
    };
    server.put("/a.zip", stalled);
    let bed = Bed::new(
        &server,
        &format!(
            "module \"a\" {{\n  source = \"{}\"\n}}\n",
            server.url("/a.zip")
        ),
    );
    let mut dies = bed
        .command(env!("CARGO_BIN_EXE_terrace"), &["validate"])
        .stderr(Stdio::null())
        .spawn()
        .expect("terrace runs");
    while server.asked.lock().expect("what was asked").is_empty() {
        std::thread::yield_now();
    }
    dies.kill().expect("it runs");
    dies.wait().expect("it ended");
    assert!(!bed.path(".terraform").exists());
    server.put("/a.zip", Answer::body(archive));
    let both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = bed.command(env!("CARGO_BIN_EXE_terrace"), &["validate"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("terrace runs")
        })
        .collect();
    for child in both {
        let output = child.wait_with_output().expect("it ended");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    assert_eq!(files(&bed.path(".terraform/modules")), ["a/main.tf"]);
    let mut kept = files(&bed.path(".terrace/modules"));
    kept.retain(|path| path.contains("unfinished"));
    assert_eq!(kept, Vec::<String>::new());
    let asked = server.asked.lock().expect("what was asked").clone();
    assert_eq!(asked, ["/a.zip", "/a.zip"]);
}

const TEXT: &str = "output \"x\" {\n  value = path.module\n}\n";

/// Makes a Git repository with the tag `v1` and the branch `side`.
fn repository(place: &Path) {
    std::fs::create_dir_all(place.join("sub")).expect("a directory");
    let main = "module \"sub\" {\n  source = \"./sub\"\n}\n";
    std::fs::write(place.join("main.tf"), main).expect("a module");
    std::fs::write(place.join("sub/main.tf"), TEXT).expect("a module");
    let settings = "-c user.name=a -c user.email=a@b -c init.defaultBranch=main";
    for line in [
        "init -q",
        "add -A",
        "commit -qm one",
        "tag v1",
        "checkout -qb side",
        "commit -qm two --allow-empty",
        "checkout -q main",
    ] {
        let mut git = Command::new("git");
        git.current_dir(place)
            .args(settings.split(' '))
            .args(line.split(' '));
        assert!(git.status().expect("git runs").success(), "{line}");
    }
}

/// Sources that either program knows or does not, with their versions: some of `server`, some of files `here`.
fn sources(server: &Server, here: &Path) -> Vec<(String, Option<&'static str>)> {
    let archive = zipped(&[("main.tf", TEXT), ("sub/main.tf", TEXT), ("main.sh", "x")]);
    std::fs::write(here.join("a.zip"), &archive).expect("an archive");
    repository(&here.join("repository"));
    server.registry(&["1.0.0", "1.2.0", "2.0.0"]);
    server.put("/a.zip", Answer::body(archive.clone()));
    server.put("/named", Answer::body(archive));
    let inside = server.url("/a.zip//sub");
    server.put("/header", Answer::header("X-Terraform-Get", inside));
    let page = format!(
        "<meta name=\"terraform-get\" content=\"{}\">",
        server.url("/a.zip")
    );
    server.put("/page", Answer::body(page));
    let git = format!("git::file://{}", here.join("repository").display());
    let file = here.join("a.zip").display().to_string();
    let web = server.url("");
    let registry = "registry.test/example";
    vec![
        (git.clone(), None),
        (format!("{git}?ref=v1"), None),
        (format!("{git}//sub?ref=side"), None),
        (format!("{git}?depth=1&ref=side"), None),
        (format!("{git}?ref=nothing"), None),
        (format!("{git}//nothing"), None),
        (file.clone(), None),
        (format!("{file}//sub"), None),
        (format!("{web}/a.zip"), None),
        (format!("{web}/a.zip//sub"), None),
        (format!("{web}/named?archive=zip"), None),
        (format!("{web}/header"), None),
        (format!("{web}/page"), None),
        (format!("{web}/nothing.zip"), None),
        (format!("{registry}/network/cloud"), None),
        (format!("{registry}/network/cloud"), Some("~> 1.0")),
        (format!("{registry}/network/cloud//inner"), Some("1.0.0")),
        (format!("{registry}/network/cloud"), Some("> 3")),
        (format!("{registry}/other/cloud"), None),
        (git, Some("1.0.0")),
        ("network".to_owned(), None),
        ("hg::https://127.0.0.1/network".to_owned(), None),
    ]
}

/// What came of `get` for each source, as text without ports and places: whether it was done, what is listed then, and the
/// files; `installed` sees each project that has its module.
fn installations(
    server: &Server,
    get: impl Fn(&Bed) -> bool,
    mut installed: impl FnMut(&str, &Bed),
) -> String {
    let here = tempfile::tempdir().expect("a directory");
    let mut text = String::new();
    for (source, version) in sources(server, here.path()) {
        let version = version.map(|version| format!("  version = \"{version}\"\n"));
        let version = version.unwrap_or_default();
        let definition = format!("module \"m\" {{\n  source = \"{source}\"\n{version}}}\n");
        let bed = Bed::new(server, &definition);
        let is_done = get(&bed);
        text.push_str(&format!(
            "{source}{}\n",
            version.trim_end().replace('\n', " ")
        ));
        if !is_done {
            text.push_str("  an error\n");
            continue;
        }
        text.push_str(&format!("  {:?}\n", bed.listed()));
        for file in files(&bed.path(".terraform/modules")) {
            text.push_str(&format!("  {file}\n"));
        }
        installed(&source, &bed);
    }
    text.replace(&server.url(""), "http://server")
        .replace(&here.path().display().to_string(), "/here")
}

/// What the snapshot says, Terraform 1.11.4 gave: with `TERRACE_GET=terraform` it is asked again, and each program takes
/// what the other installed.
#[test]
fn what_is_installed_is_what_terraform_installs() {
    let server = Server::start();
    let get = |bed: &Bed| bed.terrace(&["get"]).ends_with("[0]");
    let Some(program) = std::env::var_os("TERRACE_GET") else {
        insta::assert_snapshot!("installations", installations(&server, get, |_, _| {}));
        return;
    };
    let theirs = |bed: &Bed| {
        let program = program.to_str().expect("a name");
        let output = bed.command(program, &["get", "-no-color"]).output();
        let output = output.expect("the program that TERRACE_GET names runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    };
    let takes = |source: &str, bed: &Bed| {
        let again = bed.terrace(&["get"]);
        let is_there = again.starts_with("Nothing to do: 1 module");
        assert!(is_there, "{source}: {again}");
    };
    let installed = installations(&server, |bed| theirs(bed).0, takes);
    insta::assert_snapshot!("installations", installed);
    installations(&server, get, |source, bed| {
        let (_, again) = theirs(bed);
        assert!(!again.contains("Downloading"), "{source}: {again}");
    });
}
