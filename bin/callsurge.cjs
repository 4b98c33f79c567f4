#!/usr/bin/env node
// Written in syntax that any Node parses, so that an old one says what is missing instead of a syntax error.
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error('callsurge needs Node 24 or newer, this is ' + process.version + ': install it from your package manager, or run `npm i -D node@24` and `npx callsurge`');
  process.exit(104);
} else {
  // The published package has dist/ and no src/; a checkout runs its sources, so that `npx callsurge` never runs a stale build.
  var path = require('node:path');
  var source = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
  import(require('node:fs').existsSync(source) ? require('node:url').pathToFileURL(source).href : '../dist/cli/main.js').catch(function (error) {
    console.error(error && error.message ? error.message : String(error));
    process.exit(1);
  });
}
