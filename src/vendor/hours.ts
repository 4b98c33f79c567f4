/** When load is allowed: windows in the local time of the contract's time zone, and its last day. */
import type { Contract } from './profile.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

interface LocalTime {
  /** 0 = Monday. */
  day: number;
  minute: number;
  date: string;
}

/** @returns whether the moment (ms since the Unix epoch) lies in a window. A window whose end is not after its start reaches into the next day. */
export function hoursRule({ hours, timezone, validUntil }: Pick<Contract, 'hours' | 'timezone' | 'validUntil'>): (at: number) => boolean {
  const local = localTime(timezone);
  return (at) => {
    if (!hours && !validUntil) return true;
    const now = local(at);
    if (validUntil && now.date > validUntil) return false;
    if (!hours) return true;
    return hours.some(({ days, from, to }) => {
      const [start, end] = [minutes(from), minutes(to)];
      const on = (day: number) => !days || days.includes(DAYS[(day + 7) % 7]!);
      if (start < end) return on(now.day) && now.minute >= start && now.minute < end;
      return (on(now.day) && now.minute >= start) || (on(now.day - 1) && now.minute < end);
    });
  };
}

const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function localTime(timeZone: string | undefined): (at: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      day: DAYS.indexOf(parts.weekday!.toLowerCase().slice(0, 3) as (typeof DAYS)[number]),
      minute: Number(parts.hour) * 60 + Number(parts.minute),
      date: `${parts.year}-${parts.month}-${parts.day}`,
    };
  };
}
