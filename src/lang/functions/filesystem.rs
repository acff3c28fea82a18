//! Functions on files and paths.

mod glob;
mod path;

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Type, Value};

use self::glob::Wrong;
use super::protocol::{
    Arguments, CallContext, Function, FunctionError, Param, Purity, Returns, not_null,
};
use super::text_function::text_function;

pub(super) const FUNCTIONS: &[Function] = &[
    ABSPATH, BASENAME, DIRNAME, FILE, FILEBASE64, FILEEXISTS, FILESET, PATHEXPAND,
];

/// The largest file that is read into a value, in bytes.
const MOST_BYTES: u64 = 1 << 30;

const ABSPATH: Function = text_function(
    "abspath",
    &[Param::string("path")],
    |ctx, args, _| {
        let directory = ctx.working_directory.to_string_lossy();
        let given = args.string(0)?;
        let path = if given.starts_with('/') {
            path::clean(given)
        } else {
            path::join(&directory, given)
        };
        Ok(Value::string(path))
    },
    "the path from the root of the file system",
);

const BASENAME: Function = text_function(
    "basename",
    &[Param::string("path")],
    |_, args, _| Ok(Value::string(path::base(args.string(0)?))),
    "the last part of a path",
);

const DIRNAME: Function = text_function(
    "dirname",
    &[Param::string("path")],
    |_, args, _| Ok(Value::string(path::directory(args.string(0)?))),
    "a path without its last part",
);

const PATHEXPAND: Function = text_function(
    "pathexpand",
    &[Param::string("path")],
    |ctx, args, _| Ok(Value::string(expand_home(ctx, args, 0)?)),
    "a path with the home directory in place of `~`",
);

const FILE: Function = text_function(
    "file",
    &[Param::string("path")],
    |ctx, args, _| {
        let text = String::from_utf8(read(ctx, args, 0)?).map_err(|_| {
            let message = format!(
                "`{}` is not UTF-8 text; `filebase64` gives the content of any file",
                args.string(0).map_or("", |path| path.as_str())
            );
            FunctionError::argument(0, message)
        })?;
        Ok(Value::string(text))
    },
    "the content of a text file",
);

const FILEBASE64: Function = text_function(
    "filebase64",
    &[Param::string("path")],
    |ctx, args, _| Ok(Value::string(STANDARD.encode(read(ctx, args, 0)?))),
    "the content of a file, in base64",
);

const FILEEXISTS: Function = Function {
    name: "fileexists",
    params: &[Param::string("path")],
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |ctx, args, _| {
        let path = locate(ctx, args, 0)?;
        let shown = args.string(0)?;
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => {
                note(ctx, args, 0)?;
                Ok(Value::from(true))
            }
            Ok(meta) => {
                let what = if meta.is_dir() {
                    "a directory"
                } else {
                    "not a regular file"
                };
                Err(FunctionError::argument(0, format!("`{shown}` is {what}")))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Value::from(false)),
            Err(error) => Err(FunctionError::argument(
                0,
                format!("cannot look at `{shown}`: {error}"),
            )),
        }
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether there is a file",
};

