//! What there is of each kind of thing.

use gen_lsp_types::CompletionItemKind as Kind;
use rulegate::compile::index::{Symbol, SymbolKind, attributes, builtin_type, keyword};
use rulegate::functions::{self, Accepts, FunctionDef, Returns};
use rulegate::syntax::item_words;
use rulegate::types::ColumnType;

use super::context::Wanted;
use super::{Offer, Request, quoted};
use crate::describe;

/// Most files of a folder that are offered.
const MAX_FILES: usize = 200;

/// Adds what there is of a kind of thing.
pub(super) fn offer(request: &Request<'_>, wanted: &Wanted, out: &mut Vec<Offer>) {
    match wanted {
        Wanted::Items { in_block } => out.extend(item_words(*in_block).map(|word| word_offer(word, 5))),
        Wanted::NewFields => new_fields(request, out),
        Wanted::Values { variables } => values(request, variables, out),
        Wanted::Columns { block, colon } => columns(request, block, *colon, out),
        Wanted::Functions { in_check } => functions(request, *in_check, out),
        Wanted::Constraints => constraints(request, out),
        Wanted::Types => types(request, out),
        Wanted::Attributes(place) => out.extend(attributes(*place).map(|(name, docs)| Offer::new(name, Kind::Property, 0).docs(docs))),
        Wanted::Params => globals(request, SymbolKind::Param, Kind::Constant, "", out),
        Wanted::Sets => globals(request, SymbolKind::Set, Kind::Enum, "", out),
        Wanted::ValuesOf { block, column } => values_of(request, block, column, out),
        Wanted::Members { block, path } => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            out.extend(request.index.members(block, &path).into_iter().map(|name| named(&name, Kind::Field, 0)));
        }
        Wanted::Rules { block, path } => rules(request, block, path, out),
        Wanted::Blocks => globals(request, SymbolKind::Block, Kind::Class, "", out),
        Wanted::Examples { block } => {
            let examples = request.index.block(block).into_iter().flat_map(|block| block.examples.keys());
            out.extend(examples.map(|name| named(name, Kind::Variable, 0)));
        }
        Wanted::Words(words) => out.extend(words.iter().map(|word| word_offer(word, 6))),
        Wanted::Files => files(request, out),
    }
}

fn word_offer(word: &str, rank: u8) -> Offer {
    let offer = Offer::new(word, Kind::Keyword, rank);
    match keyword(word) {
        Some((_, docs)) => offer.docs(docs),
        None => offer,
    }
}

/// A name, in back-ticks where it needs them.
fn named(name: &str, kind: Kind, rank: u8) -> Offer {
    let offer = Offer::new(name, kind, rank);
    let written = quoted(name);
    if written == name { offer } else { offer.insert(written) }
}

fn described(offer: Offer, symbol: &Symbol) -> Offer {
    match &symbol.docs {
        Some(docs) => offer.docs(docs.clone()),
        None => offer,
    }
}

/// Columns of the data file that no field declares yet, with their types.
fn new_fields(request: &Request<'_>, out: &mut Vec<Offer>) {
    let declared = request.place.block.as_ref().and_then(|block| request.index.block(&block.name));
    let fresh = request.data.columns.iter().filter(|column| declared.is_none_or(|block| !block.names.contains_key(&column.name)));
    out.extend(fresh.map(|column| {
        let nullable = if column.nullable { ", nulls allowed" } else { "" };
        named(&column.name, Kind::Field, 0).detail(format!("{} in {}{nullable}", column.ty, request.data.name)).insert(format!(
            "{} : {}",
            quoted(&column.name),
            column.ty
        ))
    }));
}

fn values(request: &Request<'_>, variables: &[String], out: &mut Vec<Offer>) {
    out.extend(variables.iter().map(|name| named(name, Kind::Variable, 0)));
    if let Some(block) = request.place.block.as_ref() {
        columns(request, &block.name, false, out);
        let lets = request.index.block(&block.name).into_iter().flat_map(|block| block.names.values());
        let lets = lets.filter_map(|id| request.index.symbol(*id)).filter(|symbol| symbol.kind == SymbolKind::Let);
        out.extend(lets.map(|symbol| described(named(&symbol.name, Kind::Variable, 1), symbol)));
    }
    globals(request, SymbolKind::Param, Kind::Constant, "$", out);
}

fn columns(request: &Request<'_>, block: &str, colon: bool, out: &mut Vec<Offer>) {
    let names = request.index.block(block).into_iter().flat_map(|block| block.names.values());
    let columns = names.filter_map(|id| request.index.symbol(*id)).filter(|symbol| symbol.kind == SymbolKind::Column);
    out.extend(columns.map(|symbol| {
        let offer = described(named(&symbol.name, Kind::Field, 1), symbol);
        let offer = if colon { offer.insert(format!("{}: ", quoted(&symbol.name))) } else { offer };
        typed(offer, symbol)
    }));
}

/// With its declared type beside it.
fn typed(offer: Offer, symbol: &Symbol) -> Offer {
    match &symbol.ty {
        Some(ty) => offer.detail(ty.clone()),
        None => offer,
    }
}

