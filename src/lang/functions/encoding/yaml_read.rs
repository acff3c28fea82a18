//! Reads YAML documents into values. The grammar is libyaml's, which Go's YAML is a port of.

use std::collections::HashMap;

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};
use model::value::convert;
use model::{Str, Type, Value};

use super::json_read::MAX_DEPTH;
use super::yaml_scalar::{Style, resolve};

/// The most values that aliases may stand for, counted each time.
const MAX_FROM_ALIASES: usize = 1_000_000;

/// Reads a single document.
///
/// # Errors
/// What is wrong and where, as a phrase.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    let mut reader = Reader {
        parser,
        anchors: HashMap::new(),
        open: Vec::new(),
        opening: Vec::new(),
        from_aliases: 0,
        nodes: 0,
    };
    reader.document()
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

struct Reader<'r> {
    parser: Parser<&'r mut &'r [u8]>,
    anchors: HashMap<String, Anchored>,
    open: Vec<Open>,
    /// Anchors of what is not closed yet.
    opening: Vec<String>,
    from_aliases: usize,
    nodes: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Event, String> {
        self.parser.parse().map_err(|error| {
            let context = error.context().filter(|context| !context.is_empty());
            let context = context.map_or(String::new(), |context| format!(", {context}"));
            let place = error
                .problem_mark()
                .map_or(String::new(), |mark| format!("{mark}: "));
            format!("{place}{}{context}", error.problem())
        })
    }

    fn document(&mut self) -> Result<Value, String> {
        self.next()?;
        match self.next()?.data {
            EventData::DocumentStart {
                version_directive: Some(version),
                ..
            } if (version.major, version.minor) != (1, 1) => {
                return Err(format!(
                    "the document is of YAML {}.{}, not 1.1",
                    version.major, version.minor
                ));
            }
            EventData::DocumentStart { .. } => {}
            _ => return Err("there is no document".to_owned()),
        }
        let value = loop {
            let event = self.next()?;
            let place = event.start_mark;
            if let Some(value) = self
                .event(event)
                .map_err(|problem| format!("{place}: {problem}"))?
            {
                break value;
            }
        };
        self.next()?;
        let end = self.next()?;
        match end.data {
            EventData::StreamEnd => Ok(value),
            _ => Err(format!(
                "{}: there is more after the document",
                end.start_mark
            )),
        }
    }

    /// Takes one event; gives the document's value once that is complete.
    fn event(&mut self, event: Event) -> Result<Option<Value>, String> {
        match event.data {
            EventData::Scalar {
                anchor,
                tag,
                value,
                style,
                ..
            } => {
                self.nodes += 1;
                let quoted_key = self.expects_key() && tag.is_none() && value == "<<";
                if quoted_key {
                    return self.merge_key().map(|()| None);
                }
                let style = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                    _ => Style::Plain,
                };
                let value = resolve(&value, tag.as_deref(), style)?;
                self.complete(anchor, value, 1)
            }
            EventData::Alias { anchor } => self.alias(&anchor),
            EventData::SequenceStart { anchor, tag, .. } => {
                self.start("seq", anchor, tag.as_deref(), Content::Sequence(Vec::new()))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.start("map", anchor, tag.as_deref(), content)
            }
            EventData::SequenceEnd | EventData::MappingEnd => self.end(),
            EventData::StreamStart { .. }
            | EventData::StreamEnd
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. } => Err("the document ends too early".to_owned()),
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

    fn merge_key(&mut self) -> Result<(), String> {
        if let Some(Open {
            content: Content::Mapping { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some(Key::Merge);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: &str) -> Result<Option<Value>, String> {
        if self.expects_key() {
            return Err(format!("the alias `*{anchor}` cannot be a key"));
        }
        if self.opening.iter().any(|open| open == anchor) {
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
        anchor: Option<String>,
        tag: Option<&str>,
        content: Content,
    ) -> Result<Option<Value>, String> {
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
        self.opening.extend(anchor.clone());
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
        if anchor.is_some() {
            self.opening.pop();
        }
        self.complete(anchor, value, self.nodes - before)
    }

    /// Puts a value where it belongs.
    fn complete(
        &mut self,
        anchor: Option<String>,
        value: Value,
        size: usize,
    ) -> Result<Option<Value>, String> {
        if let Some(anchor) = anchor {
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
