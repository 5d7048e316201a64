// Makes docs/images/editor.png: a shipped pack, coloured by the TextMate grammar. Needs `npm ci` in vscode/, and Chromium.
//
//   node editors/screenshot.mjs [--chromium <path>] [--html <file>]

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { repository } from './corpus.mjs';
import { tokenise } from './vscode/test/support/tokenise.mjs';

const { values: options } = parseArgs({
  options: { chromium: { type: 'string', default: 'chromium' }, html: { type: 'string' } },
});

const PACK = 'rules/std/token_features.rules';
const FIRST = '/// Features of a token';
const LINES = 50;
const WIDTH = 1240, LINE_HEIGHT = 21, MARGIN = 24, BAR = 38;

/** The first scope that begins with a key gets its colour, longest keys first; innermost scopes first. */
const THEME = {
  comment: '#7a8699', 'comment.line.documentation': '#8fa3bf',
  string: '#a5d6a7', 'string.regexp': '#ef9a9a', 'constant.character.escape': '#80cbc4', 'keyword.operator.quantifier.regexp': '#ffcc80',
  'constant.other.character-class.regexp': '#ffcc80', 'punctuation.definition.group.regexp': '#ffcc80', 'keyword.operator.or.regexp': '#ffcc80',
  'variable.other.placeholder': '#8ec7ff', 'punctuation.definition.template-expression': '#8ec7ff',
  'constant.numeric': '#f6b26b', 'keyword.other.unit': '#f6b26b', 'keyword.other.rows': '#f6b26b', 'constant.language': '#f6b26b',
  'keyword.declaration': '#c792ea', 'keyword.control': '#c792ea', 'keyword.other.constraint': '#82d2ce', 'keyword.operator.word': '#c792ea',
  'keyword.operator': '#9fb4cc', 'keyword.operator.optional': '#ffcb6b',
  'entity.name.function.rule': '#82aaff', 'entity.name.function': '#82d2ce', 'support.function': '#82d2ce', 'entity.name.type': '#ffcb6b',
  'support.type': '#ffcb6b', 'storage.type.annotation': '#e6a2c8', 'punctuation.definition.annotation': '#e6a2c8',
  'variable.other.property': '#8ec7ff', 'variable.parameter': '#f5a97f', 'punctuation.definition.variable': '#f5a97f',
  'variable.other.constant': '#f5a97f', variable: '#d6deeb', punctuation: '#8a9bb3',
};
const KEYS = Object.keys(THEME).sort((a, b) => b.length - a.length);

function colour(scopes) {
  for (const scope of [...scopes].reverse()) {
    const key = KEYS.find(key => scope === key || scope.startsWith(`${key}.`));
    if (key) return THEME[key];
  }
  return '#d6deeb';
}

const escape = text => text.replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`);

function page() {
  const { lines } = tokenise(readFileSync(join(repository, PACK), 'utf8'));
  const first = lines.findIndex(({ line }) => line.startsWith(FIRST));
  const rows = lines.slice(first, first + LINES).map(({ line, tokens }, index) => {
    const spans = tokens.map(({ start, end, scopes }) => {
      const slanted = scopes.some(scope => scope.startsWith('comment')) ? ';font-style:italic' : '';
      return `<span style="color:${colour(scopes)}${slanted}">${escape(line.slice(start, end))}</span>`;
    });
    return `<div><i>${first + index + 1}</i>${spans.join('')}</div>`;
  });
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; padding: ${MARGIN}px; background: #dfe5ee; width: ${WIDTH - 2 * MARGIN}px }
    main { background: #1b2330; border-radius: 10px; overflow: hidden; box-shadow: 0 6px 20px #0005 }
    header { height: ${BAR}px; background: #151b26; color: #aebccf; font: 13px/${BAR}px sans-serif; padding-left: 16px }
    header b { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 7px; vertical-align: -1px }
    header span { margin-left: 14px }
    pre { margin: 0; padding: 12px 0 14px; font: 13.5px/${LINE_HEIGHT}px 'DejaVu Sans Mono', monospace; color: #d6deeb }
    div { height: ${LINE_HEIGHT}px } i { display: inline-block; width: 44px; margin-right: 20px; text-align: right; color: #465468; font-style: normal }
  </style><main><header><b style="background:#ef6b62"></b><b style="background:#f2bd4c"></b><b style="background:#61c454"></b>
  <span>${PACK.split('/').at(-1)}</span></header><pre>${rows.join('')}</pre></main>`;
}

const folder = mkdtempSync(join(tmpdir(), 'rulegate-screenshot-'));
try {
  const html = options.html ?? join(folder, 'editor.html');
  const target = join(repository, 'docs/images/editor.png');
  writeFileSync(html, page());
  mkdirSync(dirname(target), { recursive: true });
  const height = 2 * MARGIN + BAR + 26 + LINES * LINE_HEIGHT;
  execFileSync(options.chromium, [
    '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--window-size=${WIDTH},${height}`,
    `--user-data-dir=${join(folder, 'profile')}`, `--screenshot=${target}`, pathToFileURL(html).href,
  ], { stdio: 'ignore' });
  console.log(target);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
