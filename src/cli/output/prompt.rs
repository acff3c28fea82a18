//! Questions to a person: on standard error, answered on standard input. Asks only; who may be asked is decided by the
//! command.

use std::io::{self, BufRead, Write};

use super::hidden::INTERRUPT;
use super::line::Line;
use super::style::{Label, Look};

/// What is to be approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What would be done: `Apply p7f3a91c to staging`.
    pub what: String,
    /// The environment, whose name is to be typed when something is destroyed.
    pub environment: String,
    /// How many objects are destroyed, replaced ones too.
    pub destroys: u64,
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// Anything else.
    No,
    /// Something that is neither the environment's name, which was asked for, nor a no.
    OtherName,
    /// Nothing: the input ended.
    Nothing,
}

/// How often a name is asked for.
const TRIES: u32 = 3;

/// Asks for approval. What destroys asks for the environment's name, again where another was typed; anything else for `y`.
///
/// # Errors
/// When `input` cannot be read or `output` not be written.
pub fn approve(
    question: &Question,
    look: Look,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<Answer> {
    let Question {
        what,
        environment,
        destroys,
    } = question;
    let mut line = Line::of(Label::Heading, format!("{what}?"));
    if *destroys > 0 {
        let plural = if *destroys == 1 { "" } else { "s" };
        line.put(
            Label::Destroy,
            format!(" It destroys {destroys} object{plural}."),
        );
        writeln!(output, "{}", line.show(look))?;
        line = Line::plain("Type the environment's name to go on: ");
    } else {
        line.put(Label::Plain, " [y/N] ");
    }
    let Some(mut answer) = ask(&line, look, input, output)? else {
        return Ok(Answer::Nothing);
    };
    if *destroys == 0 {
        let yes = answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes");
        return Ok(if yes { Answer::Yes } else { Answer::No });
    }
    for _ in 1..TRIES {
        if answer == *environment || is_no(&answer) {
            break;
        }
        let line = format!("That is not its name; type `{environment}`, or `no`: ");
        match ask(&Line::plain(line), look, input, output)? {
            Some(next) => answer = next,
            None => break,
        }
    }
    Ok(match answer == *environment {
        true => Answer::Yes,
        false if is_no(&answer) => Answer::No,
        false => Answer::OtherName,
    })
}

fn is_no(answer: &str) -> bool {
    ["", "n", "no"].contains(&answer.to_ascii_lowercase().as_str())
}

/// Asks for the value of a variable, as text; `None` when the input ended.
///
/// # Errors
/// When `input` cannot be read or `output` not be written.
pub fn variable(
    name: &str,
    description: &str,
    look: Look,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<Option<String>> {
    writeln!(
        output,
        "{}",
        Line::of(Label::Heading, format!("var.{name}")).show(look)
    )?;
    for row in description.lines() {
        writeln!(output, "{}", Line::plain(format!("  {row}")).show(look))?;
    }
    ask(&Line::plain("  Value: "), look, input, output)
}

fn ask(
    line: &Line,
    look: Look,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<Option<String>> {
    write!(output, "{}", line.show(look))?;
    output.flush()?;
    let answer = read_line(input)?;
    if answer.is_none() {
        writeln!(output)?;
    }
    Ok(answer.map(|answer| answer.trim().to_owned()))
}

/// Reads a line; none where the input ended, or was ended with Ctrl-C.
fn read_line(input: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let read = input.fill_buf()?;
        let end = read
            .iter()
            .position(|byte| [b'\n', INTERRUPT].contains(byte));
        let upto = end.unwrap_or(read.len());
        line.extend(read.iter().take(upto));
        let last = end.and_then(|end| read.get(end).copied());
        let is_over = read.is_empty();
        input.consume(upto + usize::from(end.is_some()));
        match last {
            Some(INTERRUPT) => return Ok(None),
            None if !is_over => {}
            None if line.is_empty() => return Ok(None),
            Some(_) | None => break,
        }
    }
    String::from_utf8(line)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(destroys: u64, typed: &str) -> (Answer, String) {
        let question = Question {
            what: "Apply p7f3a91c to staging".into(),
            environment: "staging".into(),
            destroys,
        };
        let mut output = Vec::new();
        let answer = approve(&question, Look::plain(), &mut typed.as_bytes(), &mut output).unwrap();
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_plan_that_destroys_asks_for_the_name() {
        let (yes, text) = answer(2, "staging\n");
        assert_eq!(yes, Answer::Yes);
        assert_eq!(
            text,
            "Apply p7f3a91c to staging? It destroys 2 objects.\nType the environment's name to go on: "
        );
        assert_eq!(answer(1, "yes\n").0, Answer::OtherName);
        let (yes, text) = answer(1, "yes\nstaging\n");
        assert_eq!(yes, Answer::Yes);
        assert_eq!(
            text.lines().last(),
            Some(
                "Type the environment's name to go on: That is not its name; type `staging`, or `no`: "
            )
        );
        assert_eq!(answer(1, "yes\nno\n").0, Answer::No);
        assert_eq!(answer(1, "a\nb\nc\nstaging\n").0, Answer::OtherName);
        assert_eq!(answer(1, "No\n").0, Answer::No);
        assert_eq!(answer(1, "\n").0, Answer::No);
        assert_eq!(answer(1, "").0, Answer::Nothing);
    }

    #[test]
    fn any_other_asks_for_y() {
        let (yes, text) = answer(0, "y\n");
        assert_eq!(
            (yes, text.as_str()),
            (Answer::Yes, "Apply p7f3a91c to staging? [y/N] ")
        );
        assert_eq!(answer(0, "Yes\n").0, Answer::Yes);
        assert_eq!(answer(0, "\n").0, Answer::No);
    }

    #[test]
    fn ctrl_c_ends_the_input() {
        assert_eq!(answer(0, "y\u{3}\n").0, Answer::Nothing);
        assert_eq!(answer(0, "y").0, Answer::Yes);
    }

    #[test]
    fn a_variable_is_read_as_text() {
        let mut output = Vec::new();
        let value = variable(
            "size",
            "How large.",
            Look::plain(),
            &mut " 3 \n".as_bytes(),
            &mut output,
        )
        .unwrap();
        assert_eq!(value.as_deref(), Some("3"));
        assert_eq!(
            String::from_utf8(output).unwrap(),
            "var.size\n  How large.\n  Value: "
        );
    }
}
