// Scopes of lines that are easily coloured wrongly. `UPDATE=1 npm test` rewrites golden.txt; read the difference.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { tokenise } from './support/tokenise.mjs';

const file = name => new URL(`support/${name}`, import.meta.url);

test('tricky lines have the scopes of golden.txt', () => {
  const { lines, left_open } = tokenise(readFileSync(file('tricky.rules'), 'utf8'));
  assert.equal(left_open, 0);
  const shown = lines.map(({ line, tokens }) => [line, ...tokens.map(token => show(line, token)).filter(Boolean)].join('\n')).join('\n');
  if (process.env.UPDATE) writeFileSync(file('golden.txt'), shown);
  assert.equal(shown, readFileSync(file('golden.txt'), 'utf8'));
});

function show(line, { start, end, scopes }) {
  const text = line.slice(start, end).trim();
  const names = scopes.map(name => name.replace(/\.rulegate$/, '')).filter(name => !name.startsWith('meta.'));
  return text && `    ${text.padEnd(20)}  ${names.join(' ')}`;
}
