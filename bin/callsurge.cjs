#!/usr/bin/env node
// Written in syntax that any Node parses, so that an old one says what is missing instead of a syntax error.
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error('callsurge needs Node 24 or newer, this is ' + process.version + ': install it from your package manager, or run `npm i -D node@24` and `npx callsurge`');
  process.exit(104);
} else {
  import('../dist/cli/main.js').catch(function (error) {
    console.error(error && error.message ? error.message : String(error));
    process.exit(1);
  });
}
