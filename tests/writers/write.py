"""Writes `files/*.parquet`, `table.arrow` and `expected.json`: one table, written by pyarrow, DuckDB and Polars under many settings.

Every file holds some rows and some groups of columns of the table. The settings are chosen so that each meets most others somewhere.
"""

import json
import pathlib
import shutil
import struct

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

import table
import truth

FOLDER = pathlib.Path(__file__).parent
INTEGERS = ["id", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "level", "reading", "nothing", "steps", "code"]
FLOATS = ["f32", "f64", "whole", "ratio", "low", "high"]
DECIMALS = ["price", "amount", "total"]
STRINGS = ["colour", "grade", "country", "city", "token", "story", "drift", "word", "void", "raw"]
TIMES = ["day", "bucket", "opened", "closed", "seen_ms", "seen_ns", "vienna", "tod"]


def encoding(columns, name):
    return {column: name for column in columns}


DELTA_INTEGERS = encoding(INTEGERS, "DELTA_BINARY_PACKED")
SPLIT = encoding(FLOATS + DECIMALS, "BYTE_STREAM_SPLIT")
# A few rows to a page, so that files of some hundred rows have many pages.
TINY_PAGES = {"write_batch_size": 16, "data_page_size": 64}
SMALL_PAGES = {"write_batch_size": 64, "data_page_size": 512}
OVERFLOW = {"dictionary_pagesize_limit": 512, **SMALL_PAGES}
INDEX, CHECKSUMS, V2 = {"write_page_index": True}, {"write_page_checksum": True}, {"data_page_version": "2.0"}

