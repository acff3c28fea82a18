//! The record: instance objects, journal, leases and history in SQLite.
