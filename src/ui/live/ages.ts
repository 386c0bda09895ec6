/** Upper ends of the classes of age, in milliseconds; the last class is open. */
const ENDS_MS = [1_000, 3_000, 10_000, 30_000, 60_000] as const;
const NAMES = ['< 1 s', '1–3 s', '3–10 s', '10–30 s', '30–60 s', '> 60 s'] as const;

/** How many of the times lie how far back, in classes. */
export function ageClasses(times: readonly string[], nowMs: number): { name: string; count: number }[] {
  const counts = NAMES.map((name) => ({ name, count: 0 }));
  for (const time of times) {
    const ageMs = nowMs - Date.parse(time);
    const at = ENDS_MS.findIndex((endMs) => ageMs < endMs);
    const one = counts[at < 0 ? NAMES.length - 1 : at];
    if (one !== undefined) one.count++;
  }
  return counts;
}
