//! `rulegate.toml`: options that a folder's commands have unless the command line says otherwise.
//!
//! Keys are the long names of options. Outside of a table they mean every command that has the option; `[validate]`, `[check]` and so on mean one
//! command. Each becomes the default of its option, so whatever takes an option on the command line takes it here, and the command line wins.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{Arg, ArgAction, Command, builder::ValueParser};
use rulegate::diagnostics::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exit::Failure;

/// The file's name. It also marks the root folder of imports.
const NAME: &str = "rulegate.toml";
/// More than this is no file of options.
const MAX_BYTES: u64 = 1 << 20;
/// Options that make no sense as a default.
const NOT_HERE: &[&str] = &["help", "version", "man", "plan"];

/// Parameters that the file gives; those of the command line come before them.
static PARAMS: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// The rule file that the file names.
static RULES: OnceLock<PathBuf> = OnceLock::new();

/// The rules of the project, for commands that are given none: what `rules` of the file says, else the working folder.
pub(crate) fn rules() -> PathBuf {
    RULES.get().cloned().unwrap_or_else(|| PathBuf::from("."))
}

/// Parameters of the file.
pub(crate) fn params() -> impl Iterator<Item = (&'static String, &'static String)> {
    PARAMS.get().into_iter().flatten()
}

/// The command line with the defaults of the nearest `rulegate.toml`, from the working folder upwards.
pub(crate) fn apply(command: Command) -> Result<Command, Failure> {
    let Some((path, text)) = find()? else { return Ok(command) };
    let file =
        File { shown: path.to_string_lossy().into_owned(), folder: path.parent().unwrap_or(Path::new("")).to_path_buf(), text: &text };
    let table = DeTable::parse(&text).map_err(|error| {
        let place = file.line(error.span().unwrap_or(0..0));
        Failure::new(format!("{place}: this is not TOML: {}", error.message())).help("strings stand in quotes: rules = \"tokens.rules\"")
    })?;
    file.root(command, table.get_ref())
}

