//! Files and directories.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use contract::{ErrorClass, Exists, Found, Object};
use model::Value;

use crate::harness::{Bench, text};

fn file(bench: &Bench, name: &str, content: &str) -> Value {
    bench.config(
        "local_file",
        [
            ("filename", Value::from(name)),
            ("content", Value::from(content)),
        ],
    )
}

#[tokio::test]
async fn a_file_has_the_checksums_people_know() {
    let bench = Bench::new("local");
    let object = bench
        .create("local_file", &file(&bench, "a/b.txt", "hello\n"))
        .await
        .unwrap();
    assert_eq!(fs::read(bench.path().join("a/b.txt")).unwrap(), b"hello\n");
    assert_eq!(
        text(&object, "id"),
        "f572d396fae9206628714fb2ce00f72e94f2258f"
    );
    assert_eq!(
        text(&object, "content_md5"),
        "b1946ac92492d2347c6235b4d2611184"
    );
    assert_eq!(
        text(&object, "content_sha256"),
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    );
    assert_eq!(
        text(&object, "content_base64sha256"),
        "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="
    );
    assert_eq!(text(&object, "file_permission"), "0777");
}

#[tokio::test]
async fn a_file_that_was_removed_or_changed_is_gone() {
    let bench = Bench::new("local");
    let object = bench
        .create("local_file", &file(&bench, "a.txt", "x"))
        .await
        .unwrap();
    fs::write(bench.path().join("a.txt"), "y").unwrap();
    assert!(bench.read("local_file", &object).await.unwrap().is_none());
    fs::write(bench.path().join("a.txt"), "x").unwrap();
    assert!(bench.read("local_file", &object).await.unwrap().is_some());
    fs::remove_file(bench.path().join("a.txt")).unwrap();
    assert!(bench.read("local_file", &object).await.unwrap().is_none());
}

#[tokio::test]
async fn content_comes_from_base64_or_another_file() {
    let bench = Bench::new("local");
    fs::write(bench.path().join("source"), [0, 255, 1]).unwrap();
    for (name, value) in [("content_base64", "AP8B"), ("source", "source")] {
        let config = bench.config(
            "local_file",
            [("filename", Value::from(name)), (name, Value::from(value))],
        );
        bench.create("local_file", &config).await.unwrap();
        assert_eq!(fs::read(bench.path().join(name)).unwrap(), [0, 255, 1]);
    }
}

