/** `k6/execution` for scenarios: who am I, how far is the run, and stopping it. Everything is looked up when it is read. */
import { currentVu } from '../call/context.ts';
import { CallsurgeError } from '../errors.ts';
import { type ExecutionState, executionState } from './execution-state.ts';

function running(what: string): ExecutionState {
  const state = executionState();
  if (state) return state;
  throw new CallsurgeError('verb-misused', `exec.${what} was read while nothing runs`, { todo: 'read it inside an iteration' });
}

const scenarioState = () => {
  const { scenario: name } = currentVu('exec.scenario');
  return running('scenario').scenario(name);
};

export const scenario = {
  get name() {
    return currentVu('exec.scenario').scenario;
  },
  get executor() {
    return scenarioState()?.executor;
  },
  get startTime() {
    return scenarioState()?.startTime;
  },
  get progress() {
    return scenarioState()?.progress;
  },
  /** Over all workers. A worker is no instance of its own here, so this is the same as iterationInTest. */
  get iterationInInstance() {
    return currentVu('exec.scenario').iteration;
  },
  get iterationInTest() {
    return currentVu('exec.scenario').iteration;
  },
};

export const instance = {
  get iterationsInterrupted() {
    return running('instance').instance().iterationsInterrupted;
  },
  get iterationsCompleted() {
    return running('instance').instance().iterationsCompleted;
  },
  get vusActive() {
    return running('instance').instance().vusActive;
  },
  get vusInitialized() {
    return running('instance').instance().vusInitialized;
  },
  get currentTestRunDuration() {
    return running('instance').instance().currentTestRunDuration;
  },
};

const vuCounts = () => {
  const me = currentVu('exec.vu');
  return running('vu').vu(me.vu, me.scenario);
};

export const vu = {
  get iterationInInstance() {
    return vuCounts().iterationInInstance;
  },
  get iterationInScenario() {
    return vuCounts().iterationInScenario;
  },
  get idInInstance() {
    return currentVu('exec.vu').vu;
  },
  get idInTest() {
    return currentVu('exec.vu').vu;
  },
  /** Set here, they go with every call and sample of this iteration. */
  get tags() {
    return currentVu('exec.vu').tags;
  },
  metrics: {
    get tags() {
      return currentVu('exec.vu').tags;
    },
  },
};

export const test = {
  /** Ends the whole run (exit 108): calls are hung up, teardown runs, reports are written. Also ends this iteration. */
  abort(reason = 'test aborted'): never {
    running('test.abort').abort(String(reason));
    throw new CallsurgeError('stopped', `test aborted: ${reason}`);
  },
  fail(): never {
    throw new CallsurgeError('verb-misused', 'exec.test.fail() is not available', { todo: 'use check() and a threshold on checks' });
  },
  get options() {
    return running('test.options').options;
  },
};

export default { scenario, instance, vu, test };
