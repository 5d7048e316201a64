// The client of `rulegate lsp`, and two commands. All that is known about rules is in the server.

const { execFile } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const vscode = require('vscode');
const { LanguageClient, State } = require('vscode-languageclient/node');

/** @type {LanguageClient | undefined} */
let client;
/** @type {vscode.LogOutputChannel} */
let output;
// Starts and stops follow one another, however quickly they are asked for.
let queue = Promise.resolve();

function activate(context) {
  output = vscode.window.createOutputChannel('Rulegate', { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand('rulegate.restart', restart),
    vscode.commands.registerCommand('rulegate.test', run_tests),
    vscode.workspace.onDidChangeConfiguration(event => {
      if (event.affectsConfiguration('rulegate.path') || event.affectsConfiguration('rulegate.arguments')) restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  return restart();
}

function deactivate() {
  return in_turn(stop);
}

function restart() {
  return in_turn(async () => {
    await stop();
    await start();
  });
}

function in_turn(step) {
  queue = queue.then(step, step);
  return queue;
}

async function start() {
  // In a workspace that nobody vouches for, its settings could name any program.
  if (!vscode.workspace.isTrusted) return;
  const settings = vscode.workspace.getConfiguration('rulegate');
  const command = program();
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { cwd: folder(), timeout: 10_000 });
    output.info(`${command} is ${stdout.trim()}`);
  } catch (error) {
    output.error(String(error));
    tell_it_is_not_there(command);
    return;
  }
  const server = { command, args: ['lsp', ...settings.get('arguments', [])], options: { cwd: folder() } };
  client = new LanguageClient('rulegate', 'Rulegate', server, {
    documentSelector: [{ scheme: 'file', language: 'rulegate' }],
    outputChannel: output,
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/{*.rules,rulegate.toml}') },
  });
  try {
    await client.start();
  } catch (error) {
    // The client has told the user.
    output.error(String(error));
    client = undefined;
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.state === State.Running) await running.stop().catch(error => output.warn(String(error)));
}

// Not awaited: the message may stay as long as it is not answered.
async function tell_it_is_not_there(command) {
  const settings = 'Set the Path';
  const log = 'Show the Log';
  const message = `Rulegate: the program \`${command}\` could not be run. Install it, or say where it is.`;
  const answer = await vscode.window.showErrorMessage(message, settings, log);
  if (answer === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'rulegate.path');
  if (answer === log) output.show();
}

/** Runs `rulegate test` on the file in front, in a terminal. No shell reads the path. */
async function run_tests() {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== 'rulegate' || document.uri.scheme !== 'file') {
    vscode.window.showInformationMessage('Rulegate: open a file of rules to run its tests.');
    return;
  }
  await document.save();
  const file = document.uri.fsPath;
  const owner = vscode.workspace.getWorkspaceFolder(document.uri);
  const task = new vscode.Task(
    { type: 'rulegate', file },
    owner ?? vscode.TaskScope.Workspace,
    `test ${path.basename(file)}`,
    'rulegate',
    new vscode.ProcessExecution(program(), ['test', file], { cwd: owner?.uri.fsPath ?? path.dirname(file) }),
  );
  task.presentationOptions = { clear: true, panel: vscode.TaskPanelKind.Dedicated };
  await vscode.tasks.executeTask(task);
}

function program() {
  const setting = vscode.workspace.getConfiguration('rulegate').get('path', '').trim() || 'rulegate';
  if (setting.startsWith('~/') || setting.startsWith('~\\')) return path.join(os.homedir(), setting.slice(2));
  return setting.replace(/^\$\{workspaceFolder\}/, () => folder() ?? '');
}

function folder() {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
}

module.exports = { activate, deactivate };
