//! Terraform's commands that Terrace has under another name or does not need, with what does the same here.

/// What to do instead of a command of Terraform; none for a word that is none.
pub(super) fn instead_of(command: &str) -> Option<&'static str> {
    let text = match command {
        "refresh" => {
            "to bring the record up to what exists: terrace apply ENVIRONMENT -refresh-only"
        }
        "taint" => "to replace an instance: terrace apply ENVIRONMENT -replace=ADDRESS",
        "untaint" => {
            "an object that was made in part is replaced by the next apply; nothing else marks one"
        }
        "workspace" | "env" => {
            "environments take the place of workspaces: terrace.hcl declares them, terrace status lists them,\n\
             and each command takes one by its name"
        }
        "import" => {
            "an object that there is already cannot be taken over yet, neither by a command nor by an `import` block;\n\
             a data source reads one"
        }
        "test" => {
            "to check a definition: terrace validate; to check what was applied: the checks of terrace.hcl.\n\
             Terraform's test files are not run"
        }
        "providers" => {
            "the providers are built in; what they have: terrace explain types, and terrace explain local_file"
        }
        "modules" => {
            "what the modules of a revision are: terrace revision show r1; to install them: terrace get"
        }
        "graph" => "what depends on what is in the plan: terrace show -json PLAN",
        "force-unlock" => {
            "there is nothing to unlock: the lock of a process that is gone is taken over by the next command"
        }
        "login" | "logout" | "cloud" => {
            "the record is a file of the project; there is nothing to log in to"
        }
        "mv" => "to give an object another address: write a `moved` block",
        "rm" => {
            "to let an object go without destroying it: write a `removed` block with `lifecycle { destroy = false }`"
        }
        "pull" => "to have what is recorded in Terraform's format: terrace show -json ENVIRONMENT",
        "push" | "replace-provider" => "what is recorded cannot be written by hand",
        "metadata" | "stacks" => "Terrace has nothing of the kind",
        _ => return None,
    };
    Some(text)
}

/// What to do instead of an option of Terraform; none for a word that is none.
pub(super) fn option_instead(option: &str) -> Option<&'static str> {
    let text = match option {
        "get" | "reconfigure" | "migrate-state" | "backend" | "backend-config" | "plugin-dir"
        | "lockfile" => {
            "there is nothing to initialise but modules: terrace get installs them, terrace plan reads what is there"
        }
        "state" | "state-out" | "backup" | "force-copy" => {
            "what is recorded is in .terrace/state.db; files of Terraform's state are neither read nor written"
        }
        "generate-config-out" => "an object that there is already cannot be taken over yet",
        "force" => "to be asked nothing: -auto-approve",
        _ => return None,
    };
    Some(text)
}
