//! A bounded reader for the Thrift compact protocol, over bytes already in memory.
//!
//! It knows the wire format only: varints, field headers, collections, and how to step over a value.
//! It knows nothing of Parquet; [`super::preflight`] says which fields mean what.
//!
//! Everything here is written for hostile input: no length is believed before it is compared with
//! the bytes left, nothing recurses on the input, and no input makes it panic. Where the protocol
//! allows several readings (a varint of twelve bytes, a field given twice, a collection of booleans
//! that some readers take as empty), this reader refuses. The reason: a second reader runs over the
//! same bytes after it, and what the two could read differently is where a check is slipped past.

use std::fmt;

/// How deep structs, lists and maps may nest inside a value that is stepped over.
const SKIP_DEPTH: usize = 64;

/// Input that is not well-formed compact Thrift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThriftError {
    /// Where in the slice given to [`Reader::new`] the fault was seen.
    pub(crate) offset: usize,
    /// What is wrong, in lower case.
    pub(crate) what: &'static str,
}

impl fmt::Display for ThriftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.what, self.offset)
    }
}

impl std::error::Error for ThriftError {}

type Result<T> = std::result::Result<T, ThriftError>;

/// The type of a value as the wire states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// A boolean field that is true; the header is the whole value.
    True,
    /// A boolean field that is false, or the element type of a collection of booleans.
    False,
    /// One raw byte.
    Byte,
    /// A zigzag varint of 16 bits.
    I16,
    /// A zigzag varint of 32 bits.
    I32,
    /// A zigzag varint of 64 bits.
    I64,
    /// Eight raw bytes.
    Double,
    /// A length and as many bytes.
    Binary,
    /// A list header and its elements.
    List,
    /// Encoded as a list.
    Set,
    /// A count, two types, and pairs.
    Map,
    /// Fields up to a stop byte.
    Struct,
    /// Sixteen raw bytes.
    Uuid,
}

impl Wire {
    /// The type with this number in a field header or list header.
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4 => Self::I16,
            5 => Self::I32,
            6 => Self::I64,
            7 => Self::Double,
            8 => Self::Binary,
            9 => Self::List,
            10 => Self::Set,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return None,
        })
    }

    fn is_bool(self) -> bool {
        matches!(self, Self::True | Self::False)
    }

    fn is_int(self) -> bool {
        matches!(self, Self::I16 | Self::I32 | Self::I64)
    }
}

/// The header of one struct field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// The field's number.
    pub(crate) id: i16,
    /// The type of the value that follows.
    pub(crate) wire: Wire,
    /// Where the header starts.
    pub(crate) offset: usize,
}

/// The header of a list or set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListHeader {
    /// The type of every element.
    pub(crate) wire: Wire,
    /// The number of elements, never more than the bytes left.
    pub(crate) len: usize,
}

/// What a value has to look like, for the parts that are checked but not kept.
///
/// A reader that goes by field number and ignores the stated type reads a mistyped field from
/// other bytes than one that skips by type. Stating the shape of every known field leaves no such
/// field. Shapes are written by us as constants, so walking one nests as deep as the constant does.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A boolean field.
    Bool,
    /// One raw byte.
    Byte,
    /// A zigzag varint of any width.
    Int,
    /// A double.
    Double,
    /// Bytes or text.
    Binary,
    /// A list whose elements have this shape.
    List(&'static Shape),
    /// A struct or union; fields not listed may be anything.
    Struct(&'static [(i16, Shape)]),
}

impl Shape {
    fn allows(&self, wire: Wire) -> bool {
        match self {
            Self::Bool => wire.is_bool(),
            Self::Byte => wire == Wire::Byte,
            Self::Int => wire.is_int(),
            Self::Double => wire == Wire::Double,
            Self::Binary => wire == Wire::Binary,
            Self::List(_) => wire == Wire::List,
            Self::Struct(_) => wire == Wire::Struct,
        }
    }
}

/// Walks the fields of one struct, refusing a field that is given twice.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    last: i16,
    seen: u32,
}

