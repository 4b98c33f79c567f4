import { describe, expect, it } from 'vitest';
import { Broker, BrokerProxy } from '../../src/engine/broker.ts';
import { portPair } from './ports.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A broker with two workers, over real message ports. */
function twoWorkers() {
  const broker = new Broker();
  const [a, b] = [portPair(), portPair()];
  const [callersGone, agentsGone] = [broker.attach(a.hub), broker.attach(b.hub)];
  return { callersGone, agentsGone, callers: new BrokerProxy(a.worker), agents: new BrokerProxy(b.worker) };
}

function listen(proxy: BrokerProxy, call: string, caller: string, uui?: string) {
  const heard: string[] = [];
  const watch = proxy.caller(
    { call, caller, uui },
    {
      agent: (seen) => heard.push(`agent ${seen.agent} ${seen.method} ${seen.at}`),
      agentEnded: (seen) => heard.push(`ended ${seen.agent} ${seen.by} ${seen.at}`),
    },
  );
  return { heard, watch };
}

const leg = (name: string, candidates: string[], at: number) => ({ agent: 'support-1', leg: name, candidates, at });

describe('broker', () => {
  it('tells a caller in one worker of an agent in another, with the times taken at the agent, in order', async () => {
    const { callers, agents } = twoWorkers();
    const { heard } = listen(callers, '1-1', '90012345678');
    await settle();
    agents.offered(leg('x', ['90012345678'], 1000));
    agents.answered(leg('x', ['90012345678'], 1500));
    await settle();
    expect(agents.matched('x')).toEqual({ call: '1-1', method: 'both-legs' });
    agents.ended({ agent: 'support-1', leg: 'x', at: 2500, by: 'agent' });
    await settle();
    expect(heard).toEqual(['agent support-1 both-legs 1500', 'ended support-1 agent 2500']);
  });

  it('matches a leg whose offer and answer overtook the dial', async () => {
    const { callers, agents } = twoWorkers();
    agents.offered(leg('x', ['4009001'], 1));
    agents.answered(leg('x', ['4009001'], 2));
    await settle();
    const { heard } = listen(callers, '1-1', '4009001');
    await settle();
    expect(heard).toEqual(['agent support-1 both-legs 2']);
  });

  it('knows a number in its national and international writing', async () => {
    const { callers, agents } = twoWorkers();
    const { heard } = listen(callers, '1-1', '+8640090000001');
    agents.answered(leg('x', ['anonymous', '040090000001'], 2));
    await settle();
    expect(heard).toHaveLength(1);
  });

  it('matches by User-to-User where numbers are hidden, and never guesses between two callers of one number', async () => {
    const { callers, agents } = twoWorkers();
    const first = listen(callers, '1-1', '90000000001', 'uui-one');
    const second = listen(callers, '1-2', '90000000001', 'uui-two');
    await settle();
    agents.answered(leg('x', ['90000000001'], 2));
    agents.answered(leg('y', ['90000000001', 'uui-two'], 3));
    await settle();
    expect(first.heard).toEqual([]);
    expect(second.heard).toEqual(['agent support-1 both-legs 3']);
    expect(agents.matched('x')).toBeUndefined();
  });

  it('frees the number on release, and says nothing to a caller that is over', async () => {
    const { callers, agents } = twoWorkers();
    const first = listen(callers, '1-1', '90000000001');
    await settle();
    first.watch.release();
    const second = listen(callers, '1-2', '90000000001');
    await settle();
    agents.answered(leg('x', ['90000000001'], 2));
    await settle();
    expect(first.heard).toEqual([]);
    expect(second.heard).toHaveLength(1);
  });

  it('forgets the callers and legs of a worker that is gone', async () => {
    const { callersGone, agentsGone, callers, agents } = twoWorkers();
    listen(callers, '1-1', '90000000001');
    await settle();
    callersGone();
    agents.answered(leg('x', ['90000000001'], 2));
    await settle();
    expect(agents.matched('x')).toBeUndefined();
    agentsGone();
  });
});
