"""What some rules of `*.rules` come to, counted one plain value after another: no reader of files has a part in it.

A test gives true, false or, where the rule says nothing, None. A rule whose `when` is not true gives SKIPPED.
"""

import math
import re

from table import CITIES, COLOURS, MICRO, MILLI, NANO, START, WORDS

SKIPPED = "skipped"


def known(test):
    """A null argument makes it null."""
    return lambda *values: None if None in values else test(*values)


def is_finite(x):
    return not (math.isnan(x) or math.isinf(x))


# Column names, and the test of their values in a row.
TESTS = {
    "numbers": {
        "i8.range": ("i8", known(lambda x: -100 <= x <= 100)),
        "i16.enum": ("i16", known(lambda x: x % 250 == 0 and 0 <= x <= 2_750)),
        "i32.range": ("i32", known(lambda x: x >= 0)),
        "i64.range": ("i64", known(lambda x: x <= (1 << 53) + 1)),
        "i64.not_the_least": ("i64", known(lambda x: x != -(1 << 63))),
        "u8.range": ("u8", known(lambda x: True)),
        "u16.not_the_largest": ("u16", known(lambda x: x != 65_535)),
        "u32.range": ("u32", known(lambda x: x < (1 << 32) - 1)),
        "u64.range": ("u64", known(lambda x: x <= 1 << 63)),
        "f32.range": ("f32", known(lambda x: -1 <= x <= 1)),
        "f32.finite": ("f32", known(is_finite)),
        "f64.range": ("f64", known(lambda x: x >= 0)),
        "f64.finite": ("f64", known(is_finite)),
        "whole.range": ("whole", known(lambda x: 0 <= x <= 1)),
        "whole.required": ("whole", lambda x: x is not None),
        "ratio.range": ("ratio", known(lambda x: True)),
        "ratio.enum": ("ratio", known(lambda x: True)),
        "level.required": ("level", lambda x: x is not None),
        "level.range": ("level", known(lambda x: True)),
        "reading.range": ("reading", known(lambda x: None if x in (-999, -1) else 0 <= x <= 100_000)),
        "lit.range": ("lit", known(lambda x: x)),
        "price.range": ("price", known(lambda x: x >= 0)),
        "amount.range": ("amount", known(lambda x: abs(x) <= 999_999_999_999_999_000)),
        "total.range": ("total", known(lambda x: x > -(10**37))),
        "nothing.range": ("nothing", known(lambda x: x >= 0)),
        "high.range": ("high low", known(lambda high, low: high >= low)),
        "high_levels_are_flagged": ("level flag", lambda level, flag: flag if level is not None and level >= 8 else SKIPPED),
        "parity": ("i32", known(lambda x: x % 2 == 0)),
    },
    "text": {
        "colour.enum": ("colour", known(lambda x: x in COLOURS)),
        "grade.enum": ("grade", known(lambda x: True)),
        "country.required": ("country", lambda x: x is not None),
        "country.length": ("country", known(lambda x: True)),
        "city.length": ("city", known(lambda x: 1 <= len(x) <= 12)),
        "city.regex": ("city", known(lambda x: not x.endswith("z"))),
        "token.regex": ("token", known(lambda x: re.fullmatch("[A-Z]{2}-[0-9]{6}", x) is not None)),
        "story.length": ("story", known(lambda x: len(x) <= 5_000)),
        "drift.starts_with": ("drift", known(lambda x: x.startswith("d"))),
        "word.not_blank": ("word", known(lambda x: x.strip() != "")),
        "word.trimmed": ("word", known(lambda x: x.strip() == x)),
        "word.enum": ("word", known(lambda x: True)),
        "void.length": ("void", known(lambda x: x != "")),
        "red_is_short": ("colour city", lambda colour, city: SKIPPED if colour != "red" else None if city is None else len(city) <= 10),
        "colour_and_word": ("colour word", known(lambda colour, word: colour < word)),
        "searched": ("story", known(lambda x: "moss moss" not in x)),
        "bytes": ("raw fixed", lambda raw, fixed: raw != fixed),
    },
    "time": {
        "day.range": ("day", known(lambda x: 19_723 <= x <= 21_183)),
        "bucket.range": ("bucket", known(lambda x: True)),
        "opened.range": ("opened", known(lambda x: x >= START)),
        "closed.range": ("closed opened", known(lambda closed, opened: closed >= opened * MICRO)),
        "seen_ms.range": ("seen_ms", known(lambda x: x < (START + 7_200) * MILLI)),
        "seen_ns.range": ("seen_ns", known(lambda x: x < (START + 7_200) * NANO + NANO // 2)),
        "vienna.after_the_epoch": ("vienna", known(lambda x: x >= 0)),
        "tod.range": ("tod", known(lambda x: 6 * 3_600 * MICRO <= x <= 22 * 3_600 * MICRO)),
        "within_a_day": ("closed opened", known(lambda closed, opened: closed - opened * MICRO <= 86_400 * MICRO)),
    },
    "nested": {
        "tags.length": ("tags", known(lambda x: len(x) <= 5)),
        "tags.each.length": ("tags", known(lambda x: all(1 <= len(tag) <= 8 for tag in x))),
        "scores.each.range": (
            "scores",
            known(lambda x: False if any(score is not None and score < 0 for score in x) else None if None in x else True),
        ),
        "address.zip.regex": ("address", known(lambda x: re.fullmatch("[0-9]{4}", x["zip"]) is not None)),
        "address.street.not_blank": ("address", known(lambda x: None if x["street"] is None else x["street"].strip() != "")),
        "moss_is_named": ("tags", known(lambda x: "moss" in x or len(x) != 2)),
        "first_tag": ("tags", lambda x: x is None or not x or x[0] != "fern"),
        "rows_are_short": ("grid", known(lambda x: all(len(row) < 3 for row in x))),
        "grid.length": ("grid", known(lambda x: len(x) <= 3)),
    },
    "odd": {
        "`unit price`.required": ("unit price", lambda x: x is not None),
        "`unit price`.range": ("unit price", known(lambda x: x >= 0)),
        "`größe`.range": ("größe", known(lambda x: True)),
        "`a.b`.length": ("a.b", known(lambda x: len(x) in (4, 5, 6))),
        "when.enum": ("when", known(lambda x: True)),
        "wait.range": ("wait", known(lambda x: x < 11 * 86_400_000)),
        "half.range": ("half", known(lambda x: 0 <= x <= 1.5)),
        "short_time.range": ("short_time", known(lambda x: x < 23 * 3_600_000)),
        "encoded.enum": ("encoded", known(lambda x: x != "ochre")),
        "encoded.not_never": ("encoded", known(lambda x: True)),
        "view.not_blank": ("view", known(lambda x: x != "")),
        "fee.range": ("fee", known(lambda x: x >= 0)),
        "exact_time.range": ("exact_time", known(lambda x: x < (23 * 60 + 30) * 60 * NANO)),
        "abroad.range": ("abroad", known(lambda x: x < (START + 10 * 86_400 - 7_200) * MILLI)),
        "large.length": ("large", known(lambda x: x != "")),
        "few_of_moss": ("attributes", lambda x: dict(x or []).get("moss", 0) < 8),
    },
}
assert "" in CITIES and all(4 <= len(word) <= 6 for word in WORDS)


def not_unique(values):
    """Members of groups of equal values; nulls are unknown."""
    seen = {}
    for row, value in enumerate(values):
        seen.setdefault(value, []).append(row)
    return sorted(row for value, group in seen.items() if value is not None and len(group) > 1 for row in group)


def not_increasing(values):
    """Values that are not above the last one before."""
    return [row for row in range(1, len(values)) if values[row] <= values[row - 1]]


ACROSS_ROWS = {
    "numbers": {"id.unique": ("id", not_unique), "code.unique": ("code", not_unique), "steps.order": ("steps", not_increasing)},
    "text": {"token.unique": ("token", not_unique)},
    "time": {"opened.order": ("opened", not_increasing)},
}


def counts(group, columns, present, first, rows):
    """Rule id to passed, failed and unknown rows, and the first row that fails; of rules all of whose columns are in the file."""
    found = {}
    for rule, (names, test) in TESTS[group].items():
        names = names.split() if names not in columns else [names]
        if all(name in present for name in names):
            verdicts = [test(*(columns[name][row] for name in names)) for row in range(first, first + rows)]
            failing = [row for row, verdict in enumerate(verdicts) if verdict is False]
            found[f"{group}.{rule}"] = [verdicts.count(True), len(failing), verdicts.count(None), *failing[:1]]
    for rule, (name, members) in ACROSS_ROWS.get(group, {}).items():
        if name in present:
            values = columns[name][first : first + rows]
            failing, nulls = members(values), values.count(None)
            found[f"{group}.{rule}"] = [rows - len(failing) - nulls, len(failing), nulls, *failing[:1]]
    return found
