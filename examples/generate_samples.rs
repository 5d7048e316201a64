//! Writes `rules/samples/*.parquet`, the data that the packs of `rules/std/` are shown and tested with.
//!
//! `cargo run --example generate_samples`: the same bytes on every run and machine, so a change of this file shows as a change of the
//! samples. Rows are drawn clean, then mistakes are planted in rows of their own: how many rows fail which rule is known before any
//! engine looks at them, and `tests/packs.rs` states it. No function that rounds differently between platforms is used.

#![allow(clippy::indexing_slicing, reason = "rows and alphabets are of known length; a mistake here stops a generator, no service")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "the numbers drawn are small")]

use std::error::Error;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeListArray, Float32Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples");
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in samples()? {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// A file name and the bytes of the file.
type Sample = (&'static str, Vec<u8>);

/// Every sample.
pub(crate) fn samples() -> Result<Vec<Sample>, Box<dyn Error>> {
    let batches = [
        ("token_features.parquet", tokens_worth_reading()?),
        ("token_features_bad.parquet", tokens_to_refuse()?),
        ("entities.parquet", entities()?),
        ("freshness.parquet", events()?),
        ("embeddings.parquet", embeddings()?),
        ("money.parquet", order_lines()?),
    ];
    batches.into_iter().map(|(name, batch)| Ok((name, parquet(&batch)?))).collect()
}

fn parquet(batch: &RecordBatch) -> Result<Vec<u8>, Box<dyn Error>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(9)?))
        .set_max_row_group_row_count(Some(2_500))
        // The writer's own version would change the bytes with every release of it.
        .set_created_by("rulegate samples".to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

// ---- chance --------------------------------------------------------------------------------------------------

/// SplitMix64: small, and good enough to make data look like data.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// An integer of `low ..= high`.
    fn int(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    /// A number of `low ..= high` with so many decimals: few digits read well and pack well.
    fn number(&mut self, low: f64, high: f64, decimals: i64) -> f64 {
        let scale = [1.0, 10.0, 100.0, 1_000.0, 10_000.0][decimals as usize];
        self.int((low * scale) as i64, (high * scale) as i64) as f64 / scale
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }

    fn percent(&mut self, share: u64) -> bool {
        self.next() % 100 < share
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| self.pick(&letters)).collect()
    }

    fn uuid(&mut self) -> String {
        let hex = self.text("0123456789abcdef", 30);
        let variant = self.pick(&["8", "9", "a", "b"]);
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
    }
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Hands out rows for mistakes, each once, so that no mistake hides another.
struct Rows {
    used: Vec<bool>,
    rng: Rng,
}

impl Rows {
    fn new(rows: usize, seed: u64) -> Self {
        Self { used: vec![false; rows], rng: Rng(seed) }
    }

    fn take(&mut self, count: usize, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut out = Vec::new();
        while out.len() < count {
            let row = (self.rng.next() % self.used.len() as u64) as usize;
            if !self.used[row] && wanted(row) {
                self.used[row] = true;
                out.push(row);
            }
        }
        out
    }
}

// ---- time and columns ----------------------------------------------------------------------------------------

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
/// 2026-11-01T00:00:00Z in milliseconds.
const NOVEMBER: i64 = 20_758 * DAY;

fn instants(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<TimestampMillisecondArray>().with_timezone("UTC"))
}

fn texts(values: &[String]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn decimals(values: impl IntoIterator<Item = Option<i64>>, precision: u8) -> Result<ArrayRef, Box<dyn Error>> {
    let array: Decimal128Array = values.into_iter().map(|value| value.map(i128::from)).collect();
    Ok(Arc::new(array.with_precision_and_scale(precision, 2)?))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Box<dyn Error>> {
    Ok(RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))?)
}

// ---- tokens --------------------------------------------------------------------------------------------------

