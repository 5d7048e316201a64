#!/usr/bin/env python3
"""DuckDB as an outside judge of `rulegate validate`.

Random tables (written as Parquet by DuckDB) and random rules, within what both languages mean alike; see README.md for what is
left out and why. For every rule, DuckDB counts the rows for which the expression is false and those for which it is null, and
the report of `rulegate` must give the same numbers. A seed gives the same tables and rules on every machine.

    python3 judge.py path/to/rulegate [--cases 200] [--rules 10] [--seed 1] [--keep FOLDER]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

# Name, type in the rules, type in DuckDB, kind.
COLUMNS = [
    ("i8", "int8", "TINYINT", "int"),
    ("i32", "int32", "INTEGER", "int"),
    ("i64", "int64", "BIGINT", "int"),
    ("u16", "uint16", "USMALLINT", "int"),
    ("j64", "int64", "BIGINT", "int"),
    ("f64", "float64", "DOUBLE", "float"),
    ("g64", "float64", "DOUBLE", "float"),
    ("f32", "float32", "FLOAT", "float"),
    ("d", "decimal(12, 2)", "DECIMAL(12, 2)", "decimal"),
    ("s", "string", "VARCHAR", "string"),
    ("t", "string", "VARCHAR", "string"),
    ("b", "bool", "BOOLEAN", "bool"),
    ("c", "bool", "BOOLEAN", "bool"),
    ("day", "date", "DATE", "date"),
    ("ts", "timestamp", "TIMESTAMPTZ", "timestamp"),
]

WORDS = ["", "a", "ab", "abc", "ABC", "b", "aba", "é", "日本", "a b", " a", "a%", "a_b", "x-1", "x-22", "0x1f", "\U0001f600a", "line\nbreak"]
PATTERNS = ["a.*", "[a-c]+", "x-[0-9]+", "(?:ab|é)c?", "0x[0-9a-f]{2}", "[^a]*", ".", "a?b?", "A.C", r"\d*"]
LIKES = ["a%", "%b", "_", "%a%", "a_b", "%", "", "x-__", "A%", "日_"]


class Case:
    """One table and its rules."""

    def __init__(self, seed, rules):
        self.random = random.Random(seed)
        self.rows = self.random.choice([0, 1, 7, 100, 1000, 1000, 3000])
        self.nullable = {name: self.random.random() < 0.7 for name, *_ in COLUMNS}
        self.rules = [self.boolean(3) for _ in range(rules)]

    # ---- data ----

    def cell(self, name, kind):
        draw = self.random
        if self.nullable[name] and draw.random() < 0.15:
            return None
        if kind == "int":
            low, high = {"i8": (-128, 127), "u16": (0, 65535), "i32": (-(2**31), 2**31 - 1)}.get(name, (-(10**9), 10**9))
            small = draw.randint(max(low, -5), 5)
            return draw.choice([small, small, small, draw.randint(low, high), low, high])
        if kind == "float":
            # Exact in float32 too; no NaN and no infinity: their order differs.
            return draw.choice([0.0, -0.0, 0.5, -1.25, 3.0, 1e30, -1e-3 if name != "f32" else -0.125, draw.randint(-64, 64) / 8])
        if kind == "decimal":
            return "%d.%02d" % (draw.choice([0, 1, -1, 99, -12345]), draw.randint(0, 99))
        if kind == "string":
            return draw.choice(WORDS)
        if kind == "bool":
            return draw.random() < 0.5
        if kind == "date":
            return "%04d-%02d-%02d" % (draw.choice([1969, 1970, 2000, 2024]), draw.randint(1, 12), draw.randint(1, 28))
        return "%s %02d:%02d:%02d.%06d+00" % (self.cell_date(), draw.randint(0, 23), draw.randint(0, 59), draw.randint(0, 59), draw.choice([0, 1, 999999]))

    def cell_date(self):
        return "%04d-%02d-%02d" % (self.random.choice([1969, 2000, 2024]), self.random.randint(1, 12), self.random.randint(1, 28))

    def write(self, db, path):
        types = ", ".join(f"{name} {sql}" for name, _, sql, _ in COLUMNS)
        db.execute("create or replace temp table t (%s)" % types)
        rows = [tuple(self.cell(name, kind) for name, _, _, kind in COLUMNS) for _ in range(self.rows)]
        # One statement for all rows: literals, so that no client library stands between.
        if rows:
            db.execute("insert into t values " + ", ".join("(" + ", ".join(sql_value(cell) for cell in row) + ")" for row in rows))
        group = self.random.choice([2048, 122880])
        db.execute(f"copy t to '{path}' (format parquet, compression {self.random.choice(['snappy', 'zstd', 'uncompressed'])}, row_group_size {group})")

    # ---- rules: pairs of (text in rules, text in SQL) ----

    def column(self, *kinds):
        name = self.random.choice([name for name, _, _, kind in COLUMNS if kind in kinds])
        return name, name

    def boolean(self, depth):
        draw = self.random
        kind = draw.randrange(9 if depth > 0 else 6)
        if kind == 0:
            return self.comparison(depth)
        if kind == 1:
            return self.between(depth)
        if kind == 2:
            return self.member()
        if kind == 3:
            return self.text_test()
        if kind == 4:
            name, _ = self.column("int", "float", "decimal", "string", "bool", "date", "timestamp")
            word = draw.choice(["is null", "is not null"])
            return f"{name} {word}", f"{name} {word}"
        if kind == 5:
            return self.column("bool")
        if kind == 6:
            left, right = self.boolean(depth - 1), self.boolean(depth - 1)
            word = draw.choice(["and", "or"])
            return f"({left[0]} {word} {right[0]})", f"({left[1]} {word} {right[1]})"
        if kind == 7:
            inner = self.boolean(depth - 1)
            return f"not ({inner[0]})", f"not ({inner[1]})"
        when, then, other = (self.boolean(depth - 1) for _ in range(3))
        return tuple(f"case when {w} then {t} else {o} end" for w, t, o in zip(when, then, other))

    def pair(self, depth):
        """Two operands of one kind."""
        kind = self.random.choice(["int", "int", "float", "decimal", "string", "date", "timestamp", "mixed"])
        if kind == "int":
            return self.integer(depth), self.integer(depth)
        if kind == "float":
            return self.floating(), self.floating()
        if kind == "mixed":
            # Small ints only: DuckDB compares int with float through float.
            return self.column_named("i8", "u16", "i32"), self.floating()
        if kind == "string":
            return self.text(depth), self.text(depth)
        if kind == "decimal":
            return self.column("decimal"), self.literal("decimal")
        return self.column(kind), self.literal(kind)

    def column_named(self, *names):
        name = self.random.choice(names)
        return name, name

    def comparison(self, depth):
        left, right = self.pair(depth)
        operator = self.random.choice(["=", "!=", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"])
        return f"({left[0]}) {operator} ({right[0]})", f"({left[1]}) {operator} ({right[1]})"

    def between(self, depth):
        kind = self.random.choice(["int", "float", "decimal", "string", "date", "timestamp"])
        subject = self.integer(depth) if kind == "int" else self.column(kind)
        # Bounds the wrong way round are an error of the rules.
        low, high = sorted((self.literal(kind), self.literal(kind)), key=lambda literal: order(kind, literal))
        word = self.random.choice(["between", "not between"])
        # The language has no `not between`: it says `not (x between a and b)`.
        rules = f"({subject[0]}) between {low[0]} and {high[0]}"
        return (f"not ({rules})" if word != "between" else rules), f"({subject[1]}) {word} {low[1]} and {high[1]}"

    def member(self):
        kind = self.random.choice(["int", "string", "date", "decimal"])
        subject = self.column(kind)
        items = {self.literal(kind) for _ in range(self.random.randint(1, 5))}
        word = self.random.choice(["in", "not in"])
        return tuple(f"{subject[side]} {word} ({', '.join(sorted(item[side] for item in items))})" for side in (0, 1))

    def text_test(self):
        name, _ = self.column("string")
        kind = self.random.randrange(6)
        if kind == 0:
            pattern = self.random.choice(LIKES)
            word = self.random.choice(["like", "not like"])
            rules = f"{name} like {rules_string(pattern)}"
            return (f"not ({rules})" if word != "like" else rules), f"{name} {word} {sql_string(pattern)} escape '\\'"
        if kind in (1, 2):
            pattern = self.random.choice(PATTERNS)
            return f"{name} matches /{pattern}/", f"regexp_full_match({name}, {sql_string(pattern)})"
        word = self.random.choice(["a", "ab", "x-", "é", ""])
        function, sql = [("starts_with", "starts_with"), ("ends_with", "suffix"), ("contains", "contains")][kind - 3]
        return f"{function}({name}, {rules_string(word)})", f"{sql}({name}, {sql_string(word)})"

    def integer(self, depth):
        draw = self.random
        kind = draw.randrange(8 if depth > 0 else 2)
        if kind == 0:
            return self.literal("int")
        if kind == 1:
            name, _ = self.column("int")
            # Wide in SQL, so that what is exact here does not overflow there.
            return name, f"{name}::HUGEINT"
        if kind == 2:
            inner = self.integer(depth - 1)
            return f"abs({inner[0]})", f"abs({inner[1]})"
        if kind == 3:
            inner = self.text(depth - 1)
            return f"length({inner[0]})", f"length({inner[1]})::HUGEINT"
        if kind == 4:
            left, right = self.integer(depth - 1), self.integer(depth - 1)
            return f"coalesce({left[0]}, {right[0]})", f"coalesce({left[1]}, {right[1]})"
        if kind == 5:
            when, then, other = self.boolean(0), self.integer(depth - 1), self.integer(depth - 1)
            return tuple(f"case when {w} then {t} else {o} end" for w, t, o in zip(when, then, other))
        if kind == 6:
            # Factors are small, so that three levels stay below 2^63.
            left, factor = self.column("int"), self.literal("small")
            return f"{left[0]} * {factor[0]}", f"{left[1]}::HUGEINT * {factor[1]}"
        left, right = self.integer(depth - 1), self.integer(depth - 1)
        operator = draw.choice(["+", "-"])
        return f"({left[0]} {operator} {right[0]})", f"({left[1]} {operator} {right[1]})"

    def floating(self):
        draw = self.random
        left = self.column("float")
        kind = draw.randrange(5)
        if kind == 0:
            return self.literal("float")
        if kind == 1:
            return f"abs({left[0]})", f"abs({left[1]})"
        if kind == 2:
            right, operator = self.column("float"), draw.choice(["+", "-", "*"])
            return f"({left[0]} {operator} {right[0]})", f"({left[1]}::DOUBLE {operator} {right[1]}::DOUBLE)"
        if kind == 3:
            right = self.column("float")
            return f"coalesce({left[0]}, {right[0]})", f"coalesce({left[1]}::DOUBLE, {right[1]}::DOUBLE)"
        return left

    def text(self, depth):
        column = self.column("string")
        kind = self.random.randrange(5)
        if kind == 0:
            return self.literal("string")
        if kind == 1:
            return f"lower({column[0]})", f"lower({column[1]})"
        if kind == 2:
            return f"upper({column[0]})", f"upper({column[1]})"
        if kind == 3 and depth > 0:
            other = self.text(depth - 1)
            return f"coalesce({column[0]}, {other[0]})", f"coalesce({column[1]}, {other[1]})"
        return column

    def literal(self, kind):
        draw = self.random
        if kind == "int":
            value = draw.choice([0, 1, -1, 5, 127, -128, 1000, 10**9])
            return f"{value}", f"{value}::HUGEINT"
        if kind == "small":
            value = draw.choice([0, 1, 2, 3, 10])
            return f"{value}", f"{value}"
        if kind == "float":
            value = draw.choice(["0.0", "0.5", "1.25", "3.0", "100.0"])
            return value, f"{value}::DOUBLE"
        if kind == "decimal":
            value = draw.choice(["0.00", "1.50", "99.99", "12345.00"])
            return value, f"{value}::DECIMAL(12, 2)"
        if kind == "string":
            value = draw.choice(WORDS)
            return rules_string(value), sql_string(value)
        if kind == "date":
            value = self.cell("day", "date") or "2000-01-01"
            return f'date "{value}"', f"DATE '{value}'"
        value = self.cell_date()
        return f'timestamp "{value}T12:00:00Z"', f"TIMESTAMPTZ '{value} 12:00:00+00'"

    def text_of_rules(self):
        fields = [f"  {name} : {kind}?" for name, kind, _, _ in COLUMNS]
        rules = [f"  rule r{at}: {rule[0]}" for at, rule in enumerate(self.rules)]
        return "rulegate 1\nfeatures t {\n" + "\n".join(fields + rules) + "\n}\n"


def order(kind, literal):
    """Numbers by value, texts by code point (without the quotes of SQL), dates and timestamps as they are written."""
    rules, sql = literal
    if kind in ("int", "float", "decimal"):
        return float(rules)
    return sql[1:-1] if kind == "string" else rules


def rules_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def sql_string(text):
    return "'" + text.replace("'", "''") + "'"


def sql_value(cell):
    if cell is None:
        return "null"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell!r}::DOUBLE"
    return sql_string(cell) if isinstance(cell, str) else str(cell)


def expected(db, path, rules):
    """(rows, failed, unknown) of each rule, by DuckDB."""
    counted = ", ".join(f"count(*) filter (where ({sql}) is false), count(*) filter (where ({sql}) is null)" for _, sql in rules)
    row = db.execute(f"select count(*), {counted} from read_parquet('{path}')").fetchone()
    return [(row[0], row[1 + 2 * at], row[2 + 2 * at]) for at in range(len(rules))]


def reported(rulegate, rules_path, data_path):
    """(evaluated, failed, unknown, faulted) of each rule, by rulegate."""
    command = [rulegate, "validate", "--rules", str(rules_path), "--format", "json", "--quiet", str(data_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()}")
    rules = {rule["id"]: rule for rule in json.loads(done.stdout)["rules"]}
    return {name: (rule["evaluated"], rule["failed"], rule["unknown"], rule["faulted"]) for name, rule in rules.items() if name.startswith("t.r")}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rulegate", help="the binary")
    arguments.add_argument("--cases", type=int, default=200)
    arguments.add_argument("--rules", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, help="folder for the files of cases that differ")
    options = arguments.parse_args()
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        rules_path, data_path = Path(folder) / "case.rules", Path(folder) / "case.parquet"
        for at in range(options.cases):
            seed = options.seed * 1_000_003 + at
            case = Case(seed, options.rules)
            case.write(db, data_path)
            rules_path.write_text(case.text_of_rules(), encoding="utf-8")
            theirs = expected(db, data_path, case.rules)
            differences = []
            try:
                ours = reported(options.rulegate, rules_path, data_path)
            except (RuntimeError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
                differences = [str(error)]
                failed += len(case.rules)
            else:
                for number, (rows, false, null) in enumerate(theirs):
                    got = ours.get(f"t.r{number}")
                    if got == (rows, false, null, 0):
                        passed += 1
                    else:
                        failed += 1
                        differences.append(f"rule r{number}: {case.rules[number][0]}\n     sql: {case.rules[number][1]}\n"
                                           f"     (rows, failed, unknown, faulted): duckdb {(rows, false, null, 0)}, rulegate {got}")
            if differences:
                print(f"case {at} ({case.rows} rows):")
                print("\n".join("  " + difference for difference in differences))
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{seed}.rules").write_bytes(rules_path.read_bytes())
                    (options.keep / f"{seed}.parquet").write_bytes(data_path.read_bytes())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
