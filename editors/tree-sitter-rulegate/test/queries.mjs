// Colours of queries/highlights.scm on the shipped packs: every name has one, and no node has two.
//
//   node test/queries.mjs [--tree-sitter <path>]

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { corpus } from '../../corpus.mjs';

const grammar = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({ options: { 'tree-sitter': { type: 'string', default: 'tree-sitter' } } });

const texts = corpus().filter(({ name }) => /^rules\/std\/|^docs\/language\/|tricky\.rules$/.test(name));
const folder = mkdtempSync(join(tmpdir(), 'rulegate-queries-'));
try {
  process.exitCode = run(folder);
} finally {
  rmSync(folder, { recursive: true });
}

function run(folder) {
  const names = join(folder, 'names.scm'), list = join(folder, 'paths.txt');
  writeFileSync(names, '[(identifier) (quoted_name)] @name');
  const paths = texts.map(({ text }, index) => {
    const path = join(folder, `${index}.rules`);
    writeFileSync(path, text);
    return path;
  });
  writeFileSync(list, paths.join('\n'));
  const colours = captures(join(grammar, 'queries/highlights.scm'), list);
  const wrong = [];
  for (const [place, found] of colours) {
    if (found.size > 1) wrong.push(`${where(place)} has ${[...found].join(' and ')}`);
  }
  const all = captures(names, list);
  for (const place of all.keys()) {
    if (!colours.has(place)) wrong.push(`${where(place)} has no colour`);
  }
  wrong.slice(0, 20).forEach(line => console.log(line));
  console.log(`${texts.length} texts, ${colours.size} coloured nodes, ${all.size} names; ${wrong.length} wrong`);
  return wrong.length === 0 && all.size > 0 ? 0 : 1;
}

/** Captures by place: file, start, end. */
function captures(query, list) {
  const { stdout, stderr } = spawnSync(options['tree-sitter'], ['query', '--captures', '--paths', list, query], {
    cwd: grammar, encoding: 'utf8', maxBuffer: 1 << 30,
  });
  if (!stdout) throw new Error(stderr);
  const found = new Map();
  let file;
  for (const line of stdout.split('\n')) {
    if (line.startsWith(folder)) file = line.trim();
    const capture = /capture: \d+ - ([\w.]+), start: (\(.*?\)), end: (\(.*?\))/.exec(line);
    if (!capture) continue;
    const place = `${file} ${capture[2]} ${capture[3]}`;
    found.set(place, (found.get(place) ?? new Set()).add(capture[1]));
  }
  return found;
}

function where(place) {
  const [, file, row, from, to] = /^(\S+) \((\d+), (\d+)\) \(\d+, (\d+)\)/.exec(place);
  const text = texts[Number(/(\d+)\.rules$/.exec(file)[1])];
  const line = Buffer.from(readFileSync(file, 'utf8').split('\n')[Number(row)]);
  return `${text.name} line ${Number(row) + 1}: \`${line.subarray(Number(from), Number(to))}\``;
}
