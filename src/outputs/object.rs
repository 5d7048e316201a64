//! Values as the shape declares them: one forward pass over a text, straight into columns.
//!
//! Calls follow the shape, whose nesting is limited where it is declared; what the shape does not reach is skipped without calls.

use super::cells::{Origin, Side};
use super::column::{Column, List, Map, MemberColumn, Object, Place, Union, Values};
use super::cursor::{Cursor, Span, Step};
use super::scalar;
use super::{Reason, State};

/// What became of a member in a row, where it is not simply present.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    pub(super) row: u32,
    pub(super) path: u32,
    pub(super) state: State,
}

/// What is told of rows, besides their values.
#[derive(Default)]
pub(super) struct Told {
    pub(super) notes: Vec<Note>,
    pub(super) extra: Vec<(u32, String)>,
    /// Numbers the readings of texts, and of lists in them that were given up: a place told of in one is told of once.
    pub(super) reading: u64,
    /// Numbers objects.
    objects: u64,
}

/// One text on its way into columns.
pub(super) struct Reader<'t, 's, 'r> {
    pub(super) cursor: Cursor<'t, 's>,
    pub(super) side: &'r mut Side,
    /// Where the text's bytes are; `None` if no buffer of the column holds them.
    pub(super) origin: Option<Origin>,
    pub(super) told: &'r mut Told,
    pub(super) row: u32,
    pub(super) closed: bool,
}

impl<'t> Reader<'t, '_, '_> {
    /// Reads the whole text as one object. `Ok` even if a key occurs twice: the cursor knows.
    pub(super) fn document(&mut self, root: &mut Object<'_>) -> Step<()> {
        self.cursor.space();
        let start = self.cursor.at;
        let object = self.cursor.peek() == b'{';
        if object {
            self.object(root, None)?
        } else {
            self.cursor.skip()?
        }
        let end = self.cursor.at;
        self.cursor.space();
        if self.cursor.at < self.cursor.text.len() {
            return Err(self.cursor.stop(Reason::TrailingText, end));
        }
        if object { Ok(()) } else { Err(self.cursor.stop(Reason::RootType, start)) }
    }

    /// Reads an object, whose brace is next. `tag` is a member that has been seen to already.
    fn object(&mut self, object: &mut Object<'_>, tag: Option<&str>) -> Step<()> {
        self.told.objects += 1;
        object.current = self.told.objects;
        self.cursor.enter()?;
        self.cursor.space();
        let mark = self.cursor.scratch.keys.mark();
        let mut found = 0;
        if self.cursor.peek() == b'}' {
            self.cursor.leave();
        } else {
            let mut next = 0;
            loop {
                self.cursor.count()?;
                let place = self.key(object, next, tag)?;
                if let Some((place, member)) = place.and_then(|place| Some((place, object.members.get_mut(place)?))) {
                    found += 1;
                    next = place + 1;
                    self.member(member)?;
                }
                if !self.cursor.comma_or(b'}')? {
                    break;
                }
            }
        }
        self.cursor.close_keys(mark);
        if found < object.members.len() {
            self.fill_absent(object);
        }
        Ok(())
    }

    /// Reads a key, and goes on to its value. `None` if that is no member's: then the value has been skipped.
    #[inline]
    fn key(&mut self, object: &mut Object<'_>, next: usize, tag: Option<&str>) -> Step<Option<usize>> {
        // PERF: models write members in the order they were asked for.
        if let Some(member) = object.members.get_mut(next) {
            let rest = self.cursor.text.get(self.cursor.at..).unwrap_or_default();
            if member.seen != object.current && member.key.begins(rest) {
                member.seen = object.current;
                self.cursor.at += member.key.length;
                self.cursor.space();
                return Ok(Some(next));
            }
        }
        self.other_key(object, tag)
    }

    #[inline(never)]
    fn other_key(&mut self, object: &mut Object<'_>, tag: Option<&str>) -> Step<Option<usize>> {
        let span = self.cursor.key()?;
        let current = object.current;
        let name = self.string_at(span);
        let place = object.shape.place(name);
        let is_tag = tag == Some(name);
        if let Some(member) = place.and_then(|place| object.members.get_mut(place)) {
            if member.seen != current {
                member.seen = current;
                return Ok(place);
            }
            self.cursor.repeated(span.start.saturating_sub(1));
        } else {
            if self.closed && !is_tag {
                self.tell_extra(object, span);
            }
            self.cursor.remember(span);
        }
        self.cursor.skip()?;
        Ok(None)
    }

    /// The content of a string that has been read.
    fn string_at(&mut self, span: Span) -> &str {
        if span.escaped {
            self.cursor.decode(span);
            return std::str::from_utf8(&self.cursor.scratch.decoded).unwrap_or_default();
        }
        self.cursor.source.get(span.start..span.end).unwrap_or_default()
    }

    /// The first undeclared key of a row, cut where it is absurdly long.
    #[cold]
    fn tell_extra(&mut self, object: &Object<'_>, span: Span) {
        if self.told.extra.last().is_some_and(|(row, _)| *row == self.row) {
            return;
        }
        let name: String = self.string_at(span).chars().take(128).collect();
        let path = object.path.iter().copied().chain([name.as_str()]).collect::<Vec<_>>().join(".");
        self.told.extra.push((self.row, path));
    }

