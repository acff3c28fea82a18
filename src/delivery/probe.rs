//! What a check does once: asks a server, connects, runs a program. Says what was seen, not whether that is good.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use model::{Str, Type, Value};
use tokio::io::{AsyncRead, AsyncReadExt};
use web::{Manner, Redirects};

use crate::excerpt::Said;
use crate::group::Group;

/// The most that a program may write to either of its outputs, in bytes.
const MOST_OUTPUT: usize = 16 << 20;

/// How long one try may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// So long, as its `timeout` says.
    Try(Duration),
    /// What is left of the check's whole time.
    Rest {
        /// What is left.
        left: Duration,
        /// All of it.
        within: Duration,
    },
}

impl Patience {
    fn time(self) -> Duration {
        match self {
            Self::Try(time) | Self::Rest { left: time, .. } => time,
        }
    }

    /// The time that it was, in words: `within 10s`.
    fn words(self) -> String {
        match self {
            Self::Try(time) => format!("within {time:?}"),
            Self::Rest { within, .. } => format!("within the check's {within:?}"),
        }
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// In a phrase.
    pub(crate) detail: String,
    /// What was said, should it not be good; with whatever is secret in it.
    pub(crate) said: Vec<Said>,
    /// What `pass` sees as `response`, with `ok` in it; none when there was no answer.
    pub(crate) response: Option<Value>,
}

impl Seen {
    fn nothing(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            said: Vec::new(),
            response: None,
        }
    }
}

/// GETs a URL. `response` has `status`, `body` and `headers`; a status of 200 to 399 is `ok`.
pub(crate) async fn http(url: String, patience: Patience) -> Seen {
    let timeout = patience.time();
    let asked = tokio::task::spawn_blocking(move || {
        let manner = Manner {
            within: timeout,
            redirects: Redirects::Follow,
        };
        let agent = web::agent(&url, manner).map_err(|error| error.to_string())?;
        let said = |error: ureq::Error| match matches!(error, ureq::Error::Timeout(_)) {
            true => format!("no answer {}", patience.words()),
            false => web::words(&error),
        };
        let mut response = agent.get(&url).call().map_err(said)?;
        let status = response.status().as_u16();
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| format!("status {status}, and then {}", said(error)))?;
        Ok::<_, String>((status, headers, body))
    });
    let (status, headers, body) = match asked.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Seen::nothing(error),
        Err(error) => return Seen::nothing(error.to_string()),
    };
    let headers = headers
        .into_iter()
        .map(|(name, value)| (Str::from(name), Value::string(value)));
    let said = vec![Said::from_start("body", body.clone())];
    let response = Value::object([
        ("status", Value::int(i64::from(status))),
        ("body", Value::string(body)),
        ("headers", Value::map(Type::String, headers)),
        ("ok", Value::Bool((200..400).contains(&status))),
    ]);
    Seen {
        detail: format!("status {status}"),
        said,
        response: Some(response),
    }
}

/// Connects to `HOST:PORT`.
pub(crate) async fn tcp(address: &str, patience: Patience) -> Seen {
    match tokio::time::timeout(patience.time(), tokio::net::TcpStream::connect(address)).await {
        Ok(Ok(_)) => Seen {
            detail: format!("connected to {address}"),
            said: Vec::new(),
            response: Some(Value::object([("ok", Value::Bool(true))])),
        },
        Ok(Err(error)) => Seen::nothing(format!("{address}: {error}")),
        Err(_) => Seen::nothing(format!("{address}: no answer {}", patience.words())),
    }
}

/// Runs a program. `response` has `status`, `stdout` and `stderr`; status 0 is `ok`.
pub(crate) async fn command(words: &[String], directory: &Path, patience: Patience) -> Seen {
    let Some((program, arguments)) = words.split_first() else {
        return Seen::nothing("`command` is a list of words, the program first");
    };
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Of its own, so that the end of its time ends all of it.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Seen::nothing(format!("cannot run `{program}`: {error}")),
    };
    let group = Group::of(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let ended = tokio::time::timeout(patience.time(), async {
        let ended = async { child.wait().await.map_err(Cut::Lost) };
        tokio::try_join!(read(out, &mut stdout), read(err, &mut stderr), ended)
    })
    .await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&stdout), text(&stderr));
    let said = vec![
        Said::to_end("stdout", stdout.clone()),
        Said::to_end("stderr", stderr.clone()),
    ];
    let status = match ended {
        Ok(Ok(((), (), status))) => {
            group.leave();
            status
        }
        Ok(Err(Cut::Lost(error))) => {
            return Seen::nothing(format!("cannot wait for `{program}`: {error}"));
        }
        Ok(Err(Cut::TooMuch)) => {
            let most = MOST_OUTPUT >> 20;
            return Seen {
                detail: format!("`{program}` wrote more than {most} MiB, and was ended"),
                said,
                response: None,
            };
        }
        Err(_) => {
            return Seen {
                detail: format!("`{program}` did not end {}", patience.words()),
                said,
                response: None,
            };
        }
    };
    let (number, detail) = ended_how(status);
    let response = Value::object([
        ("status", Value::int(i64::from(number))),
        ("stdout", Value::string(stdout)),
        ("stderr", Value::string(stderr)),
        ("ok", Value::Bool(number == 0)),
    ]);
    Seen {
        detail,
        said,
        response: Some(response),
    }
}

/// The status as a number and in words; -1 when a signal ended the program.
fn ended_how(status: std::process::ExitStatus) -> (i32, String) {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => (code, format!("exit status {code}")),
        (None, Some(signal)) => (-1, format!("ended by signal {signal}")),
        (None, None) => (-1, "ended without a status".into()),
    }
}

/// Why a program was not waited for.
#[derive(Debug)]
enum Cut {
    /// It wrote more than [`MOST_OUTPUT`].
    TooMuch,
    /// Nobody can say what became of it.
    Lost(std::io::Error),
}

/// Reads all there is. What was read stays in `into` when this is given up.
///
/// # Errors
/// When that is too much.
async fn read(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Result<(), Cut> {
    let Some(mut from) = from else { return Ok(()) };
    // An error of reading is the end of what there is.
    while from.read_buf(into).await.is_ok_and(|count| count > 0) {
        if into.len() > MOST_OUTPUT {
            return Err(Cut::TooMuch);
        }
    }
    Ok(())
}
