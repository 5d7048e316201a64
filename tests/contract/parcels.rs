//! A data set for the parcels of `parcels.rules`: sound rows, and mistakes planted in some of them. What each mistake does to which
//! rule is written beside it, so that counts follow from the data and not from an engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Builder, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray, TimestampMicrosecondArray,
};

/// Rows of the data set.
pub(crate) const ROWS: usize = 420;

/// 2026-05-01T00:00:00Z in microseconds: the first parcel is accepted then, each of the others a second later.
const FIRST: i64 = 1_777_593_600_000_000;
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// A parcel; `None` is null.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) parcel_id: Option<i64>,
    pub(crate) depot: Option<&'static str>,
    pub(crate) carrier: Option<&'static str>,
    pub(crate) label: Option<String>,
    pub(crate) lateness_score: Option<f64>,
    pub(crate) certainty: Option<f64>,
    pub(crate) declared_value: Option<f64>,
    pub(crate) insured_value: Option<f64>,
    pub(crate) mood: Option<f64>,
    pub(crate) fragility: Option<f64>,
    pub(crate) weight: Option<f64>,
    pub(crate) priority: Option<&'static str>,
    pub(crate) returned: Option<bool>,
    pub(crate) accepted_at: Option<i64>,
    pub(crate) changed_at: Option<i64>,
    pub(crate) fingerprint: Option<Vec<Option<f32>>>,
    pub(crate) contact: Option<&'static str>,
    pub(crate) temp_1h: Option<f64>,
    pub(crate) temp_24h: Option<f64>,
}

/// A fingerprint of norm 1, times a factor.
fn fingerprint(factor: f32) -> Vec<Option<f32>> {
    vec![Some(0.25 * factor); 16]
}

/// A parcel that no rule objects to. One in twenty is late, one in eight returned, one in four has no contact, one in three no mood.
fn sound(row: usize) -> Parcel {
    let at = i64::try_from(row).unwrap();
    let late = row.is_multiple_of(20);
    Parcel {
        parcel_id: Some(1_000 + at),
        depot: Some(["VIE", "GRZ", "LNZ", "SZG"][row % 4]),
        carrier: Some(["bike", "van", "train"][row % 3]),
        label: Some(format!("AT{row:09}")),
        lateness_score: Some(match row % 3 {
            _ if late => 80.0,
            2 => 66.0,
            _ => 20.0,
        }),
        certainty: Some([0.0, 0.5, 1.0, -0.0][row % 4]),
        declared_value: Some(100.0),
        insured_value: Some(40.0),
        mood: match row % 6 {
            4 => Some([-9.0, -99.0][row % 2]),
            5 => None,
            _ => Some(0.25),
        },
        fragility: Some(0.5),
        weight: Some(1_000.0),
        priority: Some(["economy", "standard", "express"][row / 3 % 3]),
        returned: Some(row % 8 == 7),
        accepted_at: Some(FIRST + at * SECOND),
        // A parcel in two has not changed since.
        changed_at: Some(FIRST + at * SECOND + (at % 2) * HOUR),
        fingerprint: Some(fingerprint(1.0)),
        contact: (row % 4 != 3).then_some("depot@example.org"),
        temp_1h: Some(-80.0),
        temp_24h: (!row.is_multiple_of(5)).then_some(20.5),
    }
}

/// Rows that are not late, not returned, and have a mood, a contact and both temperatures: each can carry a mistake.
fn is_quiet(row: usize) -> bool {
    !row.is_multiple_of(5) && row % 4 != 3 && !matches!(row % 6, 4 | 5)
}

