//! Finds the structure in the tokens of a YAML document: scalars, and where collections start and end.

use super::cursor::{Mark, Problem};
use super::scalar::Style;
use super::scan::{Scanner, Token};
use super::text::Directive;

/// A piece of the structure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Alias(String),
    Scalar {
        text: String,
        style: Style,
        properties: Properties,
    },
    SequenceStart(Properties),
    SequenceEnd,
    MappingStart(Properties),
    MappingEnd,
}

/// What may stand before a node.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub anchor: Option<String>,
    /// In full.
    pub tag: Option<String>,
}

/// What comes next in a collection.
#[derive(Clone, Copy)]
enum State {
    BlockEntry,
    /// In a sequence that is not further in than the key it belongs to.
    IndentlessEntry,
    BlockKey,
    BlockValue,
    FlowEntry {
        first: bool,
    },
    /// In `[a: b]`.
    PairKey,
    PairValue,
    PairEnd,
    FlowKey {
        first: bool,
    },
    FlowValue,
    /// The value of a key without `:`.
    FlowNoValue,
}

pub(super) struct Parser<'t> {
    scanner: Scanner<'t>,
    states: Vec<State>,
    tags: Vec<(String, String)>,
    started: bool,
}

impl<'t> Parser<'t> {
    /// Starts at the first document of `text`.
    pub(super) fn new(text: &'t str) -> Result<Self, Problem> {
        let tags = [("!", "!"), ("!!", "tag:yaml.org,2002:")];
        let tags = tags
            .map(|(handle, prefix)| (handle.to_owned(), prefix.to_owned()))
            .to_vec();
        let mut parser = Self {
            scanner: Scanner::new(text)?,
            states: Vec::new(),
            tags,
            started: false,
        };
        parser.start_document()?;
        Ok(parser)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a few of many tokens matter here"
    )]
    fn start_document(&mut self) -> Result<(), Problem> {
        let mut directives = false;
        loop {
            let (token, mark) = self.scanner.peek()?;
            let mark = *mark;
            match token {
                Token::End if !directives => return Err(mark.problem("there is no document")),
                Token::DocumentStart => {
                    self.scanner.take()?;
                    self.started = true;
                    return Ok(());
                }
                Token::Directive(_) => {
                    directives = true;
                    let (Token::Directive(directive), mark) = self.scanner.take()? else {
                        continue;
                    };
                    self.directive(directive, mark)?;
                }
                _ if directives => return Err(mark.problem("`---` must follow the directives")),
                _ => return Ok(()),
            }
        }
    }

    fn directive(&mut self, directive: Directive, mark: Mark) -> Result<(), Problem> {
        match directive {
            Directive::Version(1, 1) => {}
            Directive::Version(major, minor) => {
                return Err(
                    mark.problem(format!("the document is of YAML {major}.{minor}, not 1.1"))
                );
            }
            Directive::Tag(handle, prefix) => {
                self.tags.retain(|(known, _)| *known != handle);
                self.tags.push((handle, prefix));
            }
        }
        Ok(())
    }

    /// The next piece, and where it is; not to be called after the document's last.
    pub(super) fn next(&mut self) -> Result<(Event, Mark), Problem> {
        let Some(state) = self.states.pop() else {
            if std::mem::take(&mut self.started) {
                // After `---` there may be nothing.
                let (token, mark) = self.scanner.peek()?;
                let mark = *mark;
                let nothing = matches!(
                    token,
                    Token::Directive(_) | Token::DocumentStart | Token::DocumentEnd | Token::End
                );
                if nothing {
                    return Ok((empty(), mark));
                }
            }
            return self.node(Place::Block);
        };
        match state {
            State::BlockEntry => self.block_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowEntry { first } => self.flow_entry(first),
            State::PairKey => {
                self.states.push(State::PairValue);
                self.node_unless(Place::Flow, |token| {
                    matches!(
                        token,
                        Token::Value | Token::FlowEntry | Token::FlowSequenceEnd
                    )
                })
            }
            State::PairValue => {
                self.states.push(State::PairEnd);
                self.flow_value(&Token::FlowSequenceEnd)
            }
            State::PairEnd => Ok((Event::MappingEnd, self.scanner.peek()?.1)),
            State::FlowKey { first } => self.flow_key(first),
            State::FlowValue => {
                self.states.push(State::FlowKey { first: false });
                self.flow_value(&Token::FlowMappingEnd)
            }
            State::FlowNoValue => {
                self.states.push(State::FlowKey { first: false });
                Ok((empty(), self.scanner.peek()?.1))
            }
        }
    }

    /// Checks that nothing follows the document.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        while self.scanner.peek()?.0 == Token::DocumentEnd {
            self.scanner.take()?;
        }
        match self.scanner.peek()? {
            (Token::End, _) => Ok(()),
            (_, mark) => Err(mark.problem("there is more after the document")),
        }
    }

    fn node_unless(
        &mut self,
        place: Place,
        ends: impl Fn(&Token) -> bool,
    ) -> Result<(Event, Mark), Problem> {
        let (token, mark) = self.scanner.peek()?;
        if ends(token) {
            Ok((empty(), *mark))
        } else {
            self.node(place)
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a few of many tokens matter here"
    )]
    fn node(&mut self, place: Place) -> Result<(Event, Mark), Problem> {
        let start = self.scanner.peek()?.1;
        if matches!(self.scanner.peek()?.0, Token::Alias(_)) {
            let (token, mark) = self.scanner.take()?;
            let Token::Alias(name) = token else {
                return Err(mark.problem("an alias is missing"));
            };
            return Ok((Event::Alias(name), mark));
        }
        let properties = self.properties()?;
        let token = &self.scanner.peek()?.0;
        let (state, event) = match token {
            Token::BlockEntry if place == Place::Indentless => {
                (State::IndentlessEntry, Event::SequenceStart(properties))
            }
            Token::Scalar(..) => {
                let (token, mark) = self.scanner.take()?;
                let Token::Scalar(text, style) = token else {
                    return Err(mark.problem("a scalar is missing"));
                };
                return Ok((
                    Event::Scalar {
                        text,
                        style,
                        properties,
                    },
                    start,
                ));
            }
            Token::FlowSequenceStart => (
                State::FlowEntry { first: true },
                Event::SequenceStart(properties),
            ),
            Token::FlowMappingStart => (
                State::FlowKey { first: true },
                Event::MappingStart(properties),
            ),
            Token::BlockSequenceStart if place != Place::Flow => {
                (State::BlockEntry, Event::SequenceStart(properties))
            }
            Token::BlockMappingStart if place != Place::Flow => {
                (State::BlockKey, Event::MappingStart(properties))
            }
            _ if properties != Properties::default() => {
                return Ok((
                    Event::Scalar {
                        text: String::new(),
                        style: Style::Plain,
                        properties,
                    },
                    start,
                ));
            }
            _ => return Err(start.problem("a value is missing")),
        };
        if !matches!(state, State::IndentlessEntry) {
            self.scanner.take()?;
        }
        self.states.push(state);
        Ok((event, start))
    }

    /// Reads an anchor and a tag, in either order.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a few of many tokens matter here"
    )]
    fn properties(&mut self) -> Result<Properties, Problem> {
        let mut properties = Properties::default();
        loop {
            match self.scanner.peek()?.0 {
                Token::Anchor(_) if properties.anchor.is_none() => {
                    if let (Token::Anchor(name), _) = self.scanner.take()? {
                        properties.anchor = Some(name);
                    }
                }
                Token::Tag(..) if properties.tag.is_none() => {
                    let (Token::Tag(handle, suffix), mark) = self.scanner.take()? else {
                        continue;
                    };
                    properties.tag = Some(self.full_tag(&handle, &suffix, mark)?);
                }
                _ => return Ok(properties),
            }
        }
    }

    fn full_tag(&self, handle: &str, suffix: &str, mark: Mark) -> Result<String, Problem> {
        if handle.is_empty() {
            return Ok(suffix.to_owned());
        }
        let prefix = self
            .tags
            .iter()
            .find(|(known, _)| known == handle)
            .map(|(_, prefix)| prefix);
        let prefix = prefix
            .ok_or_else(|| mark.problem(format!("there is no `%TAG {handle}` for this tag")))?;
        Ok(format!("{prefix}{suffix}"))
    }

    fn block_entry(&mut self) -> Result<(Event, Mark), Problem> {
        match self.scanner.take()? {
            (Token::BlockEntry, _) => {
                self.states.push(State::BlockEntry);
                self.node_unless(Place::Block, |token| {
                    matches!(token, Token::BlockEntry | Token::BlockEnd)
                })
            }
            (Token::BlockEnd, mark) => Ok((Event::SequenceEnd, mark)),
            (_, mark) => Err(mark.problem("a `-` is missing before this element of the sequence")),
        }
    }

    fn indentless_entry(&mut self) -> Result<(Event, Mark), Problem> {
        let (token, mark) = self.scanner.peek()?;
        if *token != Token::BlockEntry {
            return Ok((Event::SequenceEnd, *mark));
        }
        self.scanner.take()?;
        self.states.push(State::IndentlessEntry);
        self.node_unless(Place::Block, |token| {
            matches!(
                token,
                Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd
            )
        })
    }

    fn block_key(&mut self) -> Result<(Event, Mark), Problem> {
        match self.scanner.take()? {
            (Token::Key, _) => {
                self.states.push(State::BlockValue);
                self.node_unless(Place::Indentless, ends_block_pair)
            }
            (Token::BlockEnd, mark) => Ok((Event::MappingEnd, mark)),
            (_, mark) => {
                Err(mark
                    .problem("a key is missing here, or this line is not indented as the others"))
            }
        }
    }

    fn block_value(&mut self) -> Result<(Event, Mark), Problem> {
        self.states.push(State::BlockKey);
        let (token, mark) = self.scanner.peek()?;
        if *token != Token::Value {
            return Ok((empty(), *mark));
        }
        self.scanner.take()?;
        self.node_unless(Place::Indentless, ends_block_pair)
    }

    /// Reads the comma between two elements of a flow collection; true at its end.
    fn flow_ends(&mut self, first: bool, end: &Token) -> Result<bool, Problem> {
        let (token, mark) = self.scanner.peek()?;
        if token == end {
            return Ok(true);
        }
        if !first {
            if *token != Token::FlowEntry {
                let missing = if *end == Token::FlowSequenceEnd {
                    "`,` or `]`"
                } else {
                    "`,` or `}`"
                };
                return Err(mark.problem(format!("{missing} is missing here")));
            }
            self.scanner.take()?;
        }
        Ok(self.scanner.peek()?.0 == *end)
    }

    fn flow_entry(&mut self, first: bool) -> Result<(Event, Mark), Problem> {
        if self.flow_ends(first, &Token::FlowSequenceEnd)? {
            let (_, mark) = self.scanner.take()?;
            return Ok((Event::SequenceEnd, mark));
        }
        self.states.push(State::FlowEntry { first: false });
        if self.scanner.peek()?.0 == Token::Key {
            let (_, mark) = self.scanner.take()?;
            self.states.push(State::PairKey);
            return Ok((Event::MappingStart(Properties::default()), mark));
        }
        self.node(Place::Flow)
    }

    fn flow_key(&mut self, first: bool) -> Result<(Event, Mark), Problem> {
        if self.flow_ends(first, &Token::FlowMappingEnd)? {
            let (_, mark) = self.scanner.take()?;
            return Ok((Event::MappingEnd, mark));
        }
        if self.scanner.peek()?.0 != Token::Key {
            self.states.push(State::FlowNoValue);
            return self.node(Place::Flow);
        }
        self.scanner.take()?;
        self.states.push(State::FlowValue);
        self.node_unless(Place::Flow, |token| {
            matches!(
                token,
                Token::Value | Token::FlowEntry | Token::FlowMappingEnd
            )
        })
    }

    fn flow_value(&mut self, end: &Token) -> Result<(Event, Mark), Problem> {
        let (token, mark) = self.scanner.peek()?;
        if *token != Token::Value {
            return Ok((empty(), *mark));
        }
        self.scanner.take()?;
        self.node_unless(Place::Flow, |token| {
            *token == Token::FlowEntry || token == end
        })
    }
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// After a key, where a sequence need not be further in.
    Indentless,
    Flow,
}

fn ends_block_pair(token: &Token) -> bool {
    matches!(token, Token::Key | Token::Value | Token::BlockEnd)
}

fn empty() -> Event {
    Event::Scalar {
        text: String::new(),
        style: Style::Plain,
        properties: Properties::default(),
    }
}