const FILESET: Function = Function {
    name: "fileset",
    params: &[Param::string("path"), Param::string("pattern")],
    variadic: None,
    returns: Returns::Always(|| Type::set(Type::String)),
    call: |ctx, args, _| {
        let from = path::clean(&expand_home(ctx, args, 0)?);
        let from = inside(ctx, &from).to_string_lossy();
        let pattern = path::join(&from, args.string(1)?);
        let found = glob::glob(ctx.directory, &pattern).map_err(|wrong| {
            let pattern = args.string(1).map_or("", |pattern| pattern.as_str());
            let why = match wrong {
                Wrong::Syntax => "is not a pattern for file names",
                Wrong::Costly => "takes too long to compare with file names",
            };
            FunctionError::argument(1, format!("`{pattern}` {why}"))
        })?;
        let mut files = Vec::new();
        for path in found {
            let meta = fs::metadata(ctx.directory.join(&path))
                .map_err(|error| FunctionError::new(format!("cannot look at `{path}`: {error}")))?;
            if meta.is_file() {
                if let Some(reads) = ctx.reads {
                    reads.note(&path);
                }
                files.push(Value::string(path::relative(&from, &path)));
            }
        }
        Ok(Value::set(Type::String, files))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the files in a directory whose path in it matches a pattern",
};

/// The bytes of the file that the argument at `index` names.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub(super) fn read(
    ctx: &CallContext<'_>,
    args: Arguments<'_>,
    index: usize,
) -> Result<Vec<u8>, FunctionError> {
    let path = locate(ctx, args, index)?;
    let shown = args.string(index)?;
    let wrong = |message: String| FunctionError::argument(index, message);
    let mut bytes = Vec::new();
    let file = File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match file {
        Ok(_) if bytes.len() as u64 > MOST_BYTES => {
            Err(wrong(format!("`{shown}` is larger than 1 GiB")))
        }
        Ok(_) => {
            note(ctx, args, index)?;
            Ok(bytes)
        }
        Err(error) if error.kind() == ErrorKind::NotFound && is_left_behind(ctx, args, index)? => {
            Err(wrong(format!(
                "`{shown}` is not in the revision: it is hidden, named by an ignore file, made by the definition, or outside of it"
            )))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(wrong(format!(
            "there is no file `{shown}`; a file that an apply makes can only be read from the attributes of what makes it"
        ))),
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            Err(wrong(format!("`{shown}` is a directory")))
        }
        Err(error) => Err(wrong(format!("cannot read `{shown}`: {error}"))),
    }
}

/// Where the path at `index` leads, `~` expanded.
fn locate(
    ctx: &CallContext<'_>,
    args: Arguments<'_>,
    index: usize,
) -> Result<PathBuf, FunctionError> {
    let path = path::clean(&expand_home(ctx, args, index)?);
    Ok(ctx.directory.join(inside(ctx, &path)))
}

/// Takes note of the file that the argument at `index` names.
fn note(ctx: &CallContext<'_>, args: Arguments<'_>, index: usize) -> Result<(), FunctionError> {
    let Some(reads) = ctx.reads else {
        return Ok(());
    };
    let path = path::clean(&expand_home(ctx, args, index)?);
    reads.note(&inside(ctx, &path).to_string_lossy());
    Ok(())
}

/// Whether the file is where the definition came from, and not in the checkout of it.
fn is_left_behind(
    ctx: &CallContext<'_>,
    args: Arguments<'_>,
    index: usize,
) -> Result<bool, FunctionError> {
    let path = path::clean(&expand_home(ctx, args, index)?);
    let there = ctx.working_directory.join(inside(ctx, &path));
    Ok(ctx.directory != ctx.working_directory && there.exists())
}

/// The path from the directory that is read of what a path means, where that is in it.
fn inside<'p>(ctx: &CallContext<'_>, path: &'p str) -> &'p Path {
    let path = Path::new(path);
    let inside = path.strip_prefix(ctx.working_directory);
    inside.unwrap_or(path)
}