const CHAINS: [&str; 9] = ["ethereum", "ethereum", "base", "base", "arbitrum", "bsc", "optimism", "polygon", "solana"];
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#[derive(Clone)]
struct Token {
    id: i64,
    symbol: String,
    chain: String,
    address: String,
    gem_score: Option<f64>,
    confidence: f64,
    liquidity: f64,
    volume: f64,
    holders: i64,
    sentiment: Option<f64>,
    trust: f64,
    risk: &'static str,
    flagged: Option<bool>,
    model: String,
    created: i64,
    updated: i64,
    vol_7d: Option<f64>,
    vol_30d: Option<f64>,
}

impl Token {
    /// A token no rule objects to, last scored in the two days before `newest`.
    fn clean(rng: &mut Rng, id: i64, newest: i64) -> Self {
        let chain = rng.pick(&CHAINS);
        let flagged = rng.percent(5);
        let liquidity = cents(rng.number(2_000.0, 90_000.0, 2) * rng.number(1.0, 40.0, 0));
        let updated = newest - rng.int(0, 2 * DAY / 1_000) * 1_000;
        let length = rng.int(3, 6) as usize;
        // Two draws added make the middle of the scale the most frequent.
        let gem_score = (rng.int(0, 600) + rng.int(0, 400)) as f64 / 10.0;
        Self {
            id,
            symbol: rng.text("ABCDEFGHIKLMNOPRSTUVXYZ", length),
            chain: chain.to_owned(),
            address: if chain == "solana" { rng.text(BASE58, 44) } else { format!("0x{}", rng.text("0123456789abcdef", 40)) },
            gem_score: Some(gem_score),
            confidence: rng.number(0.3, 1.0, 3),
            liquidity,
            volume: cents(liquidity * rng.number(0.01, 4.0, 2)),
            holders: rng.int(12, 400_000),
            sentiment: if rng.percent(8) { None } else { Some(rng.number(-0.95, 0.95, 2)) },
            trust: rng.number(0.0, 1.0, 2),
            risk: if flagged { rng.pick(&["HIGH", "CRITICAL"]) } else { rng.pick(&["LOW", "LOW", "MEDIUM", "MEDIUM", "HIGH"]) },
            flagged: Some(flagged),
            model: format!("v3.{}", rng.int(9, 12)),
            created: updated - rng.int(1, 700) * DAY - rng.int(0, 86_399) * 1_000,
            updated,
            vol_7d: if rng.percent(2) { None } else { Some(rng.number(0.1, 3.5, 2)) },
            vol_30d: if rng.percent(6) { None } else { Some(rng.number(0.1, 3.0, 2)) },
        }
    }

    fn on_evm(&self) -> bool {
        self.chain != "solana"
    }

    /// As block explorers show addresses: mixed case, which carries a checksum and breaks joins.
    fn show_checksum(&mut self) {
        let shown = self.address.trim_start_matches("0x").char_indices();
        let mixed: String = shown.map(|(at, letter)| if at % 3 == 0 { letter.to_ascii_uppercase() } else { letter }).collect();
        // A letter of the address must be upper-case for sure.
        self.address = format!("0x{}{}", "A", &mixed[1..]);
    }
}

fn tokens(count: i64, first_id: i64, newest: i64, rng: &mut Rng) -> Vec<Token> {
    let mut id = first_id;
    (0..count)
        .map(|_| {
            id += rng.int(1, 9);
            Token::clean(rng, id, newest)
        })
        .collect()
}