# name, groups, first row, rows, settings
PYARROW = [
    ("plain_v1_no_statistics", "numbers", 0, 300, {"use_dictionary": False, "compression": "NONE", "write_statistics": False, **TINY_PAGES}),
    ("dictionary_v1_groups", "numbers", 0, 700, {"compression": "SNAPPY", "row_group_size": 200}),
    ("dictionary_v2_index", "numbers", 500, 1_000, {"compression": "ZSTD", **V2, **INDEX, **CHECKSUMS, **SMALL_PAGES}),
    ("overflow_v1", "numbers", 400, 500, {"compression": "GZIP", **OVERFLOW}),
    ("overflow_v2_index", "numbers", 900, 500, {"compression": "BROTLI", **V2, **INDEX, **CHECKSUMS, **OVERFLOW}),
    ("overflow_v1_checksums", "numbers", 1_900, 400, {"compression": "LZ4", **CHECKSUMS, **OVERFLOW, "row_group_size": 180}),
    ("split_v1", "numbers", 2_100, 700, {"use_dictionary": False, "compression": "ZSTD", "column_encoding": SPLIT, **INDEX}),
    (
        "delta_v2",
        "numbers",
        1_000,
        700,
        {"use_dictionary": False, "compression": "LZ4", "column_encoding": {**DELTA_INTEGERS, **SPLIT}, **V2, "row_group_size": 500},
    ),
    (
        "delta_decimals_as_integers",
        "numbers",
        2_000,
        600,
        {
            "use_dictionary": False,
            "compression": "ZSTD",
            "store_decimal_as_integer": True,
            "column_encoding": {**DELTA_INTEGERS, "price": "DELTA_BINARY_PACKED", "amount": "BYTE_STREAM_SPLIT", "lit": "RLE"},
            **CHECKSUMS,
            **SMALL_PAGES,
        },
    ),
    (
        "codec_by_column",
        "numbers",
        0,
        400,
        {
            "use_dictionary": ["ratio", "level", "i16", "reading"],
            "store_decimal_as_integer": True,
            "compression": {"i8": "GZIP", "i64": "BROTLI", "f32": "ZSTD", "f64": "LZ4", "ratio": "SNAPPY", "total": "ZSTD"},
            "use_byte_stream_split": ["f32", "f64"],
            **V2,
            **INDEX,
        },
    ),
    ("plain_v1", "text", 0, 600, {"use_dictionary": False, "compression": "SNAPPY", **SMALL_PAGES}),
    ("dictionary_v2_index", "text", 1_000, 1_500, {"compression": "ZSTD", **V2, **INDEX, **CHECKSUMS, **SMALL_PAGES}),
    ("dictionary_v1", "text", 0, 1_500, {"compression": "ZSTD"}),
    ("overflow_v1", "text", 0, 1_400, {"compression": "ZSTD", **OVERFLOW, "row_group_size": 700}),
    ("overflow_v2", "text", 300, 300, {"compression": "NONE", **V2, **CHECKSUMS, **OVERFLOW}),
    ("overflow_v2_index", "text", 1_000, 900, {"compression": "BROTLI", **V2, **INDEX, **OVERFLOW}),
    (
        "delta_byte_array_v2",
        "text",
        900,
        900,
        {"use_dictionary": False, "compression": "GZIP", "column_encoding": encoding([*STRINGS, "fixed"], "DELTA_BYTE_ARRAY"), **V2, **SMALL_PAGES},
    ),
    (
        "delta_length_v1",
        "text",
        1_700,
        800,
        {"use_dictionary": False, "compression": "ZSTD", "column_encoding": encoding(STRINGS, "DELTA_LENGTH_BYTE_ARRAY"), **CHECKSUMS},
    ),
    ("many_groups", "text", 2_400, 600, {"compression": "LZ4", "write_statistics": False, "row_group_size": 50}),
    (
        "bloom_filters",
        "text",
        0,
        400,
        {"compression": "GZIP", "bloom_filter_options": {"token": {"ndv": 400, "fpp": 0.1}, "grade": {"ndv": 8}}, **INDEX},
    ),
    ("chunked_by_content", "numbers text", 500, 400, {"compression": "ZSTD", "use_content_defined_chunking": True}),
    ("version_1", "time", 0, 900, {"compression": "SNAPPY", "version": "1.0", "store_schema": False, "without": ["seen_ns"]}),
    (
        "delta_v2_index",
        "time", 0, 1_500,
        {"use_dictionary": False, "compression": "ZSTD", "column_encoding": encoding(TIMES, "DELTA_BINARY_PACKED"), **V2, **INDEX, **SMALL_PAGES},
    ),
    ("overflow_v1", "time", 700, 900, {"compression": "BROTLI", **CHECKSUMS, **OVERFLOW}),
    ("int96", "time", 0, 700, {"use_deprecated_int96_timestamps": True, "without": ["opened", "closed", "vienna"], **OVERFLOW}),
    ("dictionary_v1", "nested", 0, 1_200, {"compression": "SNAPPY"}),
    ("plain_v2_tiny_pages", "nested", 0, 200, {"use_dictionary": False, "compression": "ZSTD", **V2, **INDEX, **TINY_PAGES}),
    ("items_named_otherwise", "nested", 600, 700, {"use_compliant_nested_type": False, "compression": "GZIP", **CHECKSUMS, **SMALL_PAGES}),
    ("overflow_v2_groups", "nested", 1_500, 900, {"compression": "LZ4", **V2, **OVERFLOW, "row_group_size": 333}),
    ("arrow_types_v1", "odd", 0, 1_500, {"compression": "ZSTD", **INDEX}),
    ("no_arrow_schema_v2", "odd", 900, 600, {"compression": "BROTLI", "store_schema": False, "without": ["wait", "long_date"], **V2, **OVERFLOW}),
    ("one_empty_group", "numbers text time nested odd", 0, 0, {"compression": "ZSTD"}),
    ("no_groups", "numbers text time nested odd", 0, 0, {"compression": "SNAPPY", "pieces": []}),
    ("empty_group_between", "numbers text", 100, 300, {"compression": "ZSTD", "pieces": [100, 0, 0, 200, 0], **V2}),
    ("one_row", "numbers text time nested odd", 20, 1, {"compression": "NONE", **INDEX, **CHECKSUMS}),
    ("everything", "numbers text time nested odd", 1_000, 150, {"compression": "ZSTD", **V2, **CHECKSUMS, "row_group_size": 64}),
    ("lying_statistics", "numbers", 0, 300, {"compression": "ZSTD", "use_dictionary": False, "lie": True, **SMALL_PAGES}),
]  # fmt: skip

