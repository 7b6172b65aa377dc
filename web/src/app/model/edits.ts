import { equal, objectOf, type Json, type JsonObject } from './json';
import { textChange } from './text';
import { merge, remove, set, op, type Instruction } from '../../client';

/** What one message may hold; more becomes several batches. */
export const BATCH = 256;

export interface Point {
  x: number;
  y: number;
}

/** The path of what lies at a node. */
export function nodePath(key: string, ...more: string[]): string[] {
  return ['nodes', key, ...more];
}

/** Put nodes there, each by one instruction. */
export function moves(positions: Iterable<[key: string, to: Point]>): Instruction[] {
  return [...positions].map(([key, { x, y }]) =>
    merge(nodePath(key), { posX: Math.round(x), posY: Math.round(y) }),
  );
}

/** Add nodes and edges, however many, as one change. */
export function additions(nodes: JsonObject, edges: JsonObject): Instruction[] {
  const made: Instruction[] = [];
  if (Object.keys(nodes).length) made.push(merge(['nodes'], nodes));
  if (Object.keys(edges).length) made.push(merge(['edges'], edges));
  return made;
}

/** Take nodes and edges away. Edges of the nodes go by themselves, so they are left out. */
export function removals(
  nodes: ReadonlySet<string>,
  edges: ReadonlySet<string>,
  all: JsonObject,
): Instruction[] {
  const alone = [...edges].filter((key) => {
    const edge = objectOf(all[key]);
    return edge && !nodes.has(String(edge['source'])) && !nodes.has(String(edge['target']));
  });
  return [
    ...alone.map((key) => remove(['edges', key])),
    ...[...nodes].map((key) => remove(['nodes', key])),
  ];
}

/** The smallest instructions that make the value at this path another one. */
export function changes(path: readonly string[], before: unknown, after: Json): Instruction[] {
  if (equal(before, after)) return [];
  const [old, next] = [objectOf(before), objectOf(after)];
  if (!old || !next) return [set([...path], after)];
  const gone = Object.keys(old).filter((key) => !Object.hasOwn(next, key));
  return [
    ...gone.map((key) => remove([...path, key])),
    ...Object.entries(next).flatMap(([key, value]) => changes([...path, key], old[key], value)),
  ];
}

/** Make a text another one by the one stretch that differs, so that others may edit elsewhere in it. */
export function textEdit(path: readonly string[], before: unknown, after: string): Instruction[] {
  if (typeof before !== 'string') return [set([...path], after)];
  const change = textChange(before, after);
  if (!change) return [];
  const p = [...path];
  const { at: i, remove: l, insert: v } = change;
  if (l === 0) return [{ o: op.STR_INS, p, i, v }];
  return v === '' ? [{ o: op.STR_REM, p, i, l }] : [{ o: op.STR_REP_AT, p, i, l, v }];
}

/** So many of them as fit into a batch, and again. */
export function batches(instructions: readonly Instruction[]): Instruction[][] {
  const made: Instruction[][] = [];
  for (let at = 0; at < instructions.length; at += BATCH)
    made.push(instructions.slice(at, at + BATCH));
  return made;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A key that nothing else has. */
export function newKey(prefix: string): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return prefix + Array.from(random, (each) => ALPHABET[each % ALPHABET.length]).join('');
}
