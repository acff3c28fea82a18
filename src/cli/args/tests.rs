use clap::CommandFactory;

use super::*;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::style::Paint;

fn line(words: &str) -> Result<Args, Box<Early>> {
    parse(
        std::iter::once("terrace")
            .chain(words.split_whitespace())
            .map(OsString::from),
        &BTreeMap::new(),
    )
}

fn plan(words: &str) -> PlanArgs {
    let Command::Plan(args) = line(words).unwrap().command else {
        panic!("{words} is no plan")
    };
    args
}

fn apply(words: &str) -> ApplySubject {
    let Command::Apply(args) = line(words).unwrap().command else {
        panic!("{words} is no apply")
    };
    args.subject(|word| word == "staging", |path| path == "net.plan")
        .unwrap()
}

fn refused(words: &str) -> String {
    let early = line(words).unwrap_err();
    assert_eq!(early.code, ExitCode::Usage);
    early.text(Paint::Plain) + "[EOF]"
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn input_is_a_value_or_whether_to_ask() {
    let planning = |words: &str| plan(words).planning;
    let given = [
        ("a".to_owned(), "b=c".to_owned()),
        ("d".to_owned(), String::new()),
    ];
    for words in [
        "plan test --input a=b=c -input=d= -input=false",
        "plan --input=a=b=c --input d= --input=false test",
    ] {
        let found = planning(words);
        assert_eq!(found.inputs, given, "{words}");
        assert!(!found.input, "{words}");
    }
    assert!(planning("plan test -input").input);
    assert!(planning("plan test --input a=b").input);
    assert_eq!(
        plan("plan -input test").environment.as_deref(),
        Some("test")
    );
    insta::assert_snapshot!(refused("plan test --input=a"), @r"
    error: `--input a` is neither NAME=VALUE nor true or false

    For more information, try '--help'.
    [EOF]
    ");
}

#[test]
fn terraforms_options_are_taken_with_one_dash_and_two() {
    for words in [
        "plan staging -var a=b -var-file=x.tfvars -target=a.b -refresh=false -json -out=p -detailed-exitcode \
         -input=false -parallelism=3 -replace=a.b[0] -lock=false -compact-warnings -no-color",
        "plan staging --var a=b --var-file x.tfvars --target a.b --refresh=false --json --out p \
         --detailed-exitcode --input=false --parallelism 3 --replace a.b[0] --lock=false --compact-warnings \
         --no-color",
    ] {
        let args = plan(words);
        assert_eq!(args.environment.as_deref(), Some("staging"));
        assert_eq!(args.planning.given.len(), 2);
        assert_eq!(args.planning.targets, ["a.b".parse().unwrap()]);
        assert_eq!(args.planning.replaces, ["a.b[0]".parse().unwrap()]);
        assert_eq!(args.planning.parallelism.map(NonZeroUsize::get), Some(3));
        assert!(!args.planning.refresh && !args.planning.input);
        assert!(args.showing.json && args.showing.compact_warnings && args.detailed_exitcode);
        assert_eq!(args.out, Some("p".into()));
        assert_eq!(args.planning.without_effect().len(), 1);
    }
}

#[test]
fn a_flag_may_be_set_to_a_value_as_in_terraform() {
    assert!(plan("plan -json=true").showing.json);
    assert!(!plan("plan -json=false").showing.json);
    assert!(plan("plan -refresh").planning.refresh);
    assert!(plan("plan -destroy").planning.destroy);
}

#[test]
fn short_options_stay_short_and_count() {
    let args = line("-chdir=infra -qq plan -vv staging").unwrap();
    assert_eq!((args.global.quiet, args.global.verbose), (2, 2));
    assert_eq!(args.global.chdir, Some("infra".into()));
    assert_eq!(
        line("plan -no-color").unwrap().global.color(),
        ColorChoice::Never
    );
}

#[test]
fn variables_keep_the_order_of_the_command_line() {
    let variable = |name: &str, value: &str| Given::Variable {
        name: name.into(),
        value: value.into(),
    };
    assert_eq!(
        plan("plan -var a=1 -var-file=f -var a=x=y -var-file g")
            .planning
            .given,
        [
            variable("a", "1"),
            Given::File("f".into()),
            variable("a", "x=y"),
            Given::File("g".into())
        ]
    );
    insta::assert_snapshot!(refused("plan -var a"), @r"
    error: `--var a` is not NAME=VALUE

    For more information, try '--help'.
    [EOF]
    ");
}

#[test]
fn apply_takes_an_environment_a_plan_or_both() {
    let id = || Some(PlanRef::Id("p7f3a91c".parse().unwrap()));
    let environment = || Some("staging".to_owned());
    assert_eq!(apply("apply"), ApplySubject::default());
    assert_eq!(
        apply("apply staging"),
        ApplySubject {
            environment: environment(),
            plan: None
        }
    );
    assert_eq!(
        apply("apply p7f3a91c"),
        ApplySubject {
            environment: None,
            plan: id()
        }
    );
    assert_eq!(
        apply("apply staging p7f3a91c"),
        ApplySubject {
            environment: environment(),
            plan: id()
        }
    );
    let file = Some(PlanRef::File("net.plan".into()));
    assert_eq!(
        apply("apply -auto-approve net.plan"),
        ApplySubject {
            environment: None,
            plan: file
        }
    );
}

#[test]
fn an_environment_and_a_plan_stand_in_any_order() {
    assert_eq!(
        apply("apply net.plan staging"),
        apply("apply staging net.plan")
    );
}

#[test]
fn a_word_that_names_nothing_says_so() {
    let Command::Apply(args) = line("apply stagin").unwrap().command else {
        panic!()
    };
    assert_eq!(
        args.subject(|_| false, |_| false).unwrap_err().to_string(),
        "`stagin` is neither an environment nor a plan's id or file"
    );
    let Command::Show(args) = line("show run").unwrap().command else {
        panic!()
    };
    assert_eq!(
        args.subject(|_| false, |_| false).unwrap_err().to_string(),
        "the number of a run is missing"
    );
}

#[test]
fn show_and_output_and_state_sort_their_words_out() {
    let Command::Show(args) = line("show staging run 51").unwrap().command else {
        panic!()
    };
    let subject = args.subject(|word| word == "staging", |_| false).unwrap();
    assert_eq!(subject.what, ShowWhat::Run(model::serial::RunId(51)));
    let Command::Output(args) = line("output url").unwrap().command else {
        panic!()
    };
    assert_eq!(
        args.subject(|_| false),
        Named {
            environment: None,
            rest: Some("url".into())
        }
    );
    let Command::State(StateCommand::Show(args)) = line("state show staging a.b").unwrap().command
    else {
        panic!()
    };
    let subject = args.subject(|word| word == "staging").unwrap();
    assert_eq!(
        (subject.environment.as_deref(), subject.rest.len()),
        (Some("staging"), 1)
    );
}

#[test]
fn a_wrong_option_gets_a_suggestion() {
    insta::assert_snapshot!(refused("plan -targt=a.b"), @r"
    error: `terrace plan` has no option `--targt`

    help: did you mean `--target`?

    Usage: terrace plan [OPTIONS] [ENVIRONMENT]

    For more information: terrace plan --help
    [EOF]
    ");
    insta::assert_snapshot!(refused("plna"), @r"
    error: unrecognized subcommand 'plna'

      tip: some similar subcommands exist: 'explain', 'plan'

    Usage: terrace [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [EOF]
    ");
    insta::assert_snapshot!(refused("plan -target=a"), @r"
    error: invalid value 'a' for '--target <ADDRESS>': `a` is not an address: a resource has a type and a name

    For more information, try '--help'.
    [EOF]
    ");
}

#[test]
fn help_names_every_command() {
    let early = line("--help").unwrap_err();
    assert_eq!(early.code, ExitCode::Done);
    let text = early.text(Paint::Plain);
    for command in Args::command().get_subcommands() {
        let about = command.get_about().unwrap().to_string();
        assert!(
            text.contains(&format!("  {:<12} {about}", command.get_name())),
            "{}",
            command.get_name()
        );
    }
    insta::assert_snapshot!(text + "[EOF]");
}

#[test]
fn the_help_of_plan() {
    insta::assert_snapshot!(line("plan -help").unwrap_err().text(Paint::Plain) + "[EOF]");
}
