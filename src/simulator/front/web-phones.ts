/**
 * Agents who work on a web page of the vendor's: no SIP of ours reaches them. The page logs in, asks five times a second how its agent is, and answers
 * and hangs up when its buttons are pressed. An agent whose page has not asked for five seconds is gone.
 *
 *   away ──login──▶ ready ──offer──▶ ringing ──answer──▶ talking ──either side hangs up──▶ ready
 *                     └─ the page is closed: away
 */
import type { Clock, TimerHandle } from '../../clock.ts';
import type { Offer } from '../core/call.ts';
import type { CallCentre } from '../core/centre.ts';
import type { CompleteConfig } from '../defaults.ts';

const SILENT_MS = 5000;

export interface WebPhoneState {
  state: 'away' | 'ready' | 'ringing' | 'talking';
  /** The customer's number, while there is one. */
  caller: string | null;
}

interface Seat {
  password: string;
  skill: string;
  /** While it is logged in. */
  silence: TimerHandle | null;
  offer: Offer | null;
}

export class WebPhones {
  readonly #clock: Clock;
  readonly #centre: () => CallCentre;
  readonly #seats = new Map<string, Seat>();

  constructor(clock: Clock, config: CompleteConfig, centre: () => CallCentre) {
    this.#clock = clock;
    this.#centre = centre;
    for (const { username, password, first, count, skill } of config.webPhones)
      for (let n = first; n < first + count; n++) {
        const of = (template: string) => template.replaceAll('{n}', String(n));
        this.#seats.set(of(username), { password: of(password), skill, silence: null, offer: null });
      }
  }

  has(agent: string): boolean {
    return this.#seats.has(agent);
  }

  /** @returns whether name and password are right. */
  login(name: string, password: string): boolean {
    const seat = this.#seats.get(name);
    if (!seat || seat.password !== password) return false;
    this.#alive(name, seat);
    this.#centre().signOn(name, seat.skill);
    return true;
  }

  /** The page asks: it is there. Undefined: there is no such agent. */
  asked(name: string): WebPhoneState | undefined {
    const seat = this.#seats.get(name);
    if (!seat) return undefined;
    if (seat.silence) this.#alive(name, seat);
    const state = this.#stateOf(seat);
    return { state, caller: state === 'ringing' || state === 'talking' ? seat.offer!.call.customer : null };
  }

  /** @returns false where nothing rings. */
  answer(name: string): boolean {
    const seat = this.#seats.get(name);
    return seat !== undefined && this.#stateOf(seat) === 'ringing' && this.#centre().agentAnswered(seat.offer!);
  }

  /** Refuses what rings, or ends the talk. @returns false where there is neither. */
  hangUp(name: string): boolean {
    const seat = this.#seats.get(name);
    const state = seat && this.#stateOf(seat);
    if (state === 'ringing') this.#centre().agentRefused(seat!.offer!);
    else if (state === 'talking') this.#centre().agentLeft(seat!.offer!.call);
    return state === 'ringing' || state === 'talking';
  }

  ring(offer: Offer): void {
    this.#seats.get(offer.agent.name)!.offer = offer;
  }

  close(): void {
    for (const seat of this.#seats.values()) seat.silence?.cancel();
  }

  #stateOf({ silence, offer }: Seat): WebPhoneState['state'] {
    if (offer?.open) return 'ringing';
    if (offer && offer.call.agent === offer.agent && offer.call.state === 'talking') return 'talking';
    return silence ? 'ready' : 'away';
  }

  #alive(name: string, seat: Seat): void {
    seat.silence?.cancel();
    seat.silence = this.#clock.after(SILENT_MS, () => {
      seat.silence = null;
      this.#centre().signOff(name, 'its page is closed');
    });
  }
}

/** `GET /phone`: the page, whole. A script finds its way by the ids; what cannot be pressed is hidden. */
export const PHONE_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Embedded vendor: web phone</title>
<style>body { font: 16px system-ui; max-width: 20em; margin: 3em auto } [hidden] { display: none } button, input { font: inherit; margin: .2em 0 }</style>
<form id="form"><input id="user" placeholder="name"><br><input id="password" type="password" placeholder="password"><br><button id="login">Log in</button></form>
<p id="wrong" hidden>Name or password is wrong.</p>
<p id="ready" hidden>Ready.</p>
<p id="ringing" hidden><span class="caller"></span> <button id="answer" type="button">Answer</button></p>
<p id="talking" hidden><span class="caller"></span> <button id="hang-up" type="button">Hang up</button></p>
<script>
const $ = (id) => document.getElementById(id);
const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body ?? {}) });
let name;
$('form').onsubmit = async (event) => {
  event.preventDefault();
  const { ok } = await post('/phone/login', { name: $('user').value, password: $('password').value });
  $('wrong').hidden = ok;
  if (!ok) return;
  name = encodeURIComponent($('user').value);
  $('form').hidden = true;
  setInterval(look, 200);
};
async function look() {
  const { state, caller } = await (await fetch('/phone/' + name)).json();
  for (const id of ['ready', 'ringing', 'talking']) $(id).hidden = id !== state;
  for (const place of document.querySelectorAll('.caller')) place.textContent = caller ?? '';
}
$('answer').onclick = () => post('/phone/' + name + '/answer').then(look);
$('hang-up').onclick = () => post('/phone/' + name + '/hang-up').then(look);
</script></html>
`;