fn expand_home(
    ctx: &CallContext<'_>,
    args: Arguments<'_>,
    index: usize,
) -> Result<String, FunctionError> {
    let given = args.string(index)?;
    let Some(rest) = given.strip_prefix('~') else {
        return Ok(given.to_string());
    };
    if !rest.is_empty() && !rest.starts_with(['/', '\\']) {
        let message = format!("`{given}` is in another user's home directory, which is not known");
        return Err(FunctionError::argument(index, message));
    }
    let home = ctx.home.ok_or_else(|| {
        FunctionError::argument(index, "the home directory is not known").without_values()
    })?;
    Ok(path::join(&home.to_string_lossy(), rest))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::Value;

    use super::super::reads::Reads;
    use super::super::testing::{context, fails, gives, json, run_from, run_in};
    use super::*;

    fn project() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for path in ["d/sub/deep", "d/.hid"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for path in [
            "main.tf",
            "d/a.txt",
            "d/c.md",
            "d/.dot",
            "d/sub/x.txt",
            "d/sub/deep/y.txt",
            "d/.hid/h.txt",
        ] {
            fs::write(at(path), "hello\n").unwrap();
        }
        fs::write(at("d/bin"), [0xff, 0xfe]).unwrap();
        directory
    }

    fn call(directory: &Path, name: &str, args: &str) -> Result<Value, String> {
        run_in(directory, name, json(args).as_items().unwrap().to_vec())
    }

    fn files(directory: &Path, args: &str) -> Vec<String> {
        let found = call(directory, "fileset", args).unwrap();
        found
            .as_items()
            .unwrap()
            .iter()
            .map(|item| item.as_str().unwrap().to_string())
            .collect()
    }

    #[test]
    fn files_of_a_checkout_are_read_by_the_paths_of_where_it_came_from() {
        let checkout = project();
        let from = Path::new("/where/it/came/from");
        let call = |name: &str, args: &str| {
            let args = json(args).as_items().unwrap().to_vec();
            run_from((checkout.path(), from), name, args)
        };
        let path = "/where/it/came/from/d/a.txt";
        assert_eq!(call("abspath", r#"["d/a.txt"]"#), Ok(path.into()));
        for path in [path, "d/a.txt", "/where/it/came/from/x/../d/a.txt"] {
            let text = call("file", &format!("[{path:?}]"));
            assert_eq!(text, Ok("hello\n".into()), "{path}");
        }
        let found = call("fileset", r#"["/where/it/came/from/d/sub", "*.txt"]"#).unwrap();
        assert_eq!(found.as_items().map(<[Value]>::len), Some(1));
        assert!(call("file", r#"["/where/it/d/a.txt"]"#).is_err());
    }

    #[test]
    fn what_is_not_in_a_checkout_is_told_where_it_is_left_behind() {
        let (checkout, from) = (tempfile::tempdir().unwrap(), project());
        let args = json(r#"["d/a.txt"]"#).as_items().unwrap().to_vec();
        let told = run_from((checkout.path(), from.path()), "file", args).unwrap_err();
        assert!(
            told.starts_with("`d/a.txt` is not in the revision"),
            "{told}"
        );
    }

    #[test]
    fn files_that_are_found_are_taken_note_of() {
        let project = project();
        let reads = Reads::default();
        let ctx = CallContext {
            reads: Some(&reads),
            ..context(project.path())
        };
        for (name, args) in [
            ("file", r#"["./d/../d/a.txt"]"#),
            ("fileexists", r#"["d/c.md"]"#),
            ("fileexists", r#"["nope"]"#),
            ("fileset", r#"["d", "sub/*"]"#),
            ("fileexists", r#"["/etc/passwd"]"#),
        ] {
            let args = json(args).as_items().unwrap().to_vec();
            super::super::call(super::super::lookup(name).unwrap(), &ctx, args).unwrap();
        }
        let all: Vec<String> = reads.all().into_iter().collect();
        assert_eq!(all, ["d/a.txt", "d/c.md", "d/sub/x.txt"]);
        assert!(reads.elsewhere().iter().eq(["/etc/passwd"]));
    }

    #[test]
    fn paths_are_worked_on_as_text() {
        gives("abspath", r#"["a//b/./c"]"#, "/base/dir/a/b/c".into());
        gives("abspath", r#"["/.."]"#, "/".into());
        gives("abspath", r#"["~"]"#, "/base/dir/~".into());
        gives("basename", r#"["a/b.txt"]"#, "b.txt".into());
        gives("dirname", r#"["a/b.txt"]"#, "a".into());
        gives("pathexpand", r#"["/a//b"]"#, "/a//b".into());
        gives("pathexpand", r#"["~/x/../y"]"#, "/home/me/y".into());
        gives("pathexpand", r#"["~"]"#, "/home/me".into());
        gives("pathexpand", r#"["~\\x"]"#, "/home/me/\\x".into());
        gives("pathexpand", r#"[""]"#, "".into());
        fails(
            "pathexpand",
            r#"["~x"]"#,
            "`~x` is in another user's home directory, which is not known",
        );
    }

    #[test]
    fn files_are_read() {
        let project = project();
        let call = |name, args| call(project.path(), name, args);
        assert_eq!(call("file", r#"["./d/../d/a.txt"]"#), Ok("hello\n".into()));
        assert_eq!(call("filebase64", r#"["d/bin"]"#), Ok("//4=".into()));
        let message = "`d/bin` is not UTF-8 text; `filebase64` gives the content of any file";
        assert_eq!(call("file", r#"["d/bin"]"#), Err(message.into()));
        assert_eq!(call("file", r#"["d"]"#), Err("`d` is a directory".into()));
        assert!(
            call("file", r#"["nope"]"#)
                .unwrap_err()
                .starts_with("there is no file `nope`")
        );
        assert!(call("file", r#"["d/a.txt/x"]"#).is_err());
    }

    #[test]
    fn only_regular_files_exist() {
        let project = project();
        let call = |args| call(project.path(), "fileexists", args);
        assert_eq!(call(r#"["d/a.txt"]"#), Ok(true.into()));
        assert_eq!(call(r#"["nope"]"#), Ok(false.into()));
        assert_eq!(call(r#"["d"]"#), Err("`d` is a directory".into()));
        assert_eq!(
            call(r#"["/dev/null"]"#),
            Err("`/dev/null` is not a regular file".into())
        );
        assert!(call(r#"["d/a.txt/x"]"#).is_err());
    }

    #[test]
    fn files_are_found_by_patterns() {
        let project = project();
        for (args, wanted) in [
            (r#"["d", "*"]"#, &[".dot", "a.txt", "bin", "c.md"][..]),
            (
                r#"["d", "**"]"#,
                &[
                    ".dot",
                    ".hid/h.txt",
                    "a.txt",
                    "bin",
                    "c.md",
                    "sub/deep/y.txt",
                    "sub/x.txt",
                ],
            ),
            (
                r#"["d", "**/*.txt"]"#,
                &[".hid/h.txt", "a.txt", "sub/deep/y.txt", "sub/x.txt"],
            ),
            (r#"["d", "sub/**/y.txt"]"#, &["sub/deep/y.txt"]),
            (r#"["d", "**/**/y.txt"]"#, &["sub/deep/y.txt"]),
            (r#"["d", "{sub,nope}/*.txt"]"#, &["sub/x.txt"]),
            (r#"["d", "*/*/*"]"#, &["sub/deep/y.txt"]),
            (r#"["d", "../*.tf"]"#, &["../main.tf"]),
            (r#"["d", "**/../c.md"]"#, &["c.md"]),
            (r#"[".", "*.tf"]"#, &["main.tf"]),
            (r#"["", "*.tf"]"#, &["main.tf"]),
            (r#"["d/a.txt", ""]"#, &["."]),
            (r#"["d", "sub"]"#, &[]),
            (r#"["nope", "*"]"#, &[]),
            (r#"["d", "nope/["]"#, &[]),
        ] {
            assert_eq!(files(project.path(), args), wanted, "{args}");
        }
        let absolute = format!(r#"[{:?}, "*.md"]"#, project.path().join("d"));
        assert_eq!(files(project.path(), &absolute), ["c.md"]);
        let wrong = call(project.path(), "fileset", r#"["d", "{sub/x,a}.txt"]"#);
        assert_eq!(
            wrong,
            Err("`{sub/x,a}.txt` is not a pattern for file names".into())
        );
    }

    #[test]
    fn links_are_followed_but_not_in_circles() {
        use std::os::unix::fs::symlink;
        let project = project();
        let at = |path: &str| project.path().join(path);
        symlink("sub", at("d/link")).unwrap();
        symlink("..", at("d/sub/up")).unwrap();
        assert_eq!(
            files(project.path(), r#"["d", "link/*.txt"]"#),
            ["link/x.txt"]
        );
        assert_eq!(
            files(project.path(), r#"["d", "**/y.txt"]"#),
            ["link/deep/y.txt", "sub/deep/y.txt"]
        );
        symlink("nowhere", at("d/broken")).unwrap();
        assert!(!files(project.path(), r#"["d", "**"]"#).contains(&"broken".into()));
        assert!(
            call(project.path(), "fileset", r#"["d", "b*"]"#)
                .unwrap_err()
                .starts_with("cannot look at `d/broken`")
        );
    }
}
