//! Pages of the book: their fences, sections, links and anchors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

pub(crate) const UPDATE_HINT: &str = "UPDATE=1 cargo test -p rulegate-cli --test book rewrites what can be rewritten";

/// A page, by its path below `docs`.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Fence {
    /// What stands after the opening back-ticks.
    pub(crate) info: String,
    pub(crate) text: String,
    /// Where the text begins in the page, in bytes.
    pub(crate) start: usize,
    /// The line of the opening back-ticks, from 1.
    pub(crate) line: usize,
}

impl Fence {
    /// The first words of the info string, without `file=`.
    pub(crate) fn kind(&self) -> String {
        self.info.split(' ').filter(|word| !word.starts_with("file=")).collect::<Vec<_>>().join(" ")
    }

    /// The name of the file it is.
    pub(crate) fn file(&self) -> Option<&str> {
        self.info.split(' ').find_map(|word| word.strip_prefix("file="))
    }
}

pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) line: usize,
}

pub(crate) struct Link {
    pub(crate) target: String,
    pub(crate) line: usize,
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn docs() -> PathBuf {
    repository().join("docs")
}

pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

/// Every page but the summary, by name.
pub(crate) fn pages() -> Vec<Page> {
    let root = docs();
    let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") && path != root.join("SUMMARY.md") {
                found.push(Page { name: path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"), text: read(&path) });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() > 60, "only {} pages were found", found.len());
    found
}

impl Page {
    pub(crate) fn path(&self) -> PathBuf {
        docs().join(&self.name)
    }

    /// What its first heading says.
    pub(crate) fn title(&self) -> &str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }

    /// Writes the page anew where `UPDATE=1` and it should be another.
    pub(crate) fn rewrite(&self, better: Option<String>) {
        if let Some(text) = better.filter(|text| update() && *text != self.text) {
            std::fs::write(self.path(), text).unwrap();
        }
    }

    /// Fenced blocks that begin at the start of a line.
    pub(crate) fn fences(&self) -> Vec<Fence> {
        let mut found = Vec::new();
        let mut open: Option<(usize, Fence)> = None;
        let mut offset = 0;
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            offset += line.len();
            let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
            let rest = line[ticks..].trim();
            match &mut open {
                None if ticks >= 3 => {
                    open = Some((ticks, Fence { info: rest.to_owned(), text: String::new(), start: offset, line: index + 1 }));
                }
                Some((needed, _)) if ticks >= *needed && rest.is_empty() => found.extend(open.take().map(|(_, fence)| fence)),
                Some((_, fence)) => fence.text.push_str(line),
                None => {}
            }
        }
        assert!(open.is_none(), "a fenced block of {} is not closed", self.name);
        found
    }

    /// What stands under each `##`.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut found: Vec<Section> = Vec::new();
        let mut fence = 0;
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
            if ticks >= 3 && (fence == 0 || ticks >= fence && line[ticks..].trim().is_empty()) {
                fence = if fence == 0 { ticks } else { 0 };
            }
            match line.strip_prefix("## ") {
                Some(title) if fence == 0 => {
                    found.push(Section { title: title.trim().to_owned(), text: String::new(), line: index + 1 });
                }
                _ => found.iter_mut().last().into_iter().for_each(|section| section.text.push_str(line)),
            }
        }
        found
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, std::ops::Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    /// Links and pictures.
    pub(crate) fn links(&self) -> Vec<Link> {
        let line = |offset: usize| self.text[..offset].matches('\n').count() + 1;
        self.events()
            .filter_map(|(event, place)| match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    Some(Link { target: dest_url.into_string(), line: line(place.start) })
                }
                _ => None,
            })
            .collect()
    }

    /// The anchors of the headings, as GitHub and mdBook make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let (mut found, mut seen, mut heading) = (Vec::new(), BTreeMap::new(), None);
        for (event, _) in self.events() {
            match (event, &mut heading) {
                (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
                (Event::Text(text) | Event::Code(text), Some(title)) => title.push_str(&text),
                (Event::End(TagEnd::Heading(_)), Some(title)) => {
                    let kept =
                        title.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>();
                    let slug = kept.replace(' ', "-");
                    let count: &mut usize = seen.entry(slug.clone()).or_default();
                    found.push(if *count == 0 { slug } else { format!("{slug}-{count}") });
                    *count += 1;
                    heading = None;
                }
                _ => {}
            }
        }
        found
    }

    /// Follows a relative link.
    pub(crate) fn resolve(&self, target: &str) -> Result<(), String> {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = if file.is_empty() { self.path() } else { self.path().parent().unwrap().join(file) };
        if !path.exists() {
            return Err("there is no such file".to_owned());
        }
        if anchor.is_empty() {
            return Ok(());
        }
        let page = Page { name: file.to_owned(), text: read(&path) };
        let known = page.anchors();
        if known.iter().any(|one| one == anchor) { Ok(()) } else { Err(format!("no heading of it is #{anchor}; there are {known:?}")) }
    }
}
