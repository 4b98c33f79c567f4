/** docs/run-folder.md, made from the columns that are written (record/schema.ts), so that the two cannot say different things. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBE_COLUMNS, TABLES } from '../../src/record/schema.ts';

type Columns = Readonly<Record<string, { type: string; about: string }>>;

const HEAD = `# The run folder

\`reports/<time>-<scenario>-<vendor>/\`. The tables are written while the run goes on, a row as soon as it is known, and survive a kill; all reports are made from
them and \`run.json\` alone, and by anybody else as well:

\`\`\`sh
duckdb -c "select outcome, count(*), median(answer_ms - invite_ms) from 'calls.csv' group by 1"
\`\`\`

| file | what it is |
| --- | --- |
| \`run.json\` | versions, machine, scenario (file, title, SHA-256), vendor profile without secrets, options, plan, seed, how the run ended |
| \`calls.csv\` … \`trace.csv\` | the record: the columns are below |
| \`report.html\` | the report, both languages, one file |
| \`summary.csv\`, \`summary.zh-CN.csv\`, \`minutes.csv\` | the report's figures, and one line a minute, for spreadsheets |
| \`junit.xml\` | claims and thresholds for a CI |
| \`reconciliation.csv\`, \`reconciliation.json\` | the vendor's own record beside ours, after \`callsurge reconcile\` ([Reconciling](reconciling.md)) |

## Reading the tables

- UTF-8, commas, a head, \`"\` where a cell needs it (RFC 4180). Numbers have a point, booleans are \`true\` and \`false\`, \`json\` cells are compact JSON.
- \`ms\` is a time: milliseconds since 1970-01-01 UTC with three decimals, all on one clock. In a spreadsheet: \`=A2/86400000+DATE(1970,1,1)\`.
- **Empty means that it did not happen or was not observed**, never zero.
- **A text that a spreadsheet would run as a formula** (it begins with \`= + - @\`, their full-width forms, a tab or a carriage return, as a reason phrase of the
  other side may) stands with one apostrophe in front, in these tables and in every CSV that is made from them. callsurge takes it away again when it reads the
  record; whoever reads \`calls.csv\` by program does the same.

## Before you share it

The report holds figures, reason phrases, start lines of SIP messages, and the numbers of the test contract. The folder holds more: every caller number presented, the
vendor's addresses, what the scenario noted, and in \`trace.csv\` whole SIP messages. Passwords, tokens and answers to challenges are in none of it. What others send
(reason phrases, Server headers, alarms) is printed as text wherever it stands: it cannot become markup in a report, a formula in a spreadsheet, or a
command to a terminal.
`;

const tableOf = (columns: Columns) =>
  `| column | type | what it is |\n| --- | --- | --- |\n${Object.entries(columns)
    .map(([name, { type, about }]) => `| \`${name}\` | ${type} | ${about.replaceAll('|', '\\|')} |`)
    .join('\n')}\n`;

const ABOUT: Record<keyof typeof TABLES, string> = {
  calls: 'One row per call, when it is over. [What an outcome is](metrics.md).',
  agents: 'One row per call that was offered to an agent of ours.',
  timeline: 'One row per second and thread: what the instrument knows of itself.',
  events: 'Phases, faults, scaling, probes, alarms, marks, warnings.',
  samples: "k6's metrics: checks, iterations, those of the scenario.",
  open: 'What is open at the vendor, for `callsurge sweep`.',
  trace: 'The signalling of some calls ([which](signalling-trace.md)).',
};

export function runFolderDoc(): string {
  const tables = Object.entries(TABLES).map(
    ([name, { file, columns }]) => `## ${file}\n\n${ABOUT[name as keyof typeof TABLES]}\n\n${tableOf(columns)}`,
  );
  const probes = `## probes-DAY.csv\n\nOf a folder of \`callsurge probe\`: a file for each day (UTC), one row for everything that was done.\n\n${tableOf(PROBE_COLUMNS)}`;
  return [HEAD, ...tables, probes].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(import.meta.dirname, '../../docs/run-folder.md'), runFolderDoc());