fn functions(request: &Request<'_>, in_check: bool, out: &mut Vec<Offer>) {
    if in_check {
        out.extend(functions::aggregates().iter().map(|def| {
            let takes = !def.signature.parameters.is_empty();
            call(def.name, takes, 2).detail(def.signature.display(def.name)).docs(describe::aggregate(def))
        }));
    }
    out.extend(functions::all().map(|def| {
        let takes = !def.signature.parameters.is_empty();
        call(def.name, takes, 3).detail(def.signature.display(def.name)).docs(describe::function(def))
    }));
    globals(request, SymbolKind::Extern, Kind::Function, "", out);
}

/// A function with its brackets, the cursor between them where it takes something.
fn call(name: &str, takes: bool, rank: u8) -> Offer {
    let offer = Offer::new(name, Kind::Function, rank);
    Offer { snippet: takes, ..offer.insert(if takes { format!("{name}($0)") } else { format!("{name}()") }) }
}

fn constraints(request: &Request<'_>, out: &mut Vec<Offer>) {
    let words = ["between", "in", "not", "matches", "like", "length", "each", "unique", "increasing", "when"];
    out.extend(words.iter().map(|word| word_offer(word, 1)));
    let test = |def: &&FunctionDef| {
        !def.signature.parameters.is_empty() && !matches!(def.signature.parameters.first(), Some(first) if first.accepts == Accepts::Regex)
    };
    for def in functions::all().filter(test) {
        let rest = def.signature.parameters.len().saturating_sub(1 + def.signature.optional);
        let offer = match (def.signature.returns, rest) {
            // The field is the first argument, and goes without saying.
            (Returns::Bool, 0) => Offer::new(def.name, Kind::Function, 2),
            (Returns::Bool, _) => Offer { snippet: true, ..Offer::new(def.name, Kind::Function, 2).insert(format!("{}($0)", def.name)) },
            (Returns::Int | Returns::Float, 0) => Offer::new(def.name, Kind::Function, 3),
            _ => continue,
        };
        out.push(offer.detail(def.signature.display(def.name)).docs(describe::function(def)));
    }
    globals(request, SymbolKind::Extern, Kind::Function, "", out);
}

fn types(request: &Request<'_>, out: &mut Vec<Offer>) {
    globals(request, SymbolKind::Type, Kind::TypeParameter, "", out);
    out.extend(ColumnType::BUILTIN_NAMES.iter().map(|name| {
        let offer = Offer::new(*name, Kind::TypeParameter, 2);
        let offer = match *name {
            "list" => Offer { snippet: true, ..offer.insert("list<$0>") },
            "vector" => Offer { snippet: true, ..offer.insert("vector<float32, $0>") },
            "map" => Offer { snippet: true, ..offer.insert("map<string, $0>") },
            "struct" => Offer { snippet: true, ..offer.insert("struct { $0 }") },
            "enum" => Offer { snippet: true, ..offer.insert("enum($0)") },
            "one_of" => Offer { snippet: true, ..offer.insert("one_of($0)") },
            _ => offer,
        };
        match builtin_type(name) {
            Some((_, docs)) => offer.docs(docs),
            None => offer,
        }
    }));
}

/// What is declared at the top of files.
fn globals(request: &Request<'_>, kind: SymbolKind, shown: Kind, prefix: &str, out: &mut Vec<Offer>) {
    out.extend(request.index.of_kind(kind).map(|symbol| {
        let offer = described(Offer::new(format!("{prefix}{}", symbol.name), shown, 1), symbol);
        typed(offer.insert(format!("{prefix}{}", quoted(&symbol.name))), symbol)
    }));
}

fn values_of(request: &Request<'_>, block: &str, column: &str, out: &mut Vec<Offer>) {
    let names = request.index.block(block).map(|block| &block.names);
    let Some(symbol) = names.and_then(|names| names.get(column)).and_then(|id| request.index.symbol(*id)) else { return };
    let of_set = symbol.set.as_ref().and_then(|set| request.index.sets.get(set)).into_iter().flatten();
    let values = symbol.values.iter().chain(of_set);
    out.extend(values.map(|value| Offer::new(value.as_str(), Kind::EnumMember, 0).detail(format!("a value of {column}"))));
}

/// Ids of rules, behind the parts that are there already.
fn rules(request: &Request<'_>, block: &str, path: &[String], out: &mut Vec<Offer>) {
    let prefix: String = path.iter().map(|part| format!("{}.", quoted(part))).collect();
    for rule in request.index.rules().filter(|rule| rule.block == block) {
        if let Some(rest) = rule.short().strip_prefix(prefix.as_str()).or_else(|| rule.id.strip_prefix(prefix.as_str())) {
            out.push(Offer::new(rest, Kind::Method, 0).detail(rule.id));
        }
    }
}

/// Rule files of the folder.
fn files(request: &Request<'_>, out: &mut Vec<Offer>) {
    let Some(folder) = request.path.and_then(|path| path.parent()) else { return };
    let own = request.path.and_then(|path| path.file_name());
    let entries = folder.read_dir().into_iter().flatten().flatten().take(MAX_FILES).map(|entry| entry.path());
    for path in entries.filter(|path| crate::state::is_rules(path) && path.file_name() != own) {
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            out.push(Offer::new(format!("{name:?}"), Kind::File, 0));
        }
    }
}
