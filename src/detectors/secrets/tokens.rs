//! Tokens of services, each with letters that all of its kind begin with or hold.

use super::bytes::{before, ends, entropy, has, has_folded, is_base64, is_base64url, is_placeholder, part, run, run_back, starts};
use super::{Family, Found, Kind, Level, Trigger, decode};

/// A token of a fixed beginning at `at`: `least` to `most` bytes of a class after it, and as random as a token is.
fn token(text: &[u8], at: usize, prefix: usize, least: usize, most: usize, class: fn(u8) -> bool) -> Option<(usize, usize)> {
    let body = at + prefix;
    let length = run(text, body, most + 1, class);
    let secret = part(text, body, body + length);
    let good = starts(text, at) && (least..=most).contains(&length) && entropy(secret) >= 2.5 && !is_placeholder(secret);
    good.then_some((at, body + length))
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn found((start, end): (usize, usize), level: Level) -> Found {
    Found::new(start, end, level)
}

pub(super) const GITHUB_TOKEN: Kind = Kind::new(
    "github_token",
    Family::Secrets,
    Level::Critical,
    Trigger::Long(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]),
    github,
)
.finds("`ghp_`, `gho_`, `ghu_`, `ghs_` or `ghr_` and 36 letters or digits; `github_pat_` and 82 with `_`")
.allows("placeholders")
.examples(
    &[
        concat!("token gh", "p_FakeFake0123456789NotReal0123456789Ab in the log"),
        concat!("github_", "pat_11FAKE0NOTREAL0123456789_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTU"),
    ],
    &["ghp_short", concat!("gh", "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "the ghs_ prefix is for servers"],
);

fn github(text: &[u8], at: usize) -> Option<Found> {
    let place = if has(text, at, b"github_pat_") {
        token(text, at, 11, 82, 82, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
    } else {
        token(text, at, 4, 36, 255, alphanumeric)
    };
    place.map(|place| found(place, Level::Critical))
}

pub(super) const GITLAB_TOKEN: Kind =
    Kind::new("gitlab_token", Family::Secrets, Level::Critical, Trigger::Long(&["glpat-", "gldt-", "glrt-", "glcbt-"]), gitlab)
        .finds("`glpat-`, `gldt-`, `glrt-` or `glcbt-` and 20 or more letters, digits, `_` and `-`")
        .allows("placeholders")
        .examples(
            &[concat!("gl", "pat-FAKEfake0123NOTREAL9x"), concat!("use gl", "dt-Zq8FAKE7wNotReal5k2m to deploy")],
            &["glpat-short", concat!("gl", "pat-xxxxxxxxxxxxxxxxxxxx")],
        );

fn gitlab(text: &[u8], at: usize) -> Option<Found> {
    let prefix = run(text, at, 6, |byte| byte != b'-') + 1;
    token(text, at, prefix, 20, 300, is_base64url).map(|place| found(place, Level::Critical))
}

pub(super) const SLACK_TOKEN: Kind = Kind::new("slack_token", Family::Secrets, Level::High, Trigger::Long(&["xox", "xapp-"]), slack)
    .finds("`xoxb-`, `xoxp-`, `xoxa-`, `xoxr-`, `xoxs-`, `xoxe-` or `xapp-`, groups with at least ten digits in a row among them, 24 or more in all")
    .allows("placeholders, tokens without such a group")
    .examples(
        &[concat!("xo", "xb-123456789012-1234567890123-FAKEfakeNOTREAL012345678"), concat!("SLACK=xo", "xp-1111222233-4444555566-FAKEnotREAL12")],
        &["xoxb-token", "xoxb-your-token-goes-here-please", "xoxo"],
    );

fn slack(text: &[u8], at: usize) -> Option<Found> {
    let head = run(text, at, 5, |byte| byte != b'-');
    let prefix = part(text, at, at + head);
    if !matches!(prefix, b"xoxb" | b"xoxp" | b"xoxa" | b"xoxr" | b"xoxs" | b"xoxe" | b"xapp") {
        return None;
    }
    let (start, end) = token(text, at, head + 1, 24, 300, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
    let digits = part(text, start, end).split(|byte| !byte.is_ascii_digit()).any(|group| group.len() >= 10);
    digits.then_some(Found::new(start, end, Level::High))
}

pub(super) const SLACK_WEBHOOK: Kind =
    Kind::new("slack_webhook", Family::Secrets, Level::High, Trigger::Long(&["hooks.slack.com/"]), webhook)
        .finds("an address `hooks.slack.com/services/T…/B…/…` or `/workflows/`, 30 or more bytes after the host")
        .allows("placeholders")
        .examples(
            &[
                concat!("https://hooks.slack", ".com/services/T0FAKE012/B0FAKE345/NotRealFake0123456789Ab"),
                concat!("post to hooks.slack", ".com/workflows/T0FAKE012/A0FAKE345/678901234/NotRealFake0123"),
            ],
            &[
                "see https://hooks.slack.com/services for more",
                "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            ],
        );

fn webhook(text: &[u8], at: usize) -> Option<Found> {
    let path = at + 16;
    let length = run(text, path, 200, |byte| is_base64url(byte) || byte == b'/');
    let secret = part(text, path, path + length);
    let known = secret.starts_with(b"services/") || secret.starts_with(b"workflows/");
    (known && length >= 30 && !is_placeholder(secret)).then_some(Found::new(at, path + length, Level::High))
}

pub(super) const STRIPE_KEY: Kind =
    Kind::new("stripe_key", Family::Secrets, Level::Critical, Trigger::Long(&["k_live_", "k_test_"]), stripe)
        .finds("`sk_live_` or `rk_live_` and 16 to 200 letters and digits; MEDIUM for `sk_test_` and `rk_test_`")
        .allows("placeholders, publishable keys (`pk_`)")
        .examples(
            &[concat!("sk_", "live_FAKE0123notREAL4567fake"), concat!("key=rk_", "test_FAKE0123notREAL4567")],
            &["pk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_xxxxxxxxxxxxxxxxxxxx", "task_live_session"],
        );

fn stripe(text: &[u8], at: usize) -> Option<Found> {
    let start = at.checked_sub(1).filter(|_| matches!(before(text, at), Some(b's' | b'r')))?;
    let level = if has(text, at, b"k_live_") { Level::Critical } else { Level::Medium };
    token(text, start, 8, 16, 200, alphanumeric).map(|place| found(place, level))
}

pub(super) const OPENAI_KEY: Kind = Kind::new("openai_key", Family::Secrets, Level::Critical, Trigger::Long(&["T3BlbkFJ"]), openai)
    .finds("`sk-`, 16 or more letters, digits, `_` and `-`, the mark `T3BlbkFJ`, and 16 or more again")
    .allows("placeholders, the mark alone")
    .examples(
        &[
            concat!("sk-", "FAKEfake0123notREAL9T3Blbk", "FJFAKEfake0123notREAL9"),
            concat!("sk-proj-", "FAKE_fake-0123notREAL9T3Blbk", "FJFAKEfake-0123_notREAL9"),
        ],
        &["T3BlbkFJ", "sk-T3BlbkFJ"],
    );

fn openai(text: &[u8], at: usize) -> Option<Found> {
    let before = run_back(text, at, 200, is_base64url);
    let start = at - before;
    let after = run(text, at, 200, is_base64url);
    let sound = part(text, start, at).starts_with(b"sk-") && before >= 19 && after >= 24;
    (sound && !is_placeholder(part(text, start + 3, at))).then_some(Found::new(start, at + after, Level::Critical))
}

pub(super) const ANTHROPIC_KEY: Kind = Kind::new("anthropic_key", Family::Secrets, Level::Critical, Trigger::Long(&["sk-ant-"]), anthropic)
    .finds("`sk-ant-`, the kind of key (`api03-`, `admin01-`), and 80 or more letters, digits, `_` and `-`")
    .allows("placeholders")
    .examples(
        &[
            concat!("sk-", "ant-api03-FAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake0_-AA"),
            concat!("key: sk-", "ant-admin01-0FAKEfake123notREAL9FAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfakeAA"),
        ],
        &["sk-ant-api03-…", "sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    );

fn anthropic(text: &[u8], at: usize) -> Option<Found> {
    token(text, at, 7, 80, 200, is_base64url).map(|place| found(place, Level::Critical))
}

pub(super) const GOOGLE_API_KEY: Kind = Kind::new("google_api_key", Family::Secrets, Level::High, Trigger::Long(&["AIza"]), google)
    .finds("`AIza` and 35 letters, digits, `_` and `-`")
    .allows("placeholders")
    .examples(
        &[concat!("AI", "zaFAKEfake0123notREAL9FAKEfake0123not"), concat!("?key=AI", "za0FAKE-fake_123notREAL9FAKEfake0123n&x=1")],
        &["AIza", "AIzaSyTooShort", concat!("AI", "zaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")],
    );

fn google(text: &[u8], at: usize) -> Option<Found> {
    token(text, at, 4, 35, 35, is_base64url).map(|place| found(place, Level::High))
}

pub(super) const HUGGINGFACE_TOKEN: Kind =
    Kind::new("huggingface_token", Family::Secrets, Level::High, Trigger::Long(&["hf_", "api_org_"]), huggingface)
        .finds("`hf_` or `api_org_` and 34 letters")
        .allows("placeholders")
        .examples(
            &[concat!("h", "f_FakeFakeNotRealFakeFakeNotRealFakeX"), concat!("HF=api_", "org_FakeFakeNotRealFakeFakeNotRealFakeX")],
            &["hf_token", "the hf_hub_download function"],
        );

fn huggingface(text: &[u8], at: usize) -> Option<Found> {
    let prefix = if has(text, at, b"hf_") { 3 } else { 8 };
    token(text, at, prefix, 34, 40, alphanumeric).map(|place| found(place, Level::High))
}

pub(super) const NPM_TOKEN: Kind = Kind::new("npm_token", Family::Secrets, Level::High, Trigger::Long(&["npm_"]), npm)
    .finds("`npm_` and 36 letters or digits")
    .allows("placeholders")
    .examples(
        &[concat!("np", "m_FakeFake0123456789NotReal0123456789A"), concat!("_authToken=np", "m_0FakeFake123456789NotReal0123456789A")],
        &["npm_config_registry", "npm_lifecycle_event=test"],
    );

fn npm(text: &[u8], at: usize) -> Option<Found> {
    token(text, at, 4, 36, 36, alphanumeric).map(|place| found(place, Level::High))
}

pub(super) const PYPI_TOKEN: Kind = Kind::new("pypi_token", Family::Secrets, Level::High, Trigger::Long(&["pypi-AgE"]), pypi)
    .finds("`pypi-AgE` and 50 or more letters, digits, `_` and `-`")
    .allows("placeholders")
    .examples(
        &[
            concat!("py", "pi-AgEIcHlwaS5vcmcFAKEfake0123notREAL9FAKEfake0123notREAL9FAKE"),
            concat!("password = py", "pi-AgENdGVzdFAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake"),
        ],
        &["pypi-AgEI", "pypi-server"],
    );

fn pypi(text: &[u8], at: usize) -> Option<Found> {
    token(text, at, 5, 50, 300, is_base64url).map(|place| found(place, Level::High))
}

pub(super) const SENDGRID_KEY: Kind = Kind::new("sendgrid_key", Family::Secrets, Level::High, Trigger::Long(&["SG."]), sendgrid)
    .finds("`SG.`, 22 letters, digits, `_` and `-`, a dot, and 43 more")
    .allows("placeholders")
    .examples(
        &[
            concat!("S", "G.FAKEfake0123notREAL9ab.FAKEfake0123notREAL9FAKEfake0123notREAL9abc"),
            concat!("key S", "G.0FAKEfake123notREAL9ab.0FAKEfake123notREAL9FAKEfake0123notREAL9abc."),
        ],
        &["SG.com is a broker", "listed on SG."],
    );

fn sendgrid(text: &[u8], at: usize) -> Option<Found> {
    let (start, end) = token(text, at, 3, 22, 22, is_base64url)?;
    let length = if has(text, end, b".") { run(text, end + 1, 44, is_base64url) } else { 0 };
    (length == 43).then_some(Found::new(start, end + 44, Level::High))
}

pub(super) const TELEGRAM_TOKEN: Kind = Kind::new("telegram_token", Family::Secrets, Level::High, Trigger::Long(&[":AA"]), telegram)
    .finds("the token of a bot: 8 to 10 digits, `:AA`, and 33 letters, digits, `_` and `-`")
    .allows("placeholders")
    .examples(
        &[
            concat!("123456789", ":AAFAKEfake0123notREAL9FAKEfake0123n"),
            concat!("bot token 9876543210", ":AA0FAKEfake123notREAL9FAKEfake0123n"),
        ],
        &["rating:AAA", "123456789:AAshort"],
    );

fn telegram(text: &[u8], at: usize) -> Option<Found> {
    let digits = run_back(text, at, 11, |byte| byte.is_ascii_digit());
    let body = run(text, at + 1, 36, is_base64url);
    let start = at - digits;
    let sound = (8..=10).contains(&digits) && body == 35 && starts(text, start) && !is_placeholder(part(text, at + 3, at + 36));
    sound.then_some(Found::new(start, at + 36, Level::High))
}

pub(super) const JWT: Kind = Kind::new("jwt", Family::Secrets, Level::High, Trigger::Long(&["eyJ"]), jwt)
    .finds("a JSON web token: three parts in base64url between dots, the first of them a JSON object with `alg`")
    .allows("tokens whose header does not decode")
    .examples(
        &[
            concat!("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJGQUtFIn0.FAKEfake0123notREAL9FAKEfake0123notREAL9"),
            concat!("cookie eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9", ".eyJuYW1lIjoibm90IHJlYWwifQ.FAKEfake0123notREAL9fake;"),
        ],
        &["eyJ", "eyJmYWtlIjoxfQ.eyJmYWtlIjoxfQ.FAKEfake0123notREAL9", "eyJhbGciOiJIUzI1NiJ9 alone"],
    );

fn jwt(text: &[u8], at: usize) -> Option<Found> {
    /// Longest part that is looked at.
    const PART: usize = 4096;
    if before(text, at).is_some_and(is_base64url) {
        return None;
    }
    let header = run(text, at, 1024, is_base64url);
    let payload_at = at + header + 1;
    let (true, true) = (has(text, at + header, b"."), has(text, payload_at, b"eyJ")) else { return None };
    let payload = run(text, payload_at, PART, is_base64url);
    let signature_at = payload_at + payload + 1;
    let signature = if has(text, payload_at + payload, b".") { run(text, signature_at, 1024, is_base64url) } else { 0 };
    let decoded = decode::base64(part(text, at, at + header))?;
    let sound = signature >= 16 && decoded.starts_with(b"{\"") && decoded.windows(5).any(|window| window == b"\"alg\"");
    sound.then_some(Found::new(at, signature_at + signature, Level::High))
}

pub(super) const AUTHORIZATION_HEADER: Kind =
    Kind::new("authorization_header", Family::Secrets, Level::High, Trigger::Exact(&["earer ", "EARER ", ": Basic "]), header)
        .finds("`Bearer` and a token of 20 or more letters, digits and `._~+/-` with a digit; `Authorization: Basic` and base64 of a name and a password")
        .allows("placeholders, words (`bearer of the certificate`)")
        .examples(
            &[
                concat!("Authorization: Bear", "er FAKEfake0123notREAL9FAKEfake"),
                concat!("Authorization: Bas", "ic ZmFrZTpub3QtcmVhbC1hdC1hbGw="),
            ],
            &["the bearer of these certificates", "Bearer YOUR_ACCESS_TOKEN_GOES_HERE1", "Authorization: Basic authentication"],
        );

fn header(text: &[u8], at: usize) -> Option<Found> {
    if has(text, at, b":") {
        let start = at.checked_sub(13).filter(|start| has_folded(text, *start, b"authorization"))?;
        let value = at + 8;
        let length = run(text, value, 512, |byte| is_base64(byte) || byte == b'=');
        let decoded = decode::base64(part(text, value, value + length))?;
        let sound = length >= 8 && decoded.contains(&b':') && decoded.iter().all(|byte| (0x20..0x7f).contains(byte));
        return sound.then_some(Found::new(start, value + length, Level::High));
    }
    let start = at.checked_sub(1).filter(|start| starts(text, *start))?;
    let value = at + 6;
    let length = run(text, value, 2048, |byte| is_base64(byte) || matches!(byte, b'.' | b'~' | b'='));
    let token = part(text, value, value + length);
    let sound = length >= 20 && token.iter().any(u8::is_ascii_digit) && entropy(token) >= 3.0 && !is_placeholder(token);
    (sound && ends(text, value + length)).then_some(Found::new(start, value + length, Level::High))
}
