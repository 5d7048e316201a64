// Every text of rules in this repository: files, and fenced blocks of Markdown pages. Both grammars are tested on it.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));

const IGNORED = new Set(['target', 'node_modules', '.git', '.venv', 'data']);

/** All texts as `{ name, text }`; `name` is a path, with the line of a fenced block behind it. */
export function corpus() {
  const texts = [];
  for (const path of walk(repository)) {
    const name = relative(repository, path);
    if (path.endsWith('.rules')) {
      texts.push({ name, text: readFileSync(path, 'utf8') });
    } else if (path.endsWith('.md')) {
      for (const { info, line, text } of fences(readFileSync(path, 'utf8'))) {
        const whole = whole_file(info, text);
        if (whole !== null) texts.push({ name: `${name}:${line}`, text: whole });
      }
    }
  }
  return texts;
}

function* walk(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (IGNORED.has(name)) continue;
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}

function fences(markdown) {
  const found = [];
  let open = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) {
      open?.lines.push(line);
    } else if (open === null) {
      open = { info: line.slice(3).trim(), line: index + 1, lines: [] };
    } else {
      found.push({ info: open.info, line: open.line, text: `${open.lines.join('\n')}\n` });
      open = null;
    }
  }
  return found;
}

// Snippets that are parts of a file stand in a block; tests/reference.rs explains the info strings.
function whole_file(info, text) {
  const [language, kind] = info.split(' ');
  if (language !== 'rules') return null;
  if (kind === 'fragment') return `rulegate 1\nfeatures snippet {\n${text}}\n`;
  if (kind !== 'expression' && kind !== 'check') return text;
  const word = kind === 'check' ? 'check' : 'rule';
  const lines = text.split('\n').filter(line => line.trim() !== '');
  return `rulegate 1\nfeatures snippet {\n${lines.map((line, index) => `  ${word} r${index}: ${line}\n`).join('')}}\n`;
}
