#!/usr/bin/env node
// A language server that writes down what it is told: a line of JSON for each message, into the file that RULEGATE_LOG names.

import { appendFileSync } from 'node:fs';

if (process.argv[2] === '--version') {
  console.log('rulegate 0.0.0');
  process.exit(0);
}

const write_down = what => appendFileSync(process.env.RULEGATE_LOG, `${JSON.stringify({ process: process.pid, ...what })}\n`);
write_down({ started_with: process.argv.slice(2) });

let buffer = Buffer.alloc(0);
process.stdin.on('data', data => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});

function receive({ id, method, params }) {
  write_down({ method, uri: params?.textDocument?.uri });
  if (method === 'initialize') reply(id, { capabilities: { textDocumentSync: 1 } });
  if (method === 'shutdown') reply(id, null);
  if (method === 'exit') process.exit(0);
  if (method === 'textDocument/didOpen') {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 8 } };
    send({ method: 'textDocument/publishDiagnostics', params: { uri: params.textDocument.uri, diagnostics: [{ range, message: 'seen' }] } });
  }
}

const reply = (id, result) => send({ id, result });

function send(message) {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
