"""Writes the benchmark tables as zstd Parquet, the same bytes for the same arguments.

    python generate.py                      # data/table.parquet, 10 M rows, 0.1 % bad rows per rule
    python generate.py --clean              # data/table_clean.parquet, the same rows before they were spoiled
    python generate.py --wide               # data/wide.parquet, 500 k rows x 100 columns, and wide.rules
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from common import WIDE

HERE = Path(__file__).parent
ROW_GROUP = 1 << 20
SEED = 20_260_131
SECOND, DAY = 1_000_000, 86_400  # a second in microseconds, a day in seconds

# The last entry of each list is the value that is outside the set.
SYMBOLS = ("BTC ETH SOL BNB XRP ADA DOGE AVAX DOT LINK MATIC LTC UNI ATOM XLM NEAR APT ARB OP FIL AAVE MKR SNX CRV "
           "LDO RNDR INJ SUI SEI TIA PEPE WIF BONK SHIB FLOKI GRT IMX STX ALGO VET ???").split()
CHAINS = ["ethereum", "solana", "base", "tron"]
RISKS = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "SEVERE"]
WORDS = ("liquidity whale rotation breakout listing outflow inflow funding perpetual staking unlock holders dormant wallet "
         "bridge mint burn audit exploit governance proposal momentum volume thin deep book spread listing rumour denies "
         "confirms weekly daily strong weak neutral early late accumulation distribution support resistance trend after "
         "before amid despite on of the a and with into from rising falling sentiment social mentions developers commits").split()
NAMES = "ana bo carla deniz eli fatou goran hana ivo jun kai lena mara nils olga pia quinn rosa sven tara".split()
DOMAINS = "example.com example.org mail.test wallet.dev node.io".split()


def strings(values, codes):
    return pa.array(values).take(pa.array(codes))


def replace(array, rows, values):
    """`array` with the slots `rows` (ascending) set to `values`."""
    mask = np.zeros(len(array), bool)
    mask[rows] = True
    return pc.replace_with_mask(array, mask, pa.array(values, array.type))


def text_array(data, lengths):
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data)))


def addresses(rng, n):
    """`0x` and 40 random lower-case hex digits."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    raw = rng.integers(0, 256, (n, 20), np.uint8)
    text = np.empty((n, 42), np.uint8)
    text[:, :2] = np.frombuffer(b"0x", np.uint8)
    text[:, 2::2] = digits[raw >> 4]
    text[:, 3::2] = digits[raw & 15]
    return text_array(text, np.full(n, 42, np.int32))


def narratives(rng, n):
    """10 to 80 characters cut from running text, about 25 on average; one row in fifty is not ASCII."""
    pool = np.frombuffer(" ".join(rng.choice(WORDS, 400_000)).encode(), np.uint8)
    lengths = (10 + 71 * rng.beta(1.0, 3.6, n)).astype(np.int32).clip(10, 80)
    starts = rng.integers(0, len(pool) - 80, n, np.int32)
    before = (np.cumsum(lengths) - lengths).astype(np.int32)
    at = np.repeat(starts - before, lengths) + np.arange(lengths.sum(), dtype=np.int32)
    text = text_array(pool[at], lengths)
    accented = np.flatnonzero(rng.random(n) < 0.02)
    return replace(text, accented, pc.replace_substring(text.take(pa.array(accented)), "e", "é"))


def emails(rng, n):
    """One row in five has one."""
    number = pc.cast(pa.array(rng.integers(0, 10_000_000, n)), pa.string())
    name = strings(NAMES, rng.integers(0, len(NAMES), n))
    domain = strings(DOMAINS, rng.integers(0, len(DOMAINS), n))
    address = pc.binary_join_element_wise(pc.binary_join_element_wise(name, number, "."), domain, "@")
    return pc.if_else(pa.array(rng.random(n) < 0.2), address, pa.scalar(None, pa.string()))


