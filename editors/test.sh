#!/bin/sh
# Everything about editors: generated files are current, the tree-sitter grammar agrees with the engine, the TextMate grammar with both,
# and the VS Code extension starts a server and can be packaged.
#
#   editors/test.sh [rulegate]     the program to compare with; target/debug/rulegate if left out
#
# Needs node (20 or later), a C compiler, and tree-sitter (0.26): TREE_SITTER names it, else it is looked up in PATH, else built by cargo.

set -eu
cd "$(dirname "$0")"
here=$(pwd)
rulegate=${1:-$here/../target/debug/rulegate}
case $rulegate in /*) ;; *) rulegate=$OLDPWD/$rulegate ;; esac
[ -x "$rulegate" ] || { echo "no program at $rulegate: run \`cargo build -p rulegate-cli\`" >&2; exit 2; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

TREE_SITTER=${TREE_SITTER:-$(command -v tree-sitter || true)}
if [ -z "$TREE_SITTER" ]; then
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/rulegate-tree-sitter
  [ -x "$cache/bin/tree-sitter" ] || cargo install tree-sitter-cli --version 0.26.13 --locked --no-default-features --root "$cache"
  TREE_SITTER=$cache/bin/tree-sitter
fi
export TREE_SITTER

step() { printf '\n== %s\n' "$1"; }

step 'queries of Neovim, Helix and Zed are current'
node queries.mjs --check

step 'the generated parser is current'
(cd tree-sitter-rulegate && "$TREE_SITTER" generate --output "$scratch")
for file in parser.c grammar.json node-types.json; do
  cmp "$scratch/$file" "tree-sitter-rulegate/src/$file"
done

step 'tree-sitter: corpus, queries, agreement with the engine'
(cd tree-sitter-rulegate && "$TREE_SITTER" test && "$TREE_SITTER" fuzz --iterations 20)
node tree-sitter-rulegate/test/queries.mjs --tree-sitter "$TREE_SITTER"
node tree-sitter-rulegate/test/agree.mjs "$rulegate" --tree-sitter "$TREE_SITTER" --mutations 20

step 'VS Code: grammar, client, package'
cd vscode
npm ci --no-audit --no-fund
RULEGATE=$rulegate npm test
npx vsce package --out "$scratch/rulegate.vsix"