fn tokens_worth_reading() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(1);
    let mut tokens = tokens(5_000, 10_000, NOVEMBER + 20 * HOUR, &mut rng);
    let mut rows = Rows::new(tokens.len(), 2);
    for row in rows.take(7, |_| true) {
        tokens[row].symbol.push(' ');
    }
    for row in rows.take(12, |row| tokens[row].on_evm()) {
        tokens[row].show_checksum();
    }
    for row in rows.take(2, |row| !tokens[row].on_evm()) {
        tokens[row].address = format!("0x{}", rng.text("0123456789abcdef", 40));
    }
    for row in rows.take(9, |_| true) {
        tokens[row].sentiment = Some(rng.number(1.02, 1.4, 2));
    }
    for row in rows.take(160, |_| true) {
        tokens[row].sentiment = Some(-999.0);
    }
    for row in rows.take(14, |row| tokens[row].gem_score > Some(85.0) && tokens[row].flagged == Some(false)) {
        tokens[row].liquidity = rng.number(12.0, 950.0, 2);
        tokens[row].volume = cents(tokens[row].liquidity / 4.0);
    }
    for row in rows.take(14, |_| true) {
        tokens[row].volume = cents(tokens[row].liquidity * rng.number(6.0, 80.0, 0));
    }
    for row in rows.take(6, |row| tokens[row].flagged == Some(true)) {
        tokens[row].risk = "LOW";
    }
    token_batch(&tokens)
}

/// A day on which much went wrong at once: a new crawler, a hand-made backfill, a retry that wrote twice.
fn tokens_to_refuse() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(3);
    let mut tokens = tokens(2_000, 80_000, NOVEMBER - 10 * DAY, &mut rng);
    let mut rows = Rows::new(tokens.len(), 4);
    misspell(&mut tokens, &mut rows, &mut rng);
    break_numbers(&mut tokens, &mut rows, &mut rng);
    break_times_and_ids(&mut tokens, &mut rows);
    token_batch(&tokens)
}

fn misspell(tokens: &mut [Token], rows: &mut Rows, rng: &mut Rng) {
    for row in rows.take(22, |row| tokens[row].on_evm()) {
        tokens[row].chain = (rng.pick(&["etherium", "etherium", "etherium", "Ethereum", "bnb", "polygon-pos"])).to_owned();
    }
    for row in rows.take(4, |row| !tokens[row].on_evm()) {
        tokens[row].chain = "sol".to_owned();
    }
    for row in rows.take(31, |row| tokens[row].on_evm()) {
        tokens[row].show_checksum();
    }
    for row in rows.take(5, |row| tokens[row].flagged == Some(false)) {
        tokens[row].risk = "SEVERE";
    }
    for row in rows.take(3, |_| true) {
        tokens[row].flagged = None;
    }
    for row in rows.take(6, |_| true) {
        tokens[row].symbol = "WRAPPED-STAKED-ETHER".to_owned();
    }
}

fn break_numbers(tokens: &mut [Token], rows: &mut Rows, rng: &mut Rng) {
    let cool = |tokens: &[Token], row: usize| tokens[row].gem_score < Some(80.0);
    for row in rows.take(7, |_| true) {
        tokens[row].gem_score = None;
    }
    for row in rows.take(5, |_| true) {
        tokens[row].gem_score = Some(f64::NAN);
    }
    for (at, row) in rows.take(9, |_| true).into_iter().enumerate() {
        tokens[row].gem_score = Some(if at == 0 { 104.2 } else { rng.number(100.1, 131.0, 1) });
    }
    for row in rows.take(6, |_| true) {
        // Percent where a share was asked for.
        tokens[row].confidence = rng.number(41.0, 97.0, 0);
    }
    for row in rows.take(11, |row| cool(tokens, row)) {
        tokens[row].liquidity = -tokens[row].liquidity;
    }
    for row in rows.take(60, |row| tokens[row].sentiment.is_some()) {
        // The new crawler's scale is −100 to 100.
        tokens[row].sentiment = Some(rng.number(12.0, 88.0, 0));
    }
}

