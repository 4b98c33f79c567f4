/**
 * Agents: the vendor's own, and accounts that register.
 *
 *   off → idle → offered → talking → resting (wrap-up, or after a refused offer) → idle
 *
 * The longest idle agent of a skill comes first. Who was offered a call that went away goes back to the place he had.
 */
import type { TimerHandle } from '../../clock.ts';
import type { OwnAgentGroup } from '../defaults.ts';
import type { Call } from './call.ts';
import { Line, type Member } from './line.ts';

export type AgentState = 'off' | 'idle' | 'offered' | 'talking' | 'resting';

export class Agent implements Member<Agent> {
  readonly name: string;
  readonly skill: string;
  /** Draws of an own agent; null: an account, rung by the host. */
  readonly own: OwnAgentGroup | null;
  state: AgentState = 'off';
  /** Account only: has a binding. Own agents are always there. */
  registered: boolean;
  call: Call | null = null;
  rest: TimerHandle | null = null;
  /** The host's own, never looked at here. */
  data: unknown = null;

  /** Idle since (ms). */
  lineKey = 0;
  linePrevious: Agent | null = null;
  lineNext: Agent | null = null;
  line: Member<Agent>['line'] = null;

  constructor(name: string, skill: string, own: OwnAgentGroup | null) {
    this.name = name;
    this.skill = skill;
    this.own = own;
    this.registered = own !== null;
  }
}

/** The agents of one skill. */
export class Team {
  readonly skill: string;
  readonly members: Agent[] = [];
  readonly idle = new Line<Agent>();

  constructor(skill: string) {
    this.skill = skill;
  }

  /** Counts for the vendor's console. */
  counts(): { agents: number; idle: number; busy: number; registered: number } {
    let agents = 0;
    let busy = 0;
    let registered = 0;
    for (const agent of this.members) {
      if (agent.state !== 'off') agents++;
      if (agent.state === 'offered' || agent.state === 'talking') busy++;
      if (!agent.own && agent.registered) registered++;
    }
    return { agents, idle: this.idle.size, busy, registered };
  }
}
