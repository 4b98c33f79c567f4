/** Builds what calls and agents of one worker stand on: its own SIP port, its own slice of RTP ports, its proxies of gate and broker. */
import { AgentDesk } from '../call/agents.ts';
import { passOn, takeCallBack } from '../call/call-back.ts';
import { currentVuOrNone } from '../call/context.ts';
import { NO_AGENTS } from '../call/correlator.ts';
import type { CallServices } from '../call/services.ts';
import type { CallState } from '../call/states.ts';
import type { Clock } from '../clock.ts';
import { durationMs } from '../duration.ts';
import { createMediaPump } from '../media/index.ts';
import { type RowSink, rowOf } from '../record/schema.ts';
import { CallTraces } from '../sip/index.ts';
import { contractRules } from '../vendor/contract.ts';
import { BrokerProxy } from './broker.ts';
import { CallBackProxy } from './call-back-exchange.ts';
import type { Channel } from './channel.ts';
import { SharedGate } from './gate.ts';
import { announcementsOf, liveAgents, liveTrunks } from './live-vendor.ts';
import { bindAddress, mediaAddress, rtpSlice } from './local-side.ts';
import { OwnSide } from './own-side.ts';
import { openOurSide } from './sip-side.ts';
import { TraceKeeper } from './trace-keeper.ts';
import type { WorkerInit } from './worker-init.ts';

export interface WorkerServices {
  services: CallServices;
  gate: SharedGate;
  desk: AgentDesk;
  own: OwnSide;
  rtpPorts: { from: number; to: number } | undefined;
  trace: TraceKeeper | undefined;
  close(): Promise<void>;
}

/** Defaults of the profile's `limits` (vendor/profile.ts). */
const MEDIA_SILENCE = '10s';
const SCHEDULE_LAG = '500ms';

/** @throws CallsurgeError `port-in-use`, `secret-missing`, `machine-limit` */
export async function openServices(
  init: WorkerInit,
  clock: Clock,
  channel: Channel,
  sink: RowSink,
  state: (from: CallState | null, to: CallState) => void,
): Promise<WorkerServices> {
  const { vendor, worker, workers, seed } = init;
  const trunks = liveTrunks(vendor, process.env);
  const host = bindAddress(vendor, worker - 1);
  const contract = contractRules(vendor.contract);
  const gate = new SharedGate(clock, init.gate, contract, worker - 1);
  let desk: AgentDesk | undefined;
  const traces = init.trace ? new CallTraces() : undefined;
  const trace = traces && new TraceKeeper({ clock, traces, sink, worker, seed });
  const own = new OwnSide(vendor, worker - 1, clock);
  const stack = await openOurSide(vendor, worker - 1, process.env, {
    clock,
    names: own.names,
    address: own.address,
    userAgent: 'callsurge',
    idPrefix: `w${worker}`,
    tap: traces,
    call: (call) => {
      if (!desk) call.reject(480);
      else if (takeCallBack(services, call)) return;
      // Nobody's here: agents first, then callers of other workers who wait to be called back.
      else if (desk.knows(call) || !passOn(services, call)) desk.take(call);
    },
    connectionLost: (at, { message, waiting, dialogs }) =>
      sink.write(
        'events',
        rowOf('events', {
          t_ms: at,
          kind: 'warning',
          name: 'connection',
          action: 'lost',
          by: 'harness',
          value: waiting,
          detail: { message: `${message}; ${waiting} waited for an answer on it, ${dialogs} calls were in progress`, worker },
        }),
      ),
  });
  const quiet = trunks.flatMap(({ nextHop, keepAliveMs }) => (keepAliveMs === undefined ? [] : [stack.keepAlive(nextHop, keepAliveMs)]));
  const rtpPorts = init.media === 'rtp' ? rtpSlice(vendor, worker - 1, workers) : undefined;
  const pump = rtpPorts && (await createMediaPump({ clock, host, ports: rtpPorts, seed: seed + worker }));
  own.carries(pump);
  const scenarios = init.configs.map(({ name }) => name);
  const ownAgents = (vendor.agents ?? []).some(({ kind }) => kind === 'sip' || kind === 'phone');
  const services: CallServices = {
    clock,
    worker,
    stack,
    pump,
    mediaHost: await mediaAddress(vendor, host, trunks[0]!.nextHop),
    correlator: ownAgents ? new BrokerProxy(channel) : NO_AGENTS,
    ...(workers > 1 ? { callBacks: new CallBackProxy(channel, worker) } : {}),
    sink,
    gate,
    trunks,
    trunksDown: new Set(),
    addressGone: (fromMs, toMs) => own.goneIn(fromMs, toMs),
    // Scenarios number their iterations alike: dealt in turn, no two callers share a number.
    callerNumber: (iteration, vip) => {
      const scenario = Math.max(0, scenarios.indexOf(currentVuOrNone()?.scenario ?? ''));
      const k = iteration * scenarios.length + scenario;
      return vip ? contract.vipNumber(k) : contract.callerNumber(k);
    },
    numbers: vendor.numbers ?? {},
    headers: [],
    announcements: announcementsOf(vendor),
    limits: {
      failoverMs: vendor.limits?.failover === undefined ? undefined : durationMs(vendor.limits.failover),
      provisionalMs: vendor.limits?.provisional === undefined ? undefined : durationMs(vendor.limits.provisional),
      mediaSilenceMs: durationMs(vendor.limits?.mediaSilence ?? MEDIA_SILENCE),
      scheduleLagMs: durationMs(vendor.limits?.scheduleLag ?? SCHEDULE_LAG),
    },
    ownAgents,
    signalling: vendor.signalling && { method: vendor.signalling.method, header: vendor.signalling.header },
    state,
    trace,
    viaCarrier: vendor.access?.kind === 'carrier',
  };
  const agents = liveAgents(vendor, process.env, seed).filter((agent, i) => (agent.number === undefined ? i % workers : 0) === worker - 1);
  desk = new AgentDesk(services, agents);
  return {
    services,
    gate,
    desk,
    own,
    rtpPorts,
    trace,
    close: async () => {
      for (const stop of quiet) stop();
      trace?.flush();
      await pump?.close();
      await stack.close();
    },
  };
}