fn break_times_and_ids(tokens: &mut [Token], rows: &mut Rows) {
    for row in rows.take(13, |_| true) {
        let token = &mut tokens[row];
        std::mem::swap(&mut token.created, &mut token.updated);
    }
    // Four tokens were scored twice within one export …
    for pair in rows.take(8, |_| true).chunks(2) {
        tokens[pair[1]].id = tokens[pair[0]].id;
        tokens[pair[1]].updated = tokens[pair[0]].updated - 60_000;
        tokens[pair[1]].created = tokens[pair[0]].created - 60_000;
    }
    // … and one write was retried until it was there three times.
    let retried = rows.take(3, |_| true);
    let written = tokens[retried[0]].clone();
    for row in retried {
        tokens[row] = written.clone();
    }
}

fn token_batch(tokens: &[Token]) -> Result<RecordBatch, Box<dyn Error>> {
    let strings = |value: fn(&Token) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(tokens.iter().map(value))) };
    let floats = |value: fn(&Token) -> Option<f64>| -> ArrayRef { Arc::new(tokens.iter().map(value).collect::<Float64Array>()) };
    let ints = |value: fn(&Token) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(tokens.iter().map(value))) };
    batch(vec![
        ("token_id", ints(|token| token.id)),
        ("symbol", strings(|token| &token.symbol)),
        ("chain", strings(|token| &token.chain)),
        ("contract_address", strings(|token| &token.address)),
        ("gem_score", floats(|token| token.gem_score)),
        ("confidence", floats(|token| Some(token.confidence))),
        ("liquidity_usd", floats(|token| Some(token.liquidity))),
        ("volume_24h", floats(|token| Some(token.volume))),
        ("holders", ints(|token| token.holders)),
        ("sentiment_score", floats(|token| token.sentiment)),
        ("trust", floats(|token| Some(token.trust))),
        ("risk_level", strings(|token| token.risk)),
        ("flagged", Arc::new(tokens.iter().map(|token| token.flagged).collect::<BooleanArray>())),
        ("model_version", strings(|token| &token.model)),
        ("created_at", instants(tokens.iter().map(|token| Some(token.created)))),
        ("updated_at", instants(tokens.iter().map(|token| Some(token.updated)))),
        ("vol_7d", floats(|token| token.vol_7d)),
        ("vol_30d", floats(|token| token.vol_30d)),
    ])
}

// ---- entities ------------------------------------------------------------------------------------------------

struct Entity {
    id: String,
    version: i32,
    reference: Option<String>,
    email: String,
    phone: Option<String>,
    country: &'static str,
    status: &'static str,
    birth_year: Option<i32>,
    created: i64,
    updated: i64,
    closed: Option<i64>,
}

/// Every version of one customer; only the last may be closed.
fn versions(rng: &mut Rng, number: i64) -> Vec<Entity> {
    let (id, created) = (rng.uuid(), NOVEMBER - rng.int(30, 1_500) * DAY + rng.int(0, 86_399) * 1_000);
    let given = rng.pick(&["ana", "bo", "chidi", "dana", "emre", "fatou", "gita", "hugo", "ines", "jun"]);
    let family = rng.pick(&["abe", "berg", "costa", "diallo", "ek", "fischer", "garcia", "haddad", "ito", "jones"]);
    let email = format!("{given}.{family}{number}@example.{}", rng.pick(&["com", "org", "net"]));
    let reference = rng.percent(60).then(|| format!("{}-{:06}", rng.pick(&["CRM", "ERP", "WEB"]), number));
    let phone =
        rng.percent(75).then(|| format!("+{}{}", rng.pick(&["1", "33", "43", "49", "81", "234"]), rng.int(600_000_000, 799_999_999)));
    let country = rng.pick(&["AT", "BR", "DE", "DE", "FR", "GB", "GB", "JP", "NG", "SN", "TR", "US", "US", "US"]);
    let birth_year = rng.percent(70).then(|| rng.int(1940, 2007) as i32);
    let count = rng.pick(&[1, 1, 1, 2, 2, 3]);
    let closed = rng.percent(15);
    (1..=count)
        .map(|version| {
            let updated = created + i64::from(version - 1) * rng.int(1, 9) * DAY;
            let ends = closed && version == count;
            Entity {
                id: id.clone(),
                version,
                reference: reference.clone(),
                email: email.clone(),
                phone: phone.clone(),
                country,
                status: if ends { "closed" } else { rng.pick(&["prospect", "active", "active", "active", "suspended"]) },
                birth_year,
                created,
                updated,
                closed: ends.then_some(updated),
            }
        })
        .collect()
}

