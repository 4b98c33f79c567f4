/** Registers the agents at a bounded rate before any call, and takes them off after the last: stopped last, or callers would be left alone. */
import { CallsurgeError } from '../errors.ts';
import { BrowserAgents } from './browser-agents.ts';
import type { RunState } from './run-state.ts';
import type { Task } from './tasks.ts';
import { PHASES } from './worker-init.ts';

/** Registrations a second over all agents: a storm would measure the registrar. */
export const REGISTRATIONS_PER_SECOND = 20;
/** Agents hang up and remove their bindings: a BYE and a REGISTER, each with Timer F (RFC 3261 17.1.2.2), and a little. */
const OFF_MS = 70_000;

interface Answer {
  registered: number;
  asked: number;
  failure: string | undefined;
}

export const agentsTask = (run: RunState, browsers = browserAgentsOf(run)): Task => ({
  name: 'agents',
  async setup() {
    const answers = await run.unlessStopped(run.workers!.leader.run<Answer>(PHASES.agents, { perSecond: REGISTRATIONS_PER_SECOND }));
    if (answers) judge(run, [...answers.values()]);
    await run.unlessStopped(openBrowsers(run, browsers));
  },
  async teardown() {
    await browsers.stop();
    await run.workers!.phase(PHASES.agentsOff, undefined, OFF_MS);
  },
});

const browserAgentsOf = (run: RunState) =>
  new BrowserAgents({
    perSecond: REGISTRATIONS_PER_SECOND,
    note: (name, action, detail) => run.record?.event({ kind: 'registration', name, action, detail }),
    warn: (text) => run.record?.warn('agents', text),
  });

async function openBrowsers({ request, record }: RunState, browsers: BrowserAgents): Promise<void> {
  const { ready, asked } = await browsers.start(request.vendor);
  if (asked > 0) record!.event({ kind: 'registration', name: 'browser agents', action: 'ready', value: ready, detail: { asked } });
}

function judge({ record }: RunState, answers: Answer[]): void {
  const registered = answers.reduce((sum, answer) => sum + answer.registered, 0);
  const asked = answers.reduce((sum, answer) => sum + answer.asked, 0);
  record!.event({ kind: 'registration', name: 'agents', action: 'registered', value: registered, detail: { asked } });
  if (registered === asked) return;
  const failure = answers.find((answer) => answer.failure)?.failure ?? 'no answer';
  const what = `${asked - registered} of ${asked} agents could not register: ${failure}`;
  if (registered === 0)
    throw new CallsurgeError('vendor-unreachable', what, { where: 'vendor.agents', todo: 'check accounts, passwords and registrar' });
  record!.warn('registration', what);
}
