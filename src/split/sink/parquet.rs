//! Parquet, compressed with zstd: the schema and metadata of the file that was read, and what is added.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::arrow::{ArrowSchemaConverter, encode_arrow_schema};
use parquet::basic::{Compression, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::{Piece, Plan, Sink, SinkError, caught, fitted, table};

/// A row group is closed when it has about so many bytes, so that memory stays bounded whatever the rows.
const ROW_GROUP_BYTES: usize = 128 << 20;

const ARROW_SCHEMA: &str = "ARROW:schema";

pub(super) struct ParquetSink<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> ParquetSink<W> {
    pub(super) fn new(out: W, plan: &Plan) -> Result<Self, SinkError> {
        let schema = SchemaRef::clone(&plan.schema);
        let writer = caught(|| ArrowWriter::try_new_with_options(out, Arc::clone(&schema), options(plan)?))?;
        Ok(Self { writer, schema })
    }
}

impl<W: Write + Send> Sink<W> for ParquetSink<W> {
    fn write(&mut self, piece: &Piece) -> Result<(), SinkError> {
        let batch = fitted(table(piece)?, &self.schema)?;
        caught(|| {
            self.writer.write(&batch)?;
            if self.writer.in_progress_size() > ROW_GROUP_BYTES {
                self.writer.flush()?;
            }
            Ok::<_, ParquetError>(())
        })
    }

    fn finish(self: Box<Self>) -> Result<W, SinkError> {
        // Writes the footer, too.
        caught(|| self.writer.into_inner())
    }
}

fn options(plan: &Plan) -> Result<ArrowWriterOptions, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("rulegate version ", env!("CARGO_PKG_VERSION")).to_owned());
    let stored = plan.about.parquet.as_ref().filter(|stored| is_writable(stored));
    let Some(stored) = stored else {
        let pairs = pairs(plan, None);
        let from_parquet = plan.about.parquet.is_some();
        if !pairs.is_empty() {
            properties = properties.set_key_value_metadata(Some(pairs));
        }
        return Ok(ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(from_parquet));
    };
    let own = stored.root_schema().get_fields().len();
    let added: Vec<FieldRef> = plan.schema.fields().iter().skip(own).cloned().collect();
    let pairs = pairs(plan, Some(&added));
    let properties = properties.set_key_value_metadata(Some(pairs).filter(|pairs| !pairs.is_empty())).build();
    let schema = extended(stored, added)?;
    Ok(ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true).with_parquet_schema(schema))
}

/// Whether the crate can write all columns as they are stored; it has no writer for the timestamps of old.
fn is_writable(schema: &SchemaDescriptor) -> bool {
    schema.columns().iter().all(|column| column.physical_type() != PhysicalType::INT96)
}

/// A stored schema with columns behind its own.
fn extended(stored: &SchemaDescriptor, added: Vec<FieldRef>) -> Result<SchemaDescriptor, ParquetError> {
    if added.is_empty() {
        return Ok(stored.clone());
    }
    let added = ArrowSchemaConverter::new().convert(&Schema::new(added))?;
    let root = stored.root_schema();
    let fields = root.get_fields().iter().chain(added.root_schema().get_fields()).cloned().collect();
    Ok(SchemaDescriptor::new(Arc::new(Type::group_type_builder(root.name()).with_fields(fields).build()?)))
}

/// The metadata of the file; its Arrow schema, where it has one, with the columns that are added.
fn pairs(plan: &Plan, added: Option<&[FieldRef]>) -> Vec<KeyValue> {
    let mut pairs = Vec::new();
    for (key, value) in &plan.about.metadata {
        let value = match (key == ARROW_SCHEMA, added) {
            (false, _) | (true, Some([])) => value.clone(),
            (true, Some(added)) => match &plan.about.arrow {
                Some(schema) => Some(with_added(schema, added)),
                None => continue,
            },
            (true, None) => continue,
        };
        pairs.push(KeyValue { key: key.clone(), value });
    }
    pairs
}

fn with_added(schema: &Schema, added: &[FieldRef]) -> String {
    let fields: Vec<FieldRef> = schema.fields().iter().chain(added).cloned().collect();
    encode_arrow_schema(&Schema::new_with_metadata(fields, schema.metadata().clone()))
}
