//! Notifications that were sent, so that nobody is told the same thing twice. Knows nothing of what they say.

use model::clock::Timestamp;
use rusqlite::OptionalExtension;

use crate::error::RecordError;
use crate::pending::Pending;
use crate::store::Store;

impl Store {
    /// Returns when a notification was sent; `key` is a digest of what it says and to whom.
    ///
    /// # Errors
    /// Those of reading.
    pub fn notified(&self, key: [u8; 32]) -> Result<Option<Timestamp>, RecordError> {
        self.reading(|conn| {
            let mut select = conn.prepare_cached("SELECT at FROM notification WHERE key = ?1")?;
            let at = select.query_row([key], |row| row.get(0)).optional()?;
            Ok(at.map(Timestamp))
        })
    }

    /// Notes that a notification is sent, and returns when that was noted before, if it was: of several processes that
    /// want to send it at once only one gets none.
    ///
    /// # Errors
    /// Those of writing.
    pub fn note_notified(&self, key: [u8; 32], at: Timestamp) -> Pending<Option<Timestamp>> {
        self.write(move |desk| {
            let sql = "SELECT at FROM notification WHERE key = ?1";
            let before: Option<i64> = desk
                .conn
                .prepare_cached(sql)?
                .query_row([key], |row| row.get(0))
                .optional()?;
            let sql = "INSERT INTO notification (key, at) VALUES (?1, ?2) \
                       ON CONFLICT DO UPDATE SET at = excluded.at";
            desk.conn.prepare_cached(sql)?.execute((key, at.0))?;
            Ok(before.map(Timestamp))
        })
    }
}