# DuckDB 2.0.0 stores columns of 32 bits as deltas of 33 where neighbours are 2³¹ apart; pyarrow and the parquet crate refuse them.
DELTAS_TOO_WIDE = "parquet_version v2, compression zstd"
# DuckDB writes rows in vectors of 2 048: a row group has as many or more.
DUCKDB = [
    ("zstd_v1", "numbers", 0, 2_100, "compression zstd, row_group_size 2048"),
    ("snappy_v2", "numbers", 0, 800, "compression snappy, parquet_version v2"),
    ("brotli_v2_pages", "numbers", 2_000, 700, "compression brotli, parquet_version v2, data_page_size_limit 512"),
    ("uncompressed_no_dictionary", "numbers", 2_700, 300, "compression uncompressed, dictionary_size_limit 1, write_bloom_filter false"),
    ("gzip_v1", "text", 0, 1_000, "compression gzip, bloom_filter_false_positive_ratio 0.1"),
    ("lz4_v2", "text", 1_000, 800, "compression lz4, parquet_version v2"),
    ("zstd_overflow", "text", 0, 2_100, "compression zstd, string_dictionary_page_size_limit 256, row_group_size 2048"),
    ("zstd_pages", "text", 500, 1_000, "compression zstd, data_page_size_limit 512"),
    ("snappy_v1", "time", 0, 1_100, "compression snappy"),
    ("zstd_v2", "time", 1_500, 1_100, "compression zstd, parquet_version v2, data_page_size_limit 256"),
    ("zstd_v1", "nested", 0, 2_200, "compression zstd, row_group_size 2048"),
    ("brotli_v2", "nested", 500, 700, "compression brotli, parquet_version v2, data_page_size_limit 256"),
    ("zstd_v1", "odd", 0, 900, "compression zstd"),
    ("empty", "numbers text time nested", 0, 0, "compression zstd"),
    ("deltas_too_wide", "numbers", 0, 100, DELTAS_TOO_WIDE),
]

POLARS = [
    ("zstd", "numbers", 0, 900, {"compression": "zstd"}),
    ("uncompressed_pages", "numbers", 1_900, 250, {"compression": "uncompressed", "data_page_size": 256}),
    ("gzip_groups", "numbers", 300, 500, {"compression": "gzip", "row_group_size": 200, "statistics": "full"}),
    ("lz4", "text", 0, 900, {"compression": "lz4", "statistics": False}),
    ("snappy_pages", "text", 900, 400, {"compression": "snappy", "data_page_size": 512}),
    ("brotli_groups", "text", 1_600, 1_400, {"compression": "brotli", "row_group_size": 500}),
    ("zstd", "time", 0, 1_200, {"compression": "zstd", "data_page_size": 1_024}),
    ("snappy_groups", "time", 2_000, 700, {"compression": "snappy", "row_group_size": 300, "statistics": False}),
    ("zstd", "nested", 0, 1_500, {"compression": "zstd", "row_group_size": 700}),
    ("lz4_pages", "nested", 1_500, 400, {"compression": "lz4", "data_page_size": 256}),
    ("zstd", "odd", 0, 800, {"compression": "zstd"}),
    ("empty", "numbers text time nested", 0, 0, {"compression": "zstd"}),
]


