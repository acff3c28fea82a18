//! Reads a YAML document into a value.

use std::collections::HashMap;

use model::value::convert;
use model::{Str, Type, Value};

use super::super::json_read::MAX_DEPTH;
use super::cursor::Problem;
use super::parse::{Event, Parser, Properties};
use super::scalar::resolve;

/// The most values that aliases may stand for, counted each time.
const MAX_FROM_ALIASES: usize = 1_000_000;

/// Reads a single document.
///
/// # Errors
/// What is wrong and where, as a phrase.
pub(super) fn read(text: &str) -> Result<Value, Problem> {
    let mut parser = Parser::new(text)?;
    let mut builder = Builder::default();
    let value = loop {
        let (event, mark) = parser.next()?;
        if let Some(value) = builder
            .event(event)
            .map_err(|reason| mark.problem(reason))?
        {
            break value;
        }
    };
    parser.end()?;
    Ok(value)
}

/// A value that an anchor names, and how many values are in it.
type Anchored = (Value, usize);

/// A sequence or mapping that is not closed yet.
struct Open {
    anchor: Option<String>,
    /// How many values there were before it.
    before: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Value>),
    Mapping {
        entries: Vec<(Str, Value)>,
        key: Option<Key>,
    },
}

enum Key {
    Name(Str),
    /// `<<`: the value's entries are taken over.
    Merge,
}

#[derive(Default)]
struct Builder {
    anchors: HashMap<String, Anchored>,
    open: Vec<Open>,
    /// How many values aliases stood for.
    from_aliases: usize,
    nodes: usize,
}