fn entities() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(5);
    let mut entities: Vec<Entity> = (1..=2_400).flat_map(|number| versions(&mut rng, number)).collect();
    let mut rows = Rows::new(entities.len(), 6);
    for pair in rows.take(6, |row| entities[row].version == 1 && entities[row].reference.is_some()).chunks(2) {
        entities[pair[1]].reference = entities[pair[0]].reference.clone();
    }
    for row in rows.take(14, |_| true) {
        let broken = [" at ", "@@", "@ ", "(at)", ""];
        entities[row].email = entities[row].email.replace('@', rng.pick(&broken));
    }
    for row in rows.take(12, |row| entities[row].phone.is_some()) {
        entities[row].phone = Some(format!("0{} {}", rng.int(650, 699), rng.int(1_000_000, 9_999_999)));
    }
    for row in rows.take(9, |row| entities[row].country == "GB") {
        entities[row].country = "UK";
    }
    for row in rows.take(11, |row| entities[row].status == "closed") {
        entities[row].status = "active";
    }
    entity_batch(&entities)
}

fn entity_batch(entities: &[Entity]) -> Result<RecordBatch, Box<dyn Error>> {
    let strings = |value: fn(&Entity) -> Option<&str>| -> ArrayRef { Arc::new(entities.iter().map(value).collect::<StringArray>()) };
    batch(vec![
        ("row_id", Arc::new(Int64Array::from_iter_values((1..).take(entities.len())))),
        ("entity_id", strings(|entity| Some(&entity.id))),
        ("version", Arc::new(Int32Array::from_iter_values(entities.iter().map(|entity| entity.version)))),
        ("external_ref", strings(|entity| entity.reference.as_deref())),
        ("email", strings(|entity| Some(&entity.email))),
        ("phone", strings(|entity| entity.phone.as_deref())),
        ("country", strings(|entity| Some(entity.country))),
        ("status", strings(|entity| Some(entity.status))),
        ("birth_year", Arc::new(entities.iter().map(|entity| entity.birth_year).collect::<Int32Array>())),
        ("created_at", instants(entities.iter().map(|entity| Some(entity.created)))),
        ("updated_at", instants(entities.iter().map(|entity| Some(entity.updated)))),
        ("closed_at", instants(entities.iter().map(|entity| entity.closed))),
    ])
}

// ---- events --------------------------------------------------------------------------------------------------

const EVENTS: usize = 8_000;
const GATEWAYS: [&str; 6] = ["gw-graz-01", "gw-graz-02", "gw-lagos-01", "gw-osaka-01", "gw-osaka-02", "gw-quito-01"];

