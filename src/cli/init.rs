//! `terrace init`: begins a project in a directory. Files that are there already are left as they are.

use std::path::Path;

use lang::project::is_name;
use model::{Diagnostic, Diagnostics, Sources};

use super::args::InitArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::write;

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
    let environments = if args.environments.is_empty() {
        vec![
            "test".to_owned(),
            "staging".to_owned(),
            "production".to_owned(),
        ]
    } else {
        args.environments.clone()
    };
    let refuse = |diagnostic: Diagnostic| {
        invocation.report(
            &Diagnostics::from(diagnostic),
            &Sources::default(),
            "",
            false,
        );
        ExitCode::Failed
    };
    if let Some(bad) = environments.iter().find(|name| !is_name(name)) {
        return refuse(
            Diagnostic::error(
                "invalid-identifier",
                format!("`{bad}` is not an environment's name"),
            )
            .help("a name has letters, digits, `-`, `_` and `.`"),
        );
    }
    match begin(&directory, &environments) {
        Ok(made) => {
            let mut text = String::new();
            for name in &made {
                text.push_str(&format!("     Created {}\n", relative.join(name).display()));
            }
            if made.is_empty() {
                text.push_str("Nothing to do: terrace.hcl is there already.\n");
            }
            invocation.say(&text);
            let change = if relative.as_os_str().is_empty() {
                String::new()
            } else {
                format!(" --chdir={}", relative.display())
            };
            let first = environments.first().map(String::as_str).unwrap_or_default();
            match write::answer(&format!("Next: terrace{change} plan {first}\n")) {
                Ok(()) => ExitCode::Done,
                Err(_) => ExitCode::Failed,
            }
        }
        Err(error) => {
            let message = format!("cannot begin a project in `{}`", directory.display());
            refuse(Diagnostic::error("read-only-directory", message).note(error.to_string()))
        }
    }
}

/// Makes what is missing and says what that was.
fn begin(directory: &Path, environments: &[String]) -> std::io::Result<Vec<String>> {
    std::fs::create_dir_all(directory)?;
    let mut made = Vec::new();
    let has_definition = std::fs::read_dir(directory)?.flatten().any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "tf")
    });
    let project = directory.join(delivery::project::PROJECT_FILE);
    if !project.exists() {
        std::fs::write(&project, project_text(environments, !has_definition))?;
        made.push(delivery::project::PROJECT_FILE.to_owned());
    }
    if !has_definition {
        std::fs::write(directory.join("main.tf"), DEFINITION)?;
        made.push("main.tf".to_owned());
    }
    Ok(made)
}

fn project_text(environments: &[String], with_greeting: bool) -> String {
    let mut text = String::from(
        "# One definition, many environments. `terrace plan ENVIRONMENT` shows what would change.\n",
    );
    let mut before: Option<&String> = None;
    for name in environments {
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
        before = Some(name);
    }
    text
}