impl Builder {
    /// Takes one event; gives the document's value once that is complete.
    fn event(&mut self, event: Event) -> Result<Option<Value>, String> {
        match event {
            Event::Scalar {
                text,
                properties: Properties { tag: None, .. },
                ..
            } if text == "<<" && self.expects_key() => {
                self.merge_key();
                Ok(None)
            }
            Event::Scalar {
                text,
                style,
                properties: Properties { anchor, tag },
            } => {
                self.nodes += 1;
                let value = resolve(&text, tag.as_deref(), style)?;
                self.complete(anchor, value, 1)
            }
            Event::Alias(anchor) => self.alias(&anchor),
            Event::SequenceStart(properties) => {
                self.start("seq", properties, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(properties) => {
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.start("map", properties, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn merge_key(&mut self) {
        if let Some(Open {
            content: Content::Mapping { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some(Key::Merge);
        }
    }

    fn alias(&mut self, anchor: &str) -> Result<Option<Value>, String> {
        if self.expects_key() {
            return Err(format!("the alias `*{anchor}` cannot be a key"));
        }
        if self
            .open
            .iter()
            .any(|open| open.anchor.as_deref() == Some(anchor))
        {
            return Err(format!(
                "the alias `*{anchor}` is inside of what it stands for"
            ));
        }
        let found = self.anchors.get(anchor).cloned();
        let (value, size) =
            found.ok_or_else(|| format!("there is no anchor `&{anchor}` before"))?;
        self.from_aliases = self.from_aliases.saturating_add(size);
        self.nodes = self.nodes.saturating_add(size);
        if self.from_aliases > MAX_FROM_ALIASES {
            return Err(format!(
                "the aliases stand for more than {MAX_FROM_ALIASES} values"
            ));
        }
        self.complete(None, value, size)
    }

    fn start(
        &mut self,
        kind: &str,
        properties: Properties,
        content: Content,
    ) -> Result<Option<Value>, String> {
        let Properties { anchor, tag } = properties;
        if let Some(tag) = tag.filter(|tag| tag.strip_prefix("tag:yaml.org,2002:") != Some(kind)) {
            return Err(format!("the tag `{tag}` cannot be that of a `!!{kind}`"));
        }
        if self.expects_key() {
            return Err(format!("a `!!{kind}` cannot be a key"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!(
                "more than {MAX_DEPTH} values are inside each other"
            ));
        }
        self.open.push(Open {
            anchor,
            before: self.nodes,
            content,
        });
        self.nodes += 1;
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Value>, String> {
        let Some(Open {
            anchor,
            before,
            content,
        }) = self.open.pop()
        else {
            return Err("nothing is open that could end".to_owned());
        };
        let value = match content {
            Content::Sequence(items) => Value::tuple(items),
            Content::Mapping { entries, .. } => Value::object(entries),
        };
        self.complete(anchor, value, self.nodes - before)
    }

    /// Puts a value where it belongs.
    fn complete(
        &mut self,
        anchor: Option<String>,
        value: Value,
        size: usize,
    ) -> Result<Option<Value>, String> {
        // As in Terraform, an alias cannot stand for a key.
        if let Some(anchor) = anchor.filter(|_| !self.expects_key()) {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(value));
        };
        match &mut open.content {
            Content::Sequence(items) => items.push(value),
            Content::Mapping { entries, key } => match key.take() {
                None => *key = Some(Key::Name(name(&value)?)),
                Some(Key::Name(name)) => entries.push((name, value)),
                Some(Key::Merge) => {
                    let Value::Object(merged) = value else {
                        return Err("the value of `<<` is not a mapping".to_owned());
                    };
                    entries.extend(
                        merged
                            .iter()
                            .map(|(name, value)| (name.clone(), value.clone())),
                    );
                }
            },
        }
        Ok(None)
    }
}

/// The name that a key is.
fn name(key: &Value) -> Result<Str, String> {
    let text = convert(key, &Type::String).ok();
    text.and_then(|text| text.as_str().cloned())
        .ok_or_else(|| "null cannot be a key".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::super::json;
    use super::*;

    #[track_caller]
    fn reads(text: &str, wanted: &str) {
        let value = read(text).unwrap();
        assert_eq!(json::encode(&value).as_deref(), Ok(wanted), "{text}");
    }

    #[track_caller]
    fn refuses(texts: &[&str]) {
        for text in texts {
            assert!(read(text).is_err(), "{text:?} is {:?}", read(text));
        }
    }

    #[test]
    fn block_collections_follow_the_indentation() {
        reads(
            "a: 1\nb:\n  - x\n  - c: d\n    e: f\n",
            r#"{"a":1,"b":["x",{"c":"d","e":"f"}]}"#,
        );
        reads("a:\n- b\n-\nc:", r#"{"a":["b",null],"c":null}"#);
        reads("- - a\n  - b\n-\n  a: 1", r#"[["a","b"],{"a":1}]"#);
        reads("? a\n: b\n? c", r#"{"a":"b","c":null}"#);
        reads("a:\tb # c\n#d\n\n'x'  : y#z\r\n", r#"{"a":"b","x":"y#z"}"#);
        refuses(&[
            "a: 1\n b: 2",
            "a:\n b: c\n  d: e",
            "- a\nb: c",
            "b: c\n- a",
            "a: - b",
            "a: b: c",
            "a\n: b",
            "a:\n\tb",
            "\ta: b",
            "-\ta",
        ]);
    }

    #[test]
    fn flow_collections_follow_their_brackets() {
        reads(
            "{a: [1, {b: c}, ], \"d\":e, f, g: }",
            r#"{"a":[1,{"b":"c"}],"d":"e","f":null,"g":null}"#,
        );
        reads("[a: 1, ? b : 2,\n c:d]", r#"[{"a":1},{"b":2},"c:d"]"#);
        reads("{?a}", r#"{"a":null}"#);
        reads("{a:1}", r#"{"a:1":null}"#);
        refuses(&[
            "[a, , b]",
            "[,]",
            "[a",
            "{a",
            "[a]]",
            "a: ]",
            "{a: b: c}",
            "[\"a\"\"b\"]",
            "[:a]",
            "[a?b]",
            "[a]b",
        ]);
    }

    #[test]
    fn lines_of_scalars_are_folded() {
        reads("a\n b\n\n\n c", r#""a b\n\nc""#);
        reads("'a\n\n b''c'", r#""a\nb'c""#);
        reads("\"a \\\n   b\\\n\n c\"", r#""a b\nc""#);
        reads(
            "\"\\x41\\u00e9\\U0001F600\\t\\\"\\_\"",
            "\"Aé😀\\t\\\"\u{a0}\"",
        );
        refuses(&[
            "\"a",
            "'a",
            "\"\\q\"",
            "\"\\x4\"",
            "\"\\ud83d\"",
            "\"\\/\"",
            "\"a\n--- b\"",
        ]);
    }

    #[test]
    fn blocks_keep_their_lines() {
        reads(
            "a: |\n  x\n   y\n\n\nb: |+\n  x\n\nc: |-\n  x\n\n",
            r#"{"a":"x\n y\n","b":"x\n\n","c":"x"}"#,
        );
        reads(">\n a\n b\n\n c\n  d\n e", r#""a b\nc\n d\ne""#);
        reads("a: |2\n   x\n  y\n", r#"{"a":" x\ny\n"}"#);
        reads("|\n x", r#""x""#);
        refuses(&["a: |0\n x", "a: |x\n y", "a: |\n\tx"]);
    }

    #[test]
    fn aliases_stand_for_anchors() {
        reads(
            "a: &x {b: 1}\nc: *x\nd: &x 2\ne: *x",
            r#"{"a":{"b":1},"c":{"b":1},"d":2,"e":2}"#,
        );
        reads(
            "a: &x {b: 1, c: 2}\nd:\n  b: 0\n  <<: *x\n  c: 3",
            r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#,
        );
        refuses(&[
            "*a",
            "a: &x [*x]",
            "*k : 1",
            "&k a: *k",
            "<<: 1",
            "<<: [{a: 1}]",
            "a: &a &b c",
            "a: *x y",
        ]);
    }

    #[test]
    fn aliases_do_not_multiply_without_end() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..20 {
            let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
            text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
        }
        refuses(&[&text]);
    }

    #[test]
    fn there_is_one_document() {
        reads("%YAML 1.1\n---\na\n...\n# c\n", r#""a""#);
        reads("\u{feff}--- a", r#""a""#);
        reads("---", "null");
        refuses(&[
            "",
            " \n",
            "# c",
            "...",
            "a\n---\n",
            "a\n--- b",
            "--- a\n...\nb",
            "%YAML 1.2\n---\na",
            "%FOO\n---\na",
            "%YAML 1.1\na",
        ]);
    }

    #[test]
    fn characters_that_begin_nothing_are_refused() {
        refuses(&[
            "@x",
            "`x",
            "%x",
            "a: %x",
            "a: @x",
            "a: *",
            "a: &",
            "a: !",
            "!",
            "a: \u{1}",
            "a: \u{7f}",
            "\0",
        ]);
    }

    #[test]
    fn deep_nesting_works_and_deeper_nesting_is_an_error() {
        assert!(read(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))).is_ok());
        let lines: String = (0..1000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect();
        assert!(read(&lines).is_ok());
        refuses(&[
            &"[".repeat(100_000),
            &"- ".repeat(100_000),
            &"{a: ".repeat(100_000),
        ]);
    }
}
