//! JSON Schema, above all as Pydantic's `model_json_schema()` writes it.
//!
//! Drafts 2019-09 and 2020-12, and what of draft 7 means the same. References within the schema are followed; nothing is ever fetched.

use crate::interchange::document::Document;

use super::field::Reader;
use super::refs::Refs;
use super::{ImportError, ImportOptions, Source, Unsaid, facts, text};

pub(super) const SOURCE: Source =
    Source { name: "json-schema", summary: "JSON Schema, such as Pydantic's model_json_schema(), as an output block", read };

fn read(source: &str, options: &ImportOptions) -> Result<(String, Vec<Unsaid>), ImportError> {
    let root = Document::parse(source).map_err(|why| ImportError::Json { why })?;
    let mut refs = Refs::new(&root);
    let mut residue = Vec::new();
    let facts = facts::gather(&root, "", &[String::new()], &mut refs, &mut residue)?;
    if let Some(broken) = &facts.broken {
        return Err(ImportError::Root { what: format!("none: {}", broken.why) });
    }
    let is_object = facts.of("type").all(|fact| fact.value.as_str() == Some("object")) && facts.has(&["type", "properties"]);
    if !is_object || facts.has(&["anyOf", "oneOf", "enum", "const"]) {
        let what = facts.first("type").and_then(|fact| fact.value.as_str()).map_or("something else", |name| name);
        return Err(ImportError::Root { what: what.to_owned() });
    }
    let title = facts_title(&root, &facts.open);
    let mut reader = Reader::new(refs, residue);
    let members = reader.root(&facts)?;
    let closed = reader.closed();
    let fields: String = members.iter().map(|member| format!("{}{} : {}\n", member.docs, member.name, member.body)).collect();
    let name = options.block.as_deref().or(title).unwrap_or("imported");
    let block = match &options.block {
        Some(name) => text::name(name),
        None => text::block_name(name),
    };
    let block = block.unwrap_or_else(|| "imported".to_owned());
    let column = options.column.as_deref().and_then(text::name).unwrap_or_else(|| "response".to_owned());
    let docs = facts.docs.map(text::docs).unwrap_or_default();
    let rules = format!("rulegate 1\n\n{docs}output {block} from {column}{} {{\n{fields}}}\n", if closed { " @closed" } else { "" });
    Ok((rules, reader.residue))
}

/// The title of the root, or of what it refers to.
fn facts_title<'a>(root: &'a Document, open: &[String]) -> Option<&'a str> {
    let own = open.iter().filter_map(|pointer| root.at(pointer)).find_map(|schema| schema.get("title"));
    own.and_then(Document::as_str)
}
