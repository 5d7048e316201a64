//! Responses bound to a schema: where they stand, and how they become the columns that the rules of an `output` block are asked of.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};

use crate::compile::ir;
use crate::detectors::{Detector, Family};
use crate::outputs::{self, Limits, Options, ReadError, Reading, Reason, State, normalize};

use super::{ill_typed_name, raw_name, undeclared};

/// The texts of responses, beside the columns that were read from them.
const RAW_NAME: &str = "\u{1f}response";

/// How the data of an `output` block becomes the columns of its plan.
#[derive(Debug)]
pub(crate) struct Responses {
    /// The schema of the data; that of the plan is of what is read from it.
    pub schema: Arc<Schema>,
    /// Columns of the data that are read.
    pub projection: Vec<usize>,
    /// Why a struct column has members that a closed block does not declare.
    pub extra: Option<String>,
    from: Source,
    finish: Option<usize>,
    /// Columns beside the responses, by their places in the data.
    companions: Vec<usize>,
    response: ir::Response,
    closed: bool,
    /// Places of paths in what a reading tells of members.
    paths: BTreeMap<Vec<String>, usize>,
    /// Tells refusals from other texts that are no JSON.
    refusals: Detector,
    /// One row: what stands in for a response that fails.
    fallback: Option<Vec<ArrayRef>>,
}

/// What holds the responses.
#[derive(Debug)]
enum Source {
    /// A column of texts.
    Text(usize),
    /// A column of structs; the places of their members that are declared.
    Struct(usize, Vec<usize>),
}

/// What the reading of some responses has come to, besides their values.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Why each row was not read; empty where all were.
    parse: Vec<Reason>,
    /// Rows that were not read.
    pub unread: Option<BooleanBuffer>,
    /// For columns of texts.
    pub reading: Option<Reading>,
}

impl Responses {
    /// Binds responses to a schema; gives the schema of what is read as well.
    ///
    /// # Errors
    /// Why no response can be read: their column is not there, or holds something else.
    pub(super) fn bind(block: &ir::Block, response: &ir::Response, schema: &Arc<Schema>) -> Result<(Self, Arc<Schema>), String> {
        let place = |name: &str| schema.fields().iter().position(|field| field.name() == name);
        let Some(at) = place(&response.source) else {
            let known = schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !name.ends_with(super::ILL_TYPED_MARK));
            let near = crate::diagnostics::nearest(&response.source, known).map_or_else(String::new, |near| format!("; it has `{near}`"));
            return Err(format!("the data has no column `{}` of responses{near}", response.source));
        };
        let (from, mut fields, extra) = match schema.field(at).data_type() {
            DataType::Struct(found) => members(block, at, found),
            ty if is_text(ty) => (Source::Text(at), response.shape.fields().iter().cloned().collect(), None),
            ty => {
                let found = crate::types::describe(ty);
                return Err(format!("column `{}` holds responses, as texts or structs, and the data has {found}", response.source));
            }
        };
        let companions = companions(block, schema);
        fields.extend(companions.iter().filter_map(|index| schema.fields().get(*index).cloned()));
        if matches!(from, Source::Text(_)) {
            fields.push(Arc::new(Field::new(RAW_NAME, schema.field(at).data_type().clone(), true)));
        }
        let finish = place(super::FINISH_MARK).or_else(|| response.finish.as_deref().and_then(place));
        let mut projection: Vec<usize> = companions.iter().copied().chain([at]).chain(finish).collect();
        projection.sort_unstable();
        projection.dedup();
        let mut responses = Self {
            schema: Arc::clone(schema),
            projection,
            extra: extra.filter(|_| block.closed),
            from,
            finish,
            companions,
            response: response.clone(),
            closed: block.closed,
            paths: BTreeMap::new(),
            refusals: Detector::new(Family::Refusal, &[], None),
            fallback: None,
        };
        responses.prepare();
        Ok((responses, Arc::new(Schema::new(fields))))
    }

    /// Finds out where a reading tells of each member, and reads the fallback.
    fn prepare(&mut self) {
        if let Ok(reading) = self.reading(&StringArray::from(Vec::<&str>::new()), None, 0..0) {
            self.paths = reading.members.iter().enumerate().map(|(place, member)| (member.path.clone(), place)).collect();
        }
        let Some(text) = &self.response.fallback else { return };
        self.fallback = self.reading(&StringArray::from(vec![text.as_str()]), None, 0..1).ok().map(|reading| reading.columns);
    }

    /// The values that stand in for a response that fails, one row of each member.
    pub(crate) fn fallback(&self) -> Option<&[ArrayRef]> {
        self.fallback.as_deref()
    }

    /// How many of the plan's columns are read from responses.
    pub(crate) fn fields(&self) -> usize {
        match &self.from {
            Source::Text(_) => self.response.shape.members.len(),
            Source::Struct(_, members) => members.len(),
        }
    }

    /// The declared fields, in the types that values read from texts have.
    pub(crate) fn declared(&self) -> Fields {
        self.response.shape.fields()
    }

    /// Whether responses are texts, which are read, or structs, which are taken as they are.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.from, Source::Text(_))
    }

    /// Where the texts stand among the columns of the plan.
    pub(crate) fn raw(&self) -> Option<usize> {
        self.is_text().then(|| self.fields() + self.companions.len())
    }

    /// Where a reading tells of a member.
    pub(super) fn place_of(&self, path: &[String]) -> Option<usize> {
        self.paths.get(path).copied()
    }

    fn reading(&self, texts: &dyn Array, finish: Option<&dyn Array>, range: Range<usize>) -> Result<Reading, ReadError> {
        let refusal = |text: &str| self.refusals.is_in(text);
        let options = Options { limits: Limits::default(), lenient: self.response.lenient, closed: self.closed, refusal: &refusal };
        outputs::read(&self.response.shape, texts, finish, range, &options)
    }

    /// The columns of the plan for some rows of the data.
    pub(crate) fn read(&self, columns: &[ArrayRef], range: Range<usize>) -> (Vec<ArrayRef>, Facts) {
        let length = range.len();
        let column = |index: usize| columns.get(index);
        let cut = |index: usize| {
            column(index).map_or_else(|| new_null_array(&DataType::Null, length), |column| column.slice(range.start, length))
        };
        let (mut out, facts) = match &self.from {
            Source::Text(at) => self.read_texts(column(*at), self.finish.and_then(column), range.clone()),
            Source::Struct(at, members) => read_structs(&cut(*at), members),
        };
        for (place, steps) in &self.response.normalize {
            if let Some(values) = out.get_mut(*place) {
                *values = normalize(values, steps);
            }
        }
        out.extend(self.companions.iter().map(|index| cut(*index)));
        if let Source::Text(at) = &self.from {
            out.push(cut(*at));
        }
        (out, facts)
    }

    fn read_texts(&self, texts: Option<&ArrayRef>, finish: Option<&ArrayRef>, range: Range<usize>) -> (Vec<ArrayRef>, Facts) {
        let length = range.len();
        let reading = texts.and_then(|texts| self.reading(texts, finish.map(|finish| &**finish), range).ok());
        let Some(mut reading) = reading else {
            // Arrow cannot hold what they come to.
            let nothing = self.response.shape.fields().iter().map(|field| new_null_array(field.data_type(), length)).collect();
            let unread = Some(BooleanBuffer::new_set(length));
            return (nothing, Facts { parse: vec![Reason::TooLarge; length], unread, reading: None });
        };
        let columns = std::mem::take(&mut reading.columns);
        let unread = (!reading.broken.is_empty())
            .then(|| BooleanBuffer::collect_bool(length, |row| reading.parse.get(row).is_some_and(|reason| *reason != Reason::Read)));
        (columns, Facts { parse: std::mem::take(&mut reading.parse), unread, reading: Some(reading) })
    }
}

