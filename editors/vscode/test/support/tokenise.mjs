// The TextMate grammar, loaded as VS Code loads it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const oniguruma = require('vscode-oniguruma');
const textmate = require('vscode-textmate');

const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const path = new URL('../../syntaxes/rulegate.tmLanguage.json', import.meta.url).pathname;
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: patterns => new oniguruma.OnigScanner(patterns),
    createOnigString: text => new oniguruma.OnigString(text),
  }),
  loadGrammar: async name => (name === 'source.rulegate' ? textmate.parseRawGrammar(readFileSync(path, 'utf8'), path) : null),
});
const grammar = await registry.loadGrammar('source.rulegate');

/**
 * Tokens line by line as `{ start, end, scopes }`, in UTF-16 units, and the scopes that would hold on a line after the last.
 * The scope of the root is left out.
 */
export function tokenise(text) {
  let stack = textmate.INITIAL;
  const lines = text.split(/\r?\n/).map(line => {
    const { tokens, ruleStack, stoppedEarly } = grammar.tokenizeLine(line, stack);
    if (stoppedEarly) throw new Error(`stopped early in: ${line}`);
    stack = ruleStack;
    return {
      line,
      tokens: tokens.map(token => ({ start: token.startIndex, end: Math.min(token.endIndex, line.length), scopes: token.scopes.slice(1) })),
    };
  });
  // A line of nothing but a brace shows what is still open, for regions without a name too.
  return { lines, left_open: stack.depth - 1 };
}
