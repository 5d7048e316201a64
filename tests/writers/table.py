"""The one table that every writer is given: plain Python values first, Arrow columns from them.

Values are drawn from a seeded generator that depends on nothing but `random()`, whose stream Python keeps. Times are integers in the
unit of their column, decimals are unscaled integers: nothing is rounded on the way.
"""

import decimal
import random

import pyarrow as pa

ROWS = 3_000
NAN, INF = float("nan"), float("inf")

COLOURS = ["red", "green", "blue", "grey", "ochre"]
CITIES = ["Graz", "Łódź", "São Paulo", "東京", "Ναύπλιο", "", "Reykjavík", "Aix", "🏔 Hallstatt", "Llanfairpwllgwyngyll"]
WORDS = ["moss", "fern", "lichen", "bark", "needle", "resin", "spore", "root", "heath", "sedge", "rush", "reed"]


class Draw:
    """Numbers that look random and are always the same."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, count):
        return int(self.random() * count)

    def one_of(self, values):
        return values[self.below(len(values))]

    def with_nulls(self, share, values):
        return [None if self.random() < share else value for value in values]


def planted(values, rows, value):
    """The values, with a mistake in each of these rows."""
    for nth, row in enumerate(rows):
        values[row] = value[nth % len(value)] if isinstance(value, list) else value
    return values


def rows(draw, make):
    return [make(row) for row in range(ROWS)]


def numbers(d):
    low = d.with_nulls(0.05, rows(d, lambda _: d.below(1 << 10) / 256 - 2))
    high = [None if d.random() < 0.05 else (low[row] or 0.0) + d.below(99) / 10 for row in range(ROWS)]
    steps = [20 * row + d.below(9) for row in range(ROWS)]
    return {
        "i8": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(201) - 100)), [17, 455, 1_203, 2_900], [127, -128]),
        "i16": planted(d.with_nulls(0.1, rows(d, lambda _: 250 * d.below(12))), [88, 1_999], 31_999),
        "i32": planted(rows(d, lambda _: d.below(200_000) * 10_000), [3, 777, 2_222], -1),
        "i64": planted(d.with_nulls(0.2, rows(d, lambda _: (d.below(1 << 20) - (1 << 19)) << 30)), [90, 1_400], [(1 << 53) + 2, -(1 << 63)]),
        "u8": d.with_nulls(0.05, rows(d, lambda _: d.below(256))),
        "u16": planted(rows(d, lambda _: d.below(60_000)), [5, 2_048], 65_535),
        "u32": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(1 << 32))), [60, 1_024, 2_700], (1 << 32) - 1),
        "u64": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(1 << 20) << 43)), [61, 1_500], [(1 << 64) - 1, (1 << 63) + 1]),
        "f32": planted(
            d.with_nulls(0.1, rows(d, lambda _: d.below(1 << 12) / (1 << 11) - 1)),
            [10, 11, 12, 13, 14, 900, 1_900, 2_901],
            [NAN, 0.0, -0.0, INF, -INF, 1.5],
        ),
        "f64": planted(
            d.with_nulls(0.1, rows(d, lambda _: d.below(1 << 20) / 7)),
            [20, 21, 22, 23, 24, 1_100, 1_101, 2_500],
            [NAN, 0.0, -0.0, INF, -INF, -1e-300],
        ),
        "whole": planted(rows(d, lambda _: d.below(1 << 14) / (1 << 14)), [7, 2_047, 2_048], NAN),
        "ratio": rows(d, lambda _: d.below(9) / 8),
        "level": d.with_nulls(0.02, rows(d, lambda _: 1 + d.below(9))),
        "reading": planted(d.with_nulls(0.05, rows(d, lambda _: d.one_of([-999, -1, d.below(100_000), d.below(90)]))), [33, 1_333], -2),
        "flag": d.with_nulls(0.1, rows(d, lambda _: d.random() < 0.3)),
        "lit": rows(d, lambda row: row % 97 != 0),
        "price": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(99_999) * 10)), [40, 1_040], -1),
        "amount": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(10**6) * 10**11)), [41, 2_041], [-(10**18) + 1, 10**18 - 1]),
        "total": planted(d.with_nulls(0.3, rows(d, lambda _: d.below(10**6) * 10**26)), [42, 2_042], [-(10**38) + 1, 10**38 - 1]),
        "nothing": [None] * ROWS,
        "steps": planted(steps, [250, 1_250, 2_999], [0, 1]),
        "code": planted(d.with_nulls(0.05, rows(d, lambda row: row * 7_919 % 1_000_003)), [70, 71, 1_070], 5),
        "low": low,
        "high": planted(high, [99, 2_099], -1e9),
    }


def text(d):
    drift = lambda row: d.one_of(["dusk", "dawn"]) if row % 1_000 < 350 else f"d{row:05}{d.below(1 << 20):05x}"
    story = lambda _: "".join(d.one_of(WORDS) + " " for _ in range(3)) * (1 + d.below(4) if d.random() < 0.98 else 300)
    token = lambda row: f"{chr(65 + d.below(26))}{chr(65 + d.below(26))}-{row * 331 % 999_983:06}"
    return {
        "colour": planted(d.with_nulls(0.1, rows(d, lambda _: d.one_of(COLOURS))), [15, 415, 416, 2_815], ["Red", "mauve", "red "]),
        "grade": rows(d, lambda _: d.one_of("ABCD")),
        "country": d.with_nulls(0.03, rows(d, lambda _: d.one_of(["AT", "CZ", "PT", "JP"]))),
        "city": d.with_nulls(0.1, rows(d, lambda _: d.one_of(CITIES))),
        "token": planted(d.with_nulls(0.1, rows(d, token)), [25, 1_025, 2_025], ["xx-000001", "AB-12345", "AB-1234567"]),
        "story": d.with_nulls(0.1, rows(d, story)),
        "drift": planted(d.with_nulls(0.05, rows(d, drift)), [560, 690, 1_800, 2_600], ["noon", ""]),
        "word": planted(rows(d, lambda _: d.one_of(WORDS)), [35, 2_035], ["  ", " fern"]),
        "void": [None] * ROWS,
        "raw": d.with_nulls(0.1, rows(d, lambda _: bytes(d.below(256) for _ in range(d.below(12))))),
        "fixed": d.with_nulls(0.1, rows(d, lambda _: bytes(d.below(4) for _ in range(4)))),
    }


SECOND, MILLI, MICRO, NANO = 1, 1_000, 1_000_000, 1_000_000_000
START = 1_767_225_600  # 2026-01-01T00:00:00Z in seconds.


def time(d):
    opened = rows(d, lambda row: START + 3_600 * row + d.below(3_000))
    closed = [None if d.random() < 0.1 else opened[row] * MICRO + d.below(86_400) * 999_983 for row in range(ROWS)]
    return {
        "day": planted(d.with_nulls(0.1, rows(d, lambda _: 20_000 + d.below(900))), [45, 1_045], [-719_162, 2_932_896]),
        "bucket": rows(d, lambda row: 20_454 + row // 300),
        "opened": opened,
        "closed": planted(closed, [55, 56, 2_055], [0, -62_135_596_800 * MICRO]),
        "seen_ms": d.with_nulls(0.1, rows(d, lambda _: (START + d.below(10**4)) * MILLI + d.below(1_000))),
        "seen_ns": d.with_nulls(0.1, rows(d, lambda _: (START + d.below(10**4)) * NANO + d.below(1_000) * 1_000_001)),
        "vienna": planted(d.with_nulls(0.1, rows(d, lambda _: START * MICRO + d.below(10**6) * 10_000_001)), [65, 1_065], -1),
        "tod": d.with_nulls(0.1, rows(d, lambda _: d.below(1_440) * 60_000_001)),
    }


def nested(d):
    some = lambda most, make: [make() for _ in range(d.below(most + 1))]
    or_null = lambda share, make: None if d.random() < share else make()
    place = lambda: {"lat": or_null(0.05, lambda: d.below(720) / 4 - 90), "lon": d.below(720) / 2 - 180}
    address = lambda: {
        "street": or_null(0.1, lambda: d.one_of(WORDS) + " lane"),
        "zip": f"{d.below(10_000):04}",
        "place": or_null(0.2, place),
    }
    item = lambda: {"sku": d.one_of(WORDS), "count": or_null(0.05, lambda: 1 + d.below(9))}
    return {
        "tags": planted(
            d.with_nulls(0.1, rows(d, lambda _: some(5, lambda: d.one_of(WORDS)))),
            [75, 76, 1_075],
            [["moss", ""], ["fern"] * 7, ["much too long"]],
        ),
        "scores": planted(d.with_nulls(0.1, rows(d, lambda _: some(4, lambda: or_null(0.1, lambda: d.below(1_000))))), [85, 1_085], [[5, -1]]),
        "address": planted(d.with_nulls(0.1, rows(d, lambda _: address())), [95, 2_095], [{"street": "", "zip": "12a4", "place": None}]),
        "items": planted(
            d.with_nulls(0.1, rows(d, lambda _: some(3, item))), [105, 2_105], [[{"sku": "bark", "count": 0}, {"sku": "", "count": 3}]]
        ),
        "grid": d.with_nulls(0.1, rows(d, lambda _: some(3, lambda: some(3, lambda: d.below(50))))),
        "vector": d.with_nulls(0.1, rows(d, lambda _: [d.below(16) / 8 for _ in range(4)])),
    }


def odd(d):
    return {
        "unit price": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(10_000) / 4)), [4, 1_004], -0.25),
        "größe": d.with_nulls(0.1, rows(d, lambda _: d.below(40))),
        "a.b": d.with_nulls(0.1, rows(d, lambda _: d.one_of(WORDS))),
        "when": rows(d, lambda _: d.one_of(["now", "then"])),
        "attributes": d.with_nulls(0.1, rows(d, lambda _: [(word, d.below(9)) for word in WORDS[: d.below(4)]])),
        "wait": d.with_nulls(0.1, rows(d, lambda _: d.below(10**9))),
        "half": d.with_nulls(0.1, rows(d, lambda _: d.below(64) / 32)),
        "short_time": d.with_nulls(0.1, rows(d, lambda _: d.below(86_400_000))),
        "encoded": d.with_nulls(0.1, rows(d, lambda _: d.one_of(COLOURS))),
        "view": planted(d.with_nulls(0.1, rows(d, lambda _: " ".join(d.one_of(WORDS) for _ in range(1 + d.below(3))))), [6, 1_006], ""),
        "wide_list": d.with_nulls(0.1, rows(d, lambda _: [d.below(9) << 40 for _ in range(d.below(3))])),
        "fee": planted(d.with_nulls(0.1, rows(d, lambda _: d.below(9_999_999))), [8, 1_008], -5),
        "exact_time": d.with_nulls(0.1, rows(d, lambda _: d.below(1_440) * 60_000_000_001)),
        "abroad": d.with_nulls(0.1, rows(d, lambda _: (START + d.below(10**6)) * MILLI)),
        "key": d.with_nulls(0.1, rows(d, lambda row: row.to_bytes(16, "big"))),
        "large": d.with_nulls(0.1, rows(d, lambda _: d.one_of(CITIES))),
        "long_date": d.with_nulls(0.1, rows(d, lambda _: (20_000 + d.below(900)) * 86_400_000)),
    }


UTC_MICROS = pa.timestamp("us", "UTC")
PLACE = pa.struct([("lat", pa.float64()), pa.field("lon", pa.float64(), False)])

TYPES = {
    "numbers": {
        "i8": pa.int8(), "i16": pa.int16(), "i32!": pa.int32(), "i64": pa.int64(), "u8": pa.uint8(), "u16!": pa.uint16(),
        "u32": pa.uint32(), "u64": pa.uint64(), "f32": pa.float32(), "f64": pa.float64(), "whole!": pa.float64(), "ratio!": pa.float64(),
        "level": pa.int32(), "reading": pa.int64(), "flag": pa.bool_(), "lit!": pa.bool_(), "price": pa.decimal128(9, 2),
        "amount": pa.decimal128(18, 4), "total": pa.decimal128(38, 10), "nothing": pa.int32(), "steps!": pa.int64(), "code": pa.int64(),
        "low": pa.float32(), "high": pa.float64(),
    },
    "text": {
        "colour": pa.string(), "grade!": pa.string(), "country": pa.string(), "city": pa.string(), "token": pa.string(),
        "story": pa.string(), "drift": pa.string(), "word!": pa.string(), "void": pa.string(), "raw": pa.binary(), "fixed": pa.binary(4),
    },
    "time": {
        "day": pa.date32(), "bucket!": pa.date32(), "opened!": pa.timestamp("s", "UTC"), "closed": UTC_MICROS, "seen_ms": pa.timestamp("ms"),
        "seen_ns": pa.timestamp("ns"), "vienna": pa.timestamp("us", "Europe/Vienna"), "tod": pa.time64("us"),
    },
    "nested": {
        "tags": pa.list_(pa.string()), "scores": pa.list_(pa.int32()),
        "address": pa.struct([("street", pa.string()), pa.field("zip", pa.string(), False), ("place", PLACE)]),
        "items": pa.list_(pa.struct([("sku", pa.string()), ("count", pa.int32())])), "grid": pa.list_(pa.list_(pa.int32())),
        "vector": pa.list_(pa.float32(), 4),
    },
    "odd": {
        "unit price": pa.float64(), "größe": pa.int32(), "a.b": pa.string(), "when!": pa.string(),
        "attributes": pa.map_(pa.string(), pa.int32()), "wait": pa.duration("ms"), "half": pa.float16(), "short_time": pa.time32("ms"),
        "encoded": pa.dictionary(pa.int8(), pa.string()), "large": pa.large_string(), "long_date": pa.date64(),
        "view": pa.string_view(), "wide_list": pa.large_list(pa.int64()), "fee": pa.decimal32(7, 2), "exact_time": pa.time64("ns"),
        "abroad": pa.timestamp("ms", "+02:00"), "key": pa.binary(16),
    },
}  # fmt: skip
MAKERS = {"numbers": numbers, "text": text, "time": time, "nested": nested, "odd": odd}


def values():
    """Column name to plain values, group by group; all begin with `id`."""
    groups = {name: make(Draw(seed)) for seed, (name, make) in enumerate(MAKERS.items())}
    return {name: {"id": [10_000 + row for row in range(ROWS)], **columns} for name, columns in groups.items()}


def array(kind, column):
    if pa.types.is_decimal(kind):
        column = [None if value is None else decimal.Decimal(value).scaleb(-kind.scale, decimal.Context(prec=60)) for value in column]
    if pa.types.is_temporal(kind):
        bits = pa.int32() if kind.bit_width == 32 else pa.int64()
        return pa.array(column, bits).cast(kind)
    if pa.types.is_dictionary(kind):
        # An entry that no row has, and two of one value.
        entries = ["never", *COLOURS, "ochre"]
        codes = [None if value is None else entries.index(value) if row % 2 else len(entries) - 1 - entries[::-1].index(value)
                 for row, value in enumerate(column)]  # fmt: skip
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(entries))
    return pa.array(column, kind)


def arrow(plain):
    """All groups as one Arrow table; a `!` after a name means that the column is declared to hold no null."""
    fields, arrays = [pa.field("id", pa.int64(), False)], [pa.array(plain["numbers"]["id"], pa.int64())]
    for group, columns in TYPES.items():
        for name, kind in columns.items():
            bare = name.rstrip("!")
            fields.append(pa.field(bare, kind, not name.endswith("!")))
            arrays.append(array(kind, plain[group][bare]))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    table.validate(full=True)
    return table


def columns_of(group):
    return [name.rstrip("!") for name in TYPES[group]]
