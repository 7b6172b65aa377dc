import { last, type Draft, type Slot } from './draft.ts';
import { op, type Instruction } from './instructions.ts';
import type { Json } from './json.ts';
import type { Keys } from './places.ts';

/** Put a value into a place; an array's place may be its length. */
export function write(slot: Slot, value: Json): void {
  if (slot.list) slot.list[slot.at] = value;
  else slot.object[slot.at] = value;
}

/** Take the value out of a place that has one. */
export function take(slot: Slot): Json {
  if (slot.list) return slot.list.splice(slot.at, 1)[0] as Json;
  const value = slot.object[slot.at] as Json;
  Reflect.deleteProperty(slot.object, slot.at);
  return value;
}

/** Set the value at a path whose last key may be new; returns what undoes it. */
export function put(draft: Draft, path: Keys, value: Json): Instruction {
  const old = draft.existing(path);
  write(draft.slot(path, 1), value);
  return old === undefined ? { o: op.REM, p: path } : { o: op.SET, p: path, v: old };
}

/** What puts a value back to the place it was taken from. */
export function restoring(slot: Slot, path: Keys, value: Json): Instruction {
  return slot.list
    ? { o: op.ARR_INS, p: path.slice(0, -1), i: Number(last(path)), v: value }
    : { o: op.SET, p: path, v: value };
}
