//! Where text goes in unit tests of whole commands: to who listens on the same thread, and nowhere else, unless it is to be
//! loud.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it is also shown.
pub static ALOUD: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HEARD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What was written on this thread since this was asked last.
pub fn take() -> String {
    let heard = HEARD.with(|heard| std::mem::take(&mut *heard.borrow_mut()));
    String::from_utf8_lossy(&heard).into_owned()
}

/// Takes text in.
#[derive(Debug)]
pub struct Ear;

impl Write for Ear {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        HEARD.with(|heard| heard.borrow_mut().extend_from_slice(text));
        if ALOUD.load(Ordering::Relaxed) {
            io::stderr().lock().write_all(text)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
