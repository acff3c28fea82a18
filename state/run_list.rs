//! Lists runs out of a history that may be long: by environment, kind and revision, by an index each.
//! Entry point: [`RunFilter`].

use std::fmt::Write;

use model::Str;
use model::serial::RunId;
use rusqlite::Connection;

use crate::run::{COLUMNS, FROM, RunKind, RunRow};

/// Which runs to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this environment only.
    pub environment: Option<Str>,
    /// Of one of these kinds only; empty for all kinds.
    pub kinds: Vec<RunKind>,
    /// Of this revision only: `r42`.
    pub revision: Option<String>,
    /// Begun before this one only.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: usize,
}

impl RunFilter {
    /// The newest `limit` runs of all environments, the pseudo environment [`PROJECT`](crate::PROJECT) among them.
    pub fn newest(limit: usize) -> Self {
        Self {
            environment: None,
            kinds: Vec::new(),
            revision: None,
            before: None,
            limit,
        }
    }

    /// The newest `limit` runs of one environment.
    pub fn of(environment: &Str, limit: usize) -> Self {
        Self {
            environment: Some(environment.clone()),
            ..Self::newest(limit)
        }
    }
}

/// The condition that says of which environment a run is, with its name as parameter 1.
const OF: &str = "run.environment = (SELECT id FROM environment WHERE name = ?1)";

/// The query for `filter`. Parameters: environment, before, limit, revision.
///
/// What SQLite would choose by itself depends on statistics it has not got, so the index is named.
fn query(filter: &RunFilter) -> String {
    let kinds: Vec<String> = filter
        .kinds
        .iter()
        .map(|kind| format!("'{kind}'"))
        .collect();
    let kinds = kinds.join(", ");
    let of = if filter.environment.is_some() {
        OF
    } else {
        "?1 IS NULL"
    };
    let newest = "run.id < ?2 ORDER BY run.id DESC LIMIT ?3";
    if filter.revision.is_some() {
        let among = match filter.kinds.as_slice() {
            [] => String::new(),
            [_, ..] => format!("run.kind IN ({kinds}) AND "),
        };
        return format!(
            "SELECT {COLUMNS} FROM {} WHERE run.revision = ?4 AND {of} AND {among}{newest}",
            from("run_revision")
        );
    }
    match (filter.environment.is_some(), filter.kinds.as_slice()) {
        (false, []) => {
            format!("SELECT {COLUMNS} FROM {FROM} WHERE {of} AND ?4 IS NULL AND {newest}")
        }
        (false, [_, ..]) => format!(
            "SELECT {COLUMNS} FROM {FROM} WHERE {of} AND ?4 IS NULL AND run.kind IN ({kinds}) AND {newest}"
        ),
        (true, []) => format!(
            "SELECT {COLUMNS} FROM {} WHERE {of} AND ?4 IS NULL AND {newest}",
            from("run_environment")
        ),
        (true, kinds) => {
            // Each kind is in its index in order; that of several together is not.
            let mut sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE ?4 IS NULL AND run.id IN (");
            for (index, kind) in kinds.iter().enumerate() {
                let union = if index == 0 { "" } else { " UNION ALL " };
                // Writing to a string cannot fail.
                let _ = write!(
                    sql,
                    "{union}SELECT id FROM (SELECT id FROM run INDEXED BY run_kind \
                     WHERE {OF} AND run.kind = '{kind}' AND {newest})"
                );
            }
            sql.push_str(") ORDER BY run.id DESC LIMIT ?3");
            sql
        }
    }
}

/// Where the columns come from, by an index of `run`.
fn from(index: &str) -> String {
    format!("run INDEXED BY {index} CROSS JOIN environment ON environment.id = run.environment")
}

/// Reads runs, the newest first.
pub(crate) fn read_runs(
    conn: &Connection,
    filter: &RunFilter,
) -> Result<Vec<RunRow>, rusqlite::Error> {
    let before = filter.before.map_or(i64::MAX as u64, |run| run.0);
    let limit = i64::try_from(filter.limit).unwrap_or(i64::MAX);
    let mut select = conn.prepare_cached(&query(filter))?;
    let environment = filter.environment.as_ref().map(Str::as_str);
    let rows = select.query_map(
        (environment, before, limit, filter.revision.as_deref()),
        RunRow::read,
    )?;
    rows.collect()
}

fn since() -> String {
    format!(
        "SELECT {COLUMNS} FROM {} WHERE {OF} AND run.id > ?2 ORDER BY run.id",
        from("run_environment")
    )
}

/// Reads the runs of an environment begun after `after`, the oldest first.
pub(crate) fn read_runs_since(
    conn: &Connection,
    environment: &str,
    after: RunId,
) -> Result<Vec<RunRow>, rusqlite::Error> {
    let mut select = conn.prepare_cached(&since())?;
    let rows = select.query_map((environment, after.0), RunRow::read)?;
    rows.collect()
}

fn unended() -> String {
    format!(
        "SELECT {COLUMNS} FROM {} WHERE {OF} AND run.ended IS NULL ORDER BY run.id",
        from("run_unended")
    )
}

/// Reads the runs of an environment that have not ended, the oldest first.
pub(crate) fn read_unended(
    conn: &Connection,
    environment: &str,
) -> Result<Vec<RunRow>, rusqlite::Error> {
    let mut select = conn.prepare_cached(&unended())?;
    let rows = select.query_map([environment], RunRow::read)?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::create;

    /// How SQLite would run a query, a step a line.
    fn way(sql: &str) -> String {
        let conn = Connection::open_in_memory().unwrap();
        create(&conn).unwrap();
        let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = explain.parameter_count();
        let rows = explain
            .query_map(rusqlite::params_from_iter(vec![1; count]), |row| {
                row.get::<_, String>(3)
            })
            .unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn no_list_of_runs_reads_or_sorts_a_whole_history() {
        let of = RunFilter::of(&"test".into(), 1);
        let all = RunFilter::newest(1);
        let revision = Some("r42".to_owned());
        let kinds = vec![RunKind::Approve, RunKind::Apply];
        let queries = [
            ("run_environment (environment=? AND id<?)", query(&of)),
            (
                "run_kind (environment=? AND kind=? AND rowid<?)",
                query(&RunFilter {
                    kinds: kinds.clone(),
                    ..of.clone()
                }),
            ),
            (
                "run_revision (revision=? AND rowid<?)",
                query(&RunFilter {
                    revision: revision.clone(),
                    ..of.clone()
                }),
            ),
            (
                "run_revision (revision=? AND rowid<?)",
                query(&RunFilter {
                    revision,
                    kinds,
                    ..all.clone()
                }),
            ),
            ("INTEGER PRIMARY KEY (rowid<?)", query(&all)),
            ("run_environment (environment=? AND id>?)", since()),
            ("run_unended (environment=?)", unended()),
        ];
        for (index, sql) in queries {
            let way = way(&sql);
            assert!(way.contains(index), "{sql}\n{way}");
            assert!(
                !way.contains("SCAN run") && !way.contains("TEMP B-TREE"),
                "{sql}\n{way}"
            );
        }
    }
}
