import { op, type Instruction } from './instructions.ts';

/** Something sent, or to be sent, that has no answer yet. */
export interface Batch {
  readonly id: string;
  readonly kind: 'instructions' | 'undo' | 'redo';
  /** None of an undo or a redo. */
  readonly instructions: readonly Instruction[];
}

/** Instructions in one message, at most. */
export const MOST = 256;

/**
 * The earlier batch as it would be if the later one had been asked for instead, where the later one
 * sets all that the earlier did and nothing else; or null. A drag asks for many of these.
 */
export function overtaken(earlier: Batch, later: readonly Instruction[]): Batch | null {
  if (earlier.kind !== 'instructions' || earlier.instructions.length !== later.length) return null;
  const covers = earlier.instructions.every((one, at) => overwrites(one, later[at] as Instruction));
  return covers ? { ...earlier, instructions: later } : null;
}

function overwrites(one: Instruction, other: Instruction): boolean {
  if (one.o !== other.o || !samePath(one.p, other.p)) return false;
  if (one.o === op.SET) return true;
  if (one.o !== op.DICT_MERGE || other.o !== op.DICT_MERGE) return false;
  const keys = Object.keys(one.v);
  return (
    keys.length === Object.keys(other.v).length && keys.every((key) => Object.hasOwn(other.v, key))
  );
}

function samePath(one: Instruction['p'], other: Instruction['p']): boolean {
  return one.length === other.length && one.every((key, at) => String(key) === String(other[at]));
}

/** Whether what was applied is what was sent. */
export function isAsSent(sent: readonly Instruction[], applied: readonly Instruction[]): boolean {
  return JSON.stringify(sent) === JSON.stringify(applied);
}
