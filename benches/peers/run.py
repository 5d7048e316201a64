"""Runs Rulegate, DuckDB and Polars in turn over the same files and prints one markdown table.

    python run.py                        # all four cases, 10 M rows, five rounds
    python run.py --only wide --skip-rulegate
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RELEASE = HERE.parent.parent / "target" / "release"
CASES = {
    "parquet": "21 rules, zstd Parquet",
    "clean": "21 rules, clean Parquet, trusted statistics",
    "memory": "21 rules, in memory",
    "wide": "100 columns, 200 rules, in memory",
}
IN_MEMORY = ("memory", "wide")
PEERS = ("duckdb", "polars")
# Reads the file as Rulegate does and judges nothing: how much of a run is reading.
DECODE = "decode alone"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=CASES, help="one case instead of all")
    parser.add_argument("--rows", type=int, help="rows of the table instead of 10 M (500 k if wide)")
    parser.add_argument("--runs", type=int, default=5, help="rounds; in memory each process also judges this many times")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rulegate", type=Path, default=RELEASE / "rulegate")
    parser.add_argument("--rulegate-memory", type=Path, default=RELEASE / "examples" / "in_memory",
                        help="called as `in_memory RULES FILE RUNS`, answers as the peers do")
    parser.add_argument("--skip-rulegate", action="store_true", help="the peers alone")
    args = parser.parse_args()
    args.cases = [args.only] if args.only else list(CASES)
    args.decode = args.rulegate_memory.with_name("decode_alone")
    used = {args.rulegate_memory if case in IN_MEMORY else args.rulegate for case in args.cases}
    used |= {args.decode} if "parquet" in args.cases else set()
    for binary in used:
        if not args.skip_rulegate and not binary.exists():
            parser.error(f"{binary.name} is not built: `cargo build --release --workspace --examples`, or --skip-rulegate")
    return args


def data_file(case, rows):
    """The file of a case, written first if it is not there."""
    name = {"clean": "table_clean", "wide": "wide"}.get(case, "table") + (f"_{rows}" if rows else "")
    path = HERE / "data" / f"{name}.parquet"
    if not path.exists():
        flags = [f"--{case}"] if case in ("clean", "wide") else []
        size = ["--rows", str(rows)] if rows else []
        subprocess.run([sys.executable, HERE / "generate.py", *flags, *size, "--out", path], check=True)
    return path


def commands(case, file, args):
    """Tool -> command line."""
    in_memory = case in IN_MEMORY
    flags = ["--memory" if in_memory else "--parquet", file, "--threads", args.threads]
    flags += ["--runs", args.runs if in_memory else 1, *(["--wide"] if case == "wide" else [])]
    tools = {peer: [sys.executable, HERE / f"peer_{peer}.py", *flags] for peer in PEERS}
    trust = ["--trust-statistics"] if case == "clean" else []
    tools["duckdb"] += trust
    if args.skip_rulegate:
        return tools
    rules = HERE / ("wide.rules" if case == "wide" else "table.rules")
    if in_memory:
        rulegate = [args.rulegate_memory, rules, file, args.runs]
    else:
        rulegate = [args.rulegate, "validate", "--rules", rules, "--format", "json", file, "--threads", args.threads, *trust]
    decode = {DECODE: [args.decode, file]} if case == "parquet" else {}
    return {"rulegate": rulegate, **tools, **decode}


def execute(command, args):
    """Runs one process: its standard output, its wall seconds, its peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                             env={**os.environ, "RAYON_NUM_THREADS": str(args.threads)})
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):  # 1: the data does not hold, which most of it is made for
        sys.exit(f"{Path(command[0]).name} failed with {child.returncode}")
    if not out.startswith(b"{"):
        sys.exit(f"{Path(command[0]).name} printed no JSON report")
    return json.loads(out), seconds, usage.ru_maxrss / 1024


def sample(tool, command, args):
    """One process of one tool: seconds, peak MB, version, failed rows by rule.

    Peers and `in_memory` time themselves, interpreter start and loading left out; the `rulegate` command is timed whole.
    """
    answer, wall, peak = execute(command, args)
    if "seconds" in answer:
        return answer["seconds"], peak, answer["version"], answer["counts"]
    counts = {rule["id"]: rule["failed"] for rule in answer["rules"] if rule["kind"] == "row"}
    return [wall], peak, answer["rulegate_version"], counts


def mismatches(counts):
    """Rules on which the tools differ, one line each."""
    rules = dict.fromkeys(rule for of_tool in counts.values() for rule in of_tool)
    answers = {rule: {tool: of_tool.get(rule, "absent") for tool, of_tool in counts.items()} for rule in rules}
    return [f"{rule}: {answer}" for rule, answer in answers.items() if len(set(answer.values())) > 1]


def machine():
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {model}, {memory:.0f} GB, load {os.getloadavg()[0]:.1f} at the start"


def main():
    args = arguments()
    host, versions, rows, wrong = machine(), {}, [], []
    for case in args.cases:
        file = data_file(case, args.rows)
        with file.open("rb") as f:  # into the page cache, so that the first tool has no handicap
            while f.read(1 << 24):
                pass
        tools = commands(case, file, args)
        seconds, peaks, counts = {t: [] for t in tools}, dict.fromkeys(tools, 0.0), {}
        for turn in range(args.runs):
            for tool, command in tools.items():
                print(f"{case}: round {turn + 1}, {tool}", file=sys.stderr)
                took, peak, versions[tool], answer = sample(tool, command, args)
                seconds[tool] += took
                peaks[tool] = max(peaks[tool], peak)
                if tool != DECODE and counts.setdefault(tool, answer) != answer:
                    wrong.append(f"{case}: {tool} gave different counts in two runs")
        wrong += [f"{case}: {line}" for line in mismatches(counts)]
        medians = {tool: statistics.median(s) for tool, s in seconds.items()}
        peer = min(medians[tool] for tool in PEERS)
        for tool, s in seconds.items():
            rows.append(f"| {CASES[case]}, {file.stat().st_size / 1e6:.0f} MB | {tool} | {medians[tool]:.3f} | {min(s):.3f} – {max(s):.3f} "
                        f"| {medians[tool] / peer:.2f} | {peaks[tool]:.0f} |")

    print("| case | tool | median s | range s | × faster peer | peak MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    print("\n".join(rows))
    print(f"\n{host}; {args.threads} threads; {args.runs} rounds; " + ", ".join(f"{t} {v}" for t, v in versions.items()))
    if wrong:
        sys.exit("\nCOUNTS DIFFER:\n" + "\n".join(wrong))
    print("Counts agree on every rule.")


if __name__ == "__main__":
    main()
