// The last line of CI, from vitest's JSON: `N passed, N failed, N skipped`. Any Node runs it.
// Usage: node .ci/count.cjs RESULT.json FAILED_STEPS
const { existsSync, readFileSync } = require('node:fs');
const [file, steps] = process.argv.slice(2);

let passed = 0;
let failed = 0;
let skipped = 0;
if (existsSync(file)) {
  for (const { name, status, assertionResults } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    const of = (wanted) => assertionResults.filter((test) => test.status === wanted).length;
    const left = assertionResults.length - of('passed') - of('failed');
    passed += of('passed');
    failed += of('failed');
    skipped += left;
    // A file that failed outside its tests: it did not load, or a hook threw.
    if (status === 'failed' && of('failed') === 0) {
      failed++;
      console.log(`failed outside its tests: ${name}`);
    }
    if (left > 0 && readFileSync(name, 'utf8').includes('require-lab')) {
      failed += left;
      skipped -= left;
      console.log(`needs the lab and was skipped: ${name}`);
    }
  }
  // The step 'tests' failed because tests did: they are counted already.
  if (failed === 0) failed = Number(steps);
  else failed += Math.max(0, Number(steps) - 1);
} else failed = Math.max(1, Number(steps));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
