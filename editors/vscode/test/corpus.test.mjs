// The TextMate grammar on every text of rules in the repository.
//
// Where comments, texts, patterns and numbers are is known from the tree-sitter parse, which test/agree.mjs beside that grammar holds
// against the engine. TREE_SITTER names the program `tree-sitter`; without it the comparison is skipped, and says so.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import { corpus, repository } from '../../corpus.mjs';
import { tokenise } from './support/tokenise.mjs';

const tree_sitter = process.env.TREE_SITTER;
const grammar = join(repository, 'editors/tree-sitter-rulegate');

// Lines of tens of thousands of characters are beyond what editors colour.
const texts = corpus().filter(({ text }) => text.split('\n').every(line => line.length < 5_000));

/** What a scope of the TextMate grammar says a character is. */
const KINDS = [
  ['comment', scope => scope.startsWith('comment.')],
  ['regex', scope => scope.startsWith('string.regexp')],
  ['string', scope => scope.startsWith('string.quoted')],
  ['duration', scope => scope.startsWith('constant.numeric.duration') || scope === 'keyword.other.unit.rulegate'],
  ['number', scope => scope.startsWith('constant.numeric')],
];

const QUERY = `
  [(comment) (doc_comment)] @comment
  (string) @string
  (regex) @regex
  (duration) @duration
  [(integer) (float) (percent)] @number
`;

test('the corpus is there', () => assert.ok(texts.length > 400, `${texts.length} texts`));

test('nothing is left open at the end of a text that the engine reads', { skip: !tree_sitter && 'TREE_SITTER is not set' }, () => {
  const readable = trees().readable;
  const open = texts.filter(({ name }) => readable.has(name)).filter(({ text }) => tokenise(text).left_open > 0);
  assert.deepEqual(open.map(({ name }) => name), []);
});

test('a block in the first column starts anew, whatever is open before it', () => {
  for (const open of ['a : int64 in (1,', 'rule r { expect a', 'a : list<int64', 'rule r: b[1', 'a : struct { b : int64', 'a : string = "x']) {
    const text = `rulegate 1\nfeatures a {\n  ${open}\n\nfeatures b {\n  c : int64 >= 0\n}\n`;
    const { lines, left_open } = tokenise(text);
    assert.deepEqual(lines[4].tokens[0].scopes.at(-1), 'keyword.declaration.block.rulegate', open);
    assert.equal(left_open, 0, open);
  }
});

test('comments, texts, patterns and numbers are where the engine finds them', { skip: !tree_sitter && 'TREE_SITTER is not set' }, () => {
  const { readable, kinds } = trees();
  const wrong = [];
  for (const { name, text } of texts) {
    if (!readable.has(name)) continue;
    const expected = kinds.get(name) ?? [];
    const found = kinds_of(text);
    for (const [row, line] of text.split(/\r?\n/).entries()) {
      const wanted = expected[row] ?? '', seen = found[row];
      for (let column = 0; column < line.length; column++) {
        // White space between a number and its unit, and in texts, has no colour.
        if (line[column] === ' ' || (wanted[column] ?? ' ') === seen[column]) continue;
        wrong.push(`${name} line ${row + 1} column ${column + 1}: ${line}\n    engine:   ${wanted}\n    TextMate: ${seen}`);
        break;
      }
    }
  }
  assert.equal(wrong.length, 0, `${wrong.length} lines differ\n${wrong.slice(0, 20).join('\n')}`);
});

/** For each line one letter a character: the first of its kind, or a blank. */
function kinds_of(text) {
  return tokenise(text).lines.map(({ line, tokens }) => {
    const letters = Array(line.length).fill(' ');
    for (const { start, end, scopes } of tokens) {
      const kind = KINDS.find(([, is]) => scopes.some(is));
      if (kind) letters.fill(kind[0][0], start, end);
    }
    return letters.join('');
  });
}

let parsed;
function trees() {
  return (parsed ??= parse());
}

function parse() {
  const folder = mkdtempSync(join(tmpdir(), 'rulegate-textmate-'));
  try {
    const names = new Map();
    const paths = texts.map(({ name, text }, index) => {
      const path = join(folder, `${index}.rules`);
      writeFileSync(path, text);
      names.set(`${index}.rules`, name);
      return path;
    });
    const query = join(folder, 'kinds.scm');
    const list = join(folder, 'paths.txt');
    writeFileSync(query, QUERY);
    writeFileSync(list, paths.join('\n'));
    const summary = run(['parse', '--quiet', '--json-summary', '--paths', list]);
    const readable = new Set();
    for (const one of JSON.parse(summary.slice(summary.indexOf('{'))).parse_summaries) {
      if (one.successful) readable.add(names.get(basename(one.file)));
    }
    const captures = run(['query', '--captures', '--paths', list, query]);
    return { readable, kinds: read_captures(captures, names) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(options) {
  const { stdout, stderr, error } = spawnSync(tree_sitter, options, { cwd: grammar, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (error) throw error;
  assert.notEqual(stdout, '', stderr);
  return stdout;
}

function read_captures(output, names) {
  const found = new Map();
  let lines, letters;
  for (const line of output.split('\n')) {
    const file = names.get(basename(line.trim()));
    if (file !== undefined && !line.startsWith(' ')) {
      lines = texts.find(({ name }) => name === file).text.split(/\r?\n/);
      letters = lines.map(text => Array(text.length).fill(' '));
      found.set(file, letters);
      continue;
    }
    const capture = /capture: \d+ - (\w+), start: \((\d+), (\d+)\), end: \((\d+), (\d+)\)/.exec(line);
    if (!capture) continue;
    const [first, from, last, to] = capture.slice(2).map(Number);
    for (let row = first; row <= last && row < lines.length; row++) {
      const start = row === first ? units(lines[row], from) : 0;
      const end = row === last ? units(lines[row], to) : lines[row].length;
      letters[row].fill(capture[1][0], start, end);
    }
  }
  for (const [file, rows] of found) found.set(file, rows.map(row => row.join('')));
  return found;
}

/** UTF-16 units of the first `bytes` bytes of a line. */
function units(line, bytes) {
  return Buffer.from(line).subarray(0, bytes).toString().length;
}
