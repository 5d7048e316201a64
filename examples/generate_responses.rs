//! Writes `rules/samples/narrative_responses.parquet`: responses of a language model with every way to fail planted in rows of their own.
//!
//! `cargo run --example generate_responses`: the same bytes on every run and machine. How many responses fail which rule, and why, is known
//! before any engine looks at them: [`Planted`] says it, and `tests/outputs.rs` holds the engine to it. Benchmarks draw from here too.

#![allow(clippy::indexing_slicing, reason = "vocabularies are of known length; a mistake here stops a generator, no service")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the numbers drawn are small")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Responses of the sample.
pub(crate) const SAMPLE_ROWS: usize = 4_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples/narrative_responses.parquet");
    std::fs::write(path, sample()?)?;
    Ok(())
}

/// The bytes of the sample.
pub(crate) fn sample() -> Result<Vec<u8>, Box<dyn Error>> {
    let (batch, _) = narratives(SAMPLE_ROWS, 1)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(9)?))
        .set_max_row_group_row_count(Some(2_000))
        .set_created_by("rulegate samples".to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// How many rows fail a rule of `narrative_analysis`, by the end of its id, and for what reason.
pub(crate) type Planted = BTreeMap<(&'static str, &'static str), u64>;

/// A way to fail: the rule, the reason it is counted under (none: rules on values count no reasons), and how the response is made.
type Way = (&'static str, &'static str, fn(&mut Response) -> Option<String>);

/// Every way to fail one rule and no other.
const WAYS: &[Way] = &[
    ("parse", "null_cell", |_| None),
    ("parse", "empty", |_| Some(" \n".to_owned())),
    ("parse", "filtered", |response| {
        response.finish = "content_filter";
        Some("I was about to say {".to_owned())
    }),
    ("parse", "refused", |response| {
        response.finish = "refusal";
        Some("I cannot help with that.".to_owned())
    }),
    ("parse", "reasoning_leak", |response| Some(format!("<think>They ask for JSON.</think>\n{}", response.json()))),
    ("parse", "fenced", |response| Some(format!("```json\n{}\n```", response.json()))),
    ("parse", "double_encoded", |response| Some(quoted(&response.json()))),
    ("parse", "prose_wrapped", |response| Some(format!("Here is the analysis you asked for:\n{}", response.json()))),
    ("parse", "several_documents", |response| Some(format!("{0}\n{0}", response.json()))),
    ("parse", "trailing_text", |response| Some(format!("{} I hope this helps!", response.json()))),
    ("parse", "truncated", |response| {
        response.finish = "length";
        let json = response.json();
        Some(json[..json.len() / 2].to_owned())
    }),
    ("parse", "lenient_syntax", |response| Some(response.json().replacen("\"momentum\"", "'momentum'", 1))),
    ("parse", "control_char", |response| Some(response.json().replacen("narrative_summary\": \"", "narrative_summary\": \"a\tb", 1))),
    ("parse", "bad_escape", |response| Some(response.json().replacen("narrative_summary\": \"", "narrative_summary\": \"\\d", 1))),
    ("parse", "lone_surrogate", |response| Some(response.json().replacen("narrative_summary\": \"", "narrative_summary\": \"\\ud83d ", 1))),
    ("parse", "too_deep", |_| Some(format!("{{\"key_themes\": {}", "[".repeat(200)))),
    ("parse", "bad_number", |response| Some(response.json().replacen("\"confidence\": ", "\"confidence\": +", 1))),
    ("parse", "not_json", |_| Some("The token looks weak to me.".to_owned())),
    ("parse", "root_type", |_| Some("[\"bullish\", 0.8]".to_owned())),
    ("parse", "duplicate_key", |response| Some(response.json().replacen('{', "{\"momentum\": 0.1, ", 1))),
    ("extra_fields", "sentimant", |response| Some(response.json().replacen('{', "{\"sentimant\": \"bullish\", ", 1))),
    ("momentum.required", "absent", |response| {
        Some(response.json().replacen("\"momentum\": ", "\"x\": ", 1).replacen("\"x\": 0.25, ", "", 1))
    }),
    ("confidence.required", "null", |response| Some(response.json().replacen("\"confidence\": 0.5", "\"confidence\": null", 1))),
    ("sentiment_score.type", "numeric_string", |response| Some(response.json().replacen("_score\": 0.5", "_score\": \"0.5\"", 1))),
    ("key_themes.type", "scalar_for_list", |response| {
        let json = response.json();
        let (from, to) = (json.find('[').unwrap_or(0), json.find(']').unwrap_or(0));
        Some(format!("{}\"adoption\"{}", &json[..from], &json[to + 1..]))
    }),
    ("sentiment.enum", "", |response| Some(response.json().replacen("\"bullish\"", "\"hopeful\"", 1))),
    ("confidence.range", "", |response| Some(response.json().replacen("\"confidence\": 0.5", "\"confidence\": 1.5", 1))),
    ("momentum.range", "", |response| Some(response.json().replacen("\"momentum\": 0.25", "\"momentum\": -1e3", 1))),
    ("key_themes.length", "", |response| {
        response.themes = vec![" ", ""];
        Some(response.json())
    }),
    ("narrative_summary.length", "", |response| {
        response.summary = "Too short".to_owned();
        Some(response.json())
    }),
    ("signs_agree", "", |response| Some(response.json().replacen("_score\": 0.5", "_score\": -0.5", 1))),
];

/// Responses of 0.5 to 1 KB, nearly all as they should be; one in forty fails, in a way of its own.
pub(crate) fn narratives(rows: usize, seed: u64) -> Result<(RecordBatch, Planted), Box<dyn Error>> {
    let mut rng = Rng(seed);
    let mut planted = Planted::new();
    let (mut ids, mut finish, mut responses) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows {
        let mut response = Response::draw(&mut rng);
        let text = if row % 40 == 7 {
            let (rule, reason, make) = WAYS[row / 40 % WAYS.len()];
            *planted.entry((rule, reason)).or_default() += 1;
            response.plain();
            make(&mut response)
        } else {
            Some(response.json())
        };
        ids.push(format!("r-{row:06}"));
        finish.push(response.finish);
        responses.push(text);
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("request_id", Arc::new(StringArray::from(ids))),
        ("finish_reason", Arc::new(StringArray::from(finish))),
        ("response", Arc::new(StringArray::from(responses))),
    ];
    Ok((RecordBatch::try_from_iter(columns)?, planted))
}

/// What a model answers, before it is written as JSON.
pub(crate) struct Response {
    sentiment: &'static str,
    score: f64,
    momentum: f64,
    themes: Vec<&'static str>,
    summary: String,
    confidence: f64,
    finish: &'static str,
}

impl Response {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let sentiment = ["bullish", "bearish", "neutral"][rng.below(3)];
        let strength = (rng.below(99) + 1) as f64 / 100.0;
        let score = match sentiment {
            "bullish" => strength,
            "bearish" => -strength,
            _ => strength - 0.5,
        };
        let themes = (0..rng.below(4) + 2).map(|_| THEMES[rng.below(THEMES.len())]).collect();
        let mut summary = String::new();
        while summary.len() < 260 + rng.below(160) {
            if !summary.is_empty() {
                summary.push(' ');
            }
            summary.push_str(SENTENCES[rng.below(SENTENCES.len())]);
        }
        let momentum = rng.below(200) as f64 / 100.0 - 1.0;
        Self { sentiment, score, momentum, themes, summary, confidence: rng.below(101) as f64 / 100.0, finish: "stop" }
    }

    /// The values that the ways to fail change by their text.
    fn plain(&mut self) {
        (self.sentiment, self.score, self.momentum, self.confidence) = ("bullish", 0.5, 0.25, 0.5);
    }

    pub(crate) fn json(&self) -> String {
        let themes: Vec<String> = self.themes.iter().map(|theme| quoted(theme)).collect();
        format!(
            "{{\"sentiment\": \"{}\", \"sentiment_score\": {}, \"momentum\": {}, \"key_themes\": [{}], \"narrative_summary\": {}, \"confidence\": {}}}",
            self.sentiment,
            self.score,
            self.momentum,
            themes.join(", "),
            quoted(&self.summary),
            self.confidence
        )
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// SplitMix64.
pub(crate) struct Rng(pub u64);

impl Rng {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

const THEMES: &[&str] = &[
    "adoption",
    "regulation",
    "exchange listing",
    "liquidity",
    "whale accumulation",
    "network upgrade",
    "sell-off",
    "partnership",
    "token unlock",
    "governance vote",
    "market structure",
    "retail interest",
];

const SENTENCES: &[&str] = &[
    "Holders grew by 4.2% over the week while the float on exchanges shrank.",
    "Two of the larger funds have added to their positions since Tuesday.",
    "Trading volume stayed near 18 million dollars a day, most of it on one venue.",
    "The upgrade planned for the third quarter was moved by a month.",
    "Commentators remain divided on whether the new fee model will hold.",
    "Mentions doubled after the listing, then fell back to where they were.",
    "A vote on the treasury passed with a small majority.",
    "Volatility is lower than in any month of this year.",
    "Developers shipped three releases and closed most of the open reports.",
    "The spread between venues narrowed to a few basis points.",
];
