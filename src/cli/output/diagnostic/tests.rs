use super::*;
use model::{FileId, Span};

fn look() -> Look {
    Look::plain().wide(80)
}

/// The span of the `nth` occurrence of `what`, from 0.
fn find(sources: &Sources, file: FileId, what: &str, nth: usize) -> Span {
    let text = &sources.file(file).unwrap().text;
    let (at, _) = text.match_indices(what).nth(nth).unwrap();
    Span::new(file, at, at + what.len())
}

fn network() -> (Sources, FileId) {
    let mut sources = Sources::default();
    let text =
        "resource \"aws_subnet\" \"app\" {\n  count      = 3\n  vpc_id     = aws_vpc.main.idd\n}\n";
    let file = sources.add("envs/staging/network.hcl", text);
    (sources, file)
}

fn show(diagnostics: Diagnostics, sources: &Sources) -> String {
    render(&diagnostics, sources, Warnings::Folded, look()) + "[EOF]"
}

#[test]
fn an_unknown_attribute_with_its_block_and_an_edit() {
    let (sources, file) = network();
    let place = find(&sources, file, "aws_vpc.main.idd", 0);
    let name = Span {
        start: place.end - 3,
        ..place
    };
    let diagnostic =
        Diagnostic::error("unknown-attribute", "`aws_vpc.main` has no attribute `idd`")
            .at(place, "no such attribute in schema `aws_vpc` v1")
            .and_at(
                find(&sources, file, "resource \"aws_subnet\" \"app\" {", 0),
                "",
            )
            .help("did you mean `id`?")
            .suggest(name, "id");
    insta::assert_snapshot!(show(diagnostic.into(), &sources));
}

#[test]
fn notes_name_the_instance_and_wrap() {
    let (sources, file) = network();
    let diagnostic = Diagnostic::error("index-out-of-range", "`cidrsubnet` has no subnet number 300 in 8 new bits")
        .at(find(&sources, file, "count      = 3", 0), "8 bits hold 0 to 255")
        .about("module.a.aws_subnet.app[\"z\"]".parse().unwrap())
        .note("var.cidr = \"10.0.0.0/16\", set at envs/staging.hcl:9")
        .note("2 more instances fail the same way, and this is a long sentence that has to go on in another line");
    insta::assert_snapshot!(show(diagnostic.into(), &sources), @r#"
    error[index-out-of-range]: `cidrsubnet` has no subnet number 300 in 8 new bits
     --> envs/staging/network.hcl:2:3
      |
    2 |   count      = 3
      |   ^^^^^^^^^^^^^^ 8 bits hold 0 to 255
      |
      = note: for module.a.aws_subnet.app["z"]
      = note: var.cidr = "10.0.0.0/16", set at envs/staging.hcl:9
      = note: 2 more instances fail the same way, and this is a long sentence
              that has to go on in another line
    [EOF]
    "#);
}

#[test]
fn an_error_without_a_place_keeps_the_shape() {
    let diagnostic =
        Diagnostic::error("record-locked", "another run holds the record of `staging`")
            .note("run 52 by ci on host build-3, since 14:03:22Z")
            .help("wait for it, or look at it with\nterrace log staging");
    insta::assert_snapshot!(show(diagnostic.into(), &Sources::default()), @r"
    error[record-locked]: another run holds the record of `staging`
      note: run 52 by ci on host build-3, since 14:03:22Z
    help: wait for it, or look at it with
          terrace log staging
    [EOF]
    ");
}

#[test]
fn several_are_sorted_and_warnings_of_one_id_folded() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "a = 1\nb = 2\nc = 3\nd = 4\n");
    let warn = |what: &str| {
        Diagnostic::warning("deprecated", format!("`{what}` is deprecated"))
            .at(find(&sources, file, what, 0), "")
    };
    let error = |what: &str| {
        Diagnostic::error("unknown-name", format!("`{what}` is not known"))
            .at(find(&sources, file, what, 0), "")
    };
    let all: Diagnostics = [error("d"), warn("c"), warn("b"), error("a")]
        .into_iter()
        .collect();
    let closing = closing(&all, "nothing was changed").unwrap();
    insta::assert_snapshot!(show(all, &sources) + &closing.show(look()));
}

#[test]
fn compact_warnings_are_a_line_each() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "a = 1\n");
    let warning =
        Diagnostic::warning("deprecated", "`a` is deprecated").at(find(&sources, file, "a", 0), "");
    let text = render(&warning.into(), &sources, Warnings::Compact, look());
    insta::assert_snapshot!(text + "[EOF]", @r"
    warning[deprecated]: `a` is deprecated at main.tf:1
    [EOF]
    ");
}

