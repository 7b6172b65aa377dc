const UNITS: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short' });
const date = new Intl.DateTimeFormat('en', { dateStyle: 'full' });

/** How long ago, in words. */
export function ago(time: number, now = Date.now()): string {
  const passed = now - time;
  const found = UNITS.find(([, ms]) => passed >= ms);
  return found ? relative.format(-Math.floor(passed / found[1]), found[0]) : 'just now';
}

/** Day and time, to the second. */
export function exactly(time: number): string {
  return moment.format(time);
}

/** The time of the day. */
export function atTime(time: number): string {
  return clock.format(time);
}

/** The day. */
export function onDay(time: number): string {
  return date.format(time);
}
