//! From text to nodes, within bounds: size, depth, number of values, no aliases.
//!
//! The tree is built here from the parser's events and not by a loader, so that a hostile file
//! can neither nest nor multiply without end.

use std::collections::BTreeSet;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::node::{Kind, Node};
use super::start_of;
use crate::domain::problem::{Code, Place, Placed, Problems};
use crate::domain::version::SourceFile;

/// The deepest nesting of a file.
const MAX_DEPTH: usize = 48;
/// The most values in a file.
const MAX_NODES: usize = 50_000;

/// Reads one file; absent when it cannot be read at all.
pub(super) fn parse(file: &Arc<str>, text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > SourceFile::MAX_BYTES {
        let message = format!(
            "the file has {} bytes, at most {} are read: split it",
            text.len(),
            SourceFile::MAX_BYTES
        );
        problems.add(&start_of(file), Code::TooLarge, message);
        return None;
    }
    if let Some(place) = first_control_character(file, text) {
        // The parser takes some of them for the end of the file and would read the rest as nothing.
        problems.add(
            &place,
            Code::Syntax,
            "control characters have no place in a file: drop it",
        );
        return None;
    }
    let mut builder = Builder::new(file);
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let message = format!("this is not YAML: {}", error.info());
                problems.add(&builder.place(*error.marker()), Code::Syntax, message);
                return None;
            }
        };
        if !builder.take(event, span, problems) {
            return None;
        }
    }
    if builder.root.is_none() {
        problems.add(&start_of(file), Code::WrongShape, "the file is empty");
    }
    builder.root
}

fn first_control_character(file: &Arc<str>, text: &str) -> Option<Place> {
    let is_forbidden = |character: char| character.is_control() && !"\n\r\t".contains(character);
    text.lines().zip(1_u32..).find_map(|(content, line)| {
        let column = content.chars().position(is_forbidden)?;
        Some(Place {
            file: Arc::clone(file),
            line,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        })
    })
}

/// Builds the tree from events, with its own stack in place of recursion.
struct Builder<'f> {
    file: &'f Arc<str>,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

/// A list or a mapping that is not closed yet.
struct Open {
    place: Place,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping {
        entries: Vec<(Placed<String>, Node)>,
        names: BTreeSet<String>,
        key: Option<Placed<String>>,
    },
}

impl<'f> Builder<'f> {
    const fn new(file: &'f Arc<str>) -> Self {
        Self {
            file,
            open: Vec::new(),
            root: None,
            nodes: 0,
        }
    }

    fn place(&self, marker: Marker) -> Place {
        Place {
            file: Arc::clone(self.file),
            line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
            column: u32::try_from(marker.col() + 1).unwrap_or(u32::MAX),
        }
    }

    /// Takes one event; false when the rest of the file cannot be read.
    fn take(&mut self, event: Event<'_>, span: Span, problems: &mut Problems) -> bool {
        let place = self.place(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
            Event::DocumentStart(_) if self.root.is_none() => true,
            Event::DocumentStart(_) => {
                problems.add(
                    &place,
                    Code::Syntax,
                    "one file holds one document: drop the ---",
                );
                false
            }
            Event::Alias(_) => {
                refuse_alias(&place, problems);
                self.add(nothing(place), problems)
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), &place, problems);
                let kind = Kind::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                };
                self.add(Node { place, kind }, problems)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), &place, problems);
                self.open(place, Content::List(Vec::new()), problems)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), &place, problems);
                let content = Content::Mapping {
                    entries: Vec::new(),
                    names: BTreeSet::new(),
                    key: None,
                };
                self.open(place, content, problems)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(problems),
        }
    }

    fn open(&mut self, place: Place, content: Content, problems: &mut Problems) -> bool {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels: flatten it");
            problems.add(&place, Code::TooDeep, message);
            return false;
        }
        self.open.push(Open { place, content });
        true
    }

    fn close(&mut self, problems: &mut Problems) -> bool {
        let Some(Open { place, content }) = self.open.pop() else {
            return false;
        };
        let kind = match content {
            Content::List(nodes) => Kind::List(nodes),
            Content::Mapping { entries, .. } => Kind::Mapping(entries),
        };
        self.add(Node { place, kind }, problems)
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node, problems: &mut Problems) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} values: split it");
            problems.add(&node.place, Code::TooLarge, message);
            return false;
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(nodes)) => nodes.push(node),
            Some(Content::Mapping {
                entries,
                names,
                key,
            }) => match key.take() {
                None => *key = Some(as_key(node, problems)),
                Some(named) if names.insert(named.value.clone()) => entries.push((named, node)),
                Some(named) => {
                    let message = format!("{} is here twice: drop one", named.value);
                    problems.add(&named.place, Code::DuplicateKey, message);
                }
            },
        }
        true
    }
}

fn as_key(node: Node, problems: &mut Problems) -> Placed<String> {
    if let Kind::Scalar { text, .. } = node.kind {
        return Placed::new(text, node.place);
    }
    problems.add(&node.place, Code::WrongShape, "a key is a single word");
    Placed::new(String::new(), node.place)
}

const fn nothing(place: Place) -> Node {
    let kind = Kind::Scalar {
        text: String::new(),
        plain: true,
    };
    Node { place, kind }
}

fn refuse_extras(anchor: usize, tagged: bool, place: &Place, problems: &mut Problems) {
    if anchor > 0 {
        refuse_alias(place, problems);
    }
    if tagged {
        problems.add(
            place,
            Code::Syntax,
            "tags such as !name are not used here: drop it",
        );
    }
}

fn refuse_alias(place: &Place, problems: &mut Problems) {
    let message = "anchors and aliases are not used here: write it out, or name a rule";
    problems.add(place, Code::AliasNotAllowed, message);
}
