//! `csvdecode`: comma-separated values with a header, as strict as RFC 4180 and Go's reader.

use std::collections::BTreeSet;

use model::{Type, Value};

use crate::functions::protocol::{
    Arguments, Function, FunctionError, Param, Purity, Returns, not_null,
};

pub(super) const CSVDECODE: Function = Function {
    name: "csvdecode",
    params: &[Param::string("str")],
    variadic: None,
    returns: Returns::ByArguments(|_, args| row_type(args)),
    call: |_, args, ty| {
        let mut rows = Reader::new(args.string(0)?);
        let header = rows.header()?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next_row(Some(header.len()))? {
            objects.push(Value::object(
                header.iter().zip(row.into_iter().map(Value::string)),
            ));
        }
        Ok(Value::list(
            ty.element().cloned().unwrap_or(Type::Dynamic),
            objects,
        ))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "an object for each row of the comma-separated values, by the names in the header",
};

fn row_type(args: Arguments<'_>) -> Result<Type, FunctionError> {
    let Some(text) = args.value(0)?.as_str() else {
        return Ok(Type::Dynamic);
    };
    let header = Reader::new(text).header()?;
    Ok(Type::list(Type::object(
        header.into_iter().map(|name| (name, Type::String)),
    )))
}

/// A line, or what is left of it.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    /// A line end follows.
    ended: bool,
}

/// A field, and the line after it if that has more of them.
type Field<'a> = (String, Option<Line<'a>>);

/// Rows of fields.
struct Reader<'a> {
    lines: std::iter::Peekable<std::str::SplitInclusive<'a, char>>,
    /// The number of the line that was read last.
    line: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: text.split_inclusive('\n').peekable(),
            line: 0,
        }
    }

    fn header(&mut self) -> Result<Vec<String>, FunctionError> {
        let header = self.next_row(None)?;
        let header =
            header.ok_or_else(|| FunctionError::new("there is no header line").without_values())?;
        let mut seen = BTreeSet::new();
        match header.iter().find(|name| !seen.insert(*name)) {
            Some(name) => Err(FunctionError::new(format!("the header has `{name}` twice"))),
            None => Ok(header),
        }
    }

    fn next_line(&mut self) -> Option<Line<'a>> {
        let line = self.lines.next()?;
        self.line += 1;
        let text = line.strip_suffix('\n');
        let ended = text.is_some();
        let text = text.unwrap_or(line);
        Some(Line {
            text: text.strip_suffix('\r').unwrap_or(text),
            ended,
        })
    }

    /// The next row, which must have so many fields; none at the end. Empty lines are passed over.
    fn next_row(&mut self, fields: Option<usize>) -> Result<Option<Vec<String>>, FunctionError> {
        let first = loop {
            match self.next_line() {
                None => return Ok(None),
                Some(Line { text: "", .. }) => {}
                Some(line) => break line,
            }
        };
        let start = self.line;
        let row = self.row(first)?;
        match fields {
            Some(wanted) if wanted != row.len() => {
                let message = format!(
                    "the row in line {start} has {} fields, the header has {wanted}",
                    row.len()
                );
                Err(FunctionError::new(message).without_values())
            }
            _ => Ok(Some(row)),
        }
    }

    fn row(&mut self, mut line: Line<'a>) -> Result<Vec<String>, FunctionError> {
        let mut row = Vec::new();
        loop {
            let (field, after) = match line.text.strip_prefix('"') {
                Some(text) => self.quoted_field(Line { text, ..line })?,
                None => self.plain_field(line)?,
            };
            row.push(field);
            match after {
                Some(after) => line = after,
                None => return Ok(row),
            }
        }
    }

    /// The field the line begins with, and the line after the comma that follows it.
    fn plain_field(&self, line: Line<'a>) -> Result<Field<'a>, FunctionError> {
        let (field, after) = match line.text.split_once(',') {
            Some((field, text)) => (field, Some(Line { text, ..line })),
            None => (line.text, None),
        };
        if field.contains('"') {
            return Err(self.error("a quote in a field that does not start with one"));
        }
        Ok((field.to_owned(), after))
    }

    /// The field after whose opening quote the line begins, and the line after the comma that follows it.
    fn quoted_field(&mut self, mut line: Line<'a>) -> Result<Field<'a>, FunctionError> {
        let mut field = String::new();
        loop {
            let Some((text, after)) = line.text.split_once('"') else {
                field.push_str(line.text);
                field.push_str(if line.ended { "\n" } else { "" });
                let next = self.next_line();
                line = next.ok_or_else(|| self.error("a quoted field that is not closed"))?;
                continue;
            };
            field.push_str(text);
            if let Some(text) = after.strip_prefix('"') {
                field.push('"');
                line.text = text;
            } else if let Some(text) = after.strip_prefix(',') {
                return Ok((field, Some(Line { text, ..line })));
            } else if after.is_empty() {
                return Ok((field, None));
            } else {
                return Err(self.error("text after a quoted field"));
            }
        }
    }

    fn error(&self, problem: &str) -> FunctionError {
        FunctionError::new(format!("line {} has {problem}", self.line)).without_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, FunctionError> {
        let mut reader = Reader::new(text);
        let header = reader.header()?;
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row(Some(header.len()))? {
            rows.push(row);
        }
        rows.insert(0, header);
        Ok(rows)
    }

    #[track_caller]
    fn reads(text: &str, wanted: &[&[&str]]) {
        assert_eq!(rows(text).unwrap(), wanted, "{text:?}");
    }

    #[test]
    fn rows_are_read_as_go_reads_them() {
        reads("a,b\r\n1,2\r\n", &[&["a", "b"], &["1", "2"]]);
        reads("\n\na\n\n1", &[&["a"], &["1"]]);
        reads("a\n \n", &[&["a"], &[" "]]);
        reads("a,\n1,2\r", &[&["a", ""], &["1", "2"]]);
        reads("a\n\"x\r\n\r\ny\"\n", &[&["a"], &["x\n\ny"]]);
        reads("a,b\n\"x,y\",\"q\"\"r\"", &[&["a", "b"], &["x,y", "q\"r"]]);
        reads("a\n1\r2\n", &[&["a"], &["1\r2"]]);
        reads("a\r1", &[&["a\r1"]]);
        reads("\"a\n\"", &[&["a\n"]]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "",
            "\n",
            "a,a\n1,2",
            "a,b\n1",
            "a,b\n1,2,3",
            "a\n\"x",
            "a\nx\"",
            "a\n\"x\"y",
            "\"\n",
        ] {
            assert!(rows(text).is_err(), "{text:?}");
        }
    }
}