fn events() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(7);
    let mut rows = Rows::new(EVENTS, 8);
    let mut ids: Vec<String> = (0..EVENTS).map(|_| rng.uuid()).collect();
    for pair in rows.take(10, |_| true).chunks(2) {
        ids[pair[1]] = ids[pair[0]].clone();
    }
    let sequence = sequence(&mut rng, &mut rows);
    let ingested = ingest_times(&mut rng, &mut rows);
    let mut delays: Vec<i64> = (0..EVENTS).map(|_| rng.int(200, 8_000)).collect();
    for row in rows.take(6, |_| true) {
        // A device whose clock runs ahead.
        delays[row] = -rng.int(4_000, 55_000);
    }
    for row in rows.take(120, |_| true) {
        // A gateway that was offline sends what it has kept.
        delays[row] = rng.int(16, 55) * 60_000;
    }
    let happened: Vec<i64> = ingested.iter().zip(&delays).map(|(ingested, delay)| ingested - delay).collect();
    let mut days: Vec<i32> = happened.iter().map(|happened| (happened.div_euclid(DAY)) as i32).collect();
    let before_midnight = |row: usize| (NOVEMBER - HOUR..NOVEMBER).contains(&happened[row]);
    for row in rows.take(8, before_midnight) {
        // Someone took the day of Graz, which is an hour ahead.
        days[row] += 1;
    }
    let mut values: Vec<f64> = (0..EVENTS).map(|_| rng.number(-14.0, 36.0, 1)).collect();
    for (at, row) in rows.take(6, |_| true).into_iter().enumerate() {
        values[row] = if at < 4 { f64::NAN } else { f64::INFINITY };
    }
    let sources: Vec<String> = (0..EVENTS).map(|_| (rng.pick(&GATEWAYS)).to_owned()).collect();
    batch(vec![
        ("sequence", Arc::new(Int64Array::from(sequence))),
        ("event_id", texts(&ids)),
        ("source", texts(&sources)),
        ("event_time", instants(happened.into_iter().map(Some))),
        ("ingest_time", instants(ingested.into_iter().map(Some))),
        ("ds", Arc::new(Date32Array::from(days))),
        ("value", Arc::new(Float64Array::from(values))),
    ])
}

/// Numbers in order with five lost and three neighbours swapped.
fn sequence(rng: &mut Rng, rows: &mut Rows) -> Vec<i64> {
    let lost: Vec<usize> = (0..5).map(|_| rng.int(10, EVENTS as i64 - 10) as usize).collect();
    let mut sequence: Vec<i64> =
        (0..EVENTS).map(|row| 700_000 + row as i64 + lost.iter().filter(|lost| **lost <= row).count() as i64).collect();
    for row in rows.take(3, |row| row + 1 < EVENTS) {
        sequence.swap(row, row + 1);
    }
    sequence
}

/// One event every twelve seconds, from 22:00 of one day to the end of the next; twenty came in one millisecond with the one before.
fn ingest_times(rng: &mut Rng, rows: &mut Rows) -> Vec<i64> {
    let mut now = NOVEMBER - 2 * HOUR;
    let mut times: Vec<i64> = (0..EVENTS)
        .map(|_| {
            now += rng.int(6_000, 17_200);
            now
        })
        .collect();
    for row in rows.take(20, |row| row > 0) {
        times[row] = times[row - 1];
    }
    times
}

// ---- embeddings ----------------------------------------------------------------------------------------------

const CHUNKS: usize = 2_000;
const DIMENSIONS: usize = 64;

fn embeddings() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(9);
    let mut rows = Rows::new(CHUNKS, 10);
    let (documents, positions) = chunks(&mut rng);
    let vectors = vectors(&mut rng, &mut rows);
    let mut characters: Vec<i32> = (0..CHUNKS).map(|_| rng.int(120, 1_400) as i32).collect();
    for row in rows.take(30, |_| true) {
        characters[row] = rng.int(1, 19) as i32;
    }
    let languages: Vec<Option<&str>> =
        (0..CHUNKS).map(|_| (!rng.percent(5)).then(|| rng.pick(&["de", "en", "en", "en", "fr", "ja"]))).collect();
    let mut confidences: Vec<Option<f64>> = languages.iter().map(|language| language.map(|_| rng.number(0.5, 1.0, 2))).collect();
    for row in rows.take(4, |row| languages[row].is_none()) {
        confidences[row] = Some(0.1);
    }
    let first = NOVEMBER - 3 * DAY;
    batch(vec![
        ("chunk_id", Arc::new(Int64Array::from_iter_values((40_001..).take(CHUNKS)))),
        ("document_id", texts(&documents)),
        ("position", Arc::new(Int32Array::from(positions))),
        ("model", Arc::new(StringArray::from(vec!["text-small-64-v2"; CHUNKS]))),
        ("dimensions", Arc::new(Int32Array::from(vec![DIMENSIONS as i32; CHUNKS]))),
        ("embedding", vector_column(vectors)?),
        ("characters", Arc::new(Int32Array::from(characters))),
        ("language", Arc::new(StringArray::from(languages))),
        ("language_confidence", Arc::new(Float64Array::from(confidences))),
        ("embedded_at", instants((0..CHUNKS as i64).map(|row| Some(first + row * 40_000)))),
    ])
}

