"""The rules as one Polars select, one sum per rule; a null is not a failure, a NaN is.

Polars orders NaN above everything, so one-sided comparisons name it.
"""

import os

from common import WIDE, arguments, measure

ARGS = arguments(__doc__).parse_args()
os.environ["POLARS_MAX_THREADS"] = str(ARGS.threads)  # read once, on import

import polars as pl  # noqa: E402
from polars import col  # noqa: E402

SYMBOLS = ["BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "AVAX", "DOT", "LINK",
           "MATIC", "LTC", "UNI", "ATOM", "XLM", "NEAR", "APT", "ARB", "OP", "FIL",
           "AAVE", "MKR", "SNX", "CRV", "LDO", "RNDR", "INJ", "SUI", "SEI", "TIA",
           "PEPE", "WIF", "BONK", "SHIB", "FLOKI", "GRT", "IMX", "STX", "ALGO", "VET"]

# Rule -> what a failing row looks like.
TABLE = {
    "token_id.required": col("token_id").is_null(),
    "token_id.range": col("token_id") < 1,
    "symbol.enum": ~col("symbol").is_in(SYMBOLS),
    "chain.enum": ~col("chain").is_in(["ethereum", "solana", "base"]),
    "contract_address.required": col("contract_address").is_null(),
    "contract_address.regex": ~col("contract_address").str.contains(r"^0x[0-9a-f]{40}$"),
    "gem_score.required": col("gem_score").is_null(),
    "gem_score.range": ~col("gem_score").is_between(0, 100),
    "confidence.range": ~col("confidence").is_between(0, 1),
    "liquidity_usd.range": (col("liquidity_usd") < 0) | col("liquidity_usd").is_nan(),
    "volume_24h.range": (col("volume_24h") < 0) | col("volume_24h").is_nan(),
    "sentiment_score.range": ~col("sentiment_score").is_between(-1, 1),
    "momentum.finite": ~col("momentum").is_finite(),
    "risk_level.enum": ~col("risk_level").is_in(["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
    "holders.range": col("holders") < 0,
    "updated_at.range": col("updated_at") < col("created_at"),
    "narrative.length": ~col("narrative").str.len_chars().is_between(10, 80),
    "wallet_email.regex": ~col("wallet_email").str.contains(r"^[a-z0-9._]+@[a-z0-9-]+\.[a-z]{2,6}$"),
    "critical_is_flagged": (col("risk_level") == "CRITICAL") & ~col("flagged"),
    "hot_tokens_need_liquidity": (col("gem_score") > 80) & col("gem_score").is_not_nan()
        & ((col("liquidity_usd") < 1000) | col("liquidity_usd").is_nan()),
    "volume_is_plausible": (col("volume_24h") > col("liquidity_usd") * 5)
        | col("volume_24h").is_nan() | col("liquidity_usd").is_nan(),
}
TABLE = {f"token_features.{rule}": failing for rule, failing in TABLE.items()}

WIDE_RULES = {}
for name, (low, high) in WIDE.items():
    WIDE_RULES[f"wide.{name}.required"] = col(name).is_null()
    WIDE_RULES[f"wide.{name}.range"] = ~col(name).is_between(low, high)


def main():
    sums = [failing.sum().alias(rule) for rule, failing in (WIDE_RULES if ARGS.wide else TABLE).items()]
    if ARGS.parquet:
        mode = "parquet, streaming"
        query = lambda: pl.scan_parquet(ARGS.parquet).select(sums).collect(engine="streaming")
    else:
        mode = "memory"
        frame = pl.read_parquet(ARGS.memory)
        query = lambda: frame.select(sums)
    measure("polars", pl.__version__, mode, ARGS.runs, lambda: query().row(0, named=True))


if __name__ == "__main__":
    main()
