// Writes the queries of Neovim, Helix and Zed. Their common source is tree-sitter-rulegate/queries; the editors differ in the names of
// captures, and in what they have besides colours.
//
//   node queries.mjs            writes the files
//   node queries.mjs --check    fails if one is not what this would write

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const check = process.argv.includes('--check');
const here = name => new URL(name, import.meta.url);
const source = name => readFileSync(here(`tree-sitter-rulegate/queries/${name}.scm`), 'utf8');

const HELIX = {
  'string.escape': 'constant.character.escape',
  'number.float': 'constant.numeric.float',
  number: 'constant.numeric',
  boolean: 'constant.builtin.boolean',
  'keyword.conditional': 'keyword.control.conditional',
  'type.definition': 'type',
  'variable.member': 'variable.other.member',
  'function.call': 'function',
};

const ZED = {
  'comment.documentation': 'comment.doc',
  'string.regexp': 'string.regex',
  'number.float': 'number',
  'keyword.conditional': 'keyword',
  'keyword.function': 'keyword',
  'type.definition': 'type',
  'variable.member': 'property',
  'function.call': 'function',
};

const renamed = (name, names) => source(name).replace(/@([a-z.]+)/g, (whole, capture) => `@${names[capture] ?? capture}`);

const BLOCKS = ['block_body', 'rule_body', 'check_body', 'test_body', 'columns', 'record', 'members', 'union_type'];
const LISTS = ['value_list', 'list_literal', 'arguments', 'call', 'parenthesized_expression'];

const files = {
  'neovim/queries/rulegate/highlights.scm': source('highlights'),
  'neovim/queries/rulegate/folds.scm': source('folds'),
  'neovim/queries/rulegate/indents.scm': source('indents'),
  'neovim/queries/rulegate/locals.scm': source('locals'),
  'neovim/queries/rulegate/injections.scm': source('injections'),

  'helix/queries/rulegate/highlights.scm': renamed('highlights', HELIX),
  'helix/queries/rulegate/injections.scm': source('injections'),
  'helix/queries/rulegate/indents.scm': `[\n${[...BLOCKS, ...LISTS].map(node => `  (${node})\n`).join('')}] @indent\n\n["}" ")" "]"] @outdent\n`,
  'helix/queries/rulegate/textobjects.scm': `[(rule) (check)] @function.around
(rule_body) @function.inside
(check_body) @function.inside

[(features_block) (output_block)] @class.around
(block_body) @class.inside

(test) @test.around
(test_body) @test.inside

(entry) @entry.around
[(comment) (doc_comment)] @comment.inside
(doc_comment)+ @comment.around
`,
  'helix/queries/rulegate/tags.scm': source('tags'),

  'zed/languages/rulegate/highlights.scm': renamed('highlights', ZED),
  'zed/languages/rulegate/injections.scm': source('injections'),
  'zed/languages/rulegate/brackets.scm': '("{" @open "}" @close)\n("(" @open ")" @close)\n("[" @open "]" @close)\n("\\"" @open "\\"" @close)\n',
  'zed/languages/rulegate/indents.scm': '(_ "{" "}" @end) @indent\n(_ "(" ")" @end) @indent\n(_ "[" "]" @end) @indent\n',
  'zed/languages/rulegate/outline.scm': `(features_block "features" @context name: (_) @name) @item
(output_block "output" @context name: (_) @name) @item
(type_definition "type" @context name: (_) @name) @item
(param "param" @context name: (_) @name) @item
(set "set" @context name: (_) @name) @item
(extern_function "extern" @context "function" @context name: (_) @name) @item
(field name: (_) @name) @item
(fields_pattern "fields" @context pattern: (_) @name) @item
(let "let" @context name: (_) @name) @item
(rule "rule" @context name: (_) @name) @item
(check "check" @context name: (_) @name) @item
(example "example" @context name: (_) @name) @item
(test "test" @context name: (_) @name) @item
`,
};

let stale = 0;
for (const [name, text] of Object.entries(files)) {
  const whole = `; Written by editors/queries.mjs.\n\n${text}`;
  if (!check) {
    mkdirSync(dirname(here(name).pathname), { recursive: true });
    writeFileSync(here(name), whole);
  } else if (readFileSync(here(name), 'utf8') !== whole) {
    stale += 1;
    console.error(`${name} is stale: run \`node editors/queries.mjs\``);
  }
}
process.exitCode = stale && 1;
