import type { Draft } from './draft.ts';
import { op, type Instruction } from './instructions.ts';
import { isArray, type Json } from './json.ts';
import { position, type Keys } from './places.ts';
import { put, restoring, take } from './writing.ts';

/** OBJ_MOVE; returns what undoes it, of which nothing may be left out. */
export function moveValue(draft: Draft, path: Keys, to: Keys): Instruction[] {
  return moved(draft, path, (value) => put(draft, to, value));
}

/** OBJ_INSERT. */
export function insertValue(draft: Draft, path: Keys, to: Keys, i: unknown): Instruction[] {
  const fromIt = samePath(path.slice(0, -1), to);
  return moved(draft, path, (value) => {
    const array = draft.array(to);
    const end = array.length + (fromIt ? 1 : 0) + 1;
    const index =
      i === undefined ? array.length : Math.min(position(i, 'i', path, end), array.length);
    array.splice(index, 0, value);
    return { o: op.REM, p: [...to, String(index)] };
  });
}

function moved(draft: Draft, path: Keys, place: (value: Json) => Instruction): Instruction[] {
  const slot = draft.slot(path);
  const value = take(slot);
  const unplace = place(value);
  return (
    wayBack(draft, path, slot.list !== null, unplace) ?? [
      unplace,
      // It stays where it was put: what undoes this must not change with it.
      restoring(slot, path, structuredClone(value)),
    ]
  );
}

/**
 * What moves a value back to `path`, or null where that takes carrying it: it lies on its own way
 * back, or something was replaced while indexes mean other elements after the move back.
 */
function wayBack(
  draft: Draft,
  path: Keys,
  fromList: boolean,
  unplace: Instruction,
): Instruction[] | null {
  const where = unplace.p as Keys;
  const replaced = unplace.o === op.SET;
  const lists = fromList || isArray(draft.at(where.slice(0, -1)));
  if (samePath(path.slice(0, where.length), where) || (replaced && lists)) return null;
  const back: Instruction = fromList
    ? { o: op.OBJ_INSERT, p: where, d: path.slice(0, -1), i: Number(path[path.length - 1]) }
    : { o: op.OBJ_MOVE, p: where, d: path };
  return replaced ? [back, unplace] : [back];
}

export function samePath(one: Keys, other: Keys): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}