    /// Reads a member's value.
    #[inline]
    fn member(&mut self, member: &mut MemberColumn<'_>) -> Step<()> {
        let notes = self.told.notes.len();
        let state = self.value(&mut member.column)?;
        if state != State::Present {
            self.give_up(member, notes, state);
        }
        Ok(())
    }

    /// A null for a value that is not as declared, or null.
    #[cold]
    fn give_up(&mut self, member: &mut MemberColumn<'_>, notes: usize, state: State) {
        member.column.push_null();
        // What a list's items have come to is of no interest if there is no list.
        if self.told.notes.len() > notes {
            self.told.notes.truncate(notes);
            self.told.reading += 1;
        }
        self.tell(&mut member.place, state);
    }

    /// Members that the object does not have.
    #[cold]
    fn fill_absent(&mut self, object: &mut Object<'_>) {
        for member in object.members.iter_mut().filter(|member| member.seen != object.current) {
            member.column.push_null();
            self.tell(&mut member.place, State::Absent);
        }
    }

    fn tell(&mut self, place: &mut Place, state: State) {
        let row = self.row;
        if place.repeated {
            let allowed = place.nullable && matches!(state, State::Null | State::Absent);
            if allowed || place.told == self.told.reading {
                return;
            }
            place.told = self.told.reading;
        }
        self.told.notes.push(Note { row, path: place.path, state });
        if !place.repeated {
            self.tell_not_read(place.below.clone());
        }
    }

    fn tell_not_read(&mut self, paths: std::ops::Range<u32>) {
        let row = self.row;
        self.told.notes.extend(paths.map(|path| Note { row, path, state: State::NotRead }));
    }

    /// Reads a value into a column. If it is not as declared it is checked, no slot is added, and the state says why.
    fn value(&mut self, column: &mut Column<'_>) -> Step<State> {
        let next = self.cursor.peek();
        match (&mut column.values, next) {
            (Values::Text(views), b'"') => views.push(self.text()?),
            (Values::Float(values), b'-' | b'0'..=b'9') => match self.cursor.number()?.float() {
                Some(value) => values.push(value),
                None => return Ok(State::OutOfRange),
            },
            (Values::Bool(values), b't') => {
                self.cursor.literal("true")?;
                values.push(true);
            }
            (Values::Bool(values), b'f') => {
                self.cursor.literal("false")?;
                values.push(false);
            }
            (Values::List(list), b'[') => {
                let state = self.list(list)?;
                if state != State::Present {
                    return Ok(state);
                }
            }
            (Values::Struct(object), b'{') => self.object(object, None)?,
            (Values::Map(map), b'{') => {
                let state = self.map(map)?;
                if state != State::Present {
                    return Ok(state);
                }
            }
            (Values::Union(union), b'{') => {
                if !self.union(union)? {
                    return Ok(State::OtherType);
                }
            }
            (values, b'-' | b'0'..=b'9') if values.numeric() => {
                let number = self.cursor.number()?;
                if let Err(state) = scalar::push_number(values, &number) {
                    return Ok(state);
                }
            }
            (_, b'"') => {
                let state = self.other_string(column)?;
                if state != State::Present {
                    return Ok(state);
                }
            }
            (values, _) => {
                let list = matches!(values, Values::List(_));
                return self.mismatch(next, list);
            }
        }
        column.valid();
        Ok(State::Present)
    }

    /// Checks a value of a kind that was not declared.
    #[cold]
    fn mismatch(&mut self, next: u8, list: bool) -> Step<State> {
        self.cursor.skip()?;
        Ok(match next {
            b'n' => State::Null,
            b'{' | b'[' => State::OtherType,
            _ if list => State::ScalarForList,
            _ => State::OtherType,
        })
    }

    /// A view of a string's content, which has no copy if it has no escapes.
    #[inline]
    fn text(&mut self) -> Step<u128> {
        let start = self.side.bytes.len();
        let span = self.cursor.string_into(&mut self.side.bytes)?;
        let bytes = self.cursor.bytes(span);
        match self.origin {
            Some(origin) if !span.escaped => Ok(origin.view(bytes, span.start)),
            _ => {
                if !span.escaped {
                    self.side.bytes.extend_from_slice(bytes);
                }
                Ok(self.side.view_from(start))
            }
        }
    }

    /// A string where none of the declared kind is but by its content.
    #[inline(never)]
    fn other_string(&mut self, column: &mut Column<'_>) -> Step<State> {
        let span = self.cursor.string()?;
        if let Values::Binary(views) = &mut column.values {
            let start = self.side.bytes.len();
            let decoded = if span.escaped { self.string_at(span).to_owned() } else { String::new() };
            let text = if span.escaped { decoded.as_str() } else { self.cursor.source.get(span.start..span.end).unwrap_or_default() };
            if !scalar::base64(text.as_bytes(), &mut self.side.bytes) {
                self.side.bytes.truncate(start);
                return Ok(State::OtherType);
            }
            views.push(self.side.view_from(start));
            return Ok(State::Present);
        }
        let coerce = column.coerce;
        let text = self.string_at(span);
        Ok(scalar::push_string(&mut column.values, text, coerce).err().unwrap_or(State::Present))
    }

