//! The files of `examples/ci` and `examples/cron`, each judged by the tool of those who will read it. Every validator is shown
//! to notice a broken file. Validators are installed where they are missing; a test fails and says how where that cannot be.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use delivery::report::{CheckResult, DriftClass, Measured};
use model::clock::Timestamp;
use model::serial::RevisionId;
use regex::Regex;
use servers::{Servers, built, copy, free_ports, on_ports};
use tempfile::TempDir;

#[test]
fn what_calls_terrace_on_a_schedule_is_right() {
    insta::assert_snapshot!(Validated::as_they_are("cron", &[]).right(), @r"
    systemd-analyze, service and timer: right
    crontab: right
    kubernetes-validate, 1.31: right
    kubernetes-validate, 1.37: right
    promtool, alerts: right
    [EOF]
    ");
}

#[test]
fn what_is_wrong_in_a_schedule_is_noticed() {
    for (file, text, broken, validator) in [
        (
            "terrace-drift@.service",
            "KillMode=",
            "KilMode=",
            "systemd-analyze",
        ),
        (
            "terrace-watch@.service",
            "RestartSec=",
            "RestartSecs=",
            "systemd-analyze",
        ),
        (
            "terrace-drift@.timer",
            "=*:0/15",
            "=*:0*15",
            "systemd-analyze",
        ),
        ("crontab", "*/15 * *", "*/15 x *", "crontab"),
        (
            "cronjob.yaml",
            "backoffLimit:",
            "backofLimit:",
            "kubernetes-validate, 1.31",
        ),
        ("alerts.yml", "> 3600", "> > 3600", "promtool"),
    ] {
        Validated::broken("cron", &[], file, text, broken).wrong_by(validator);
    }
}

#[test]
fn metrics_are_what_prometheus_wants_and_what_the_alerts_are_about() {
    let metrics = delivery::report::metrics(&[measured("test"), measured("production")]);
    let answer = promtool(&metrics);
    assert_eq!((answer.code, answer.text.as_str()), (Some(0), ""));

    let alerts = fs::read_to_string(example("cron/alerts.yml")).expect("the alerts");
    let name = Regex::new(r"terrace_[a-z_]+").expect("a regular expression");
    for name in name.find_iter(&alerts) {
        let kind = format!("# TYPE {} ", name.as_str());
        assert!(metrics.contains(&kind), "{kind}in {metrics}");
    }

    for (right, broken) in [
        ("terrace_heals_total counter", "terrace_heals_total gauge"),
        ("environment=\"test\"", "environment=test"),
        ("_bucket", "_buckets"),
    ] {
        assert!(metrics.contains(right), "{right} is in {metrics}");
        let answer = promtool(&metrics.replace(right, broken));
        assert_ne!(answer.code, Some(0), "{broken} is noticed");
    }
}

#[test]
fn the_pipelines_are_right() {
    insta::assert_snapshot!(Validated::as_they_are("ci", &["github", "gitlab", "jenkins"]).right(), @r"
    github.yml, check-jsonschema: right
    github.yml, actionlint: right
    gitlab.yml, check-jsonschema: right
    gitlab.yml, gitlab-ci-local: right
    Jenkinsfile, change: right
    Jenkinsfile, push: right
    Jenkinsfile, timer: right
    [EOF]
    ");
}

#[test]
fn what_is_wrong_in_a_pipeline_is_noticed() {
    for (what, file, text, broken, validator) in [
        (
            "github",
            "github.yml",
            "timeout-minutes",
            "timeout-minuts",
            "check-jsonschema",
        ),
        (
            "github",
            "github.yml",
            "needs: pipeline\n",
            "needs: pipelin\n",
            "actionlint",
        ),
        (
            "gitlab",
            "gitlab.yml",
            "interruptible: true",
            "interruptable: true",
            "check-jsonschema",
        ),
        (
            "gitlab",
            "gitlab.yml",
            "stage: production",
            "stage: prodution",
            "gitlab-ci-local",
        ),
        (
            "jenkins",
            "Jenkinsfile",
            "archiveArtifacts",
            "archiveArtefacts",
            "push",
        ),
        (
            "jenkins",
            "Jenkinsfile",
            "beforeInput",
            "beforeInptu",
            "push",
        ),
        (
            "jenkins",
            "Jenkinsfile",
            "'TimerTrigger'",
            "'TimeTrigger'",
            "push",
        ),
        (
            "jenkins",
            "Jenkinsfile",
            "|| exit; done",
            "|| exit",
            "change",
        ),
    ] {
        let file_and_validator = format!("{file}, {validator}");
        Validated::broken("ci", &[what], file, text, broken).wrong_by(&file_and_validator);
    }
}

#[test]
fn the_jenkinsfile_plans_a_change_and_asks_before_production_only_when_that_waits_for_approval() {
    let all = jenkins(&[
        &["change"],
        &["push"],
        &["push", "terrace pipeline run=3"],
        &["push", "terrace pipeline run=1"],
    ]);
    insta::assert_snapshot!(all, @r#"
    ["change"]
    cron (never)
    [plan]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; for environment in test staging production; do terrace plan "$environment" --input release="$(cat bin/release)" || exit; done
    SUCCESS

    ["push"]
    cron H * * * *
    [pipeline]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace pipeline run --input release="$(cat bin/release)" --junit report.xml --markdown summary.md
    junit examples/shop/report.xml
    archiveArtifacts examples/shop/summary.md
    SUCCESS

    ["push", "terrace pipeline run=3"]
    cron H * * * *
    [pipeline]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace pipeline run --input release="$(cat bin/release)" --junit report.xml --markdown summary.md
    junit examples/shop/report.xml
    archiveArtifacts examples/shop/summary.md
    [production]
    input Promote to production? anna: yes
    milestone 1
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace approve production --as "$APPROVED_BY" && terrace promote production -auto-approve
    SUCCESS

    ["push", "terrace pipeline run=1"]
    cron H * * * *
    [pipeline]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace pipeline run --input release="$(cat bin/release)" --junit report.xml --markdown summary.md
    junit examples/shop/report.xml
    archiveArtifacts examples/shop/summary.md
    FAILURE terrace pipeline run ended with exit code 1

    [EOF]
    "#);
}

#[test]
fn the_jenkinsfile_looks_for_drift_by_schedule_and_asks_nobody() {
    let all = jenkins(&[
        &["timer", "terrace pipeline run=4"],
        &["timer", "terrace drift=2"],
    ]);
    insta::assert_snapshot!(all, @r#"
    ["timer", "terrace pipeline run=4"]
    cron H * * * *
    [drift]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace drift --heal --junit drift.xml
    junit examples/shop/drift.xml
    [pipeline]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace pipeline run --input release="$(cat bin/release)" --junit report.xml --markdown summary.md
    junit examples/shop/report.xml
    archiveArtifacts examples/shop/summary.md
    SUCCESS

    ["timer", "terrace drift=2"]
    cron H * * * *
    [drift]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace drift --heal --junit drift.xml
      caught script returned exit code 2
    junit examples/shop/drift.xml
    [pipeline]
    sh examples/ci/prepare
    dir examples/shop
      sh PATH="$PWD/bin:$PATH"; terrace pipeline run --input release="$(cat bin/release)" --junit report.xml --markdown summary.md
    junit examples/shop/report.xml
    archiveArtifacts examples/shop/summary.md
    FAILURE script returned exit code 2

    [EOF]
    "#);
}

#[test]
fn gitlab_and_jenkins_really_plan_a_change() {
    let repository = Repository::of_the_shop();
    let home = tempfile::tempdir().expect("a directory");
    let change = [
        "CI_PIPELINE_SOURCE=merge_request_event",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=7",
        "CI_PROJECT_ID=7",
        // GitLab sets none for a merge request.
        "CI_COMMIT_BRANCH=",
    ];
    planned_each_environment(&repository.gitlab(home.path(), &[], &change));
    planned_each_environment(&repository.jenkins(home.path(), "change"));

    let record = home.path().join(".terrace/state.db");
    assert!(record.is_file(), "the record is where it lasts");
}

#[test]
fn the_shop_really_goes_through_gitlabs_pipeline_and_jenkins_finds_nothing_to_do() {
    let first_port = free_ports();
    let repository = Repository::with(|project| {
        let project = on_ports(project, first_port);
        let after = "after     = [\"staging\"]";
        assert!(project.contains(after), "{project}");
        project.replace(after, &format!("{after}\n  require {{ approvals = 1 }}"))
    });
    let home = tempfile::tempdir().expect("a directory");
    let servers = Servers::below(repository.path());
    let shop = repository.path().join("examples/shop");
    let push = ["CI_PIPELINE_SOURCE=push", "GITLAB_USER_LOGIN=bruno"];

    let text = repository.gitlab(home.path(), &[], &push);
    for line in [
        "test         r1        deployed, verified",
        "staging      r1        deployed, verified",
        "production   r1        waits for a person",
        "WARN  pipeline",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(servers.running().len(), 3 + 4);
    let report = fs::read_to_string(shop.join("report.xml")).expect("the report");
    let waits = "r1 is not approved for production: 1 wanted";
    assert!(report.contains(waits), "{report}");
    let summary = fs::read_to_string(shop.join("summary.md")).expect("the summary");
    assert!(
        summary.contains("| `production` | r1 | waits | 13 create"),
        "{summary}"
    );

    let text = repository.gitlab(home.path(), &["production"], &push);
    let approved = "bruno approved r1 for production";
    assert!(text.contains(approved), "{text}");
    assert_eq!(servers.running().len(), 3 + 4 + 5);

    for event in ["push", "timer"] {
        let text = repository.jenkins(home.path(), event);
        let nothing = "r1 is in every environment: nothing to do";
        assert!(text.contains(nothing), "{event}: {text}");
    }

    for environment in ["production", "staging", "test"] {
        let mut destroy = Command::new(env!("CARGO_BIN_EXE_terrace"));
        destroy.args(["destroy", environment, "-auto-approve"]);
        let answer = said(destroy.current_dir(&shop));
        assert_eq!(answer.code, Some(0), "{}", answer.text);
    }
    assert_eq!(servers.running(), BTreeMap::new());
}

#[test]
fn the_metrics_of_a_real_look_are_what_prometheus_wants() {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(
        home.path().join("main.tf"),
        "resource \"local_file\" \"note\" {\n  filename = \"note.txt\"\n  content  = \"hello\"\n}\n",
    )
    .expect("the definition is written");
    fs::write(home.path().join("terrace.hcl"), "environment \"test\" {}\n")
        .expect("the project file is written");
    let terrace = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        said(command.args(words.split(' ')).current_dir(home.path()))
    };
    assert_eq!(terrace("apply -auto-approve").code, Some(0));
    fs::remove_file(home.path().join("note.txt")).expect("the file is there");
    assert_eq!(terrace("drift --metrics terrace.prom").code, Some(2));
    let metrics = fs::read_to_string(home.path().join("terrace.prom")).expect("the metrics");
    let answer = promtool(&metrics);
    assert_eq!((answer.code, answer.text.as_str()), (Some(0), ""));
    for sample in [
        "terrace_environment_drifted_resources{environment=\"test\",class=\"missing\"} 1\n",
        "terrace_operations_total{environment=\"test\",operation=\"apply\",outcome=\"succeeded\"} 1\n",
        "terrace_last_success_timestamp_seconds{environment=\"test\",operation=\"drift\"} ",
    ] {
        assert!(metrics.contains(sample), "{sample} in {metrics}");
    }
}

#[test]
fn what_is_called_on_a_schedule_is_what_terrace_understands() {
    let call = Regex::new(r"(?m)terrace (drift|watch) [^\n`]*").expect("a regular expression");
    let listed = Regex::new(r"args: \[([^\]]*)\]").expect("a regular expression");
    let mut calls = 0;
    for file in [
        "crontab",
        "terrace-drift@.service",
        "terrace-watch@.service",
        "cronjob.yaml",
        "README.md",
    ] {
        let text = fs::read_to_string(example("cron").join(file)).expect("the file");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let found = lines.flat_map(|line| {
            let args = listed
                .captures(line)
                .map(|found| format!("terrace {}", found[1].replace(',', "")));
            let call = call.find(line).map(|found| found.as_str().to_owned());
            args.or(call)
        });
        for words in found.filter(|words| words.contains(" --")) {
            calls += 1;
            let words = words
                .replace("%i", "production")
                .replace("FILE", "x")
                .replace("/var/lib/prometheus/node-exporter/", "");
            let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
            let answer = said(command.args(words.split_whitespace().skip(1)).arg("--help"));
            assert_eq!(answer.code, Some(0), "{file}: {words}: {}", answer.text);
            let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
            let nowhere = tempfile::tempdir().expect("a directory");
            let words = words.replace("watch production", "watch production --max-looks 1");
            command
                .args(words.split_whitespace().skip(1))
                .current_dir(nowhere.path());
            let answer = said(&mut command);
            assert!(
                answer.text.contains("error[unknown-environment]"),
                "{file}: {words}: {}",
                answer.text
            );
        }
    }
    assert!(calls >= 5, "{calls}");
}

/// An environment of which everything is known.
fn measured(environment: &str) -> Measured {
    Measured {
        environment: environment.into(),
        revision: Some(RevisionId(42)),
        definition: Some("5f0c7bd".into()),
        resources: Some(31),
        drifted: Some(BTreeMap::from([(DriftClass::Missing, 1)])),
        checks: BTreeMap::from([("a \"check\"\n\\".into(), CheckResult::Unknown)]),
        last_success: BTreeMap::from([("drift".into(), Timestamp(1_795_335_000_070))]),
        heals: BTreeMap::from([("healed".into(), 2)]),
        operations: BTreeMap::from([(("apply".into(), "failed".into()), 1)]),
        durations: BTreeMap::from([("apply".into(), vec![Duration::from_millis(61_500)])]),
        lead_time: Some(Duration::from_secs(5400)),
    }
}

/// What `promtool check metrics` says of this text.
fn promtool(metrics: &str) -> Answer {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), metrics).expect("the metrics are written");
    let script = ". examples/validators; needs promtool prometheus; promtool check metrics <\"$1\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh"])
        .arg(file.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    said(&mut command)
}

/// What the Jenkinsfile does at these events, where the commands with these words end so.
fn jenkins(events: &[&[&str]]) -> String {
    let mut all = String::new();
    for event in events {
        let mut command = Command::new(example("ci").join("jenkins"));
        command.arg(example("ci").join("Jenkinsfile")).args(*event);
        all += &format!("{event:?}\n{}\n", said(&mut command).text);
    }
    all + "[EOF]"
}

fn planned_each_environment(text: &str) {
    for (environment, creates) in [("test", 9), ("staging", 11), ("production", 13)] {
        let head = format!("Environment {environment}   nothing recorded yet");
        assert!(text.contains(&head), "{head}: {text}");
        let plan = format!(": {creates} create");
        assert!(text.contains(&plan), "{plan}: {text}");
    }
}

/// What a program said on both streams, and how it ended.
struct Answer {
    text: String,
    code: Option<i32>,
}

fn said(command: &mut Command) -> Answer {
    let output = command
        .stdin(Stdio::null())
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("the program runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() != Some(2) || !error.contains("cannot validate"),
        "{error}"
    );
    let text = String::from_utf8_lossy(&output.stdout) + error;
    Answer {
        text: text.into_owned(),
        code: output.status.code(),
    }
}

/// What `validate` said of the files of an example.
struct Validated {
    stdout: String,
    code: Option<i32>,
    /// What was done to them.
    change: String,
}

impl Validated {
    fn as_they_are(name: &str, what: &[&str]) -> Self {
        Self::in_directory(name, &example(name), what, "as they are")
    }

    /// Replaces `text` in a copy of one file, everywhere.
    fn broken(name: &str, what: &[&str], file: &str, text: &str, broken: &str) -> Self {
        let copied = tempfile::tempdir().expect("a directory");
        copy(&example(name), copied.path());
        let path = copied.path().join(file);
        let before = fs::read_to_string(&path).expect("the file");
        assert!(before.contains(text), "{text} is in {file}");
        fs::write(&path, before.replace(text, broken)).expect("the file is written");
        Self::in_directory(name, copied.path(), what, &format!("{file} with {broken}"))
    }

    fn in_directory(name: &str, directory: &Path, what: &[&str], change: &str) -> Self {
        let output = Command::new(example(name).join("validate"))
            .arg(directory)
            .args(what)
            .stdin(Stdio::null())
            .output()
            .expect("validate runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_ne!(output.status.code(), Some(2), "{stderr}");
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            code: output.status.code(),
            change: change.to_owned(),
        }
    }

    fn right(self) -> String {
        assert_eq!(self.code, Some(0), "{}: {}", self.change, self.stdout);
        self.stdout + "[EOF]"
    }

    fn wrong_by(self, validator: &str) {
        assert_eq!(self.code, Some(1), "{}: {}", self.change, self.stdout);
        let noticed = self
            .stdout
            .lines()
            .any(|line| line.starts_with(validator) && line.ends_with(": WRONG"));
        assert!(
            noticed,
            "{} is noticed by {validator}: {}",
            self.change, self.stdout
        );
    }
}

/// A Git repository with the shop and its pipelines, with a remote as gitlab-ci-local wants one.
struct Repository {
    directory: TempDir,
}

impl Repository {
    fn of_the_shop() -> Self {
        Self::with(|project| project.to_owned())
    }

    /// With another `terrace.hcl`.
    fn with(project: impl FnOnce(&str) -> String) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let here = directory.path();
        copy(&example("ci"), &here.join("examples/ci"));
        for part in [
            "infra",
            "run/.gitignore",
            "terrace.hcl",
            "build",
            ".gitignore",
        ] {
            copy(
                &example("shop").join(part),
                &here.join("examples/shop").join(part),
            );
        }
        let file = here.join("examples/shop/terrace.hcl");
        let text = fs::read_to_string(&file).expect("the project");
        fs::write(&file, project(&text)).expect("the project is written");
        copy(&example("ci/gitlab.yml"), &here.join(".gitlab-ci.yml"));
        copy(&example("ci/Jenkinsfile"), &here.join("Jenkinsfile"));
        for words in [
            "init -q -b main",
            "add .",
            "-c user.name=anna -c user.email=anna@example.com commit -q -m shop",
            "remote add origin git@gitlab.example.com:shop/shop.git",
            "update-ref refs/remotes/origin/main HEAD",
            "remote set-head origin main",
        ] {
            let mut git = Command::new("git");
            let answer = said(git.args(words.split(' ')).current_dir(here));
            assert_eq!(answer.code, Some(0), "git {words}: {}", answer.text);
        }
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What GitLab's jobs say, those that run by themselves or these; they must be done.
    fn gitlab(&self, home: &Path, jobs: &[&str], variables: &[&str]) -> String {
        let mut gitlab = Command::new(example("ci").join("gitlab"));
        gitlab
            .arg(self.path())
            .args(jobs)
            .args(["--force-shell-executor", "--concurrency", "1"]);
        for variable in variables {
            gitlab.args(["--variable", variable]);
        }
        for (name, value) in [("SHOP_HOME", home), ("BUILT", &built())] {
            gitlab.arg("--variable");
            gitlab.arg(format!("{name}={}", value.display()));
        }
        let answer = said(&mut gitlab);
        assert_eq!(answer.code, Some(0), "{}", answer.text);
        answer.text
    }

    /// What the Jenkinsfile's commands say, which must be done.
    fn jenkins(&self, home: &Path, event: &str) -> String {
        let mut jenkins = Command::new(example("ci").join("jenkins"));
        jenkins
            .args(["Jenkinsfile", event])
            .current_dir(self.path())
            .env("RUN", "yes")
            .env("SHOP_HOME", home)
            .env("BUILT", built());
        let answer = said(&mut jenkins);
        assert_eq!(answer.code, Some(0), "{}", answer.text);
        answer.text
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}
