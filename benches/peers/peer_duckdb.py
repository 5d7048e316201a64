"""The rules as one DuckDB query, one aggregate per rule; a null is not a failure, a NaN is.

DuckDB orders NaN above everything, so one-sided comparisons name it. By default it also takes a Parquet file's float statistics
for the whole truth and loses NaN, which they leave out; `can_have_nan` stops that, at no measurable cost here.
"""

import duckdb
import pyarrow.parquet as pq

from common import WIDE, arguments, measure

SYMBOLS = """('BTC', 'ETH', 'SOL', 'BNB', 'XRP', 'ADA', 'DOGE', 'AVAX', 'DOT', 'LINK',
  'MATIC', 'LTC', 'UNI', 'ATOM', 'XLM', 'NEAR', 'APT', 'ARB', 'OP', 'FIL',
  'AAVE', 'MKR', 'SNX', 'CRV', 'LDO', 'RNDR', 'INJ', 'SUI', 'SEI', 'TIA',
  'PEPE', 'WIF', 'BONK', 'SHIB', 'FLOKI', 'GRT', 'IMX', 'STX', 'ALGO', 'VET')"""

# Rule -> what a failing row looks like.
TABLE = {
    "token_id.required": "token_id IS NULL",
    "token_id.range": "token_id < 1",
    "symbol.enum": f"symbol NOT IN {SYMBOLS}",
    "chain.enum": "chain NOT IN ('ethereum', 'solana', 'base')",
    "contract_address.required": "contract_address IS NULL",
    "contract_address.regex": "NOT regexp_full_match(contract_address, '0x[0-9a-f]{40}')",
    "gem_score.required": "gem_score IS NULL",
    "gem_score.range": "gem_score NOT BETWEEN 0 AND 100",
    "confidence.range": "confidence NOT BETWEEN 0 AND 1",
    "liquidity_usd.range": "liquidity_usd < 0 OR isnan(liquidity_usd)",
    "volume_24h.range": "volume_24h < 0 OR isnan(volume_24h)",
    "sentiment_score.range": "sentiment_score NOT BETWEEN -1 AND 1",
    "momentum.finite": "NOT isfinite(momentum)",
    "risk_level.enum": "risk_level NOT IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')",
    "holders.range": "holders < 0",
    "updated_at.range": "updated_at < created_at",
    "narrative.length": "length(narrative) NOT BETWEEN 10 AND 80",
    "wallet_email.regex": r"NOT regexp_full_match(wallet_email, '[a-z0-9._]+@[a-z0-9-]+\.[a-z]{2,6}')",
    "critical_is_flagged": "risk_level = 'CRITICAL' AND NOT flagged",
    "hot_tokens_need_liquidity":
        "gem_score > 80 AND NOT isnan(gem_score) AND (liquidity_usd < 1000 OR isnan(liquidity_usd))",
    "volume_is_plausible": "volume_24h > liquidity_usd * 5 OR isnan(volume_24h) OR isnan(liquidity_usd)",
}
TABLE = {f"token_features.{rule}": sql for rule, sql in TABLE.items()}

WIDE_RULES = {}
for name, (low, high) in WIDE.items():
    WIDE_RULES[f"wide.{name}.required"] = f"{name} IS NULL"
    WIDE_RULES[f"wide.{name}.range"] = f"{name} NOT BETWEEN {low} AND {high}"


def main():
    parser = arguments(__doc__)
    parser.add_argument("--native", action="store_true", help="--memory as a DuckDB table instead of an Arrow table")
    parser.add_argument("--trust-statistics", action="store_true", help="--parquet at DuckDB's default: NaN may be lost")
    args = parser.parse_args()
    rules = WIDE_RULES if args.wide else TABLE

    db = duckdb.connect()
    db.execute(f"SET threads = {args.threads}")
    if args.parquet:
        mode, source = "parquet", f"read_parquet('{args.parquet}', can_have_nan = {not args.trust_statistics})"
    elif args.native:
        mode, source = "memory, native table", "loaded"
        db.execute(f"CREATE TABLE loaded AS FROM read_parquet('{args.memory}')")
    else:
        mode, source = "memory, arrow", "loaded"
        db.register("loaded", pq.read_table(args.memory))

    sql = ",\n".join(f"count_if({failing})" for failing in rules.values())
    sql = f"SELECT {sql} FROM {source}"
    measure("duckdb", duckdb.__version__, mode, args.runs, lambda: dict(zip(rules, db.execute(sql).fetchone())))


if __name__ == "__main__":
    main()
