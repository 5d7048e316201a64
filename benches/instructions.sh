#!/usr/bin/env bash
# Instructions a row of the main kernels, counted by callgrind, against those in `instructions.txt`: figures that do not depend on the
# machine's mood. Fails where a kernel needs over 5 % more. `UPDATE=1 benches/instructions.sh` writes the file anew.
set -euo pipefail
cd "$(dirname "$0")/.."

rows=8192
cargo build --release --quiet --example kernels_once
program=target/release/examples/kernels_once
known=benches/instructions.txt

# Two runs of different length: what starting costs is in both.
count() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 | awk '/Collected/ { print $4 }'; }

fresh=$(mktemp); trap 'rm -f "$fresh"' EXIT
status=0
for kernel in $("$program"); do
  few=$(count "$kernel" 2); many=$(count "$kernel" 12)
  a_row=$(awk -v few="$few" -v many="$many" -v rows=$rows 'BEGIN { printf "%.2f", (many - few) / 10 / rows }')
  echo "$kernel $a_row" >>"$fresh"
  before=$(awk -v kernel="$kernel" '$1 == kernel { print $2 }' "$known" 2>/dev/null || true)
  printf '%-22s %8s instructions a row (%s before)\n' "$kernel" "$a_row" "${before:-none}"
  if [ -z "${UPDATE:-}" ] && ! awk -v now="$a_row" -v before="${before:-0}" 'BEGIN { exit !(now <= before * 1.05 + 0.02) }'; then
    echo "  more than 5 % above what it was"; status=1
  fi
done
if [ -n "${UPDATE:-}" ]; then cp "$fresh" "$known"; fi
exit $status