/// The nearest file and its text; `../` as often as it takes to get there.
fn find() -> Result<Option<(PathBuf, String)>, Failure> {
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    let mut path = PathBuf::from(NAME);
    for folder in here.ancestors() {
        if folder.join(NAME).is_file() {
            return read(&path).map(|text| Some((path, text)));
        }
        path = Path::new("..").join(path);
    }
    Ok(None)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failure = |reason: &dyn std::fmt::Display| {
        Failure::new(format!("{}: cannot be read: {reason}", path.display())).help("mend or remove it: it holds options of this folder")
    };
    let about = path.metadata().map_err(|error| failure(&error))?;
    if about.len() > MAX_BYTES {
        return Err(failure(&format!("it has more than {MAX_BYTES} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| failure(&error))
}

struct File<'a> {
    shown: String,
    /// Paths in the file are relative to this.
    folder: PathBuf,
    text: &'a str,
}

type Key<'a> = &'a Spanned<std::borrow::Cow<'a, str>>;
type Setting<'a> = &'a Spanned<DeValue<'a>>;

impl File<'_> {
    fn root(&self, mut command: Command, table: &DeTable<'_>) -> Result<Command, Failure> {
        let mut params = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match value.get_ref() {
                DeValue::Table(inner) if name == "params" => params.extend(self.parameters(inner)?),
                DeValue::Table(inner) => {
                    let Some(found) = command.find_subcommand(name).cloned() else {
                        let known: Vec<&str> = command.get_subcommands().map(Command::get_name).chain(["params"]).collect();
                        return Err(self.unknown(key, "table", &known));
                    };
                    let mut changed = found;
                    for (key, value) in inner {
                        let values = self.values(key, value)?;
                        changed = self.set(changed, key, &values, true)?;
                    }
                    command = command.mut_subcommand(name, |_| changed);
                }
                _ => {
                    command = self.everywhere(command, key, value)?;
                    if let ("rules", [path]) = (name, self.values(key, value)?.as_slice()) {
                        // Set once, at the start.
                        let _ = RULES.set(PathBuf::from(self.placed(name, path)));
                    }
                }
            }
        }
        // Set once, at the start.
        let _ = PARAMS.set(params);
        Ok(command)
    }

    fn parameters(&self, table: &DeTable<'_>) -> Result<BTreeMap<String, String>, Failure> {
        let one = |(key, value): (Key<'_>, Setting<'_>)| match self.values(key, value)?.as_slice() {
            [only] => Ok((key.get_ref().to_string(), only.clone())),
            _ => Err(Failure::new(format!("{}: a parameter has one value", self.line(value.span()))).help("write name = value")),
        };
        table.iter().map(one).collect()
    }

    /// An option outside of a table: of every command that has it and can take the value.
    fn everywhere(&self, mut command: Command, key: Key<'_>, value: Setting<'_>) -> Result<Command, Failure> {
        let name = key.get_ref().as_ref();
        let values = self.values(key, value)?;
        if has(&command, name) {
            return self.set(command, key, &values, true);
        }
        let having: Vec<String> = command.get_subcommands().filter(|one| has(one, name)).map(|one| one.get_name().to_owned()).collect();
        if having.is_empty() {
            let mut known: Vec<&str> = command.get_subcommands().flat_map(keys).chain(keys(&command)).chain(["params"]).collect();
            known.sort_unstable();
            known.dedup();
            return Err(self.unknown(key, "option", &known));
        }
        let (mut taken, mut refused) = (0, None);
        for each in &having {
            let Some(found) = command.find_subcommand(each).cloned() else { continue };
            match self.set(found, key, &values, false) {
                Ok(changed) => {
                    taken += 1;
                    command = command.mut_subcommand(each, |_| changed);
                }
                Err(failure) => refused = Some(failure),
            }
        }
        match refused {
            Some(failure) if taken == 0 => Err(failure),
            _ => Ok(command),
        }
    }

    /// A command whose option has these values unless it is given.
    fn set(&self, command: Command, key: Key<'_>, values: &[String], named: bool) -> Result<Command, Failure> {
        let name = key.get_ref().as_ref();
        let Some(arg) = command.get_arguments().find(|arg| is(arg, name)).cloned() else {
            return Err(self.unknown(key, "option", &keys(&command).collect::<Vec<_>>()));
        };
        let values: Vec<String> = values.iter().map(|value| self.placed(name, value)).collect();
        let flag = matches!(arg.get_action(), ArgAction::SetTrue);
        let wrong = |why: String| {
            let of = if named && command.get_name() != "rulegate" { format!(" of {}", command.get_name()) } else { String::new() };
            Failure::new(format!("{}: `{name}`{of} cannot be this: {why}", self.line(key.span())))
                .help(format!("`rulegate {} --help` tells what --{name} takes", command.get_name()))
        };
        if flag && !matches!(values.as_slice(), [one] if one == "true" || one == "false") {
            return Err(wrong("it is true or false".to_owned()));
        }
        if values.len() > 1 && !matches!(arg.get_action(), ArgAction::Append) {
            return Err(wrong("it has one value".to_owned()));
        }
        if !flag {
            tried(&command, name, &values).map_err(wrong)?;
        }
        let id = arg.get_id().clone();
        Ok(command.mut_arg(id, |arg| {
            let arg = arg.required(false);
            // A flag that is set here can be taken back: `--strict=false`.
            let arg = if flag {
                arg.action(ArgAction::Set)
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true")
                    .value_parser(ValueParser::bool())
            } else {
                arg
            };
            arg.default_values(values)
        }))
    }

    /// Paths are relative to the file's folder.
    fn placed(&self, name: &str, value: &str) -> String {
        let join = |path: &str| self.folder.join(path).to_string_lossy().into_owned();
        match name {
            "rules" => join(value),
            "output" => value.split_once('=').map_or_else(|| value.to_owned(), |(form, path)| format!("{form}={}", join(path))),
            _ => value.to_owned(),
        }
    }

    /// A setting as it would stand on the command line, one for each item of an array.
    fn values(&self, key: Key<'_>, value: Setting<'_>) -> Result<Vec<String>, Failure> {
        let one = |value: &DeValue<'_>| match value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(value) => Some(value.to_string()),
            DeValue::Datetime(time) => Some(time.to_string()),
            DeValue::Array(_) | DeValue::Table(_) => None,
        };
        let values = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
            single => one(single).map(|value| vec![value]),
        };
        values.ok_or_else(|| {
            Failure::new(format!("{}: `{}` is no plain value", self.line(value.span()), key.get_ref()))
                .help("write a text, a number, true or false, or an array of those")
        })
    }

    fn unknown(&self, key: Key<'_>, what: &str, known: &[&str]) -> Failure {
        let name = key.get_ref();
        let failure = Failure::new(format!("{}: there is no {what} `{name}`", self.line(key.span())));
        match nearest(name, known.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("there are {}", known.join(", "))),
        }
    }

    /// `rulegate.toml:3`
    fn line(&self, span: Range<usize>) -> String {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        format!("{}:{}", self.shown, before.iter().filter(|byte| **byte == b'\n').count() + 1)
    }
}

/// Options of a command that can stand in the file.
fn keys(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(Arg::get_long).filter(|name| !NOT_HERE.contains(name))
}

fn has(command: &Command, name: &str) -> bool {
    keys(command).any(|known| known == name)
}

fn is(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name) && !NOT_HERE.contains(&name)
}

/// Whether the command line would take the values; else what it says.
fn tried(command: &Command, name: &str, values: &[String]) -> Result<(), String> {
    let command = command.clone().mut_args(|arg| arg.required(false)).arg_required_else_help(false).subcommand_required(false);
    let args = std::iter::once("rulegate".to_owned()).chain(values.iter().map(|value| format!("--{name}={value}")));
    match command.try_get_matches_from(args) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let choices =
                text.lines().find(|line| line.contains("possible values")).map_or_else(String::new, |line| format!(" {}", line.trim()));
            Err(format!("{first}{choices}"))
        }
    }
}
