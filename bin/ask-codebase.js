#!/usr/bin/env node
// The program's bundle cannot even be loaded where Node lacks its database, so this file asks first.
if (process.getBuiltinModule?.('node:sqlite') === undefined) {
  console.error(`ask-codebase needs Node 22.16 or later, and this is ${process.version}. Install a later one.`);
  process.exitCode = 1;
} else {
  await import('../dist/cli.js');
}
