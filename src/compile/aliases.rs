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
