// Holds the tree-sitter grammar against the engine: a text that `rulegate check` reads without a syntax error parses without ERROR or
// MISSING nodes, and the other way round.
//
//   node test/agree.mjs <rulegate> [--tree-sitter <path>] [--mutations <per text>] [--seed <number>]
//
// The corpus are all rules of the repository. `--mutations` adds texts made from it by small edits, most of them wrong: tokens left out,
// doubled, swapped, replaced.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { corpus } from '../../corpus.mjs';

const grammar = dirname(dirname(fileURLToPath(import.meta.url)));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'tree-sitter': { type: 'string', default: 'tree-sitter' },
    mutations: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
if (positionals.length !== 1) {
  console.error('usage: node test/agree.mjs <rulegate> [--tree-sitter <path>] [--mutations <per text>] [--seed <number>]');
  process.exit(2);
}

const WORDS = (
  '( ) [ ] { } , : . = != < > <= >= + - * / || @ $ ? "x" """x""" /x/ 5 5% 5.5 1e3 5d `a b` a.b // /*x*/ ' +
  'and or not in is null between like matches case when then else end true false div mod any all cast as date timestamp time ' +
  'rulegate import param set type extern features output test key let rule check waive observe example fields fallback columns ' +
  'expect message where by until because buckets from column function given row rows pass fail only unknown reason with for ' +
  'each unique increasing reference distinct list vector map struct enum one_of decimal local day days s h d min length name'
).split(' ');

const RESERVED = /^there is no function `(and|or|not|in|is|between|like|matches|null|true|false|case|when|then|else|end|each)`$/;

const texts = corpus();
const mutated = texts.flatMap(text => mutations(text, Number(options.mutations)));
const cases = [...texts, ...mutated];
const folder = mkdtempSync(join(tmpdir(), 'rulegate-agree-'));
try {
  process.exitCode = compare(cases, folder);
} finally {
  rmSync(folder, { recursive: true });
}

function compare(cases, folder) {
  cases.forEach((one, index) => {
    one.path = join(folder, `${String(index).padStart(6, '0')}.rules`);
    writeFileSync(one.path, one.text);
  });
  const engine = engine_verdicts(cases);
  const trees = tree_verdicts(cases, folder);
  let wrong = 0, judged = 0, rejected = 0;
  for (const one of cases) {
    const verdict = engine.get(one.path);
    if (verdict === 'either') continue;
    judged += 1;
    if (verdict !== 'reads') rejected += 1;
    const accepts = trees.get(basename(one.path));
    if (accepts === (verdict === 'reads')) continue;
    wrong += 1;
    if (wrong > 40) continue;
    console.log(`${one.name}: the engine says ${verdict}; tree-sitter ${accepts ? 'accepts' : 'rejects'} it`);
    if (one.change) console.log(`    ${one.change}`);
  }
  console.log(`${texts.length} texts and ${mutated.length} mutations, ${judged} judged, ${rejected} of them rejected; ${wrong} disagree`);
  return wrong === 0 ? 0 : 1;
}

/** `reads`, the first syntax error, or `either` where the engine gives no verdict on syntax. */
function engine_verdicts(cases) {
  const verdicts = new Map(cases.map(one => [one.path, 'reads']));
  const texts_by_path = new Map(cases.map(one => [one.path, one.text]));
  for (let at = 0; at < cases.length; at += 100) {
    const paths = cases.slice(at, at + 100).map(one => one.path);
    const { stdout } = spawnSync(positionals[0], ['check', '--format', 'json', ...paths], { encoding: 'utf8', maxBuffer: 1 << 30 });
    for (const one of JSON.parse(stdout)) {
      const before = verdicts.get(one.file);
      if (before === undefined) continue;
      if (is_syntax(one)) {
        if (before === 'reads' || before === 'either') verdicts.set(one.file, `${one.code} line ${one.line}: ${one.message}`);
      } else if (before === 'reads' && is_unjudged(one, texts_by_path.get(one.file))) {
        verdicts.set(one.file, 'either');
      }
    }
  }
  return verdicts;
}

// E0105 (version), E0106 (the value of a literal) and items at a wrong place (E0107) are no matter of grammar, strays are.
function is_syntax({ code, message }) {
  return /^E010[1-4]$/.test(code) || (code === 'E0107' && message.startsWith('nothing that can stand here begins with'));
}

// Past a limit the engine does not parse. Two things are read by pest and refused by the checker, where this grammar refuses them at once:
// a pattern where a value belongs, and an operator's word as the name of a function (`between between 1 and 2`).
function is_unjudged({ code, message }, text) {
  if (code === 'E0401') return RESERVED.test(message);
  if (code === 'E0301') return message === 'a pattern is no value';
  // What they say where a constant belongs.
  if (/^E0(305|406|501)$/.test(code)) return /[=(,[]\s*\/[^/*]/.test(text);
  return code === 'E0601';
}

function tree_verdicts(cases, folder) {
  const list = join(folder, 'paths.txt');
  writeFileSync(list, cases.map(one => one.path).join('\n'));
  const { stdout, stderr } = spawnSync(options['tree-sitter'], ['parse', '--quiet', '--json-summary', '--paths', list], {
    cwd: grammar, encoding: 'utf8', maxBuffer: 1 << 30,
  });
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(`tree-sitter gave no summary: ${stderr}`);
  const verdicts = new Map();
  for (const one of JSON.parse(stdout.slice(start)).parse_summaries) verdicts.set(basename(one.file), one.successful);
  if (verdicts.size !== cases.length) throw new Error(`tree-sitter parsed ${verdicts.size} of ${cases.length} texts`);
  return verdicts;
}

/** Small edits of a text, the same for the same seed. */
function mutations({ name, text }, count) {
  if (text.length > 20_000) return [];
  const tokens = [...text.matchAll(/\/\/.*|"""[^]*?"""|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|[A-Za-z_]\w*|\d[\w.]*|[<>!=]=|<>|\|\||\S/g)];
  if (tokens.length === 0) return [];
  const random = generator(`${options.seed} ${name}`);
  const pick = list => list[Math.floor(random() * list.length)];
  return Array.from({ length: count }, () => {
    const token = pick(tokens), other = pick(tokens);
    const edit = pick(['left out', 'doubled', 'replaced', 'replaced', 'inserted', 'by another']);
    const word = edit === 'by another' ? other[0] : pick(WORDS);
    const replacement = { 'left out': '', doubled: `${token[0]} ${token[0]}`, inserted: `${token[0]} ${word}` }[edit] ?? word;
    const line = text.slice(0, token.index).split('\n').length;
    return {
      name: `${name} (mutated)`,
      text: text.slice(0, token.index) + replacement + text.slice(token.index + token[0].length),
      change: `line ${line}: \`${token[0]}\` -> \`${replacement}\``,
    };
  });
}

function generator(seed) {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
