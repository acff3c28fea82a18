//! The longer text of every diagnostic: what it means, why it is so, what to do. One entry for each of
//! [`model::diagnostic::IDS`], in their order.

/// The text for an id; paragraphs are separated by an empty line.
pub fn explanation(id: &str) -> Option<&'static str> {
    TEXTS
        .binary_search_by(|(known, _)| known.cmp(&id))
        .ok()
        .and_then(|at| TEXTS.get(at))
        .map(|(_, text)| *text)
}

const TEXTS: &[(&str, &str)] = &[
    (
        "ambiguous-attribute",
        "A name could mean two attributes, so neither is taken.\n\n\
         Write the whole path to the one that is meant.",
    ),
    (
        "ambiguous-revision",
        "The digests or commits of several revisions begin with that text. Write more of it, or the revision's number.",
    ),
    (
        "argument-count",
        "A function was called with more or fewer arguments than it takes. The message says how many it \
         takes.\n\n\
         To pass the elements of a list as arguments, write `...` after the last one: max(var.sizes...).",
    ),
    (
        "argument-not-null",
        "A function got null where it needs a value.\n\n\
         Give a default with coalesce(), or test for null first: x == null ? .. : f(x).",
    ),
    (
        "argument-type",
        "A function got a value of a type it cannot work with, and that cannot be converted to one it can.\n\n\
         terrace console shows what an expression gives and of which type it is.",
    ),
    (
        "belongs-to-another-environment",
        "A plan would take or read what another environment of the project has for itself: a file, a directory, a port. Taken, it \
         would be one object with two owners: what one environment does with it, the other would see as drift. Read, what is done \
         to one environment would change another. It is recorded with the step that makes the object, so that of two environments \
         that are applied at the same time one gets it; it is free again when the object is destroyed or forgotten.\n\n\
         Give each its own path, as with ${terraform.workspace} in it, or by a variable of the environment.",
    ),
    (
        "bug",
        "Something happened that cannot happen if Terrace is right. Nothing that was recorded is lost: what \
         was done is in the record, and what was begun is in its journal.\n\n\
         Please report it with the text of the message and the output of terrace version.",
    ),
    (
        "check-failed",
        "A check of the environment did not pass in the time it has (`within`). What was applied stays \
         applied and recorded; the environment does not count as verified.\n\n\
         The message says what the check saw last.",
    ),
    (
        "check-not-tried",
        "The command was interrupted before all checks of the environment came to an end. What was applied stays \
         applied and recorded. A check that was not tried has neither passed nor failed: the environment does not \
         count as verified until `terrace verify` has tried it.",
    ),
    (
        "condition-failed",
        "A validation, precondition, postcondition or assertion of a `check` block gave false. The message is the one \
         its author wrote.\n\n\
         A failed precondition stops the instance before anything happens to it. A failed postcondition comes \
         after: what was done stays done and recorded, and what depends on it does not go on. What a `check` block \
         finds is only a warning, in the plan and again after the apply.",
    ),
    (
        "condition-not-known",
        "The condition of a `check` block needs a value that is known only after the apply, so that the plan cannot tell \
         whether it holds. The apply looks at it when all is done.",
    ),
    (
        "constant-condition",
        "A condition refers to nothing, so that it always gives the same answer.\n\n\
         A validation refers to its variable; a precondition or postcondition to what it guards.",
    ),
    (
        "cycle",
        "Things need each other in a circle, so that none can come first. The message names the shortest \
         circle there is.\n\n\
         Take one of the references out: often a security rule, a policy or an attachment can be a resource \
         of its own that depends on both sides.",
    ),
    (
        "deep-recursion",
        "Something nests deeper than anyone writes by hand. Mostly it is generated text that does not end \
         where it should.",
    ),
    (
        "deprecated",
        "This still works and will not for ever. The message says what to write instead.",
    ),
    ("division", "A number was divided by zero, or zero by zero."),
    (
        "duplicate-argument",
        "An argument is set twice in one block. Only one of them can count, so neither is taken.",
    ),
    (
        "duplicate-definition",
        "Two blocks declare the same thing. Both places are shown.\n\n\
         All .tf files of a directory are one module: the other block may be in another file.",
    ),
    (
        "duplicate-key",
        "A key comes twice where each may come once, such as in the result of a `for` with braces.\n\n\
         To gather the values of equal keys in lists, write `...` after the value: {for s in list : s.key => \
         s...}.",
    ),
    (
        "empty-definition",
        "The directory has no .tf or .tf.json files, so there is nothing to plan.\n\n\
         terrace init writes a definition to begin with. The project file terrace.hcl names the directory \
         (`definition = \"infra\"`).",
    ),
    (
        "ephemeral-misuse",
        "An ephemeral value is one that is never stored. Here it would be: in the record, in a plan or in an \
         output.\n\n\
         Use it in provider configurations, write-only arguments and ephemeral outputs of modules. \
         ephemeralasnull() gives null in its place.",
    ),
    (
        "file-not-readable",
        "A file could not be read. The cause is in the note.\n\n\
         Paths in functions such as file() start at the directory Terrace runs in; begin them with \
         ${path.module} to start at the module.",
    ),
    (
        "file-not-writable",
        "A file that was asked for cannot be written. The cause is in the note.\n\n\
         Reports are written beside the file and then take its place, so that the directory must be writable.",
    ),
    (
        "function-failed",
        "A function said no to its arguments. The reason follows the function's name.",
    ),
    (
        "heal-refused",
        "Something drifted that the policy allows to be healed, and it was left alone all the same: bringing it back would \
         change other instances too, would replace what is protected, would need more than the policy allows, or is not what \
         the definition says by now.\n\n\
         Healing brings back what was applied, and nothing else. The note says what was in the way.",
    ),
    (
        "held",
        "A person said that nothing may come to the environment for now: neither a promotion nor an apply. Healing and going \
         back stay possible.\n\n\
         When it is over: terrace release-hold. In an emergency, --break-glass REASON applies all the same, and is recorded.",
    ),
    (
        "import-failed",
        "An object that should be taken over could not be: it does not exist, cannot be read, or its type \
         cannot be imported. The record is as before.",
    ),
    (
        "impossible-rule",
        "A rule of terrace.hcl can never be met, or never does anything, as it is written: more approvals than \
         there are persons who may give them, a soak without an environment before, an action that does \
         nothing about the difference it is for.\n\n\
         The help says what to change.",
    ),
    (
        "in-one-place",
        "Two instances of one environment have the same file, directory, log file or port. Each of them makes it as its own \
         definition says, and a plan then finds what the other made: what one writes, the other loses, and when one is destroyed, \
         what is destroyed is the other's as well. Where both write the same content nothing is seen of it until then.\n\n\
         Give each its own, or let one block make it and others refer to that. A block that takes over what another gives up \
         in the same plan is nothing to be warned of.",
    ),
    (
        "inconsistent-result",
        "A provider made something else than it planned. What it made is recorded, so that nothing is lost; \
         what depends on it does not go on.\n\n\
         This is a bug in the provider. A new plan shows what is there now.",
    ),
    (
        "index-out-of-range",
        "A list, map or object has no element with this index or key. Counting starts at 0.\n\n\
         try(x[3], default) and lookup(map, key, default) give something else instead.",
    ),
    (
        "invalid-character",
        "A character that has no place in the language, such as typographic quotes or a control character. \
         The message says which one it is.",
    ),
    (
        "invalid-count",
        "`count` is a whole number of 0 or more, and known when the plan is made.\n\n\
         Where it depends on something that is made first, apply that alone before: terrace apply ENVIRONMENT \
         -target=ADDRESS.",
    ),
    (
        "invalid-escape",
        "A backslash in a string begins one of \\n \\r \\t \\\" \\\\ \\uXXXX \\UXXXXXXXX.\n\n\
         A backslash itself is written \\\\. In a heredoc backslashes are only backslashes.",
    ),
    (
        "invalid-for-each",
        "`for_each` is a map or a set of strings, and its keys are known when the plan is made: they become \
         part of addresses.\n\n\
         A list becomes a set with toset(). Where keys depend on something that is made first, use keys that \
         are known and put the rest into the values.",
    ),
    (
        "invalid-identifier",
        "A name is made of letters, digits, `_` and `-`, and does not begin with a digit or a `-`.",
    ),
    (
        "invalid-json",
        "Text that should be JSON is not. The message says where it stops being JSON.",
    ),
    (
        "invalid-number",
        "Text that should be a number is not one, or a number is written in a way that is not understood.",
    ),
    (
        "invalid-plan",
        "A provider planned something that it must not: it changed what the definition sets, or gave a value \
         of another type than it says.\n\n\
         Nothing was changed. This is a bug in the provider.",
    ),
    (
        "invalid-result",
        "A provider answered with something that does not fit its own schema.\n\n\
         This is a bug in the provider. What exists is recorded as far as it is known.",
    ),
    (
        "invalid-template",
        "A template (`${..}` or `%{..}`) is not complete or not in order: each %{ if } and %{ for } has its \
         %{ endif } and %{ endfor }.\n\n\
         To write the characters themselves, double the first: $${ and %%{.",
    ),
    (
        "invalid-type",
        "A type constraint is not one. Types are string, number, bool, any, list(T), set(T), map(T), \
         object({name = T}), tuple([T]) and, inside of an object, optional(T, default).",
    ),
    (
        "invalid-utf8",
        "Text is not UTF-8. Definition files are UTF-8; a byte-order mark at the beginning is accepted.\n\n\
         A file with other bytes is read with filebase64().",
    ),
    (
        "journal-open",
        "A run before this one ended in the middle of a step, and what came of that step is not known. What \
         may exist is listed.\n\n\
         Everything that can be found out is found out by itself; this is what is left. The message says for \
         each object what may exist and how to settle it. Until then it is left as it is, and neither an apply nor a \
         destroy ends well.",
    ),
    (
        "missing-argument",
        "A block needs an argument that is not there.",
    ),
    (
        "missing-block",
        "A block needs another block inside of it, or one of more than one, that is not there.",
    ),
    (
        "missing-input",
        "An input of terrace.hcl has no default, and no revision before had a value for it.\n\n\
         Give it once, `--input NAME=VALUE`, when the revision is made or applied; those that follow keep it.",
    ),
    (
        "missing-module",
        "A module is not where its `source` says. Local sources begin with ./ or ../ and start at the \
         directory of the file; in a package that was fetched they stay in it. Others name a module of a \
         registry, as `namespace/name/provider`, a Git repository, as `git::https://host/path.git`, or an \
         archive, as `https://host/name.zip`; a directory in it follows after `//`. Only modules of registries \
         have a `version`.",
    ),
    (
        "missing-provider",
        "Nothing here provides this type of resource, or a provider configuration that is named does not \
         exist.",
    ),
    ("missing-value", "A value is needed and none is there."),
    (
        "missing-variable",
        "A variable without a default has no value in this environment.\n\n\
         Set it in terrace.hcl (`variables` of the environment), in a file (`variable_files`, -var-file) or \
         with -var NAME=VALUE.",
    ),
    (
        "module-not-fetched",
        "A module that is not a local path could not be had from where its `source` says.\n\n\
         Git repositories are fetched by the program `git`, with its credentials; archives and pages are asked for \
         with the logins in ~/.netrc; registries with a token by the variable TF_TOKEN_HOST, with `_` for each \
         dot, or by a `credentials` block of Terraform's CLI configuration (~/.terraformrc, or what \
         TF_CLI_CONFIG_FILE names), where a `host` block can also say where a host's services are.\n\n\
         What was fetched is kept in .terrace/modules and installed in .terraform/modules, as Terraform does it. It \
         stays what it was resolved to until `terrace init -upgrade`. A revision has the modules in it: nothing \
         is fetched to promote it or to go back to it.",
    ),
    (
        "move-blocked",
        "A `moved` block says that an object has another address now. Where there is an object at that address already, \
         nothing is moved, and the plan shows what happens to both: remove or rename one of them first when that is not \
         what is wanted.\n\n\
         It is an error where the block cannot be meant: one thing is moved to two addresses or two to one, a chain of moves \
         comes back to where it began, or an object of one type is to become one of another.",
    ),
    (
        "no-longer-managed",
        "A `removed` block with `destroy = false` takes objects out of the record without destroying them. They go on to \
         exist, and nothing here knows of them any more: they are not updated, not destroyed and not looked at.",
    ),
    (
        "no-such-plan",
        "There is no saved plan of that id, or the file names none. Plans are kept in the record until something is applied that \
         they know nothing of; the file that terrace plan -out=FILE writes only names one, and means nothing beside another record. \
         Nothing was changed.\n\n\
         Make a new plan.",
    ),
    (
        "not-a-literal",
        "Only a plain value may stand here, because it is read before anything can be evaluated.",
    ),
    (
        "not-adopted",
        "terrace adopt writes what is there only where one literal says it, or none does yet: in the block itself, where \
         terrace.hcl or a variable file gives the variable, or among the environment's variables. What an expression computes, \
         and what a block with count or for_each says for several instances is not rewritten, nor is anything sensitive.\n\n\
         Edit the place that is shown, or put back what was applied.",
    ),
    (
        "not-held",
        "A hold was to be ended where there is none.\n\n\
         See what an environment waits for: terrace status.",
    ),
    (
        "not-in-revision",
        "The definition reads a file with `file`, `templatefile`, `fileset` or the like which would not be in the revision \
         that is made of it. What is verified here would not be what other environments get.\n\n\
         In a revision is every file below the definition's directory and those of its modules, but hidden ones directly in \
         them, what ignore files name, and what the definition made itself. Keep what it reads there, or give it as a \
         variable.",
    ),
    (
        "not-known",
        "A value is known only after the apply, where it is needed before.",
    ),
    (
        "not-notified",
        "Somebody whom a `notify` block of terrace.hcl names could not be told. That changes nothing of what was done, and \
         nothing is lost: told is how things are, so that the next look, apply or promotion tells it, unless it is over \
         by then.",
    ),
    (
        "not-promoted",
        "An environment that comes `after` others takes only a revision that was promoted to it, so that what runs there was \
         verified before. An apply there is to apply that revision again, with other variables or to mend what changed \
         outside; it brings nothing new.\n\n\
         Bring a revision there: terrace promote. Apply what is promoted, whatever was edited since: terrace apply \
         ENVIRONMENT --revision r42. In an emergency, --break-glass REASON applies the definition as it is; that is \
         recorded, and status and plans show it until the next promotion.",
    ),
    (
        "nothing-deployed",
        "An environment has nothing in it that its checks could be tried on.\n\n\
         Bring something there first: terrace apply, terrace promote or terrace pipeline run.",
    ),
    (
        "nothing-to-adopt",
        "Only what has other values outside than were applied, which a literal says, can be adopted; a warning tells what is \
         in the way of an edit. What is gone can be made again, or its block taken out.\n\n\
         See what has drifted: terrace drift.",
    ),
    (
        "nothing-to-break",
        "--break-glass goes past the rules of an environment that comes `after` others. There are none here, so that what \
         was meant is not plain.",
    ),
    ("null-value", "A value is null where it may not be."),
    (
        "operand-type",
        "An operator got values it does not work with: + - * / % < > take numbers, && || ! take true and \
         false.",
    ),
    (
        "plan-stale",
        "The record has changed since this plan was made, so what it says may not be true any more. Nothing \
         was changed.\n\n\
         Make a new plan.",
    ),
    (
        "prevent-destroy",
        "The plan would destroy an instance whose block says `prevent_destroy = true`. Nothing was changed.\n\n\
         Take that line out when the object really is to go, or leave the instance out of the plan \
         (-exclude=ADDRESS).",
    ),
    (
        "project-file",
        "terrace.hcl has something in it that is not understood. The place is shown.",
    ),
    (
        "promotion-blocked",
        "A revision may come to an environment only when every rule of `terrace.hcl` is met: it was verified in each \
         environment that this one is `after`, soaked there, approved, not rejected, nothing is held, and it is the \
         time. Nothing was changed. The exit code is 3 where a person must decide first, and 4 where time must \
         pass.\n\n\
         Do what the error says and promote again.",
    ),
    (
        "protected",
        "What a plan would destroy or replace is data: `protect` of its environment in terrace.hcl names it, or its type is one \
         whose objects keep data, such as databases, disks and buckets. That its block is gone, or that everything is to be \
         destroyed, does not matter.\n\n\
         Where the data may go, name each instance, or a pattern of them: --allow-destroy ADDRESS. It is asked again each \
         time, also where a saved plan is applied. To keep an object and forget it, write a `removed` block.",
    ),
    (
        "provider-configuration-gone",
        "Objects are recorded that were made with a provider configuration which is not in the definition any \
         more: an alias, or a `provider` block of a module, that was taken out together with what it made. \
         Without it Terrace does not know where they are; looked for in the wrong place, they would be taken for \
         gone and be lost.\n\n\
         Put the `provider` block back, apply, so that what it made is destroyed, and then take the block out. Or \
         leave what exists to itself: a `removed` block with `destroy = false` takes it out of the record. \
         Providers that take no configuration need none.",
    ),
    (
        "provider-failed",
        "A provider could not do what it was asked, for a reason that may pass or that it does not tell. It \
         was tried again where that makes sense.\n\n\
         What exists is recorded. Apply again to go on from there.",
    ),
    (
        "provider-refused",
        "What is behind the provider said no, and would say no again. The note has its own words.\n\n\
         What exists is recorded. Change what was refused and apply again.",
    ),
    (
        "read-only-directory",
        "The project's directory cannot be written, and the record is to be made there, or to get the format that \
         this Terrace reads.",
    ),
    (
        "record-gone",
        "The file of the record was deleted, moved or replaced while a run wrote to it, by `git clean -x` perhaps. The \
         run starts nothing more. What it made exists, and no record knows it.\n\n\
         Put `.terrace` back, from a backup or from where it went, before anything else is applied: the next apply \
         would make everything a second time. What the run told of is to be found by hand.",
    ),
    (
        "record-locked",
        "Another run is changing this environment. Two at once could not know of each other's changes.\n\n\
         Wait for it; terrace log ENVIRONMENT shows it. When its process is gone, its hold on the record ends \
         by itself. The exit code is 75, so that scripts can try again.",
    ),
    (
        "record-moved-on",
        "Checks were run where there was nothing to apply, and another run changed the environment meanwhile. What they \
         saw may be of before it or of after it, so it is shown and not recorded. Try them again.",
    ),
    (
        "record-newer",
        "The record was written by a newer Terrace and has things in it that this one does not know. It was \
         not touched.\n\n\
         Use that release or a newer one.",
    ),
    (
        "record-unreadable",
        "The record could not be opened or is damaged. It was not changed.\n\n\
         The note says what is wrong with it. Every change before the damage is in the backups of \
         .terrace/state.db, if any were made.",
    ),
    (
        "record-write",
        "The record could not be written, mostly because the disk is full. An effect is begun only when the \
         intent to do it is recorded; what came of one whose result could not be recorded is found out by the \
         next command.\n\n\
         Make room and apply again.",
    ),
    (
        "report-too-long",
        "With --max-bytes, a summary in Markdown is folded until it fits: details first, then reasons, then lists. What is \
         destroyed or replaced stays in it, by the names of the blocks. Where these alone are more, they are all that is in the \
         file, and it is longer than was asked for.",
    ),
    (
        "reserved-name",
        "This name has a meaning of its own in the language and cannot be given to anything else.",
    ),
    (
        "revision-too-large",
        "A revision holds the definition, not the data that it works on, and is kept for ever: at most 64 MiB.\n\n\
         Everything below the definition's directory is in it, except what .gitignore, .ignore and .terraceignore \
         leave out.",
    ),
    (
        "rollback-failed",
        "An apply or its checks failed, the environment was to go back by itself (--on-failure=rollback), and that failed \
         too. What was done is recorded; what the environment has now is neither the one nor the other.\n\n\
         The messages above say what stands in the way. When it is mended, the command in the help goes back again.",
    ),
    (
        "rollback-impossible",
        "A rollback goes to a revision and variables that the environment had: without --to, to the last ones before those \
         of now that were applied whole, whose checks passed, and that were not rejected. What a rollback left is not \
         gone back to, unless --to names it.\n\n\
         terrace log ENVIRONMENT says what was there.",
    ),
    (
        "secret-in-revision",
        "A revision keeps the files beside the definition as they are, so that it can be applied again, in every environment. \
         `terraform.tfvars` and `*.auto.tfvars` are among them: a secret in one of them is in the record as it is written \
         there, not sealed as the values of variables are.\n\n\
         Give secrets by an environment's `variable_files` or by TF_VAR_name, or name the file in .gitignore or \
         .terraceignore: then it is no part of a revision, and counts where it is.",
    ),
    (
        "self-reference",
        "A block refers to itself. What an instance has only after it is made cannot be part of what it is \
         made from.\n\n\
         Inside of provisioners, connections and postconditions `self` names the instance.",
    ),
    (
        "sensitive-value",
        "A sensitive value would be shown. An output that has one says `sensitive = true`.\n\n\
         nonsensitive() says that a value derived from a secret gives nothing away.",
    ),
    (
        "shared-input",
        "An input is a value that is the same in every environment of a revision, so that what was verified in \
         one is what comes to the next. An environment cannot set it.\n\n\
         Take the input away if environments differ in it, or the environment's value if they do not.",
    ),
    (
        "still-declared",
        "A `removed` or `moved` block is about something that is still declared. Only one of both can be \
         meant.",
    ),
    (
        "syntax",
        "The text is not in the form of the language at this place. What was expected instead is said where \
         it is known.\n\n\
         What follows is read as well as possible, so that as many errors as possible are found at once; one \
         mistake can still cause several of them.",
    ),
    (
        "target-unknown",
        "An address on the command line names nothing that is defined or recorded: no such block, or no instance of it \
         with that key. `-replace` wants whole addresses, one for each instance.\n\n\
         terrace state list ENVIRONMENT lists what is recorded.",
    ),
    (
        "too-large",
        "Something is larger than Terrace can handle: a file, a number of instances, a text.",
    ),
    ("too-many-blocks", "A block may come only so many times."),
    (
        "undeclared-environment",
        "The record has an environment that terrace.hcl does not declare: its block was taken out, or has another name \
         now. What it has is still there, but nothing plans it any more. Put the block back under its old name, or \
         destroy what it has: terrace destroy NAME. show, state, log and output still take its name. An environment \
         cannot be given another name together with what it has.",
    ),
    (
        "undeclared-variable",
        "A value is given for a variable that the definition does not declare. It is mostly a mistyped name.\n\n\
         In an environment of terrace.hcl this is an error; in a file of variables a warning, because one \
         file may serve several definitions.",
    ),
    (
        "unknown-attribute",
        "An object has no attribute of this name. What it has comes from the schema of its type, or from the \
         value it was made from.",
    ),
    (
        "unknown-block",
        "A block of this type, or an argument of this name, has no meaning here.",
    ),
    (
        "unknown-environment",
        "The project has no environment of this name. terrace status lists those it has; terrace.hcl declares \
         them. Named on the command line, the exit code is 64.",
    ),
    ("unknown-function", "There is no function of this name."),
    (
        "unknown-head",
        "A head is the hash of the last run of a history, and covers all runs before it. terrace log --verify prints that of \
         every environment; who keeps them outside of the record (in the log of a CI job, in a ticket) can ask later whether \
         the history still goes on from there: terrace log --verify --head HASH.\n\n\
         Where it does not, the record is not the one that the head is from, or was put back from an older copy together with \
         its key, which nothing inside of it can tell.",
    ),
    (
        "unknown-input",
        "`--input` names an input that terrace.hcl does not declare. Variables of one environment are set with -var.",
    ),
    (
        "unknown-name",
        "A name has no meaning at this place. Names that a `for` brings are known only inside of it.",
    ),
    (
        "unknown-reference",
        "A reference names something that is not declared in this module.\n\n\
         Modules see only their own variables, locals and resources; what they need from outside comes in as \
         a variable, what they give comes out as an output.",
    ),
    (
        "unknown-resource-type",
        "No provider of this definition has a resource or data source of this type.",
    ),
    (
        "unknown-revision",
        "No revision has that number, and no digest or commit of one begins with that text.\n\n\
         `terrace revision list` lists them. A number may be written r42 or 42; the start of a digest or commit has at \
         least four digits.",
    ),
    (
        "unknown-run",
        "The record has no run of this number, or it is a run of another environment. Runs are numbered in one row for \
         all environments of a project.\n\n\
         terrace log lists them, the newest first; terrace log -n 1000 goes further back.",
    ),
    (
        "unsupported",
        "Terraform knows this and Terrace does not yet. Nothing was changed.",
    ),
    (
        "unterminated",
        "A quote, bracket, heredoc or comment is opened and never closed. The place shown is where it begins.",
    ),
    (
        "value-type",
        "A value has another type than is wanted here, and cannot be converted to it.\n\n\
         terrace console shows what an expression gives and of which type it is.",
    ),
    (
        "version-constraint",
        "A version that is wanted is not the one that is there, or what is written is no version constraint.\n\n\
         Constraints look like \">= 1.2.0\", \"~> 1.4\" or \">= 1.2, < 2.0\".",
    ),
    (
        "watched-already",
        "Another `terrace watch` watches this environment. Two that heal would count attempts and limits twice over; one \
         is enough, and ends with its process, however that ends.\n\n\
         End the other first; to look once beside it: terrace drift.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_text_and_every_text_an_id() {
        let ours: Vec<&str> = TEXTS.iter().map(|(id, _)| *id).collect();
        assert_eq!(ours, model::diagnostic::IDS);
    }
}
