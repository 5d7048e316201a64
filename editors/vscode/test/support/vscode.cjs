// As much of the `vscode` module as the client needs to start. What nobody looks at is a class or function that does nothing.

const handlers = new Map();
const state = {
  settings: {}, trusted: true, documents: [], messages: [], answers: [], tasks: [], commands: new Map(), diagnostics: new Map(), saved: 0,
};

class Disposable {
  constructor(dispose) { this.dispose = dispose ?? (() => {}); }
  static from() { return new Disposable(); }
}

class EventEmitter {
  #listeners = new Set();
  event = listener => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };
  fire(value) { for (const listener of this.#listeners) listener(value); }
  dispose() { this.#listeners.clear(); }
}

class Uri {
  constructor(path) { Object.assign(this, { scheme: 'file', path, fsPath: path, authority: '', query: '', fragment: '' }); }
  static file(path) { return new Uri(path); }
  static parse(text) { return new Uri(decodeURIComponent(new URL(text).pathname)); }
  toString() { return `file://${this.path}`; }
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  cancel() {}
  dispose() {}
}

class CodeActionKind {
  constructor(value) { this.value = value; }
  static Empty = new CodeActionKind('');
  append(part) { return new CodeActionKind(this.value ? `${this.value}.${part}` : part); }
}
for (const name of ['QuickFix', 'Refactor', 'RefactorExtract', 'RefactorInline', 'RefactorRewrite', 'Source', 'SourceOrganizeImports', 'SourceFixAll', 'Notebook']) {
  CodeActionKind[name] = new CodeActionKind(name);
}

class Position { constructor(line, character) { Object.assign(this, { line, character }); } }
class Range { constructor(a, b, c, d) { Object.assign(this, typeof a === 'number' ? { start: new Position(a, b), end: new Position(c, d) } : { start: a, end: b }); } }
class Diagnostic { constructor(range, message, severity) { Object.assign(this, { range, message, severity }); } }
class ProcessExecution { constructor(process, args, options) { Object.assign(this, { process, args, options }); } }
class Task { constructor(definition, scope, name, source, execution) { Object.assign(this, { definition, scope, name, source, execution }); } }

const event = name => {
  if (!handlers.has(name)) handlers.set(name, new EventEmitter());
  return handlers.get(name).event;
};

// `onX` is an event, everything else a function that gives something to dispose of.
const space = (name, known = {}) => new Proxy(known, {
  get: (target, key) => {
    if (key in target || typeof key === 'symbol') return target[key];
    return /^on[A-Z]/.test(key) ? event(`${name}.${key}`) : () => new Disposable();
  },
});

const log = { appendLine() {}, append() {}, show() {}, dispose() {}, logLevel: 2, onDidChangeLogLevel: event('log') };
for (const level of ['trace', 'debug', 'info', 'warn', 'error']) log[level] = (...what) => process.env.DEBUG && console.error(level, ...what);

const workspace = space('workspace', {
  get isTrusted() { return state.trusted; },
  get textDocuments() { return state.documents; },
  workspaceFolders: [{ uri: new Uri('/tmp'), name: 'tmp', index: 0 }],
  notebookDocuments: [],
  getWorkspaceFolder: () => undefined,
  getConfiguration: section => ({
    get: (key, fallback) => state.settings[section ? `${section}.${key}` : key] ?? fallback,
    inspect: () => undefined,
  }),
  createFileSystemWatcher: () => space('watcher', {}),
});

const window = space('window', {
  get activeTextEditor() { return state.documents[0] && { document: state.documents[0] }; },
  visibleTextEditors: [],
  tabGroups: { all: [], onDidChangeTabs: event('tabs'), onDidChangeTabGroups: event('groups') },
  createOutputChannel: () => log,
  showErrorMessage: async message => { state.messages.push(message); return state.answers.shift(); },
  showInformationMessage: async message => { state.messages.push(message); },
});

const languages = space('languages', {
  match: () => 10,
  createDiagnosticCollection: () => ({
    set: (uri, list) => state.diagnostics.set(uri.toString(), list),
    delete() {}, clear() {}, dispose() {}, has: () => false, get: () => [], forEach() {},
  }),
});

const known = {
  CancellationTokenSource, CodeActionKind, Disposable, EventEmitter, Uri, Position, Range, Diagnostic, ProcessExecution, Task, workspace, window, languages,
  commands: space('commands', {
    registerCommand: (name, run) => { state.commands.set(name, run); return new Disposable(() => state.commands.delete(name)); },
    executeCommand: async (...call) => { state.messages.push(call.join(' ')); },
  }),
  tasks: space('tasks', { executeTask: async task => { state.tasks.push(task); } }),
  env: { language: 'en', appName: 'test', machineId: 'test' },
  version: '1.91.0',
  TaskScope: { Workspace: 2 }, TaskPanelKind: { Dedicated: 2 },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  LogLevel: { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 },
};

// An unknown name is a class, and a value of any enum.
const vscode = new Proxy(known, {
  get: (target, key) => {
    if (key in target) return target[key];
    const space_like = /^[a-z]/.test(String(key));
    target[key] = space_like ? space(String(key)) : new Proxy(class {}, { get: (of, name) => (name in of ? of[name] : 0) });
    return target[key];
  },
});

module.exports = { vscode, state, fire: (name, value) => handlers.get(name)?.fire(value), Uri };
