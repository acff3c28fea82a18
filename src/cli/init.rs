//! `terrace init`: begins a project in a directory, and installs its modules. Files that are there already are left as
//! they are.

use std::path::Path;

use delivery::Project;
use delivery::project::{self, PROJECT_FILE, Undeclared};
use lang::project::{is_name, means_something_else};
use model::{Diagnostic, Diagnostics, Sources};
use state::RecordError;

use super::args::InitArgs;
use super::invocation::Invocation;
use super::modules::{self, Resolve};
use super::output::write;
use super::prepare::Refused;
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::shell;

/// The environments of a project that names none.
const PIPELINE: [&str; 3] = ["test", "staging", "production"];

const DEFINITION: &str = r#"# The same for every environment; terrace.hcl says what each is given.

variable "greeting" {
  description = "What is written"
  type        = string
}

resource "local_file" "greeting" {
  filename = "${path.module}/out/${terraform.workspace}.txt"
  content  = "${var.greeting}\n"
}

output "file" {
  value = local_file.greeting.filename
}
"#;

/// Runs the command.
pub fn run(invocation: &Invocation, args: &InitArgs) -> ExitCode {
    let relative = args.directory.clone().unwrap_or_default();
    let directory = invocation.directory.join(&relative);
    for text in args.without_effect() {
        invocation.say(&format!("hint: {text}\n"));
    }
    let refuse = |diagnostic: Diagnostic| {
        invocation.report(
            &Diagnostics::from(diagnostic),
            &Sources::default(),
            "",
            false,
        );
        ExitCode::Failed
    };
    if let Some(bad) = args.environments.iter().find(|name| !is_name(name)) {
        return refuse(
            Diagnostic::error(
                "invalid-identifier",
                format!("`{bad}` is not an environment's name"),
            )
            .help("a name has letters, digits, `-`, `_` and `.`"),
        );
    }
    let taken = |name: &String| Some((name.clone(), means_something_else(name)?));
    if let Some((bad, other)) = args.environments.iter().find_map(taken) {
        return refuse(
            Diagnostic::error(
                "invalid-identifier",
                format!("an environment cannot be called `{bad}`: to commands this is {other}"),
            )
            .help("give it another name, such as `test`"),
        );
    }
    let (mut project, found) = project::open(&directory, &invocation.base.join(&relative));
    let is_its_own = project.directory == directory;
    if project.has_file && (is_its_own || args.environments.is_empty()) {
        if found.has_errors() {
            invocation.say(&is_there(&project, args, is_its_own));
            return next(&relative, "validate");
        }
        match installed(invocation, &mut project, args) {
            Ok(0) => invocation.say(&is_there(&project, args, is_its_own)),
            Ok(_) if is_its_own && args.environments.is_empty() => {}
            Ok(_) => invocation.say(&is_there(&project, args, is_its_own)),
            Err(refused) => return refused.report(invocation),
        }
        let first = project.environments().into_iter().next();
        return next(&relative, &format!("plan {}", first.unwrap_or_default()));
    }
    if !is_its_own {
        // A project of its own in the directory of another.
        project = project::Project {
            directory: directory.clone(),
            has_file: false,
            ..project
        };
    }
    let kept = match recorded(&project) {
        Ok(kept) => kept,
        Err(error) => return record::report(invocation, &error),
    };
    let environments = environments(&kept, &args.environments);
    match begin(&directory, &environments, kept.len()) {
        Ok(made) => {
            invocation.say(&what_was_made(&relative, &made, &kept));
            let (mut project, _) = project::open(&directory, &invocation.base.join(&relative));
            if let Err(refused) = installed(invocation, &mut project, args) {
                return refused.report(invocation);
            }
            let first = environments.first().map(String::as_str).unwrap_or_default();
            next(&relative, &format!("plan {first}"))
        }
        Err(error) => {
            let message = format!("cannot begin a project in `{}`", directory.display());
            refuse(Diagnostic::error("read-only-directory", message).note(error.to_string()))
        }
    }
}

/// Says what was made, and what of it was there before.
fn what_was_made(relative: &Path, made: &[String], kept: &[Undeclared]) -> String {
    let mut text = String::new();
    for name in made {
        text.push_str(&format!("     Created {}\n", relative.join(name).display()));
    }
    for Undeclared { name, objects, .. } in kept {
        let plural = if *objects == 1 { "" } else { "s" };
        text.push_str(&format!(
            "`{name}` has {objects} recorded instance{plural}: it is an environment of the project.\n"
        ));
    }
    text
}