/// What a mistake does to a rule in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Fails(&'static str),
    /// It fails, and a waiver covers it.
    Waived(&'static str),
    Unknown(&'static str),
    /// The rule's `when` is true though it is not in a sound row, or the other way round.
    Asked(&'static str),
    NotAsked(&'static str),
}

type Mistake = (fn(&mut Parcel), &'static [Effect]);

use Effect::{Asked, Fails, NotAsked, Unknown, Waived};

/// The two columns of the pattern are judged by one rule: its cells are counted apart.
const TEMP_1H: &str = "fields(temp_\\d+h).range/temp_1h";
const TEMP_24H: &str = "fields(temp_\\d+h).range/temp_24h";

/// Every mistake takes a quiet row of its own, in this order.
const MISTAKES: &[Mistake] = &[
    (|p| p.parcel_id = None, &[Fails("parcel_id.required"), Unknown("parcel_id.unique")]),
    (|p| p.depot = Some("WEL"), &[Fails("depot.enum")]),
    (|p| p.depot = Some("WEL"), &[Fails("depot.enum")]),
    (|p| p.depot = Some("vie"), &[Fails("depot.enum")]),
    (|p| p.depot = Some("V"), &[Fails("depot.enum"), Fails("depot.length")]),
    (|p| p.depot = Some("Vienna"), &[Fails("depot.enum"), Fails("depot.length")]),
    (|p| p.depot = Some(""), &[Fails("depot.enum"), Fails("depot.length")]),
    (|p| p.depot = None, &[Fails("depot.required"), Unknown("depot.enum"), Unknown("depot.length")]),
    (
        |p| {
            (p.carrier, p.lateness_score) = (Some("plane"), Some(30.0));
        },
        &[Fails("carrier.enum")],
    ),
    (
        |p| {
            (p.carrier, p.lateness_score) = (None, Some(40.0));
        },
        &[Fails("carrier.required"), Unknown("carrier.enum")],
    ),
    // Not by train, so that no waiver covers them.
    (|p| (p.label, p.carrier) = (Some("at000000001".to_owned()), Some("van")), &[Fails("label.regex")]),
    (|p| (p.label, p.carrier) = (Some("AT00000000".to_owned()), Some("van")), &[Fails("label.regex")]),
    (|p| (p.label, p.carrier) = (Some("AT000000001\n".to_owned()), Some("bike")), &[Fails("label.regex")]),
    // Waived for trains.
    (
        |p| {
            (p.label, p.carrier, p.lateness_score) = (Some("old".to_owned()), Some("train"), Some(66.0));
        },
        &[Waived("label.regex")],
    ),
    (|p| p.label = None, &[Fails("label.required"), Unknown("label.regex")]),
    (|p| p.lateness_score = Some(150.0), &[Fails("lateness_score.range"), Asked("late_parcels_are_insured")]),
    (|p| p.lateness_score = Some(-1.0), &[Fails("lateness_score.range")]),
    // A NaN would make the mean of its carrier NaN, but for `where not returned`.
    (
        |p| {
            (p.lateness_score, p.returned) = (Some(f64::NAN), Some(true));
        },
        &[Fails("lateness_score.range"), NotAsked("mood.range")],
    ),
    // A null `when` asks nothing.
    (|p| p.lateness_score = None, &[Fails("lateness_score.required"), Unknown("lateness_score.range")]),
    (|p| p.certainty = Some(1.5), &[Fails("certainty.range")]),
    (|p| p.certainty = Some(f64::NAN), &[Fails("certainty.range")]),
    (|p| p.certainty = None, &[Fails("certainty.required"), Unknown("certainty.range")]),
    (|p| p.declared_value = Some(-5.0), &[Fails("declared_value.range"), Fails("insurance_is_plausible")]),
    (|p| p.declared_value = Some(-50.0), &[Fails("declared_value.range")]),
    (|p| p.declared_value = Some(f64::NAN), &[Fails("declared_value.range"), Fails("insurance_is_plausible")]),
    (|p| p.declared_value = None, &[Fails("declared_value.required"), Unknown("declared_value.range"), Unknown("insurance_is_plausible")]),
    (|p| p.insured_value = Some(-1.0), &[Fails("insured_value.range")]),
    (|p| p.insured_value = Some(f64::NAN), &[Fails("insured_value.range"), Fails("insurance_is_plausible")]),
    (|p| p.insured_value = None, &[Fails("insured_value.required"), Unknown("insured_value.range"), Unknown("insurance_is_plausible")]),
    (|p| p.insured_value = Some(500.0), &[Fails("insurance_is_plausible")]),
    (
        |p| {
            (p.lateness_score, p.insured_value) = (Some(90.0), Some(12.5));
        },
        &[Asked("late_parcels_are_insured"), Fails("late_parcels_are_insured")],
    ),
    (
        |p| {
            (p.lateness_score, p.insured_value) = (Some(75.5), Some(31.0));
        },
        &[Asked("late_parcels_are_insured"), Fails("late_parcels_are_insured")],
    ),
    (
        |p| {
            (p.lateness_score, p.insured_value) = (Some(76.0), None);
        },
        &[
            Asked("late_parcels_are_insured"),
            Unknown("late_parcels_are_insured"),
            Fails("insured_value.required"),
            Unknown("insured_value.range"),
            Unknown("insurance_is_plausible"),
        ],
    ),
    (|p| p.mood = Some(1.5), &[Fails("mood.range")]),
    (|p| p.mood = Some(f64::NAN), &[Fails("mood.range")]),
    (|p| p.mood = Some(-9.5), &[Fails("mood.range")]),
    (
        |p| {
            (p.mood, p.returned) = (Some(1.5), Some(true));
        },
        &[NotAsked("mood.range")],
    ),
    (|p| p.returned = None, &[Fails("returned.required"), NotAsked("mood.range")]),
    (|p| p.fragility = Some(f64::INFINITY), &[Fails("fragility.range")]),
    (|p| p.fragility = None, &[Fails("fragility.required"), Unknown("fragility.range")]),
    (|p| p.weight = Some(1_000.5), &[Fails("weight.range")]),
    (|p| p.weight = None, &[Fails("weight.required"), Unknown("weight.range")]),
    (|p| p.priority = Some("overnight"), &[Fails("priority.enum")]),
    (|p| p.priority = Some("overnight"), &[Fails("priority.enum")]),
    (|p| p.priority = Some("Express"), &[Fails("priority.enum")]),
    (|p| p.priority = None, &[Fails("priority.required"), Unknown("priority.enum")]),
    (|p| p.changed_at = p.accepted_at.map(|at| at - 1), &[Fails("changed_at.range")]),
    (|p| p.accepted_at = None, &[Fails("accepted_at.required"), Unknown("changed_at.range")]),
    (|p| p.changed_at = None, &[Fails("changed_at.required"), Unknown("changed_at.range")]),
    (
        |p| p.fingerprint = Some(fingerprint(1.0)[1..].to_vec()),
        &[Fails("fingerprint.type"), Unknown("fingerprint.finite"), Unknown("fingerprint.norm")],
    ),
    (
        |p| p.fingerprint.as_mut().unwrap()[15] = None,
        &[Fails("fingerprint.type"), Unknown("fingerprint.finite"), Unknown("fingerprint.norm")],
    ),
    (|p| p.fingerprint.as_mut().unwrap()[0] = Some(f32::NAN), &[Fails("fingerprint.finite"), Fails("fingerprint.norm")]),
    (|p| p.fingerprint = Some(fingerprint(2.0)), &[Fails("fingerprint.norm")]),
    (
        |p| p.fingerprint = None,
        &[Fails("fingerprint.required"), Unknown("fingerprint.type"), Unknown("fingerprint.finite"), Unknown("fingerprint.norm")],
    ),
    (|p| p.contact = Some("jane at example.org"), &[Fails("contact.is_email")]),
    (|p| p.contact = Some(""), &[Fails("contact.is_email")]),
    (|p| p.temp_1h = Some(-80.5), &[Fails(TEMP_1H)]),
    (|p| p.temp_24h = Some(f64::NAN), &[Fails(TEMP_24H)]),
    (
        |p| {
            (p.temp_1h, p.temp_24h) = (Some(-100.0), Some(-101.0));
        },
        &[Fails(TEMP_1H), Fails(TEMP_24H)],
    ),
    (|p| p.temp_1h = None, &[Unknown(TEMP_1H)]),
];

/// Rows that share a `parcel_id`, by which quiet row they are: a pair of one state, and three states of another parcel.
const TWINS: [usize; 2] = [70, 71];
const STATES: [usize; 3] = [72, 74, 76];

/// What is known of a rule: rows by what they come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) asked: BTreeSet<usize>,
    pub(crate) failed: BTreeSet<usize>,
    /// Of the failed.
    pub(crate) waived: BTreeSet<usize>,
    pub(crate) unknown: BTreeSet<usize>,
}

/// The data set with what is known of each rule, by its id without the block.
pub(crate) struct DataSet {
    pub(crate) parcels: Vec<Parcel>,
    pub(crate) known: BTreeMap<&'static str, Known>,
}

/// The rules that rows and parcels can fail.
const RULES: &[&str] = &[
    "parcel_id.required",
    "parcel_id.unique",
    "depot.required",
    "depot.enum",
    "depot.length",
    "carrier.required",
    "carrier.enum",
    "label.required",
    "label.regex",
    "lateness_score.required",
    "lateness_score.range",
    "certainty.required",
    "certainty.range",
    "declared_value.required",
    "declared_value.range",
    "insured_value.required",
    "insured_value.range",
    "mood.range",
    "fragility.required",
    "fragility.range",
    "weight.required",
    "weight.range",
    "priority.required",
    "priority.enum",
    "returned.required",
    "accepted_at.required",
    "changed_at.required",
    "changed_at.range",
    "fingerprint.required",
    "fingerprint.type",
    "fingerprint.finite",
    "fingerprint.norm",
    "contact.is_email",
    TEMP_1H,
    TEMP_24H,
    "late_parcels_are_insured",
    "insurance_is_plausible",
];

/// What the sound rows come to.
fn known_of_sound() -> BTreeMap<&'static str, Known> {
    let rows = |which: fn(usize) -> bool| (0..ROWS).filter(|row| which(*row)).collect::<BTreeSet<usize>>();
    let mut known: BTreeMap<&str, Known> = RULES.iter().map(|rule| (*rule, Known { asked: rows(|_| true), ..Known::default() })).collect();
    known.get_mut("late_parcels_are_insured").unwrap().asked = rows(|row| row.is_multiple_of(20));
    known.get_mut("mood.range").unwrap().asked = rows(|row| row % 8 != 7);
    known.get_mut("mood.range").unwrap().unknown = rows(|row| row % 8 != 7 && matches!(row % 6, 4 | 5));
    known.get_mut("contact.is_email").unwrap().unknown = rows(|row| row % 4 == 3);
    known.get_mut(TEMP_24H).unwrap().unknown = rows(|row| row.is_multiple_of(5));
    known
}

impl DataSet {
    /// Sound rows only.
    pub(crate) fn sound() -> Self {
        Self { parcels: (0..ROWS).map(sound).collect(), known: known_of_sound() }
    }

    /// With every mistake, and with parcels that share a number.
    pub(crate) fn planted() -> Self {
        let Self { mut parcels, mut known } = Self::sound();
        let quiet: Vec<usize> = (0..ROWS).filter(|row| is_quiet(*row)).collect();
        assert!(MISTAKES.len() <= TWINS[0], "the mistakes and the parcels that share a number need rows of their own");
        for ((change, effects), row) in MISTAKES.iter().zip(&quiet) {
            change(&mut parcels[*row]);
            for effect in *effects {
                match effect {
                    Fails(rule) => known.get_mut(rule).unwrap().failed.insert(*row),
                    Waived(rule) => {
                        known.get_mut(rule).unwrap().waived.insert(*row);
                        known.get_mut(rule).unwrap().failed.insert(*row)
                    }
                    Unknown(rule) => known.get_mut(rule).unwrap().unknown.insert(*row),
                    Asked(rule) => known.get_mut(rule).unwrap().asked.insert(*row),
                    NotAsked(rule) => known.get_mut(rule).unwrap().asked.remove(row),
                };
            }
        }
        let twins = TWINS.map(|at| quiet[at]);
        (parcels[twins[1]].parcel_id, parcels[twins[1]].accepted_at, parcels[twins[1]].changed_at) =
            (parcels[twins[0]].parcel_id, parcels[twins[0]].accepted_at, parcels[twins[0]].changed_at);
        let states = STATES.map(|at| quiet[at]);
        for state in &states[1..] {
            parcels[*state].parcel_id = parcels[states[0]].parcel_id;
        }
        known.get_mut("parcel_id.unique").unwrap().failed.extend(twins.iter().chain(&states));
        Self { parcels, known }
    }

    /// The row of the mistake that fails a rule first.
    pub(crate) fn first_failing(&self, rule: &str) -> usize {
        *self.known[rule].failed.first().unwrap()
    }

    /// The rows as one batch.
    pub(crate) fn batch(&self) -> RecordBatch {
        batch(&self.parcels)
    }
}

pub(crate) fn batch(parcels: &[Parcel]) -> RecordBatch {
    fn floats(parcels: &[Parcel], of: fn(&Parcel) -> Option<f64>) -> ArrayRef {
        Arc::new(parcels.iter().map(of).collect::<Float64Array>())
    }
    fn texts(parcels: &[Parcel], of: fn(&Parcel) -> Option<&str>) -> ArrayRef {
        Arc::new(parcels.iter().map(of).collect::<StringArray>())
    }
    fn instants(parcels: &[Parcel], of: fn(&Parcel) -> Option<i64>) -> ArrayRef {
        Arc::new(parcels.iter().map(of).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    }
    let mut fingerprints = ListBuilder::new(Float32Builder::new());
    for parcel in parcels {
        fingerprints.append_option(parcel.fingerprint.clone());
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("parcel_id", Arc::new(parcels.iter().map(|p| p.parcel_id).collect::<Int64Array>())),
        ("depot", texts(parcels, |p| p.depot)),
        ("carrier", texts(parcels, |p| p.carrier)),
        ("label", texts(parcels, |p| p.label.as_deref())),
        ("lateness_score", floats(parcels, |p| p.lateness_score)),
        ("certainty", floats(parcels, |p| p.certainty)),
        ("declared_value", floats(parcels, |p| p.declared_value)),
        ("insured_value", floats(parcels, |p| p.insured_value)),
        ("mood", floats(parcels, |p| p.mood)),
        ("fragility", floats(parcels, |p| p.fragility)),
        ("weight", floats(parcels, |p| p.weight)),
        ("priority", texts(parcels, |p| p.priority)),
        ("returned", Arc::new(parcels.iter().map(|p| p.returned).collect::<BooleanArray>())),
        ("accepted_at", instants(parcels, |p| p.accepted_at)),
        ("changed_at", instants(parcels, |p| p.changed_at)),
        ("fingerprint", Arc::new(fingerprints.finish())),
        ("contact", texts(parcels, |p| p.contact)),
        ("temp_1h", floats(parcels, |p| p.temp_1h)),
        ("temp_24h", floats(parcels, |p| p.temp_24h)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}
