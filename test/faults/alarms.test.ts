import { afterEach, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { type AlarmReceiver, openAlarmReceiver } from '../../src/faults/alarms.ts';
import type { EventRow } from '../../src/record/schema.ts';

const clock = new RealClock();
let receiver: AlarmReceiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});
const post = (url: string, body: string) => fetch(url, { method: 'POST', body }).then((response) => response.status);

describe('alarm webhook', () => {
  it('turns an alarm into an event with the time at which it came, also one that came before the run', async () => {
    receiver = await openAlarmReceiver({ clock, token: 'abcdefgh-1' });
    const before = clock.now();
    expect(await post(receiver.url, '{"kind":"site-down","site":"east","at":1}')).toBe(204);
    const events: EventRow[] = [];
    receiver.listen((event) => events.push(event));
    expect(await post(receiver.url, 'line 2 is down')).toBe(204);
    expect(events).toMatchObject([
      { kind: 'alarm', action: 'received', target: 'east', by: 'vendor', detail: { kind: 'site-down', site: 'east', at: 1 } },
      { kind: 'alarm', detail: 'line 2 is down' },
    ]);
    expect(events[0]!.t_ms).toBeGreaterThanOrEqual(before);
    expect(events[0]!.t_ms).toBeLessThanOrEqual(clock.now());
  });

  it('knows only its token, only POST, and no more than 64 KiB', async () => {
    receiver = await openAlarmReceiver({ clock, token: 'abcdefgh-1' });
    const events: EventRow[] = [];
    receiver.listen((event) => events.push(event));
    expect(await post(receiver.url.replace('abcdefgh-1', 'abcdefgh-2'), '{}')).toBe(404);
    expect((await fetch(receiver.url)).status).toBe(404);
    expect(await post(receiver.url, 'x'.repeat(65 * 1024)).catch(() => 413)).toBe(413);
    expect(events).toEqual([]);
  });

  it('says which port is taken, and refuses a token that can be guessed', async () => {
    receiver = await openAlarmReceiver({ clock, token: 'abcdefgh-1' });
    const port = Number(new URL(receiver.url).port);
    await expect(openAlarmReceiver({ clock, port, token: 'abcdefgh-1' })).rejects.toMatchObject({
      code: 'port-in-use',
      where: `127.0.0.1:${port}`,
    });
    await expect(openAlarmReceiver({ clock, token: 'abc' })).rejects.toMatchObject({ code: 'option-invalid' });
  });
});