def table(first_row, n, bad):
    """Rows `first_row ..` of the table; each rule is broken on its own random share `bad` of them."""
    rng = np.random.default_rng([SEED, first_row])
    spoiler = np.random.default_rng([SEED, first_row, 1])

    def pick():
        return np.flatnonzero(spoiler.random(n) < bad)

    def spoil(values, *wrong):
        rows = pick()
        values[rows] = spoiler.choice(wrong, len(rows))

    token_id = np.arange(first_row + 1, first_row + n + 1)
    symbol = (rng.beta(0.8, 2.5, n) * 40).astype(np.int8).clip(0, 39)
    chain = rng.choice(np.arange(3, dtype=np.int8), n, p=[0.5, 0.3, 0.2])
    risk = rng.choice(np.arange(4, dtype=np.int8), n, p=[0.6, 0.25, 0.12, 0.03])
    flagged = (risk == 3) | (rng.random(n) < 0.05)
    gem_score = rng.random(n) * 100
    confidence = rng.beta(5, 2, n)
    liquidity = rng.lognormal(10, 2, n) + np.where(gem_score > 80, 1_000, 0)
    turnover = rng.random(n) * 4.9
    sentiment = rng.random(n) * 2 - 1
    sentiment_null = rng.random(n) < 0.1
    momentum = rng.normal(0, 0.3, n)
    holders = rng.lognormal(6, 2, n).clip(0, 2e9).astype(np.int32)
    created = (1_704_067_200 + rng.integers(0, 600 * DAY, n)) * SECOND
    updated = created + (rng.exponential(3, n) * DAY).astype(np.int64) * SECOND
    contract, narrative, email = addresses(rng, n), narratives(rng, n), emails(rng, n)

    # Rules over several columns first, so that the volume follows the liquidity it is judged by.
    rows = pick()
    risk[rows], flagged[rows] = 3, False
    rows = pick()
    gem_score[rows], liquidity[rows] = spoiler.uniform(80.1, 100, len(rows)), spoiler.uniform(1, 999, len(rows))
    spoil(turnover, 5.1, 8.0)
    volume = liquidity * turnover
    rows = pick()
    updated[rows] = created[rows] - SECOND

    spoil(token_id, 0, -7)
    spoil(symbol, len(SYMBOLS) - 1)
    spoil(chain, len(CHAINS) - 1)
    spoil(risk, len(RISKS) - 1)
    spoil(gem_score, -0.5, 100.5, np.nan)
    spoil(confidence, -0.01, 1.01, np.nan)
    spoil(liquidity, -1.0, np.nan)
    spoil(volume, -1.0, np.nan)
    spoil(sentiment, -1.5, 1.5, np.nan)
    spoil(momentum, np.nan, np.inf, -np.inf)
    spoil(holders, -1)
    for wrong in ("0x" + "A" * 40, "0x" + "a" * 39, "0x" + "a" * 41, "0x" + "g" * 40):
        rows = np.flatnonzero(spoiler.random(n) < bad / 4)
        contract = replace(contract, rows, [wrong] * len(rows))
    rows = pick()
    narrative = replace(narrative, rows, spoiler.choice(["thin", "é" * 9, "moon " * 17], len(rows)).tolist())
    rows = pick()
    email = replace(email, rows, spoiler.choice(["nobody", "a@b", "two@@example.com", "x y@mail.test"], len(rows)).tolist())

    def nulls():
        mask = np.zeros(n, bool)
        mask[pick()] = True
        return mask

    instant = pa.timestamp("us", "UTC")
    return pa.table({
        "token_id": pa.array(token_id, mask=nulls()),
        "symbol": strings(SYMBOLS, symbol),
        "chain": strings(CHAINS, chain),
        "contract_address": replace(contract, rows := pick(), [None] * len(rows)),
        "gem_score": pa.array(gem_score, mask=nulls()),
        "confidence": pa.array(confidence),
        "liquidity_usd": pa.array(liquidity),
        "volume_24h": pa.array(volume),
        "sentiment_score": pa.array(sentiment, mask=sentiment_null),
        "momentum": pa.array(momentum),
        "risk_level": strings(RISKS, risk),
        "flagged": pa.array(flagged),
        "holders": pa.array(holders),
        "created_at": pa.array(created).cast(instant),
        "updated_at": pa.array(updated).cast(instant),
        "narrative": narrative,
        "wallet_email": email,
    })


def wide_table(first_row, n, bad):
    """100 float columns; a share `bad` of each is null and as many are out of range or NaN."""
    columns = {}
    for i, (name, (low, high)) in enumerate(WIDE.items()):
        rng = np.random.default_rng([SEED, first_row, i])
        values = rng.uniform(low, high, n)
        rows = np.flatnonzero(rng.random(n) < bad)
        values[rows] = rng.choice([low - 0.5, high + 0.5, np.nan], len(rows))
        columns[name] = pa.array(values, mask=rng.random(n) < bad)
    return pa.table(columns)


def wide_rules():
    fields = "\n".join(f"  {name} : float64 between {low:g} and {high:g}" for name, (low, high) in WIDE.items())
    return f"rulegate 1\n\n/// Written by generate.py: 100 columns, each required and in range, 200 rules.\nfeatures wide {{\n{fields}\n}}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help="default 10 000 000, with --wide 500 000")
    parser.add_argument("--bad", type=float, default=0.001, help="share of bad rows per rule")
    parser.add_argument("--clean", action="store_true", help="no bad rows")
    parser.add_argument("--wide", action="store_true", help="the wide table, and wide.rules")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()

    name = ("wide" if args.wide else "table") + ("_clean" if args.clean else "")
    out = args.out or HERE / "data" / f"{name}.parquet"
    total = args.rows or (500_000 if args.wide else 10_000_000)
    rows_of, bad = (wide_table if args.wide else table), 0 if args.clean else args.bad
    if args.wide:
        (HERE / "wide.rules").write_text(wide_rules())

    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    with pq.ParquetWriter(partial, rows_of(0, 0, 0).schema, compression="zstd") as writer:
        for first in range(0, total, ROW_GROUP):
            writer.write_table(rows_of(first, min(ROW_GROUP, total - first), bad), row_group_size=ROW_GROUP)
    partial.rename(out)
    print(f"{out.name}: {total} rows, {out.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
