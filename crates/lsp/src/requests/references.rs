//! Every place a name stands at, in all files that are open and those beside them.

use gen_lsp_types::{Location, ReferenceParams, ReferencesProvider, ReferencesRequest, ServerCapabilities};
use rulegate::compile::index::{Index, SymbolKind, Target, Use};
use rulegate::source::Span;

use super::{Failure, Handler};
use crate::state::{Analysed, State};
use crate::uri;

pub(super) struct References;

impl Handler for References {
    type Request = ReferencesRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.references_provider = Some(ReferencesProvider::Bool(true));
    }

    fn answer(state: &mut State, params: ReferenceParams) -> Result<Option<Vec<Location>>, Failure> {
        let Some(at) = state.at(&params.text_document_position_params) else { return Ok(None) };
        let Some(name) = at.name() else { return Ok(None) };
        let found = everywhere(state, &params.text_document_position_params.text_document.uri.0, name);
        let wanted = found.into_iter().filter(|place| params.context.include_declaration || !place.declares);
        Ok(Some(wanted.map(|place| place.location).collect()))
    }
}

/// A place where a name stands.
pub(super) struct Place {
    pub location: Location,
    pub declares: bool,
}

/// Every place that means what a name of a document means, in order.
pub(super) fn everywhere(state: &mut State, uri: &str, name: Use) -> Vec<Place> {
    let Some((_, analysed)) = state.current(uri) else { return Vec::new() };
    let mut places = places(analysed, name.target);
    // What is declared at the top of a file may be used by others; what is declared in a block may not.
    let shared = match name.target {
        Target::Symbol(id) => is_shared(analysed.index(), id).then(|| analysed.index().symbol(id)).flatten().map(|symbol| symbol.span),
        _ => None,
    };
    if let Some(declared) = shared.and_then(|span| analysed.location(span)) {
        let path = uri::to_path(&declared.uri.0);
        for other in state.around(path.as_deref()) {
            places.extend(declared_at(other, &declared).into_iter().flat_map(|target| self::places(other, target)));
        }
    }
    places.sort_by(|a, b| (&a.location.uri.0, a.location.range).cmp(&(&b.location.uri.0, b.location.range)));
    places.dedup_by(|a, b| a.location == b.location);
    places
}

fn is_shared(index: &Index, id: rulegate::compile::index::SymbolId) -> bool {
    let top = std::iter::successors(Some(id), |id| index.symbol(*id)?.owner).last().and_then(|id| index.symbol(id));
    top.is_some_and(|top| top.kind != SymbolKind::Block)
}

fn places(analysed: &Analysed, target: Target) -> Vec<Place> {
    let place = |found: &Use| {
        let location = analysed.location(found.span)?;
        Some(Place { location, declares: found.declares })
    };
    let mut places: Vec<Place> = analysed.index().uses_of(target).filter_map(place).collect();
    // The constraint that an id of a field and a kind stands for.
    let rule = if let Target::Rule(rule) = target { analysed.index().rule(rule) } else { None };
    if let Some(span) = rule.map(|site| site.span) {
        places.extend(declaration(analysed, span));
    }
    places
}

fn declaration(analysed: &Analysed, span: Span) -> Option<Place> {
    Some(Place { location: analysed.location(span)?, declares: true })
}

/// What another compilation calls the symbol that is declared at a place.
fn declared_at(analysed: &Analysed, declared: &Location) -> Option<Target> {
    let index = analysed.index();
    let (file, _) = analysed.uris().find(|(_, uri)| *uri == declared.uri.0)?;
    let at = |found: &&Use| found.declares && analysed.range(found.span) == declared.range;
    index.uses_in(file).iter().find(at).map(|found| found.target)
}
