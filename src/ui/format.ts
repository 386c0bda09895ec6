/** Numbers and names as people read them. */

/** A short form of a hash, an address or a peer id: its two ends. */
export function shortened(text: string, head = 8, tail = 6): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** Milliseconds with three significant digits at most. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${pad(Math.floor(ms / 1_000) % 60)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${pad(Math.floor(ms / 60_000) % 60)} min`;
}

/** How long ago something was, in whole units. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function bytes(count: number): string {
  if (count < 1_024) return `${count} B`;
  if (count < 1_048_576) return `${(count / 1_024).toFixed(1)} KiB`;
  return `${(count / 1_048_576).toFixed(1)} MiB`;
}

/** Digits in groups of three, with narrow spaces that do not break. */
export function grouped(number: number | bigint | string): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** An amount in micro-units as units, without digits that say nothing. */
export function units(micro: string): string {
  const digits = micro.padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  const whole = grouped(digits.slice(0, -6));
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** The time of day on the reader's clock. */
export function clockTime(time: string | number): string {
  const date = new Date(time);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
