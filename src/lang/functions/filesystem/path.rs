//! Paths as text, with `/` between their parts: what can be said of them without looking at a file system.

/// The shortest text for the same path: no `.`, no empty parts, no `..` after a name; `.` when nothing is left.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(&last)) if last != ".." => {
                parts.pop();
            }
            ("..", None) if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// `path` inside of `directory`, cleaned; an empty one counts as not there.
pub(super) fn join(directory: &str, path: &str) -> String {
    match (directory, path) {
        ("", "") => String::new(),
        ("", only) | (only, "") => clean(only),
        (directory, path) => clean(&format!("{directory}/{path}")),
    }
}

/// The last part: `b` of `a/b/`; `/` of the root and `.` of nothing.
pub(super) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        (_, trimmed) => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// All but the last part, cleaned: `/a/b` of `/a/b/`, `.` of `a`.
pub(super) fn directory(path: &str) -> String {
    clean(path.rsplit_once('/').map_or(
        "",
        |(parent, _)| if parent.is_empty() { "/" } else { parent },
    ))
}

/// How to get from `from` to `to`; both cleaned, and both from the root or neither.
pub(super) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &'_ str| -> Vec<String> {
        path.split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .map(str::to_owned)
            .collect()
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..");
    let steps: Vec<&str> = up
        .chain(to.iter().skip(shared).map(String::as_str))
        .collect();
    if steps.is_empty() {
        ".".to_owned()
    } else {
        steps.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_takes_away_what_leads_nowhere() {
        for (path, wanted) in [
            ("", "."),
            ("./", "."),
            ("a//b/./c", "a/b/c"),
            ("a/../..", ".."),
            ("../../a", "../../a"),
            ("/..", "/"),
            ("/a/../../b", "/b"),
            ("//", "/"),
            ("a/b/../c/", "a/c"),
        ] {
            assert_eq!(clean(path), wanted, "{path}");
        }
    }

    #[test]
    fn the_last_part_is_split_off() {
        for (path, parent, last) in [
            ("", ".", "."),
            (".", ".", "."),
            ("/", "/", "/"),
            ("///", "/", "/"),
            ("a", ".", "a"),
            ("/a", "/", "a"),
            ("a/", "a", "a"),
            ("/a/b/", "/a/b", "b"),
            ("a/b//c", "a/b", "c"),
            ("a/b/../c", "a", "c"),
            ("../a", "..", "a"),
            ("./././a/b", "a", "b"),
            ("a/..", "a", ".."),
            ("a\\b", ".", "a\\b"),
            ("a//", "a", "a"),
        ] {
            assert_eq!(
                (directory(path).as_str(), base(path)),
                (parent, last),
                "{path}"
            );
        }
    }

    #[test]
    fn relative_paths_go_up_and_down() {
        for (from, to, wanted) in [
            ("d", "d/a", "a"),
            ("d", "main.tf", "../main.tf"),
            ("d/sub", "d/c", "../c"),
            ("..", "../x", "x"),
            ("../x", "../../y", "../../y"),
            (".", "a/b", "a/b"),
            ("/a", "/a/b", "b"),
            ("a", "a", "."),
        ] {
            assert_eq!(relative(from, to), wanted, "{from} {to}");
        }
    }
}