impl Fields {
    /// The next field header, or `None` at the end of the struct.
    ///
    /// The caller has to read or skip the value before asking again. Fields numbered 0 to 31 may
    /// come once only; the formats read here give no meaning to numbers above.
    pub(crate) fn next(&mut self, reader: &mut Reader<'_>) -> Result<Option<Field>> {
        let Some(field) = reader.field(self.last)? else {
            return Ok(None);
        };
        let bit = u32::try_from(field.id).ok().and_then(|id| 1u32.checked_shl(id)).unwrap_or(0);
        if self.seen & bit != 0 {
            return Err(ThriftError { offset: field.offset, what: "a field is given twice in one struct" });
        }
        self.seen |= bit;
        self.last = field.id;
        Ok(Some(field))
    }
}

/// One open container inside [`Reader::skip`].
enum Frame {
    Struct,
    List { wire: Wire, left: usize },
    Map { key: Wire, value: Wire, left: usize, at_value: bool },
}

impl Frame {
    /// The type of the next value inside, or `None` when the container is done.
    fn next(&mut self, reader: &mut Reader<'_>) -> Result<Option<Wire>> {
        match self {
            Self::Struct => Ok(reader.field(0)?.map(|field| field.wire)),
            Self::List { wire, left } => Ok(take_one(left).then_some(*wire)),
            Self::Map { value, at_value, .. } if *at_value => {
                *at_value = false;
                Ok(Some(*value))
            }
            Self::Map { key, left, at_value, .. } => {
                *at_value = take_one(left);
                Ok(at_value.then_some(*key))
            }
        }
    }
}

