#!/bin/sh
# Fills fuzz/corpus with seeds: the kept ones, and every rule file of the repository. Run from anywhere; run again after new rule files.
set -eu
cd "$(dirname "$0")"
for target in parse format compile; do
    mkdir -p "corpus/$target"
    # Seeds of `parse` are texts of all kinds, which `format` reads too.
    cp "seeds/$(echo "$target" | sed s/format/parse/)"/* "corpus/$target/"
    cp regressions/parse/* regressions/compile/* "corpus/$target/"
    find ../rules ../examples ../tests -type f -name '*.rules' | while read -r file; do
        # A name for the content: equal files are one seed.
        cp "$file" "corpus/$target/$(cksum <"$file" | tr ' ' '-')"
    done
done
mkdir -p corpus/evaluate
cp seeds/evaluate/* corpus/evaluate/
find regressions/evaluate -type f ! -name README.md -exec cp {} corpus/evaluate/ \;
mkdir -p corpus/import
cp seeds/import/* regressions/import/* ../tests/interchange/pydantic/*.json corpus/import/
mkdir -p corpus/responses
cp seeds/responses/* regressions/responses/* corpus/responses/
