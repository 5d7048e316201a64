//! Built-in types.

use super::WordKind::Type;
use super::{Word, word};

const fn ty(name: &'static str, form: &'static str, meaning: &'static str, example: &'static str) -> Word {
    word(Type, name, form, meaning, example)
}

pub(super) const WORDS: &[Word] = &[
    ty("bool", "bool", "True or false. Served by Boolean columns.", "paid : bool"),
    ty("int", "int", "Integers. Served by any integer column.", "quantity : int >= 1"),
    ty("int8", "int8", "Integers of 8 bits. Served by signed integer columns of this width.", "hour : int8 between 0 and 23"),
    ty(
        "int16",
        "int16",
        "Integers of 16 bits. Served by signed integer columns of this width or less, and unsigned ones of less.",
        "year : int16 >= 1900",
    ),
    ty(
        "int32",
        "int32",
        "Integers of 32 bits. Served by signed integer columns of this width or less, and unsigned ones of less.",
        "quantity : int32 >= 1",
    ),
    ty(
        "int64",
        "int64",
        "Integers of 64 bits. Served by signed integer columns of this width or less, and unsigned ones of less.",
        "order_id : int64 unique",
    ),
    ty("uint8", "uint8", "Integers of 8 bits from 0. Served by unsigned integer columns of this width.", "level : uint8 <= 9"),
    ty("uint16", "uint16", "Integers of 16 bits from 0. Served by unsigned integer columns of this width or less.", "port : uint16 > 0"),
    ty(
        "uint32",
        "uint32",
        "Integers of 32 bits from 0. Served by unsigned integer columns of this width or less.",
        "quantity : uint32 > 0",
    ),
    ty(
        "uint64",
        "uint64",
        "Integers of 64 bits from 0. Served by unsigned integer columns of this width or less.",
        "order_id : uint64 unique",
    ),
    ty("float", "float", "Floats. Served by any float column; in outputs by any JSON number.", "score : float between 0 and 1"),
    ty("float32", "float32", "Floats of 32 bits. Served by Float32 and Float16 columns.", "score : float32 between 0 and 1"),
    ty("float64", "float64", "Floats of 64 bits. Served by Float64, Float32 and Float16 columns.", "amount : float64 >= 0"),
    ty("number", "number", "Any number. Served by integer, float and decimal columns.", "amount : number >= 0"),
    ty(
        "decimal",
        "decimal(precision, scale)   or   decimal",
        "Exact decimals. `decimal(p, s)` is served by decimal columns of scale `s` with at most `p` digits, `decimal` by any of at most 38 digits.",
        "price : decimal(10, 2) >= 0",
    ),
    ty(
        "string",
        "string",
        "Unicode text. Served by every string layout, dictionary-encoded too.",
        "symbol : string length between 1 and 12",
    ),
    ty("binary", "binary", "Bytes. Served by Binary, LargeBinary, BinaryView and FixedSizeBinary columns.", "payload : binary"),
    ty("date", "date", "A day. Served by Date32 and Date64 columns.", "placed_on : date <= date \"2100-01-01\""),
    ty("time", "time", "A time of day. Served by Time32 and Time64 columns.", "opens_at : time < time \"12:00:00\""),
    ty(
        "timestamp",
        "timestamp   or   timestamp(\"UTC\")   or   timestamp(local)",
        "A point in time, of any unit and zone; a column without zone is read as UTC, and the report warns. With a zone in brackets, only columns of that \
         zone serve it. `timestamp(local)` is wall-clock time, served by columns without zone, and is not compared with points in time.",
        "created_at : timestamp\nupdated_at : timestamp >= created_at",
    ),
    ty("duration", "duration", "A span of time. Served by Duration columns.", "took : duration <= 5 min"),
    ty(
        "list",
        "list<T>",
        "A list. Its items are not null unless it is `list<T?>`. Served by any list layout.",
        "tags : list<string> length <= 10, each length between 1 and 20",
    ),
    ty(
        "vector",
        "vector<T, N>",
        "Exactly `N` items, none of them null. Served by any list layout; a row of another length fails `type`.",
        "embedding : vector<float32, 768> finite, norm between 0.99 and 1.01",
    ),
    ty(
        "map",
        "map<K, V>",
        "Keys with values. Served by Map columns; `m[\"k\"]` is null where the key does not exist. What their types ask is asked of every key (`key.` and the kind) and of \
         every value (`each.` and the kind).",
        "extra : map<string, string>?\nrates : map<string, float64> each between 0 and 1",
    ),
    ty(
        "struct",
        "struct { name: type …, … }",
        "Named members, which take types, attributes and constraints like fields. Served by Struct columns that have them; others do no harm.",
        "address : struct { street: string not_blank, zip: string? }",
    ),
    ty("enum", "enum(value, …)", "A string, or an integer, that is one of these values.", "status : enum(\"open\", \"paid\", \"shipped\")"),
    ty(
        "one_of",
        "one_of(member) { \"value\": { … }, … }",
        "In outputs: an object whose members depend on the value of one of them.",
        "output event from answer {\n  what : one_of(kind) { \"buy\": { amount: float }, \"note\": { text: string } }\n}",
    ),
];
