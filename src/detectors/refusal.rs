//! A language model that declines to answer. Only the first 200 bytes of a text count: later on, the same words tell of somebody.

use super::bytes::starts;
use super::phrase::{phrase, words, words_before};
use super::{Family, Found, Kind, Level, Trigger};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] = &[&DECLINED, &AI_DISCLAIMER, &POLICY_REFUSAL];

/// Where a refusal begins at the latest.
const HEAD: usize = 200;

/// What is declined.
const DEEDS: &[&str] = &[
    "help",
    "assist",
    "provide",
    "comply",
    "fulfill",
    "fulfil",
    "answer",
    "do",
    "create",
    "generate",
    "support",
    "continue",
    "engage",
    "discuss",
    "share",
    "give",
    "write",
    "produce",
    "complete",
    "process",
    "analyze",
    "analyse",
    "offer",
    "respond",
    "participate",
    "make",
    "access",
];

const DECLINED: Kind = Kind::new(
    "declined_request",
    Family::Refusal,
    Level::High,
    Trigger::Folded(&["i can't", "i can’t", "i cannot", "i can not", "i won't", "i won’t", "i am unable", "i'm unable", "i’m unable", "i am not able", "i'm not able", "i’m not able", "unable to", "i must decline", "i have to decline", "i'm sorry, but", "i’m sorry, but", "i'm afraid i can"]),
    declined,
)
.finds("`I can't`, `I cannot`, `I won't`, `I'm unable to`, `I must decline` and what is declined (`help`, `provide`, `answer` …) within four words")
.allows("`sorry` alone; others who cannot: `the miner is unable to`")
.examples(
    &["I'm sorry, but I can't help with that.", "I cannot provide financial advice.", "Unfortunately, I am unable to analyze this token.", "I must decline."],
    &["Sorry for the delay, here it is.", "The issuer is unable to provide liquidity.", "I can't believe the rally", "{\"sentiment\": \"neutral\"}"],
);

fn declined(text: &[u8], place: usize) -> Option<Found> {
    if place >= HEAD || !starts(text, place) {
        return None;
    }
    let mut after = words(text, place, 9).skip_while(|word| word.is(&["i", "i'm", "i’m", "am", "can", "sorry", "but", "afraid"]));
    let first = after.next()?;
    if first.is(&["must", "have"]) {
        let last = after.find(|word| word.is(&["decline"]))?;
        return Some(Found::new(place, last.end(), Level::High));
    }
    let not = first.is(&["can't", "can’t", "cannot", "won't", "won’t", "not", "unable"]);
    // "unable to" alone needs the one who speaks, or nobody, before it.
    let own = !phrase(text, place, &["unable", "to"])
        .is_some_and(|_| words_before(text, place, 2).any(|word| !word.is(&["i", "am", "i'm", "i’m", "currently"])));
    let deed = after.take(4).find(|word| word.is(DEEDS))?;
    (not && own).then(|| Found::new(place, deed.end(), Level::High))
}

const AI_DISCLAIMER: Kind = Kind::new(
    "ai_disclaimer",
    Family::Refusal,
    Level::High,
    Trigger::Folded(&[
        "as an ai",
        "as a language model",
        "as a large language model",
        "i'm just an ai",
        "i am just an ai",
        "i’m just an ai",
        "i'm an ai",
        "i am an ai",
        "i’m an ai",
    ]),
    disclaimer,
)
.finds(
    "`as an AI`, `as a language model`, `I'm an AI` and, within sixteen words, what the model does not do (`don't`, `cannot`, `unable` …)",
)
.allows("`as an AI company`, `as an AI token`; a model that answers all the same")
.examples(
    &["As an AI language model, I do not have access to live prices.", "I'm just an AI and cannot predict prices."],
    &["As an AI company, it does not pay dividends.", "As an AI token, FET is not cheap", "as an airline"],
);

fn disclaimer(text: &[u8], place: usize) -> Option<Found> {
    if place >= HEAD || !starts(text, place) {
        return None;
    }
    let mut after = words(text, place, 20).skip_while(|word| word.is(&["as", "an", "a", "i", "i'm", "i’m", "am", "just"]));
    let subject = after.next()?;
    let next = after.next()?;
    let mut all = std::iter::once(next).chain(after);
    let model = match () {
        () if subject.is(&["ai"]) => {
            next.is(&["language", "model", "assistant", "i", "and", "my", "developed", "created", "trained", "chatbot", "system", "so"])
        }
        () => subject.is(&["language", "large"]) && next.is(&["model", "language"]),
    };
    let not =
        all.find(|word| word.is(&["not", "don't", "don’t", "cannot", "can't", "can’t", "unable", "won't", "won’t", "no", "never"]))?;
    model.then(|| Found::new(place, not.end(), Level::High))
}

const POLICY_REFUSAL: Kind = Kind::new(
    "policy_refusal",
    Family::Refusal,
    Level::High,
    Trigger::Folded(&["against my", "violates my", "violate my", "my guidelines", "content policy", "usage policies", "usage policy"]),
    policy,
)
.finds("`against my guidelines`, `violates the content policy` and the like: a guideline or policy of the one who speaks, or of its maker, and what goes against it")
.allows("policies of others: `against monetary policy`")
.examples(
    &["That request goes against my guidelines.", "This violates the content policy, so no summary is given.", "It would violate my programming"],
    &["a bet against my broker", "the content policy of the platform grew", "against my expectations"],
);

fn policy(text: &[u8], place: usize) -> Option<Found> {
    const AGAINST: &[&str] = &["against", "violates", "violate", "violating", "violation", "breaks", "contrary"];
    if place >= HEAD || !starts(text, place) {
        return None;
    }
    let end =
        words(text, place, 4).find(|word| word.is(&["guidelines", "policy", "policies", "programming", "principles", "rules"]))?.end();
    let against = words(text, place, 1).chain(words_before(text, place, 5)).any(|word| word.is(AGAINST));
    against.then(|| Found::new(place, end, Level::High))
}