#[test]
fn another_file_and_a_far_line_get_excerpts_of_their_own() {
    let mut sources = Sources::default();
    let text = format!("first = 1\n{}second = 2\n", "# filler\n".repeat(200));
    let file = sources.add("main.tf", &text);
    let other = sources.add("other.tf", "third = 3\n");
    let diagnostic = Diagnostic::error("duplicate-definition", "`second` is defined three times")
        .at(find(&sources, file, "second", 0), "again")
        .and_at(find(&sources, file, "first", 0), "first")
        .and_at(find(&sources, other, "third", 0), "elsewhere");
    insta::assert_snapshot!(show(diagnostic.into(), &sources));
}

#[test]
fn a_span_of_several_lines_and_a_very_tall_one() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "a = {\n  b = 1\n}\n");
    let tall = sources.add(
        "tall.tf",
        &format!("a = {{\n{}}}\n", "  b = 1\n".repeat(1000)),
    );
    let all: Diagnostics = [file, tall]
        .into_iter()
        .map(|file| {
            let end = sources.file(file).unwrap().text.len() - 1;
            Diagnostic::error("value-type", "an object, where a string is wanted")
                .at(Span::new(file, 4, end), "this")
        })
        .collect();
    insta::assert_snapshot!(show(all, &sources));
}

#[test]
fn tabs_wide_characters_and_the_end_of_the_file_are_underlined_right() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "\tx = \"\u{5b57}\u{5b57}\" + yy\n\u{e9} = {");
    let end = sources.file(file).unwrap().text.len();
    let all: Diagnostics = [
        Diagnostic::error("unknown-name", "`yy` is not known")
            .at(find(&sources, file, "yy", 0), "here"),
        Diagnostic::error("unterminated", "`{` has no `}`")
            .at(Span::new(file, end, end), "the file ends here"),
    ]
    .into_iter()
    .collect();
    insta::assert_snapshot!(show(all, &sources));
}

#[test]
fn a_file_of_one_line_of_50_mb_is_shown_around_the_place() {
    let mut sources = Sources::default();
    let text = format!(
        "x = \"{}\" + yy + \"{}\"",
        "a".repeat(25_000_000),
        "\u{e9}".repeat(12_000_000)
    );
    let file = sources.add("main.tf", &text);
    let place = find(&sources, file, "yy", 0);
    let all: Diagnostics = (0..200)
        .map(|n| {
            Diagnostic::error("unknown-name", format!("`yy` is not known, {n}")).at(place, "here")
        })
        .collect();
    let text = show(all, &sources);
    let first = text
        .split_once("error[unknown-name]: `yy` is not known, 1")
        .unwrap()
        .0;
    insta::assert_snapshot!(first.to_owned() + "[EOF]");
}

#[test]
fn an_edit_alone_has_a_title() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "type = \"string\"\n");
    let quoted = find(&sources, file, "\"string\"", 0);
    let diagnostic = Diagnostic::warning("deprecated", "a type in quotes is deprecated")
        .at(quoted, "")
        .suggest(quoted, "string");
    insta::assert_snapshot!(show(diagnostic.into(), &sources));
}

#[test]
fn debug_colour_labels_a_diagnostic() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "a = b\n");
    let diagnostic = Diagnostic::error("unknown-name", "`b` is not known")
        .at(find(&sources, file, "b", 0), "here")
        .help("did you mean `a`?");
    let look = Look {
        paint: Paint::Debug,
        ..look()
    };
    let text = render(&diagnostic.into(), &sources, Warnings::Folded, look);
    insta::assert_snapshot!(text + "[EOF]");
}

#[test]
fn ascii_terminals_get_ascii() {
    let mut sources = Sources::default();
    let file = sources.add("main.tf", "a = \"\u{e9}\" + b\n");
    let diagnostic = Diagnostic::error("unknown-name", "`b` is not known")
        .at(find(&sources, file, "b", 0), "\u{2192} here");
    let look = Look {
        charset: crate::cli::output::style::Charset::Ascii,
        ..look()
    };
    let text = render(&diagnostic.into(), &sources, Warnings::Folded, look);
    insta::assert_snapshot!(text + "[EOF]", @r#"
    error[unknown-name]: `b` is not known
     --> main.tf:1:11
      |
    1 | a = "\u00e9" + b
      |           ^ -> here
    [EOF]
    "#);
}