/// Counts one off; false when nothing was left.
fn take_one(left: &mut usize) -> bool {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// A cursor over a slice of compact Thrift.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn fault(&self, what: &'static str) -> ThriftError {
        ThriftError { offset: self.at, what }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.fault("a value runs past the end of the bytes"))?;
        self.at = self.at.saturating_add(len);
        Ok(taken)
    }

    /// One raw byte.
    pub(crate) fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.at).copied();
        let byte = byte.ok_or_else(|| self.fault("the bytes end inside a value"))?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    /// An unsigned varint of at most ten bytes, fitting 64 bits.
    pub(crate) fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(self.fault("a varint does not fit 64 bits"));
            }
            value |= low.wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault("a varint is longer than ten bytes"))
    }

    /// A zigzag varint of 64 bits.
    pub(crate) fn i64(&mut self) -> Result<i64> {
        let raw = self.varint()?;
        let sign = (raw & 1).cast_signed().wrapping_neg();
        Ok((raw >> 1).cast_signed() ^ sign)
    }

    /// A zigzag varint that has to fit 32 bits.
    pub(crate) fn i32(&mut self) -> Result<i32> {
        let value = self.i64()?;
        i32::try_from(value).map_err(|_| self.fault("a number does not fit 32 bits"))
    }

    /// A zigzag varint that has to fit 16 bits.
    pub(crate) fn i16(&mut self) -> Result<i16> {
        let value = self.i64()?;
        i16::try_from(value).map_err(|_| self.fault("a number does not fit 16 bits"))
    }

    /// A length and as many bytes.
    pub(crate) fn binary(&mut self) -> Result<&'a [u8]> {
        let len = self.varint()?;
        let len = usize::try_from(len).map_err(|_| self.fault("a length is too large"))?;
        self.take(len)
    }

    /// A struct field's header, or `None` for the stop byte; `last` is the previous field's number.
    pub(crate) fn field(&mut self, last: i16) -> Result<Option<Field>> {
        let offset = self.at;
        let header = self.byte()?;
        let code = header & 0x0f;
        if code == 0 {
            return Ok(None);
        }
        let wire = Wire::from_code(code).ok_or_else(|| self.fault("a field has an unknown type"))?;
        let delta = i16::from(header >> 4);
        let id = match delta {
            0 => self.i16()?,
            _ => last.checked_add(delta).ok_or_else(|| self.fault("a field number overflows"))?,
        };
        Ok(Some(Field { id, wire, offset }))
    }

    /// A list's or set's header. The element count is at most the bytes left, since every element
    /// takes one byte or more.
    pub(crate) fn list(&mut self) -> Result<ListHeader> {
        let header = self.byte()?;
        if header == 0 {
            // Some writers leave the element type of an empty list out.
            return Ok(ListHeader { wire: Wire::Byte, len: 0 });
        }
        let wire = Wire::from_code(header & 0x0f).ok_or_else(|| self.fault("a list has an unknown element type"))?;
        let count = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        let len = self.count(count, 1)?;
        Ok(ListHeader { wire, len })
    }

    /// A count of elements, each of which takes at least `each` bytes.
    fn count(&self, count: u64, each: usize) -> Result<usize> {
        usize::try_from(count)
            .ok()
            .filter(|&count| count.checked_mul(each).is_some_and(|n| n <= self.left()))
            .ok_or_else(|| self.fault("a collection claims more elements than bytes are left"))
    }

    /// Steps over one value of this type.
    ///
    /// The type of a boolean field is its value, so nothing is read for it. Collections of booleans
    /// are refused unless empty: the reader that comes after takes them as having no bytes, and no
    /// struct of a Parquet footer or page header holds one.
    pub(crate) fn skip(&mut self, wire: Wire) -> Result<()> {
        let mut open: Vec<Frame> = Vec::new();
        let mut next = Some(wire);
        loop {
            match next {
                Some(wire) => {
                    if let Some(frame) = self.enter(wire)? {
                        if open.len() >= SKIP_DEPTH {
                            return Err(self.fault("values nest more than 64 deep"));
                        }
                        open.push(frame);
                    }
                }
                None => {
                    open.pop();
                }
            }
            let Some(frame) = open.last_mut() else {
                return Ok(());
            };
            next = frame.next(self)?;
        }
    }

    /// Reads a scalar whole, or a container's header.
    fn enter(&mut self, wire: Wire) -> Result<Option<Frame>> {
        match wire {
            Wire::True | Wire::False => {}
            Wire::Byte => drop(self.byte()?),
            Wire::I16 | Wire::I32 | Wire::I64 => drop(self.varint()?),
            Wire::Double => drop(self.take(8)?),
            Wire::Uuid => drop(self.take(16)?),
            Wire::Binary => drop(self.binary()?),
            Wire::Struct => return Ok(Some(Frame::Struct)),
            Wire::List | Wire::Set => return self.enter_list().map(Some),
            Wire::Map => return self.enter_map(),
        }
        Ok(None)
    }

    fn enter_list(&mut self) -> Result<Frame> {
        let ListHeader { wire, len } = self.list()?;
        self.refuse_bools(len, &[wire])?;
        Ok(Frame::List { wire, left: len })
    }

    fn enter_map(&mut self) -> Result<Option<Frame>> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(None);
        }
        let left = self.count(count, 2)?;
        let types = self.byte()?;
        let unknown = || self.fault("a map has an unknown key or value type");
        let key = Wire::from_code(types >> 4).ok_or_else(unknown)?;
        let value = Wire::from_code(types & 0x0f).ok_or_else(unknown)?;
        self.refuse_bools(left, &[key, value])?;
        Ok(Some(Frame::Map { key, value, left, at_value: false }))
    }

    fn refuse_bools(&self, len: usize, types: &[Wire]) -> Result<()> {
        if len > 0 && types.iter().any(|wire| wire.is_bool()) {
            return Err(self.fault("a collection of booleans where none belongs"));
        }
        Ok(())
    }

    /// Steps over one value, checking that it has this shape all the way down.
    ///
    /// Calls itself at most as deep as `shape`, a constant of ours, nests.
    pub(crate) fn conform(&mut self, wire: Wire, shape: &Shape) -> Result<()> {
        if !shape.allows(wire) {
            return Err(self.fault("a field has another type than the format gives it"));
        }
        match shape {
            Shape::List(element) => self.conform_list(element),
            Shape::Struct(known) => self.conform_struct(known),
            _ => self.skip(wire),
        }
    }

    fn conform_list(&mut self, element: &Shape) -> Result<()> {
        let header = self.list()?;
        for _ in 0..header.len {
            self.conform(header.wire, element)?;
        }
        Ok(())
    }

    fn conform_struct(&mut self, known: &[(i16, Shape)]) -> Result<()> {
        let mut fields = Fields::default();
        while let Some(field) = fields.next(self)? {
            match known.iter().find(|(id, _)| *id == field.id) {
                Some((_, shape)) => self.conform(field.wire, shape)?,
                None => self.skip(field.wire)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what<T: fmt::Debug>(result: Result<T>) -> &'static str {
        result.expect_err("the input is malformed").what
    }

    #[test]
    fn varints_of_each_length() {
        for shift in 0..64 {
            let value = 1u64 << shift;
            assert_eq!(Reader::new(&varint(value)).varint(), Ok(value));
        }
        assert_eq!(Reader::new(&varint(u64::MAX)).varint(), Ok(u64::MAX));
    }

    #[test]
    fn overlong_varints_are_refused() {
        assert_eq!(what(Reader::new(&[0xff; 12]).varint()), "a varint does not fit 64 bits");
        let mut padded = [0x80u8; 11];
        padded[10] = 0;
        assert_eq!(what(Reader::new(&padded).varint()), "a varint is longer than ten bytes");
        assert_eq!(what(Reader::new(&[0x80]).varint()), "the bytes end inside a value");
    }

    #[test]
    fn zigzag_goes_both_ways() {
        for (byte, value) in [(0u8, 0i64), (1, -1), (2, 1), (3, -2)] {
            assert_eq!(Reader::new(&[byte]).i64(), Ok(value));
        }
        assert_eq!(Reader::new(&varint(u64::MAX)).i64(), Ok(i64::MIN));
        assert_eq!(Reader::new(&varint(u64::MAX - 1)).i64(), Ok(i64::MAX));
    }

    #[test]
    fn narrow_numbers_do_not_wrap() {
        assert!(Reader::new(&varint(1 << 17)).i16().is_err());
        assert!(Reader::new(&varint(1 << 33)).i32().is_err());
        assert_eq!(Reader::new(&varint(65_535)).i16(), Ok(i16::MIN));
    }

    #[test]
    fn field_headers_by_delta_and_in_full() {
        let mut reader = Reader::new(&[0x15, 0x02, 0x05, 0x28, 0x00]);
        let first = reader.field(3).unwrap().unwrap();
        assert_eq!((first.id, first.wire, first.offset), (4, Wire::I32, 0));
        assert_eq!(reader.i32(), Ok(1));
        let second = reader.field(4).unwrap().unwrap();
        assert_eq!((second.id, second.wire, second.offset), (20, Wire::I32, 2));
        assert_eq!(reader.field(20), Ok(None));
    }

    #[test]
    fn field_numbers_do_not_overflow() {
        assert_eq!(what(Reader::new(&[0x15]).field(i16::MAX)), "a field number overflows");
        assert_eq!(what(Reader::new(&[0x1f]).field(0)), "a field has an unknown type");
    }

    #[test]
    fn a_field_comes_once() {
        // Field 1 as a true boolean, then field 1 again, numbered in full.
        let mut reader = Reader::new(&[0x11, 0x01, 0x02, 0x00]);
        let mut fields = Fields::default();
        assert!(fields.next(&mut reader).unwrap().is_some());
        assert_eq!(what(fields.next(&mut reader)), "a field is given twice in one struct");
    }

    #[test]
    fn lengths_are_compared_with_the_bytes_left() {
        assert_eq!(Reader::new(&[2, 7, 8]).binary(), Ok(&[7u8, 8][..]));
        assert!(Reader::new(&[3, 7, 8]).binary().is_err());
        let mut endless = varint(u64::MAX);
        endless.push(1);
        assert!(Reader::new(&endless).binary().is_err());
    }

    #[test]
    fn list_counts_are_compared_with_the_bytes_left() {
        let header = Reader::new(&[0x25, 0, 0]).list();
        assert_eq!(header, Ok(ListHeader { wire: Wire::I32, len: 2 }));
        assert!(Reader::new(&[0x35, 0, 0]).list().is_err());
        let mut million = vec![0xf5];
        million.extend(varint(109_000_000));
        assert!(Reader::new(&million).list().is_err());
        assert_eq!(Reader::new(&[0]).list().map(|list| list.len), Ok(0));
    }

    #[test]
    fn skip_steps_over_every_type() {
        // A struct of: true, byte, i16, double, binary, list of two i32, map of one byte to binary,
        // struct, uuid.
        let mut bytes = vec![0x11, 0x13, 9, 0x14, 0x80, 1, 0x17];
        bytes.extend([0; 8]);
        bytes.extend([0x18, 2, 1, 2, 0x19, 0x25, 2, 4, 0x1b, 1, 0x38, 7, 1, 9]);
        bytes.extend([0x1c, 0x15, 2, 0x00, 0x1d]);
        bytes.extend([0; 16]);
        bytes.push(0x00);
        bytes.push(0xaa);
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.skip(Wire::Struct), Ok(()));
        assert_eq!(reader.offset(), bytes.len() - 1);
    }

    #[test]
    fn skip_stops_at_64_levels() {
        let nested = |depth: usize| {
            // Each level is a list of one list; the innermost is empty.
            let mut bytes = vec![0x19u8; depth - 1];
            bytes.push(0x05);
            bytes
        };
        assert_eq!(Reader::new(&nested(64)).skip(Wire::List), Ok(()));
        assert_eq!(what(Reader::new(&nested(65)).skip(Wire::List)), "values nest more than 64 deep");
        assert!(Reader::new(&nested(100_000)).skip(Wire::List).is_err());
        assert!(Reader::new(&[0x1c; 100_000]).skip(Wire::Struct).is_err());
    }

    #[test]
    fn collections_of_booleans_are_refused() {
        assert!(Reader::new(&[0x22, 1, 1]).skip(Wire::List).is_err());
        assert_eq!(Reader::new(&[0x02]).skip(Wire::List), Ok(()));
        assert!(Reader::new(&[1, 0x21, 1, 1]).skip(Wire::Map).is_err());
    }

    #[test]
    fn shapes_hold_all_the_way_down() {
        static INTS: Shape = Shape::Struct(&[(1, Shape::List(&Shape::Int)), (2, Shape::Bool)]);
        let walk = |bytes: &[u8]| Reader::new(bytes).conform(Wire::Struct, &INTS);
        assert_eq!(walk(&[0x19, 0x15, 2, 0x11, 0]), Ok(()));
        assert!(walk(&[0x19, 0x18, 0, 0]).is_err());
        assert!(walk(&[0x25, 2, 0]).is_err());
        // An unknown field may be anything well-formed.
        assert_eq!(walk(&[0x58, 1, 9, 0]), Ok(()));
    }

    #[test]
    fn every_short_input_ends() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                for code in 1..=13 {
                    let wire = Wire::from_code(code).unwrap();
                    let bytes = [first, second, first, second, 0, 0];
                    let _ = Reader::new(&bytes).skip(wire);
                }
            }
        }
    }

    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    }
}
