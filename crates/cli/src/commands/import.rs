//! `rulegate import`: rules from a schema of another program.

use std::fs::File;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use rulegate::interchange::{ImportOptions, Source, Unsaid, import};

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::render::human;
use crate::render::text::{escape, wrapped};
use crate::rules;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The schema, or - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What the schema is written in
    #[arg(long = "from", value_name = "FORMAT", default_value = "json-schema",
          value_parser = PossibleValuesParser::new(Source::all().map(|source| source.name)))]
    source: String,

    /// The name of the block; the schema's title where left out
    #[arg(short, long, value_name = "NAME")]
    block: Option<String>,

    /// The column that holds the responses
    #[arg(long, value_name = "COLUMN", default_value = "response")]
    from_column: String,
}

impl Subcommand for Import {
    const NAME: &'static str = "import";
    const ABOUT: &'static str = "Makes an output block from a JSON Schema, such as Pydantic's";
    const EXAMPLES: &'static str = "\
The rules go to stdout, in canonical layout. What they do not say of the schema goes to stderr: each keyword with its place (a JSON \
pointer) and the reason. References are followed within the schema alone; nothing is fetched.

Exit codes: 0 imported, 2 the schema could not be read, or describes no object.

Examples:
  rulegate import mood.schema.json > mood.rules
  rulegate import --from json-schema --block mood --from-column answer mood.schema.json
  python -c 'import json, app; print(json.dumps(app.Mood.model_json_schema()))' | rulegate import -";

    fn run(self) -> Result<Exit, Failure> {
        let source = Source::named(&self.source).ok_or_else(|| Failure::new(format!("there is no format `{}`", self.source)))?;
        let name = self.file.to_string_lossy();
        let text = if name == "-" { rules::text(std::io::stdin().lock(), "stdin")? } else { self.read(&name)? };
        let options = ImportOptions { block: self.block.clone(), column: Some(self.from_column.clone()) };
        let imported = import(source, &text, &options).map_err(|error| Failure::new(format!("{name}: {error}")).help(error.help()))?;
        output::stderr(&residue(&imported.residue, human::columns()));
        output::raw_stdout(&imported.rules)?;
        Ok(Exit::Holds)
    }
}

impl Import {
    fn read(&self, name: &str) -> Result<String, Failure> {
        let file = File::open(&self.file);
        rules::text(file.map_err(|error| Failure::new(format!("{name}: cannot be read: {error}")).help("check the path"))?, name)
    }
}

/// What the rules do not say, for people.
fn residue(residue: &[Unsaid], columns: usize) -> String {
    let mut out = match residue.len() {
        0 => "The rules say all that the schema says.\n".to_owned(),
        1 => "1 keyword is not in the rules, or not wholly:\n".to_owned(),
        count => format!("{count} keywords are not in the rules, or not wholly:\n"),
    };
    for unsaid in residue {
        let place = if unsaid.pointer.is_empty() { "the root" } else { &unsaid.pointer };
        out.push_str(&format!("\n{} at {}\n", escape(&unsaid.keyword), escape(place)));
        for line in wrapped(&unsaid.why, columns.saturating_sub(2)) {
            out.push_str(&format!("  {}\n", escape(&line)));
        }
    }
    out
}
