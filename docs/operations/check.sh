#!/usr/bin/env bash
# Has Prometheus' own promtool read everything here that is meant for it: alert rules and their tests, the dashboard's queries, and the metrics
# that the command given as the argument writes. Where promtool is not installed it is taken out of Debian's package.
set -euo pipefail
cd "$(dirname "$0")"
rulegate=${1:?usage: check.sh RULEGATE}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

promtool=$(command -v promtool || true)
if [ -z "$promtool" ]; then
  if ! command -v apt-get >/dev/null; then echo "skipped: promtool is not installed"; exit 0; fi
  (cd "$work" && { apt-get download prometheus >/dev/null 2>&1 || { apt-get update -qq && apt-get download prometheus >/dev/null; }; } && dpkg -x prometheus_*.deb prometheus)
  promtool=$work/prometheus/usr/bin/promtool
fi

"$promtool" check rules alerts.yml
"$promtool" test rules alerts.test.yml

queries=$work/queries.yml
{
  printf 'groups:\n- name: dashboard\n  rules:\n'
  grep -o '"expr": ".*"' dashboard.json | sed -e 's/\$__rate_interval/5m/g; s/\$[a-z]*/x/g' -e 's/^"expr": \(.*\)$/  - record: q\n    expr: \1/' | awk '/record: q/ { $0 = $0 n++ } { print }'
} >"$queries"
"$promtool" check rules "$queries"

samples=../../rules/samples
for block in "std/token_features.rules $samples/token_features_bad.parquet" "llm/narrative_analysis.rules $samples/narrative_responses.parquet"; do
  set -- $block
  "$rulegate" validate --quiet --rules "../../rules/$1" "$2" --format prometheus >"$work/metrics.prom" || [ $? -eq 1 ]
  "$promtool" check metrics <"$work/metrics.prom"
done
echo "promtool has read everything"