/// Installs the modules of the definition, unless that is not wanted. Returns how many it has.
fn installed(
    invocation: &Invocation,
    project: &mut Project,
    args: &InitArgs,
) -> Result<usize, Refused> {
    let resolve = match args.upgrade {
        true => Resolve::Anew,
        false => Resolve::Kept,
    };
    match args.get {
        true => modules::install(invocation, project, resolve),
        false => Ok(0),
    }
}

/// Says that there is a project already, and what to do with what was asked for.
fn is_there(project: &Project, args: &InitArgs, is_its_own: bool) -> String {
    let file = project.base.join(PROJECT_FILE);
    let file = file.display();
    if !is_its_own {
        return format!(
            "Nothing to do: this directory is in the project of {file}.\n\
             For a project of its own, name its environments: terrace init --environment NAME\n"
        );
    }
    let known = project.environments();
    let is_new = |name: &&String| !known.iter().any(|known| *known == name.as_str());
    let new: Vec<&str> = args
        .environments
        .iter()
        .filter(is_new)
        .map(String::as_str)
        .collect();
    if new.is_empty() {
        return format!("Nothing to do: {file} is there already.\n");
    }
    let names = new.join("`, `");
    format!("{file} is there already and was left as it is: declare `{names}` there.\n")
}

/// Says the next command.
fn next(relative: &Path, command: &str) -> ExitCode {
    let change = if relative.as_os_str().is_empty() {
        String::new()
    } else {
        format!(
            " --chdir={}",
            shell::quoted(&relative.display().to_string())
        )
    };
    match write::answer(&format!("Next: terrace{change} {command}\n")) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

/// What a directory without a project file has recorded: it must not be lost from sight.
fn recorded(project: &Project) -> Result<Vec<Undeclared>, RecordError> {
    let Some(store) = record::open_existing(&project.record())? else {
        return Ok(Vec::new());
    };
    let mut kept = Vec::new();
    for row in store.environments()? {
        let name = row.header.environment;
        let open = store.open_intents(&name)?.intents.len();
        let found = Undeclared {
            name,
            objects: row.objects,
            open,
        };
        if found.has_something() {
            kept.push(found);
        }
    }
    Ok(kept)
}

/// The names of the environments: those that have something recorded first.
fn environments(kept: &[Undeclared], asked: &[String]) -> Vec<String> {
    let mut names: Vec<String> = kept.iter().map(|found| found.name.to_string()).collect();
    let asked: Vec<String> = match (names.is_empty(), asked) {
        (true, []) => PIPELINE.map(str::to_owned).to_vec(),
        (_, asked) => asked.to_vec(),
    };
    for name in asked {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Makes what is missing and says what that was. The first `kept` environments have something recorded.
fn begin(directory: &Path, environments: &[String], kept: usize) -> std::io::Result<Vec<String>> {
    std::fs::create_dir_all(directory)?;
    let mut made = Vec::new();
    let has_definition = std::fs::read_dir(directory)?.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.ends_with(".tf") || name.ends_with(".tf.json")
    });
    let text = project_text(environments, kept, !has_definition);
    std::fs::write(directory.join(PROJECT_FILE), text)?;
    made.push(PROJECT_FILE.to_owned());
    if !has_definition {
        std::fs::write(directory.join("main.tf"), DEFINITION)?;
        made.push("main.tf".to_owned());
    }
    Ok(made)
}

fn project_text(environments: &[String], kept: usize, with_greeting: bool) -> String {
    let mut text = String::from(
        "# One definition, many environments. `terrace plan ENVIRONMENT` shows what would change.\n",
    );
    let mut before: Option<&String> = None;
    for (at, name) in environments.iter().enumerate() {
        text.push_str(&format!("\nenvironment \"{name}\" {{\n"));
        if let Some(before) = before {
            text.push_str(&format!("  after     = [\"{before}\"]\n"));
        }
        let variables = if with_greeting {
            format!("{{ greeting = \"Hello from {name}\" }}")
        } else {
            "{}".to_owned()
        };
        text.push_str(&format!("  variables = {variables}\n}}\n"));
        // What is there already has no place in the pipeline yet.
        before = (at >= kept).then_some(name);
    }
    text
}
