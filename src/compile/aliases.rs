//! What other languages call our functions and constraints.

/// What to write in the place of a function of another language.
pub(super) enum Alias {
    /// A function of ours, or an aggregate.
    Name(&'static str),
    /// Something else: what to write.
    Help(&'static str),
}

/// Our word for a function of another language.
pub(super) fn alias(name: &str) -> Option<Alias> {
    Some(match name.to_ascii_lowercase().as_str() {
        "len" | "strlen" | "char_length" | "size" | "cardinality" => Alias::Name("length"),
        "octet_length" => Alias::Name("byte_length"),
        "avg" | "average" => Alias::Name("mean"),
        "std" | "stdev" | "stddev_samp" => Alias::Name("stddev"),
        "var" | "var_samp" => Alias::Name("variance"),
        "nunique" | "n_unique" | "count_distinct" => Alias::Name("distinct_count"),
        "percentile" | "percentile_cont" => Alias::Name("quantile"),
        "nrow" | "nrows" | "num_rows" => Alias::Name("row_count"),
        "substr" => Alias::Name("substring"),
        "lcase" | "to_lower" | "tolower" | "lowercase" => Alias::Name("lower"),
        "ucase" | "to_upper" | "toupper" | "uppercase" => Alias::Name("upper"),
        "strip" => Alias::Name("trim"),
        "startswith" => Alias::Name("starts_with"),
        "endswith" => Alias::Name("ends_with"),
        "includes" | "has" => Alias::Name("contains"),
        "ceiling" => Alias::Name("ceil"),
        "power" => Alias::Name("pow"),
        "log" => Alias::Name("ln"),
        "isnan" => Alias::Name("is_nan"),
        "isfinite" | "is_finite" => Alias::Name("finite"),
        "ifnull" | "nvl" | "fillna" => Alias::Name("coalesce"),
        "iif" => Alias::Name("if"),
        "current_timestamp" | "getdate" => Alias::Name("now"),
        "current_date" => Alias::Name("today"),
        "isin" | "is_in" | "one_of" => Alias::Help("write `in (\"a\", \"b\")`"),
        "notnull" | "not_null" | "notna" | "is_not_null" | "isnotnull" => {
            Alias::Help("a field without `?` is required already; in a condition write `x is not null`")
        }
        "required" => Alias::Help("a field without `?` is required already: leave it out"),
        "isnull" | "is_null" | "isna" => Alias::Help("write `x is null`"),
        "optional" | "nullable" => Alias::Help("a type that ends in `?` may be null: `string?`"),
        "regexp" | "regexp_like" | "regexp_matches" | "rlike" | "regex" | "pattern" => {
            Alias::Help("write `matches /…/`, or `contains_match(x, /…/)` for a part")
        }
        "datediff" | "date_diff" => Alias::Help("subtract them: `a - b` is a duration"),
        "dateadd" | "date_add" => Alias::Help("add a duration: `x + 1 day`"),
        "range" => Alias::Help("write `between low and high`"),
        "min_length" | "minlength" => Alias::Help("write `length >= 3`"),
        "max_length" | "maxlength" => Alias::Help("write `length <= 80`"),
        "email" | "isemail" | "valid_email" => Alias::Name("is_email"),
        "url" | "uri" | "isurl" => Alias::Name("is_url"),
        "uuid" | "guid" | "isuuid" => Alias::Name("is_uuid"),
        "ipv4" | "ip" => Alias::Name("is_ipv4"),
        "ipv6" => Alias::Name("is_ipv6"),
        "json" => Alias::Name("is_json"),
        "rows" | "rowcount" | "count_rows" => Alias::Name("row_count"),
        "ucfirst" | "initcap" | "capitalize" | "title" => Alias::Help("there is none: compare `lower(a)` with `lower(b)`"),
        "any" | "all" | "some" | "every" => {
            Alias::Help("write `any(x in list: x > 0)` or `all(x in list: x > 0)`; over all rows, `count_if(…)`")
        }
        "exists" | "present" | "is_set" | "isset" => {
            Alias::Help("write `x is not null`; of values in another file, `in reference(\"ids.csv\", \"id\")`")
        }
        "xor" => Alias::Help("write `a != b`"),
        "int" | "integer" | "to_int" | "toint" | "to_integer" | "int64" | "bigint" => Alias::Help("write `cast(x as int64)`"),
        "float" | "to_float" | "double" | "to_number" | "float64" | "numeric" => Alias::Help("write `cast(x as float64)`"),
        "str" | "string" | "text" | "to_string" | "tostring" | "varchar" => Alias::Help("write `cast(x as string)`"),
        "bool" | "boolean" | "to_bool" => Alias::Help("write `cast(x as bool)`"),
        "to_date" | "todate" | "strptime" => Alias::Help("write `cast(x as date)`, or `date \"2026-01-31\"` for a constant"),
        "to_timestamp" | "datetime" | "timestamp" | "parse_timestamp" => {
            Alias::Help("write `cast(x as timestamp)`, or `timestamp \"2026-01-31T00:00:00Z\"` for a constant")
        }
        "freshness" | "fresh" | "recency" => Alias::Help("write a check: `check fresh: max(t) >= now() - 1 day`"),
        "positive" => Alias::Help("write `> 0`"),
        "non_negative" | "nonnegative" => Alias::Help("write `>= 0`"),
        "negative" => Alias::Help("write `< 0`"),
        "nonempty" | "non_empty" | "not_empty" | "notempty" => Alias::Help("write `length > 0`, or `not_blank` of a text"),
        "primary_key" | "pk" | "primary" | "is_unique" | "distinct" => Alias::Help("write `unique` behind the type of the field"),
        "foreign_key" | "fk" | "references" => Alias::Help("write `in reference(\"file.csv\", \"column\")`"),
        "default" => Alias::Help("a field has no default value: where it may be missing, write `?` behind its type"),
        "max_value" | "maximum" => Alias::Help("write `<= 100`"),
        "min_value" | "minimum" => Alias::Help("write `>= 0`"),
        "replace" | "regexp_replace" => Alias::Help("rules change no values: test the text with `matches /…/`"),
        "lag" | "lead" | "rank" | "row_number" => {
            Alias::Help("a rule sees one row: `increasing` and `unique` compare rows, a `check` has `first(x)` and `last(x)`")
        }
        _ => return None,
    })
}

/// What to write for an attribute of another name.
pub(super) fn attribute(name: &str) -> Option<Alias> {
    Some(match name.to_ascii_lowercase().as_str() {
        "warning" => Alias::Name("warn"),
        "err" | "fatal" | "critical" | "fail" => Alias::Name("error"),
        "information" | "notice" => Alias::Name("info"),
        "sensitive" | "pii" | "mask" | "hidden" | "secret" => Alias::Name("redact"),
        "threshold" | "tolerance" | "mostly" => Alias::Name("tolerate"),
        "id" => Alias::Name("name"),
        "tags" => Alias::Name("tag"),
        "strict" => Alias::Name("closed"),
        "severity" | "level" => Alias::Help("severities are attributes of their own: `@error`, `@warn`, `@info`"),
        "required" => Alias::Help("a field is required unless its type ends in `?`: leave it out"),
        "nullable" | "optional" => Alias::Help("a type that may be null ends in `?`: `string?`"),
        "unique" | "key" | "primary_key" => Alias::Help("write `unique` behind the type, without `@`"),
        "doc" | "description" | "comment" => Alias::Help("write a line `/// …` above it"),
        "message" => Alias::Help("write `rule name { expect … message \"…\" }`"),
        "default" => Alias::Help("a field has no default value"),
        _ => return None,
    })
}

/// Our literal for a word of another language.
pub(super) fn literal_word(name: &str) -> Option<&'static str> {
    Some(match name {
        "None" | "NONE" | "nil" | "NULL" | "Null" | "undefined" => "null",
        "True" | "TRUE" => "true",
        "False" | "FALSE" => "false",
        _ => return None,
    })
}