def part(whole, groups, first, rows):
    """Some rows and groups of the table."""
    names = ["id"] + [name for group in groups.split() for name in table.columns_of(group)]
    # Through IPC, which copies a slice to arrays of its own: DuckDB refuses structs at an offset.
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.select(names).schema) as stream:
        stream.write_table(whole.select(names).slice(first, rows))
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def by_pyarrow(path, rows, settings):
    settings = dict(settings)
    rows = rows.drop_columns(settings.pop("without", []))
    pieces, lie = settings.pop("pieces", None), settings.pop("lie", False)
    encodings = settings.get("column_encoding")
    if encodings:
        settings["column_encoding"] = {name: kind for name, kind in encodings.items() if name in rows.column_names}
    if pieces is None:
        pq.write_table(rows, path, **settings)
    else:
        first = 0
        with pq.ParquetWriter(path, rows.schema, **settings) as writer:
            for piece in pieces:
                writer.write_table(rows.slice(first, piece))
                first += piece
    if lie:
        tell_lies(path, rows)


def tell_lies(path, rows):
    """Bounds that page headers and footer name for columns with bad values become good ones of the same length.

    The pages are compressed, so that the bytes of a bound stand nowhere else; checksums do not cover headers."""
    number = lambda value: value.to_bytes(8, "little", signed=True)
    fixed = lambda value: value.to_bytes(8, "big", signed=True)
    float64 = lambda value: struct.pack("<d", value)
    data = path.read_bytes()
    for told, claimed in [
        (number((1 << 53) + 2), number(1 << 52)),  # i64: the most
        (fixed(-(10**18) + 1), fixed(0)),  # amount: the least
        (float64(float("-inf")), float64(0.0)),  # f64: the least
        (float64(float("inf")), float64(1e9)),  # f64: the most
        (float64(-1e9), float64(9.0)),  # high: the least
    ]:
        assert data.count(told) >= 2, (told, "is not in a page header and the footer")
        data = data.replace(told, claimed)
    path.write_bytes(data)
    assert pq.read_table(path).drop_columns(["f32", "f64", "whole"]).equals(rows.drop_columns(["f32", "f64", "whole"]))


def by_duckdb(path, rows, settings):
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        if "v2" in settings and settings != DELTAS_TOO_WIDE and "u32" in rows.column_names:
            rows = rows.drop_columns(["u32"])
        # What DuckDB has no type for is left out: durations of milliseconds become intervals there, which Parquet keeps in another way.
        rows = rows.drop_columns([name for name in ["wait", "half"] if name in rows.column_names])
        connection.register("rows", rows)
        connection.execute(f"copy (select * from rows) to '{path}' (format parquet, {settings})")


def by_polars(path, rows, settings):
    # No maps, and days in milliseconds become timestamps: left out.
    rows = rows.drop_columns([name for name in ["attributes", "long_date"] if name in rows.column_names])
    polars.from_arrow(rows).write_parquet(path, **settings)


def write(folder, whole, plain):
    (folder / "files").mkdir()
    expected = []
    for writer, write_with, files in [("pyarrow", by_pyarrow, PYARROW), ("duckdb", by_duckdb, DUCKDB), ("polars", by_polars, POLARS)]:
        for name, groups, first, rows, settings in files:
            path = folder / "files" / f"{writer}_{groups.split()[0] if ' ' not in groups else 'mixed'}_{name}.parquet"
            write_with(path, part(whole, groups, first, rows), settings)
            expected.append(facts(path, groups.split(), first, rows, plain))
    return expected


def facts(path, groups, first, rows, plain):
    """What the test holds against a report: counted here, from the plain values."""
    columns = pq.read_schema(path).names
    footer = pq.read_metadata(path)
    return {
        "file": path.name,
        "groups": groups,
        "first": first,
        "rows": rows,
        "row_groups": footer.num_row_groups,
        "columns": columns,
        "refused": "deltas_too_wide" in path.name,
        "counts": {name: count for group in groups for name, count in truth.counts(group, plain[group], columns, first, rows).items()},
    }


def main():
    plain = table.values()
    whole = table.arrow(plain)
    shutil.rmtree(FOLDER / "files", ignore_errors=True)
    expected = write(FOLDER, whole, plain)
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 19))
    with pa.ipc.new_file(FOLDER / "table.arrow", whole.schema, options=options) as file:
        file.write_table(whole, 700)
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in expected)
    (FOLDER / "expected.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
