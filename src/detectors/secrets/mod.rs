//! Keys, tokens and passwords.
//!
//! Formats of providers are anchored on their fixed letters; what has no fixed letters needs a name beside it (`password=`), or a
//! checksum (seed phrases).

mod addresses;
mod generic;
mod keys;
mod password;
mod phrase;
mod tokens;

use super::{Family, Found, Kind, Level, Trigger, bytes, decode};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] = &[
    &keys::AWS_ACCESS_KEY,
    &keys::AWS_SECRET_KEY,
    &tokens::GITHUB_TOKEN,
    &tokens::GITLAB_TOKEN,
    &tokens::SLACK_TOKEN,
    &tokens::SLACK_WEBHOOK,
    &tokens::STRIPE_KEY,
    &tokens::OPENAI_KEY,
    &tokens::ANTHROPIC_KEY,
    &tokens::GOOGLE_API_KEY,
    &tokens::HUGGINGFACE_TOKEN,
    &tokens::NPM_TOKEN,
    &tokens::PYPI_TOKEN,
    &tokens::SENDGRID_KEY,
    &tokens::TELEGRAM_TOKEN,
    &tokens::JWT,
    &keys::PEM_PRIVATE_KEY,
    &keys::WALLET_PRIVATE_KEY,
    &addresses::DATABASE_URL,
    &addresses::URL_WITH_PASSWORD,
    &addresses::CONNECTION_STRING,
    &tokens::AUTHORIZATION_HEADER,
    &password::PASSWORD,
    &phrase::SEED_PHRASE,
    &generic::GENERIC_SECRET,
];
