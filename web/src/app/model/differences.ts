import { equal, objectOf, type JsonObject } from './json';
import type { Graph } from './sheets';

export type Change = 'added' | 'removed' | 'changed' | 'moved';

/** What is different between two states of a workflow, by key. */
export interface Differences {
  nodes: ReadonlyMap<string, Change>;
  edges: ReadonlyMap<string, Change>;
  /** Whether name, category, description or data differ. */
  settings: boolean;
}

/** What happened between `before` and `after`. What is the same object needs no look. */
export function differences(before: Graph, after: Graph): Differences {
  return {
    nodes: between(before.nodes, after.nodes),
    edges: between(before.edges, after.edges),
    settings: before.name !== after.name || !equal(before.data, after.data),
  };
}

function between(before: JsonObject, after: JsonObject): Map<string, Change> {
  const found = new Map<string, Change>();
  for (const [key, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, key)) found.set(key, 'added');
    else if (!equal(before[key], value))
      found.set(key, moved(before[key], value) ? 'moved' : 'changed');
  }
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) found.set(key, 'removed');
  return found;
}

function moved(before: unknown, after: unknown): boolean {
  const [one, other] = [objectOf(before), objectOf(after)];
  return (
    one !== null &&
    other !== null &&
    equal({ ...one, posX: 0, posY: 0 }, { ...other, posX: 0, posY: 0 })
  );
}

/** The later state with what is gone beside it, so that all that differs can be shown at once. */
export function together(before: Graph, after: Graph): Graph {
  return {
    ...after,
    nodes: { ...before.nodes, ...after.nodes },
    edges: { ...before.edges, ...after.edges },
  };
}

export function isEmpty({ nodes, edges, settings }: Differences): boolean {
  return nodes.size === 0 && edges.size === 0 && !settings;
}

/** How many of what, in words. */
export function summary({ nodes, edges, settings }: Differences): string {
  const counts = new Map<string, number>();
  for (const [what, changes] of [
    ['node', nodes],
    ['connection', edges],
  ] as const) {
    for (const change of changes.values()) {
      const words = `${what} ${change}`;
      counts.set(words, (counts.get(words) ?? 0) + 1);
    }
  }
  const parts = [...counts].map(([words, count]) => {
    const [what, change] = words.split(' ');
    return `${count} ${what}${count === 1 ? '' : 's'} ${change}`;
  });
  if (settings) parts.push('settings changed');
  return parts.join(', ') || 'No differences';
}