/// The document and position of every chunk.
fn chunks(rng: &mut Rng) -> (Vec<String>, Vec<i32>) {
    let (mut documents, mut positions) = (Vec::new(), Vec::new());
    while documents.len() < CHUNKS {
        let (document, length) = (rng.uuid(), rng.int(4, 40));
        for position in 0..length.min((CHUNKS - documents.len()) as i64) {
            documents.push(document.clone());
            positions.push(position as i32);
        }
    }
    (documents, positions)
}

/// A direction, scaled to `length`, in steps of 1/512: exact in float32 on every platform.
fn vector(rng: &mut Rng, length: f64, first: f64) -> Vec<f32> {
    let mut components: Vec<f64> = (0..DIMENSIONS).map(|_| (0..4).map(|_| rng.number(-1.0, 1.0, 3)).sum()).collect();
    components[0] += first;
    let norm = components.iter().map(|component| component * component).sum::<f64>().sqrt();
    components.iter().map(|component| ((component / norm * length * 512.0).round() / 512.0) as f32).collect()
}

fn vectors(rng: &mut Rng, rows: &mut Rows) -> Vec<Vec<f32>> {
    let mut vectors: Vec<Vec<f32>> = (0..CHUNKS).map(|_| vector(rng, 1.0, 0.0)).collect();
    for (at, row) in rows.take(8, |_| true).into_iter().enumerate() {
        // Nobody normalised these; the first is what a service answers to an empty text.
        vectors[row] = if at == 0 { vec![0.0; DIMENSIONS] } else { vector(rng, 1.5, 0.0) };
    }
    for row in rows.take(2, |_| true) {
        vectors[row][17] = f32::NAN;
    }
    for row in rows.take(5, |_| true) {
        vectors[row] = vector(rng, 1.0, 60.0);
    }
    vectors
}

fn vector_column(vectors: Vec<Vec<f32>>) -> Result<ArrayRef, Box<dyn Error>> {
    let field = Arc::new(Field::new("item", DataType::Float32, true));
    let values = Float32Array::from(vectors.concat());
    Ok(Arc::new(FixedSizeListArray::try_new(field, DIMENSIONS as i32, Arc::new(values), None)?))
}

// ---- money ---------------------------------------------------------------------------------------------------

struct Line {
    order: String,
    line: i32,
    currency: &'static str,
    /// Cents, as all amounts here.
    price: i64,
    quantity: i32,
    /// Hundredths of a percent.
    discount: i64,
    fee: i64,
    total: i64,
    refunded: Option<i64>,
    ordered: i32,
    paid: Option<i32>,
}

impl Line {
    fn goods(&self) -> i64 {
        self.price * i64::from(self.quantity)
    }

    fn whole_units(&self) -> bool {
        matches!(self.currency, "JPY" | "KRW")
    }

    /// Price times quantity less discount, rounded to the cent, plus the fee.
    fn add_up(&mut self) {
        self.total = (self.goods() * (10_000 - self.discount) + 5_000) / 10_000 + self.fee;
    }

