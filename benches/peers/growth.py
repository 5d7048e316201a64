"""How cost grows with rows, rules, columns, row groups and failing rows: times the `rulegate` command and prints one markdown table.

    python growth.py --runs 3       # writes about 6 GB into data/ and removes most of it again
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
RULEGATE = HERE.parent.parent / "target" / "release" / "rulegate"


def generated(name, *flags):
    path = DATA / name
    if not path.exists():
        subprocess.run([sys.executable, HERE / "generate.py", *map(str, flags), "--out", path], check=True, stdout=subprocess.DEVNULL)
    return path


def floats(path, rows, columns):
    rng = np.random.default_rng(1)
    table = pa.table({f"c{i}": rng.uniform(0, 100, rows) for i in range(columns)})
    pq.write_table(table, path, compression="zstd", row_group_size=1 << 17)
    return path


def ranges(path, rules, columns):
    """Range rules in turn over the columns, so that columns have several where there are more rules."""
    lines = [f"  c{i} : float64?" for i in range(columns)]
    lines += [f"  rule r{i}: c{i % columns} between 0 and {100 + i}" for i in range(rules)]
    path.write_text("rulegate 1\nfeatures t {\n" + "\n".join(lines) + "\n}\n")
    return path


def measured(rules, data, args):
    seconds = []
    for _ in range(args.runs):
        start = time.perf_counter()
        status = subprocess.run([RULEGATE, "validate", "--rules", rules, *data, "--threads", str(args.threads), "--quiet", "--format", "json"],
                                stdout=subprocess.DEVNULL).returncode
        seconds.append(time.perf_counter() - start)
        if status not in (0, 1):
            sys.exit(f"rulegate failed with {status}")
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=DATA))
    table = HERE / "table.rules"
    print("| grows | to | seconds |\n| --- | --- | ---: |")

    def line(what, value, rules, data):
        print(f"| {what} | {value} | {measured(rules, data, args):.3f} |", flush=True)

    try:
        million, ten = generated("table_1000000.parquet", "--rows", 1_000_000), generated("table.parquet")
        line("rows, 21 rules", "1 M", table, [million])
        line("rows, 21 rules", "10 M", table, [ten])
        copies = [work / f"part_{i}.parquet" for i in range(5)]
        for copy in copies:
            os.link(ten, copy)
        line("rows, 21 rules", "50 M (five files)", table, copies)

        some = floats(work / "floats.parquet", 1_000_000, 10)
        for rules in (1, 10, 100, 1_000):
            line("rules, 1 M rows × 10 float columns", rules, ranges(work / "r.rules", rules, 10), [some])
        for columns in (10, 100, 1_000):
            wide = floats(work / "wide.parquet", 100_000, columns)
            line("columns, 100 k rows, a rule each", columns, ranges(work / "r.rules", columns, columns), [wide])
        rows = pq.read_table(million)
        for groups in (1, 10, 100, 1_000):
            cut = work / "cut.parquet"
            pq.write_table(rows, cut, compression="zstd", row_group_size=-(-len(rows) // groups))
            line("row groups, 1 M rows, 21 rules", groups, table, [cut])
        for bad in (0, 0.001, 0.01, 0.1, 0.5):
            data = generated(f"table_1m_bad_{bad}.parquet", "--rows", 1_000_000, "--bad", bad)
            line("failing rows of each rule, 1 M rows, 21 rules", f"{bad:.1%}", table, [data])
    finally:
        shutil.rmtree(work)
    print(f"\n{args.threads} threads, median of {args.runs} runs, file to report")


if __name__ == "__main__":
    main()
