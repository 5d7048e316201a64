"""What generator and peers share: the shape of the wide table, arguments, timing, one JSON line."""

import argparse
import json
import resource
import statistics
import time

# Column name -> inclusive bounds: 100 columns, two rules each (not null, in range).
WIDE = {f"f{i:03}": (0.0, float(i + 1)) for i in range(100)}


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--parquet", metavar="FILE", help="time reading and judging the file")
    source.add_argument("--memory", metavar="FILE", help="load the file first, time judging alone")
    parser.add_argument("--wide", action="store_true", help="the wide table and its rules")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    return parser


def measure(tool, version, mode, runs, query):
    """Runs `query`, which gives {rule: failed rows}, `runs` times and prints one JSON line."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        counts = query()
        seconds.append(round(time.perf_counter() - start, 4))
    print(json.dumps({
        "tool": tool,
        "version": version,
        "mode": mode,
        "seconds": seconds,
        "median": statistics.median(seconds),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "counts": counts,
    }))
