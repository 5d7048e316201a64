//! One self-contained page: no scripts, nothing loaded from elsewhere, light or dark as the reader likes.
//!
//! [`view`] turns reports into what the page shows, as text; the template escapes all of it.

mod view;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::{Form, Judged};
use crate::exit::Failure;

pub(super) const FORM: Form = Form { name: "html", about: "one page with plots, for a browser", reports, diagnostics: None };

const PAGE: &str = include_str!("page.html");

#[derive(Serialize)]
struct Shown {
    title: String,
    pages: Vec<view::Page>,
}

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let failure = |error: minijinja::Error| Failure::new(format!("the page cannot be made: {error}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page.html", PAGE).map_err(failure)?;
    let template = environment.get_template("page.html").map_err(failure)?;
    let pages: Vec<view::Page> =
        judged.reports.iter().enumerate().map(|(index, report)| view::page(report, index, judged.places)).collect();
    let title = pages.first().map_or_else(|| "rulegate".to_owned(), |page| page.verdict.clone());
    template.render(Serde(Shown { title, pages })).map_err(failure)
}
