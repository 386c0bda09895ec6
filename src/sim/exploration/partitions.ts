/** The group of each node; nodes hear only nodes of their own group. */
export type Partition = readonly number[];

/** Every way to split `count` nodes into at most `maxGroups` groups, as restricted growth strings. */
export function partitions(count: number, maxGroups: number): Partition[] {
  let found: number[][] = [[]];
  for (let node = 0; node < count; node++)
    found = found.flatMap((groups) => {
      const next = groups.length === 0 ? 0 : Math.max(...groups) + 1;
      const choices = Math.min(next + 1, maxGroups);
      return Array.from({ length: choices }, (_, group) => [...groups, group]);
    });
  return found;
}

/** The same partition with two nodes in each other's place. */
export function swapped(partition: Partition, a: number, b: number): Partition {
  const groups = [...partition];
  [groups[a], groups[b]] = [groups[b] as number, groups[a] as number];
  const names = new Map<number, number>();
  return groups.map((group) => {
    const name = names.get(group) ?? names.size;
    names.set(group, name);
    return name;
  });
}

/** Whom messages reach: all of the sender's own group, or one node alone (none, if there is no such node). */
export type Reach = Partition | number;

export function reaches(reach: Reach, from: number, to: number): boolean {
  return typeof reach === 'number' ? to === reach : reach[from] === reach[to];
}

/** Whom commits may reach in a round with this partition: whom all else does, nobody, or one node alone. */
export function commitReaches(partition: Partition): Reach[] {
  return [partition, NOBODY, ...partition.keys()];
}

const NOBODY = -1;
