//! Layout, compared with what `terraform fmt` 1.11.4 made of the same text (`cases.txt`).

use proptest::prelude::*;

use super::*;
use crate::syntax::parse::token::TokenKind;
use tokens::Kind;

/// Pairs of input and output.
fn cases() -> Vec<(&'static str, &'static str)> {
    let pairs = include_str!("cases.txt").split("#### input\n").skip(1);
    pairs
        .map(|pair| pair.split_once("#### output\n").unwrap())
        .collect()
}

fn laid_out(text: &str) -> String {
    format(text).unwrap()
}

#[test]
fn text_is_laid_out_as_terraform_does() {
    assert!(cases().len() > 50);
    for (input, output) in cases() {
        assert_eq!(laid_out(input), output, "{input}");
        assert_eq!(laid_out(output), output, "a second time");
        let windows = laid_out(&input.replace('\n', "\r\n"));
        assert_eq!(windows, output.replace('\n', "\r\n"));
    }
}

#[test]
fn the_end_of_the_text_is_left_alone() {
    assert_eq!(laid_out("a=1"), "a = 1");
    assert_eq!(laid_out("a=1 # x"), "a = 1 # x");
    assert_eq!(laid_out("a=1\n\t "), "a = 1\n  ");
    assert_eq!(laid_out("\u{feff}a=1\n\n\n"), "a = 1\n\n\n");
    assert_eq!(laid_out(""), "");
}

/// Terraform 1.11.4 writes `a[]` and leaves the label out, which no longer means the same.
#[test]
fn nothing_is_lost() {
    assert_eq!(laid_out("a \"50%\" \"$\" {}\n"), "a \"50%\" \"$\" {}\n");
    assert_eq!(laid_out("a=b[ true ]\n"), "a = b[true]\n");
    assert_eq!(laid_out("a=b[ null ]\n"), "a = b[null]\n");
}

#[test]
fn text_that_cannot_be_read_has_no_layout() {
    let errors = format("a = [1\nb = = 2\n").unwrap_err();
    assert_eq!(errors.len(), 2);
}

#[test]
fn deep_nesting_is_laid_out_on_a_small_stack() {
    let work = || {
        let blocks = "a {\n".repeat(1_000) + &"}\n".repeat(1_000);
        assert!(laid_out(&blocks).contains("\n      a {\n"));
        let lists = "a = ".to_owned() + &"[".repeat(1_000) + &"]".repeat(1_000) + "\n";
        assert_eq!(laid_out(&lists), lists);
    };
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

/// The text with other blank where it means nothing: `random` has a number for each place.
fn scrambled(text: &str, random: &[u8]) -> String {
    let mut numbers = random.iter().cycle();
    let mut written = String::new();
    let mut line_starts = true;
    for piece in tokens::split(text) {
        let number = *numbers.next().unwrap();
        if piece.kind.is(TokenKind::End) {
            break;
        }
        let in_template = matches!(
            piece.kind,
            Kind::QuotedText | Kind::HeredocText | Kind::CloseHeredoc
        );
        let blanks = [" ", "  ", "\t", "     ", " \t"];
        if line_starts && !in_template && number.is_multiple_of(3) {
            // No indentation.
        } else if piece.spaces > 0 || (line_starts && !in_template) {
            written.push_str(blanks[number as usize % blanks.len()]);
        }
        written.push_str(&piece.text);
        line_starts = piece.ends_line();
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blank_in_a_line_does_not_matter(case in 0..cases().len(), random in prop::collection::vec(any::<u8>(), 7..40)) {
        let output = cases()[case].1;
        prop_assert_eq!(laid_out(&scrambled(output, &random)), output);
    }
}
