//! Ctrl-C, and requests to end. Entry point: [`interrupts`].

use engine::Stop;
use tokio::sync::watch;

/// Listens for Ctrl-C: the first lets running steps end, the second leaves them.
pub fn interrupts() -> watch::Receiver<Stop> {
    let (sender, receiver) = watch::channel(Stop::Never);
    tokio::spawn(async move {
        for stop in [Stop::AfterRunning, Stop::Now] {
            if signal().await.is_err() || sender.send(stop).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Waits for an interrupt, or for a request to end, which is what CI systems send.
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
