//! A terminal that does not show what is typed. Asks nothing itself.

use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};

/// What Ctrl-C types where it is no signal.
pub const INTERRUPT: u8 = 3;

/// As long as it lives, the terminal of standard input shows nothing of what is typed but the end of the line. Ctrl-C
/// ends the input there, so that the terminal is never left as it is meanwhile.
#[derive(Debug)]
pub struct Hidden {
    before: Option<Termios>,
}

impl Hidden {
    /// Hides what is typed from now on; where standard input is no terminal nothing is to be hidden.
    pub fn begin() -> Self {
        let Ok(before) = tcgetattr(std::io::stdin()) else {
            return Self { before: None };
        };
        let mut hidden = before.clone();
        hidden
            .local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ISIG);
        hidden.local_flags.insert(LocalFlags::ECHONL);
        let end = SpecialCharacterIndices::VEOL as usize;
        if let Some(end) = hidden.control_chars.get_mut(end) {
            *end = INTERRUPT;
        }
        let is_set = tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &hidden).is_ok();
        Self {
            before: is_set.then_some(before),
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Where the terminal is gone there is nothing to be put back.
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, before);
        }
    }
}