impl Facts {
    /// Why a row was not read.
    pub(crate) fn reason(&self, row: usize) -> Reason {
        self.parse.get(row).copied().unwrap_or(Reason::Read)
    }

    /// What became of a member in each row; empty where it is present in all that were read.
    pub(crate) fn states(&self, member: usize) -> &[State] {
        let members = self.reading.as_ref().map_or(&[][..], |reading| &reading.members);
        members.get(member).map_or(&[][..], |member| &member.states)
    }
}

fn is_text(ty: &DataType) -> bool {
    match ty {
        DataType::Dictionary(_, values) => is_text(values),
        ty => matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

/// The declared members of a struct column, and what is said of the others.
fn members(block: &ir::Block, at: usize, found: &arrow::datatypes::Fields) -> (Source, Vec<FieldRef>, Option<String>) {
    let declared = |field: &FieldRef| block.columns.iter().any(|column| column.response && column.name == *field.name());
    let (ours, others): (Vec<_>, Vec<_>) = found.iter().enumerate().partition(|(_, field)| declared(field));
    let names: Vec<&str> = others.iter().map(|(_, field)| field.name().as_str()).collect();
    let fields = ours.iter().map(|(_, field)| Arc::new(field.as_ref().clone().with_nullable(true))).collect();
    (Source::Struct(at, ours.iter().map(|(index, _)| *index).collect()), fields, undeclared(block, &names))
}

/// The columns beside the responses that the block declares, and the marks of their unreadable cells.
fn companions(block: &ir::Block, schema: &Schema) -> Vec<usize> {
    let declared = |name: &str| block.columns.iter().any(|column| !column.response && stands_for(&column.name, name));
    schema.fields().iter().enumerate().filter(|(_, field)| declared(field.name())).map(|(index, _)| index).collect()
}

/// Whether a column of the data is a declared one, or tells of its cells.
fn stands_for(declared: &str, name: &str) -> bool {
    declared == name || name.starts_with(declared) && (ill_typed_name(declared) == name || raw_name(declared) == name)
}

/// The members of structs as columns: null where their struct is.
fn read_structs(column: &ArrayRef, members: &[usize]) -> (Vec<ArrayRef>, Facts) {
    let Some(structs) = column.as_struct_opt() else {
        let nothing = members.iter().map(|_| new_null_array(&DataType::Null, column.len())).collect();
        return (nothing, Facts { parse: Vec::new(), unread: Some(BooleanBuffer::new_set(column.len())), reading: None });
    };
    let nulls = structs.nulls().filter(|nulls| nulls.null_count() > 0);
    let unread = nulls.map(|nulls| !nulls.inner());
    let absent = unread.clone().map(|unread| BooleanArray::new(unread, None));
    let child = |index: &usize| {
        let child = structs.columns().get(*index).cloned().unwrap_or_else(|| new_null_array(&DataType::Null, column.len()));
        match &absent {
            Some(absent) => arrow::compute::nullif(&child, absent).unwrap_or_else(|_| new_null_array(child.data_type(), child.len())),
            None => child,
        }
    };
    let parse = unread
        .as_ref()
        .map_or_else(Vec::new, |unread| unread.iter().map(|unread| if unread { Reason::NullCell } else { Reason::Read }).collect());
    (members.iter().map(child).collect(), Facts { parse, unread, reading: None })
}