#[tokio::test]
async fn a_file_has_its_permission_and_a_secret_one_is_its_owners() {
    let bench = Bench::new("local");
    let mode = |name: &str| {
        fs::metadata(bench.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    let attributes = [
        ("filename", "a".into()),
        ("content", "x".into()),
        ("file_permission", Value::from("0600")),
    ];
    bench
        .create("local_file", &bench.config("local_file", attributes))
        .await
        .unwrap();
    assert_eq!(mode("a"), 0o600);
    let attributes = [
        ("filename", Value::from("d/b")),
        ("content", Value::from("x")),
    ];
    let config = bench.config("local_sensitive_file", attributes);
    bench.create("local_sensitive_file", &config).await.unwrap();
    assert_eq!(mode("d/b"), 0o700);
    assert_eq!(mode("d"), 0o700);
}

#[tokio::test]
async fn exactly_one_source_of_content_is_needed() {
    let bench = Bench::new("local");
    let none = bench.config("local_file", [("filename", Value::from("a"))]);
    assert_eq!(
        bench.refusals("local_file", none).await,
        ["one of `content`, `sensitive_content`, `content_base64`, `source` is needed"],
    );
    let attributes = [
        ("filename", "a".into()),
        ("content", "x".into()),
        ("source", Value::from("s")),
    ];
    let two = bench.config("local_file", attributes);
    assert_eq!(
        bench.refusals("local_file", two).await,
        ["only one of `content`, `source` can be given"]
    );
}

#[tokio::test]
async fn a_replacement_made_first_survives_the_destroy_of_what_it_replaces() {
    let bench = Bench::new("local");
    let old = bench
        .create("local_file", &file(&bench, "a", "one"))
        .await
        .unwrap();
    bench
        .create("local_file", &file(&bench, "a", "two"))
        .await
        .unwrap();
    bench.destroy("local_file", &old).await.unwrap();
    assert_eq!(fs::read(bench.path().join("a")).unwrap(), b"two");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_not_there() {
    let bench = Bench::new("local");
    fs::write(bench.path().join("file"), "").unwrap();
    let error = bench
        .create("local_file", &file(&bench, "file/a", "secret"))
        .await
        .unwrap_err();
    assert_eq!(error.exists, Exists::Nothing);
    assert!(!format!("{error:?}").contains("secret"));
    let attributes = [
        ("filename", Value::from("a")),
        ("source", Value::from("missing")),
    ];
    let error = bench
        .create("local_file", &bench.config("local_file", attributes))
        .await
        .unwrap_err();
    assert_eq!(error.error.class, ErrorClass::NotFound);
}

#[tokio::test]
async fn a_file_half_made_before_a_crash_is_found_not_to_be_there_and_swept() {
    let bench = Bench::new("local");
    let request = bench
        .request("local_file", &Object::nothing(), &file(&bench, "a", "x"))
        .await
        .unwrap();
    fs::write(bench.path().join("a"), "of someone else").unwrap();
    assert_eq!(bench.find(request.clone()).await.unwrap(), Found::Nothing);
    bench.provider.apply(request.clone()).await.unwrap();
    assert!(matches!(
        bench.find(request).await.unwrap(),
        Found::Object(_)
    ));
}

#[tokio::test]
async fn the_data_source_reads_text_and_bytes() {
    let bench = Bench::new("local");
    fs::write(bench.path().join("a"), "hé").unwrap();
    let config = bench.data_config("local_file", [("filename", Value::from("a"))]);
    let value = bench.data("local_file", config).await.unwrap();
    assert_eq!(value.get("content"), Some(&Value::from("hé")));
    assert_eq!(value.get("content_base64"), Some(&Value::from("aMOp")));
    let missing = bench.data_config("local_file", [("filename", Value::from("b"))]);
    assert_eq!(
        bench.data("local_file", missing).await.unwrap_err().class,
        ErrorClass::NotFound
    );
}

fn directory(bench: &Bench, force: bool) -> Value {
    bench.config(
        "local_directory",
        [
            ("path", Value::from("a/b")),
            ("force_destroy", Value::Bool(force)),
        ],
    )
}

#[tokio::test]
async fn a_directory_with_content_is_destroyed_only_by_force() {
    let bench = Bench::new("local");
    let object = bench
        .create("local_directory", &directory(&bench, false))
        .await
        .unwrap();
    fs::write(bench.path().join("a/b/file"), "x").unwrap();
    let error = bench.destroy("local_directory", &object).await.unwrap_err();
    assert!(error.error.message.ends_with("is not empty"), "{error}");
    assert!(matches!(error.exists, Exists::Object(_)));
    let forced = bench
        .update("local_directory", &object, &directory(&bench, true))
        .await
        .unwrap();
    bench.destroy("local_directory", &forced).await.unwrap();
    assert!(!bench.path().join("a/b").exists());
}

#[tokio::test]
async fn a_directory_that_was_there_before_is_left_behind() {
    let bench = Bench::new("local");
    fs::create_dir_all(bench.path().join("a/b")).unwrap();
    fs::write(bench.path().join("a/b/precious"), "x").unwrap();
    let object = bench
        .create("local_directory", &directory(&bench, true))
        .await
        .unwrap();
    bench.destroy("local_directory", &object).await.unwrap();
    assert!(bench.path().join("a/b/precious").exists());
}

#[tokio::test]
async fn a_changed_permission_is_drift_and_put_right() {
    let bench = Bench::new("local");
    let config = directory(&bench, false);
    let object = bench.create("local_directory", &config).await.unwrap();
    let path = bench.path().join("a/b");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let drifted = bench
        .read("local_directory", &object)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(text(&drifted, "permission"), "0700");
    bench
        .update("local_directory", &drifted, &config)
        .await
        .unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o755
    );
}
