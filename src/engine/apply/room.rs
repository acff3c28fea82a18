//! How many effects may be under way at once: in the world fewer when a provider asks to slow down, and a little more
//! after each that went well.

use contract::Effects;

/// The most effects in the world at once at the start; it grows while no provider asks to slow down.
const START: usize = 32;
/// The most it grows to.
const MOST: usize = 256;
/// The most effects at once that are only in the record: enough to share commits, and each takes some 4 KiB of memory.
const RECORD_ONLY: usize = 512;

/// The effects under way, and how many there may be.
#[derive(Debug)]
pub(super) struct Room {
    in_world: usize,
    in_record: usize,
    /// How many in the world there may be.
    limit: f64,
    /// How many of either kind there may be, where somebody said so.
    parallelism: Option<usize>,
}

impl Room {
    pub(super) fn new(parallelism: Option<usize>) -> Self {
        let parallelism = parallelism.map(|limit| limit.max(1));
        Self {
            in_world: 0,
            in_record: 0,
            limit: parallelism.unwrap_or(START) as f64,
            parallelism,
        }
    }

    /// Whether there is room for one more.
    pub(super) fn has(&self, effects: Effects) -> bool {
        match effects {
            Effects::World => self.in_world < (self.limit as usize).max(1),
            Effects::RecordOnly => self.in_record < self.parallelism.unwrap_or(RECORD_ONLY),
        }
    }

    /// One more is under way.
    pub(super) fn take(&mut self, effects: Effects) {
        *self.count(effects) += 1;
    }

    /// One has ended.
    pub(super) fn leave(&mut self, effects: Effects) {
        let count = self.count(effects);
        *count = count.saturating_sub(1);
    }

    fn count(&mut self, effects: Effects) -> &mut usize {
        match effects {
            Effects::World => &mut self.in_world,
            Effects::RecordOnly => &mut self.in_record,
        }
    }

    /// Fewer at once when a provider asked to slow down, a little more after each step that went well.
    pub(super) fn adapt(&mut self, throttled: bool) {
        let most = self.parallelism.unwrap_or(MOST) as f64;
        if throttled {
            self.limit = (self.limit / 2.0).max(1.0);
        } else {
            self.limit = (self.limit + 1.0 / self.limit).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(room: &mut Room) -> usize {
        let mut free = 0;
        while room.has(Effects::World) {
            room.take(Effects::World);
            free += 1;
        }
        (0..free).for_each(|_| room.leave(Effects::World));
        free
    }

    #[test]
    fn it_halves_when_asked_to_slow_down_and_grows_to_what_was_said() {
        let mut room = Room::new(None);
        assert_eq!(free(&mut room), 32);
        room.adapt(true);
        assert_eq!(free(&mut room), 16);
        (0..100_000).for_each(|_| room.adapt(false));
        assert_eq!(free(&mut room), 256);
        let mut room = Room::new(Some(3));
        (0..10).for_each(|_| room.adapt(false));
        assert_eq!(free(&mut room), 3);
        (0..10).for_each(|_| room.adapt(true));
        assert_eq!(free(&mut room), 1);
    }

    #[test]
    fn the_world_and_the_record_have_room_of_their_own() {
        let mut room = Room::new(Some(1));
        room.take(Effects::World);
        assert!(!room.has(Effects::World));
        assert!(room.has(Effects::RecordOnly));
    }
}
