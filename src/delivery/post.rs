//! How somebody is told: a webhook, a chat, a program. What is told is in [`notice`](crate::notice). Entry point: [`post`].

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lang::project::NotifyChannel;
use model::Str;
use sha2::Sha256;
use tokio::io::AsyncWriteExt;
use web::{Manner, Redirects};

use crate::group::Group;
use crate::notice::Notice;

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The waits between tries.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The header with the time at which a message was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "X-Terrace-Timestamp";

/// The header with the signature: `sha256=` and the HMAC of the time, a dot and the body, in hexadecimal.
pub const SIGNATURE: &str = "X-Terrace-Signature";

/// What a message is sent with.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// Where commands run.
    pub directory: &'a Path,
    /// What messages are signed with.
    pub secret: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Tells somebody. Tried three times where another time may help.
///
/// # Errors
/// Why it could not be told, in a phrase without the address, which may have a secret in it.
pub async fn post(
    channel: &NotifyChannel,
    notice: &Notice,
    sending: Sending<'_>,
) -> Result<(), String> {
    let mut waits = WAITS.iter();
    loop {
        let tried = match channel {
            NotifyChannel::Webhook(url) => send(url, notice.message().to_string(), sending).await,
            NotifyChannel::Slack(url) => send(url, notice.slack().to_string(), sending).await,
            NotifyChannel::Command(words) => run(words, notice, sending.directory, TIMEOUT).await,
        };
        match (tried, waits.next()) {
            (Ok(()), _) => return Ok(()),
            (Err(Failed::Again(_)), Some(wait)) => tokio::time::sleep(*wait).await,
            (Err(Failed::Again(why) | Failed::Never(why)), _) => return Err(why),
        }
    }
}

/// Why a try failed.
enum Failed {
    /// Another may not.
    Again(String),
    /// Any other would too.
    Never(String),
}

/// The value of the header [`SIGNATURE`]: `sha256=` and, in hexadecimal digits, the HMAC-SHA256 of `timestamp`, a dot and
/// `body`. `timestamp` is what the header [`TIMESTAMP`] says, in seconds since 1970; a secret of any length is a key.
pub fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{timestamp}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

async fn send(url: &str, body: String, sending: Sending<'_>) -> Result<(), Failed> {
    let (url, now) = (url.to_owned(), sending.now);
    let signature = sending.secret.map(|secret| signature(secret, now, &body));
    let sent = tokio::task::spawn_blocking(move || {
        let manner = Manner {
            within: TIMEOUT,
            redirects: Redirects::Follow,
        };
        let agent = web::agent(&url, manner).map_err(|error| Failed::Never(error.to_string()))?;
        let mut request = agent
            .post(&url)
            .header("Content-Type", "application/json")
            .header(TIMESTAMP, now.to_string());
        if let Some(signature) = signature {
            request = request.header(SIGNATURE, signature);
        }
        let answer = request.send(body);
        answer
            .map(|answer| answer.status().as_u16())
            .map_err(|error| Failed::Again(web::words(&error)))
    });
    match sent.await {
        Ok(Ok(200..=299)) => Ok(()),
        Ok(Ok(status @ (408 | 425 | 429 | 500..=599))) => {
            Err(Failed::Again(format!("status {status}")))
        }
        Ok(Ok(status)) => Err(Failed::Never(format!("status {status}"))),
        Ok(Err(failed)) => Err(failed),
        Err(error) => Err(Failed::Never(error.to_string())),
    }
}

/// Runs a program that gets the message as its standard input. What it started ends with it where it does not end within
/// `timeout`.
async fn run(
    words: &[Str],
    notice: &Notice,
    directory: &Path,
    timeout: Duration,
) -> Result<(), Failed> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failed::Never("`command` has no words".into()));
    };
    let mut command = tokio::process::Command::new(program.as_str());
    command
        .args(arguments.iter().map(Str::as_str))
        .current_dir(directory)
        .env("TERRACE_NOTICE", notice.on.word())
        .env("TERRACE_ENVIRONMENT", notice.environment.as_str())
        .env("TERRACE_SUMMARY", &notice.summary)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Of its own, so that the end of its time ends all of it.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|error| Failed::Never(format!("cannot run `{program}`: {error}")))?;
    let group = Group::of(&child);
    let body = notice.message().to_string();
    let ended = tokio::time::timeout(timeout, async {
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read is told all the same.
            let _ = stdin.write_all(body.as_bytes()).await;
        }
        child.wait().await
    });
    let ended = ended.await;
    if matches!(ended, Ok(Ok(_))) {
        group.leave();
    }
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(Failed::Again(format!("`{program}`: {status}"))),
        Ok(Err(error)) => Err(Failed::Again(format!("`{program}`: {error}"))),
        Err(_) => Err(Failed::Never(format!(
            "`{program}` did not end within {timeout:?}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io::Read;
    use std::time::Instant;

    use lang::project::NotifyOn;

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let began = Instant::now();
        // It ends when nobody has the other end of the pipe any more.
        let read = std::thread::spawn(move || {
            std::fs::File::open(pipe).and_then(|mut pipe| pipe.read_to_end(&mut Vec::new()))
        });
        let notice = Notice {
            on: NotifyOn::Drift,
            environment: "one".into(),
            project: "p".into(),
            revision: None,
            at: String::new(),
            summary: String::new(),
            facts: Vec::new(),
        };
        let words = ["sh", "-c", "sleep 100 >pipe & sleep 100"].map(Str::from);
        let timeout = Duration::from_millis(500);
        let told = run(&words, &notice, directory.path(), timeout).await;
        assert!(
            matches!(&told, Err(Failed::Never(why)) if why == "`sh` did not end within 500ms"),
            "it was not given up"
        );
        read.join().unwrap().unwrap();
        assert!(began.elapsed() < Duration::from_secs(50), "it went on");
    }

    #[test]
    fn a_signature_is_what_openssl_says() {
        // printf '1795335000.{"a":1}' | openssl dgst -sha256 -hmac tiger
        assert_eq!(
            signature("tiger", 1_795_335_000, "{\"a\":1}"),
            "sha256=d3ca3c063651643c2ed83068712863720f857c1f420b9e087ebb387e2f1ef69c"
        );
    }
}