    fn clean(rng: &mut Rng, order: &str, line: i32, currency: &'static str, ordered: i32) -> Self {
        let mut out = Self {
            order: order.to_owned(),
            line,
            currency,
            price: rng.int(250, 90_000),
            quantity: rng.pick(&[1, 1, 1, 2, 2, 3, 4, 5, 12, 24]),
            discount: rng.pick(&[0, 0, 0, 0, 500, 750, 1_000, 1_250, 2_000, 3_333, 5_000]),
            fee: 0,
            total: 0,
            refunded: None,
            ordered,
            paid: (!rng.percent(8)).then(|| ordered + rng.int(0, 21) as i32),
        };
        out.fee = out.goods() * 29 / 1_000;
        if out.whole_units() {
            (out.price, out.discount) = (out.price * 100, 0);
            out.fee = out.goods() * 29 / 100_000 * 100;
        }
        out.add_up();
        // Shops of one country take back more than the others.
        let (share, part) = if currency == "TRY" { (12, 1) } else { (3, 2) };
        out.refunded = rng.percent(share).then(|| out.total / part);
        out
    }
}

fn clean_lines(rng: &mut Rng) -> Vec<Line> {
    let currencies = ["EUR", "EUR", "EUR", "USD", "USD", "USD", "GBP", "CHF", "PLN", "TRY", "JPY", "KRW"];
    let mut lines = Vec::new();
    let mut number = 20_260_000;
    while lines.len() < 5_000 {
        number += rng.int(1, 3);
        let (currency, ordered) = (rng.pick(&currencies), (NOVEMBER / DAY) as i32 - rng.int(0, 90) as i32);
        let order = format!("ord-{number}");
        lines.extend((1..=rng.int(1, 5)).map(|line| Line::clean(rng, &order, line as i32, currency, ordered)));
    }
    lines
}

fn order_lines() -> Result<RecordBatch, Box<dyn Error>> {
    let mut rng = Rng(11);
    let mut lines = clean_lines(&mut rng);
    let mut rows = Rows::new(lines.len(), 12);
    let plain = |lines: &[Line], row: usize| !lines[row].whole_units() && lines[row].refunded.is_none();
    for row in rows.take(7, |row| matches!(lines[row].currency, "EUR" | "USD")) {
        lines[row].currency = if lines[row].currency == "EUR" { "EURO" } else { "usd" };
    }
    for row in rows.take(30, |row| plain(&lines, row)) {
        lines[row].discount = rng.int(12, 15) * 500;
        lines[row].add_up();
    }
    for row in rows.take(9, |row| plain(&lines, row) && lines[row].fee >= 10) {
        // The fee was left out of the sum.
        lines[row].total -= lines[row].fee;
    }
    for row in rows.take(12, |row| plain(&lines, row)) {
        lines[row].fee = lines[row].goods() * 15 / 100 + 1;
        lines[row].add_up();
    }
    for row in rows.take(3, |row| lines[row].currency == "JPY" && lines[row].refunded.is_none()) {
        lines[row].fee += 50;
        lines[row].add_up();
    }
    line_batch(&lines)
}

fn line_batch(lines: &[Line]) -> Result<RecordBatch, Box<dyn Error>> {
    let amounts = |value: fn(&Line) -> i64| decimals(lines.iter().map(|line| Some(value(line))), 18);
    batch(vec![
        ("order_id", Arc::new(StringArray::from_iter_values(lines.iter().map(|line| &line.order)))),
        ("line", Arc::new(Int32Array::from_iter_values(lines.iter().map(|line| line.line)))),
        ("currency", Arc::new(StringArray::from_iter_values(lines.iter().map(|line| line.currency)))),
        ("unit_price", amounts(|line| line.price)?),
        ("quantity", Arc::new(Int32Array::from_iter_values(lines.iter().map(|line| line.quantity)))),
        ("discount_percent", decimals(lines.iter().map(|line| Some(line.discount)), 5)?),
        ("fee", amounts(|line| line.fee)?),
        ("total", amounts(|line| line.total)?),
        ("refunded", decimals(lines.iter().map(|line| line.refunded), 18)?),
        ("ordered_on", Arc::new(Date32Array::from_iter_values(lines.iter().map(|line| line.ordered)))),
        ("paid_on", Arc::new(lines.iter().map(|line| line.paid).collect::<Date32Array>())),
    ])
}
