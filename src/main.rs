//! Wiring only: which providers exist, the clock and chance, the runtime, the exit code.
//!
#![doc = include_str!("README.md")]

pub mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{ErrorClass, Provider, ProviderError, Providers};
use lang::functions::Random;
use model::address::ProviderSource;
use model::clock::{Clock, Timestamp};

use cli::invocation::{Directories, Process};

fn main() -> ExitCode {
    // A provider that panics is told as an error, at its place.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !engine::guard::takes_note(panic) {
            usual(panic);
        }
    }));
    let arguments = std::env::args_os();
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let environment = variables.collect();
    web::install(web::Surroundings::of(&environment));
    let process = Process {
        environment,
        directory: std::env::current_dir().unwrap_or_default(),
        clock: Arc::new(WallClock),
        random: Arc::new(SystemRandom),
        providers: built_in,
        user,
    };
    cli::run(arguments, process).into()
}

/// The name of the user whose process this is, as the system knows it.
fn user() -> Option<String> {
    let uid = nix::unistd::Uid::effective();
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    user.map(|user| user.name)
}

/// The wall clock.
#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the wall clock"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The system's randomness.
#[derive(Debug)]
struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::expect_used,
        reason = "without randomness no secret can be made; there is nothing to go on with"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives no random bytes");
    }
}

/// The providers that are built in.
#[derive(Debug)]
struct BuiltIn {
    world: local::World,
}

fn built_in(directories: Directories<'_>, clock: Arc<dyn Clock>) -> Arc<dyn Providers> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let entropy = Arc::new(local::SystemEntropy);
    Arc::new(BuiltIn {
        world: local::World {
            clock,
            entropy,
            directory: absolute(directories.own),
            source: absolute(directories.source),
            search_path: std::env::var_os("PATH"),
        },
    })
}

#[async_trait]
impl Providers for BuiltIn {
    async fn open(&self, source: &ProviderSource) -> Result<Arc<dyn Provider>, ProviderError> {
        local::open(source, self.world.clone())
            .or_else(|| sim::open(source, self.world.directory.clone()))
            .ok_or_else(|| {
                ProviderError::new(ErrorClass::NotFound, "it is not built in")
                    .detail("built in are terraform, null, random, time, local, external and terrace/sim; others cannot be run yet")
            })
    }
}
