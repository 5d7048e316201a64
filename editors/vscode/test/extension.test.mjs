// The bundled extension, loaded against a stand-in for `vscode`, with a stand-in for the server: does it start one over stdio, talk to
// it, start it anew, and stop it? RULEGATE names a program whose real server is tried as well.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { vscode, state, fire, Uri } = require('./support/vscode.cjs');
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));
const extension = require('../dist/extension.js');

const server = fileURLToPath(new URL('support/server.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rulegate-extension-'));
after(() => rmSync(folder, { recursive: true }));

const document = {
  uri: new Uri(join(folder, 'a.rules')), fileName: join(folder, 'a.rules'), languageId: 'rulegate', version: 1, isClosed: false, isDirty: false,
  getText: () => 'rulegate 1\n', save: async () => { state.saved += 1; },
};

let tests = 0;
beforeEach(() => {
  // A file for each test: a server of the test before may still say goodbye.
  process.env.RULEGATE_LOG = join(folder, `log-${tests++}`);
  writeFileSync(process.env.RULEGATE_LOG, '');
  Object.assign(state, { settings: { 'rulegate.path': server }, trusted: true, documents: [], messages: [], answers: [], tasks: [] });
});

let subscriptions = [];
const activate = () => extension.activate({ subscriptions });
async function deactivate() {
  await extension.deactivate();
  subscriptions.splice(0).forEach(one => one.dispose());
}

const log = () => readFileSync(process.env.RULEGATE_LOG, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
const methods = () => log().map(one => one.method).filter(Boolean);
const starts = () => log().filter(one => one.started_with);

async function until(holds) {
  for (let tries = 0; tries < 1200; tries++) {
    if (holds()) return;
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  assert.fail(`never came: ${holds}\n${JSON.stringify(log())}`);
}

test('starts `rulegate lsp` over stdio and stops it', async () => {
  await activate();
  assert.deepEqual(starts().map(one => one.started_with), [['lsp']]);
  await until(() => methods().includes('initialized'));
  await deactivate();
  await until(() => methods().includes('exit'));
  assert.deepEqual(methods().filter(name => /initialize|shutdown|exit/.test(name)), ['initialize', 'initialized', 'shutdown', 'exit']);
});

test('hands open files to the server and its findings to the editor', async () => {
  await activate();
  fire('workspace.onDidOpenTextDocument', document);
  await until(() => state.diagnostics.size > 0);
  assert.deepEqual([...state.diagnostics.values()].flat().map(one => one.message), ['seen']);
  assert.equal(log().find(one => one.method === 'textDocument/didOpen').uri, document.uri.toString());
  await deactivate();
});

const real = process.env.RULEGATE;
const serves = real !== undefined && spawnSync(real, ['lsp', '--help']).status === 0;

test('shows what the real server finds', { skip: !serves && 'RULEGATE names no program that knows `lsp`' }, async () => {
  state.settings['rulegate.path'] = real;
  state.diagnostics.clear();
  await activate();
  fire('workspace.onDidOpenTextDocument', { ...document, getText: () => 'rulegate 1\nfeatures t {\n  a : int46\n}\n' });
  await until(() => state.diagnostics.size > 0);
  const [found] = [...state.diagnostics.values()].flat();
  assert.equal(found.range.start.line, 2);
  assert.match(found.message, /int46/);
  await deactivate();
});

test('the command, and a change of the settings, start another server in place of the first', async () => {
  await activate();
  await state.commands.get('rulegate.restart')();
  assert.equal(starts().length, 2);
  state.settings['rulegate.arguments'] = ['--log', 'x'];
  fire('workspace.onDidChangeConfiguration', { affectsConfiguration: name => name === 'rulegate.arguments' });
  await until(() => starts().length === 3);
  assert.deepEqual(starts()[2].started_with, ['lsp', '--log', 'x']);
  await deactivate();
  await until(() => methods().filter(name => name === 'exit').length === 3);
});

test('says so where the program is not found, and offers the setting', async () => {
  state.settings['rulegate.path'] = join(folder, 'nothing');
  state.answers = ['Set the Path'];
  await activate();
  await until(() => state.messages.some(message => message.includes('openSettings rulegate.path')));
  assert.ok(state.messages[0].includes('could not be run'), state.messages[0]);
  await deactivate();
});

test('starts no program in a workspace that is not trusted, and does once it is', async () => {
  state.trusted = false;
  await activate();
  assert.equal(log().length, 0);
  state.trusted = true;
  fire('workspace.onDidGrantWorkspaceTrust');
  await until(() => methods().includes('initialized'));
  await deactivate();
});

test('runs the tests of the file in front as a task, after saving it', async () => {
  state.documents = [document];
  await activate();
  await state.commands.get('rulegate.test')();
  assert.equal(state.saved, 1);
  const [{ execution, name }] = state.tasks;
  assert.deepEqual([execution.process, ...execution.args], [server, 'test', document.uri.fsPath]);
  assert.equal(name, 'test a.rules');
  await deactivate();
});
