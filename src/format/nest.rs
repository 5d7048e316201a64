//! Lexemes by their brackets: a sequence of single ones and of brackets with what is in them.

use super::lexeme::{Kind, Lexeme, Note};

/// A lexeme, or brackets with their inside.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Leaf(Lexeme<'a>),
    Nest(Box<Nest<'a>>),
}

/// Brackets and what is in them.
#[derive(Debug)]
pub(super) struct Nest<'a> {
    pub open: Lexeme<'a>,
    /// Without a comma at the end.
    pub inside: Vec<Node<'a>>,
    /// Whether there was a comma at the end.
    pub comma: bool,
    /// Comments at the end of the last line inside, which stand behind such a comma.
    pub tail: Vec<Note<'a>>,
    pub close: Lexeme<'a>,
}

impl<'a> Node<'a> {
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self, Self::Leaf(leaf) if leaf.is(text))
    }

    /// The leaf it is, if it is one.
    pub(super) fn leaf(&self) -> Option<&Lexeme<'a>> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Nest(_) => None,
        }
    }

    /// The brackets it is, if they open like this.
    pub(super) fn nest(&self, open: &str) -> Option<&Nest<'a>> {
        match self {
            Self::Nest(nest) if nest.open.text == open => Some(nest),
            _ => None,
        }
    }

    pub(super) fn first(&self) -> &Lexeme<'a> {
        match self {
            Self::Leaf(leaf) => leaf,
            Self::Nest(nest) => &nest.open,
        }
    }

    fn last_mut(&mut self) -> &mut Lexeme<'a> {
        match self {
            Self::Leaf(leaf) => leaf,
            Self::Nest(nest) => &mut nest.close,
        }
    }
}

/// Sorts lexemes by their brackets; `None` where these do not match.
pub(super) fn nest(lexemes: Vec<Lexeme<'_>>) -> Option<Vec<Node<'_>>> {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut open: Vec<(Lexeme<'_>, Vec<Node<'_>>)> = Vec::new();
    for lexeme in lexemes {
        match lexeme.kind {
            Kind::Open => open.push((lexeme, std::mem::take(&mut nodes))),
            Kind::Close => {
                let (opened, outer) = open.pop()?;
                let mut inside = std::mem::replace(&mut nodes, outer);
                let (comma, tail) = split_tail(&mut inside);
                nodes.push(Node::Nest(Box::new(Nest { open: opened, inside, comma, tail, close: lexeme })));
            }
            _ => nodes.push(Node::Leaf(lexeme)),
        }
    }
    open.is_empty().then_some(nodes)
}

/// Takes a comma off the end, and the comments that end the last line.
pub(super) fn split_tail<'a>(nodes: &mut Vec<Node<'a>>) -> (bool, Vec<Note<'a>>) {
    let comma = nodes.pop_if(|node| node.is(","));
    let mut tail = match nodes.last_mut().map(Node::last_mut) {
        Some(last) if last.trail.iter().any(|note| matches!(note, Note::Trail(_))) => std::mem::take(&mut last.trail),
        _ => Vec::new(),
    };
    let dropped = comma.is_some();
    if let Some(Node::Leaf(comma)) = comma {
        tail.extend(comma.lead.into_iter().chain(comma.trail));
    }
    (dropped, tail)
}