    /// Reads an array, whose bracket is next, as items. After one that is not as declared the others are only checked.
    fn list(&mut self, list: &mut List<'_>) -> Step<State> {
        self.cursor.enter()?;
        self.cursor.space();
        if self.cursor.peek() == b']' {
            self.cursor.leave();
            return Ok(ended(list, None));
        }
        let mut failed = None;
        loop {
            self.cursor.count()?;
            if failed.is_none() {
                failed = self.item(&mut list.items, list.item.nullable)?;
            } else {
                self.cursor.skip()?;
            }
            if !self.cursor.comma_or(b']')? {
                break;
            }
        }
        Ok(ended(list, failed))
    }

    /// Reads an item or a map's value; its state if that fails.
    #[inline]
    fn item(&mut self, items: &mut Column<'_>, nullable: bool) -> Step<Option<State>> {
        match self.value(items)? {
            State::Present => Ok(None),
            State::Null if nullable => {
                items.push_null();
                Ok(None)
            }
            State::Null => Ok(Some(State::NullItem)),
            state => Ok(Some(state)),
        }
    }

    /// Reads an object, whose brace is next, as entries.
    fn map(&mut self, map: &mut Map<'_>) -> Step<State> {
        self.cursor.enter()?;
        self.cursor.space();
        let mark = self.cursor.scratch.keys.mark();
        let mut failed = None;
        if self.cursor.peek() == b'}' {
            self.cursor.leave();
        } else {
            loop {
                self.cursor.count()?;
                let span = self.cursor.key()?;
                self.cursor.remember(span);
                if failed.is_none() {
                    let key = self.view_of(span);
                    map.keys.push(key);
                    failed = self.item(&mut map.values, map.item.nullable)?;
                } else {
                    self.cursor.skip()?;
                }
                if !self.cursor.comma_or(b'}')? {
                    break;
                }
            }
        }
        self.cursor.close_keys(mark);
        match failed {
            None => map.end(),
            Some(_) => map.reopen(),
        }
        Ok(failed.unwrap_or(State::Present))
    }

    /// A view of a string that has been read before.
    fn view_of(&mut self, span: Span) -> u128 {
        let start = self.side.bytes.len();
        match self.origin {
            Some(origin) if !span.escaped => return origin.view(self.cursor.bytes(span), span.start),
            _ if !span.escaped => self.side.bytes.extend_from_slice(self.cursor.bytes(span)),
            _ => {
                self.cursor.decode(span);
                self.side.bytes.extend_from_slice(&self.cursor.scratch.decoded);
            }
        }
        self.side.view_from(start)
    }

    /// Reads an object, whose brace is next, as the variant that its tag names; false if it names none.
    fn union(&mut self, union: &mut Union<'_>) -> Step<bool> {
        let chosen = match self.tag(union)? {
            Some(span) => {
                let name = self.string_at(span);
                union.variants.iter().position(|variant| variant.name == name).map(|chosen| (chosen, span))
            }
            None => None,
        };
        let Some((chosen, span)) = chosen else {
            self.cursor.skip()?;
            return Ok(false);
        };
        let Some(variant) = union.variants.get_mut(chosen) else { return Ok(false) };
        self.object(&mut variant.object, Some(union.tag))?;
        let view = self.view_of(span);
        if let Values::Text(views) = &mut union.tags.values {
            views.push(view);
        }
        union.tags.valid();
        union.choose(chosen);
        if !union.repeated {
            for (_, variant) in union.variants.iter().enumerate().filter(|(number, _)| *number != chosen) {
                self.tell_not_read(variant.paths.clone());
            }
        }
        Ok(true)
    }

    /// Looks ahead for the tag's value, and comes back; `None` if there is none, or no string.
    fn tag(&mut self, union: &Union<'_>) -> Step<Option<Span>> {
        let found = self.cursor.ahead(|cursor| {
            cursor.enter()?;
            cursor.space();
            if cursor.peek() == b'}' {
                return Ok(None);
            }
            loop {
                let key = cursor.key()?;
                if cursor.is(key, union.tag) {
                    return if cursor.peek() == b'"' { cursor.string().map(Some) } else { Ok(None) };
                }
                cursor.skip()?;
                if !cursor.comma_or(b'}')? {
                    return Ok(None);
                }
            }
        });
        // Where the text breaks on the way is found again when it is read.
        Ok(found.unwrap_or(None))
    }
}

/// Ends a list none of whose items failed, if there are as many as there must be; else takes its items back. What it comes to.
fn ended(list: &mut List<'_>, failed: Option<State>) -> State {
    let failed = failed.or((!list.fits()).then_some(State::OtherType));
    match failed {
        None => list.end(),
        Some(_) => list.reopen(),
    }
    failed.unwrap_or(State::Present)
}
