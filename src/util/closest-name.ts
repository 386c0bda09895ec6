/** How many insertions, deletions and substitutions turn `a` into `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

const MAX_COMPARED_LENGTH = 64;

/** The name that was probably meant, or undefined if none is close. Case does not count. */
export function closestName(wanted: string, names: readonly string[]): string | undefined {
  if (wanted.length > MAX_COMPARED_LENGTH) return undefined;
  const lower = wanted.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(lower, name.toLowerCase());
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  return best !== undefined && best.distance <= Math.max(2, Math.floor(wanted.length / 3))
    ? best.name
    : undefined;
}
