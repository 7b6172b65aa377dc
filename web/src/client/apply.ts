import { Draft } from './draft.ts';
import { op, type Fields, type Instruction } from './instructions.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { insertValue, moveValue, samePath } from './moves.ts';
import { beyondEnd, checkValue, keysOf, position, shown, type Keys } from './places.ts';
import { invalid, mismatch } from './refused.ts';
import { appendText, insertText, replace, replaceAt } from './texts.ts';
import { put, restoring, take, write } from './writing.ts';

/** What one instruction did: the document after it, and what undoes it, one after the other. */
export interface Effect {
  readonly root: Json;
  readonly inverse: readonly Instruction[];
}

/** Apply one instruction. Throws InstructionError; what was given stays as it is in any case. */
export function apply(root: Json, instruction: Instruction): Effect {
  const draft = new Draft(root);
  const inverse = applyTo(draft, instruction);
  return { root: draft.root, inverse };
}

/** Apply one instruction to a draft; one that throws may have left it half done. */
export function applyTo(draft: Draft, instruction: Instruction): Instruction[] {
  const fields = instruction as unknown as Fields;
  const path = keysOf(instruction.p, 'p');
  switch (instruction.o) {
    case op.SET:
      checkValue(fields.v);
      return [put(draft, path, fields.v)];
    case op.REM:
      return taken(draft, path);
    case op.DICT_MERGE:
      return merged(draft, path, fields.v);
    case op.BOOL_TOG:
      return toggled(draft, path);
    case op.STR_REP:
    case op.STR_REP_ALL:
      return replace(draft, path, fields, instruction.o === op.STR_REP_ALL);
    case op.STR_APP:
      return appendText(draft, path, fields);
    case op.STR_REM:
      return replaceAt(draft, path, fields, '');
    case op.STR_REP_AT:
      return replaceAt(draft, path, fields, fields.v);
    case op.STR_INS:
      return insertText(draft, path, fields);
    case op.OBJ_MOVE:
    case op.OBJ_INSERT:
      return moved(draft, path, fields);
    default:
      return inArray(draft, path, fields);
  }
}

function inArray(draft: Draft, path: Keys, fields: Fields): Instruction[] {
  const { o } = fields;
  if (o === op.ARR_ADD || o === op.ARR_INS || o === op.ARR_UNSHIFT) {
    checkValue(fields['v']);
    const array = draft.array(path);
    const at =
      o === op.ARR_ADD
        ? array.length
        : o === op.ARR_UNSHIFT
          ? 0
          : position(fields['i'], 'i', path, array.length + 1);
    array.splice(at, 0, fields['v']);
    return [{ o: op.REM, p: [...path, String(at)] }];
  }
  if (o === op.ARR_MOVE) return elementMoved(draft, path, fields);
  if (o !== op.ARR_POP && o !== op.ARR_SHIFT && o !== op.ARR_REM_IDX) {
    throw invalid('o must be the number of an instruction, 1 to 19');
  }
  const { length } = draft.array(path);
  if (!length && o !== op.ARR_REM_IDX) throw beyondEnd(path, 0);
  const at =
    o === op.ARR_POP
      ? length - 1
      : o === op.ARR_SHIFT
        ? 0
        : position(fields['i'], 'i', path, length);
  return taken(draft, [...path, String(at)]);
}

function taken(draft: Draft, path: Keys): Instruction[] {
  const slot = draft.slot(path);
  return [restoring(slot, path, take(slot))];
}

function elementMoved(draft: Draft, path: Keys, fields: Fields): Instruction[] {
  const array = draft.array(path);
  const from = position(fields['f'], 'f', path, array.length);
  const to = Math.min(position(fields['t'], 't', path, array.length + 1), array.length - 1);
  array.splice(to, 0, ...array.splice(from, 1));
  return [{ o: op.ARR_MOVE, p: path, f: to, t: from }];
}

function merged(draft: Draft, path: Keys, value: unknown): Instruction[] {
  checkValue(value);
  if (!isObject(value)) throw invalid('v must be an object');
  if (!isObject(draft.existing(path))) return [put(draft, path, { ...value })];
  if (!Object.keys(value).length) return [{ o: op.DICT_MERGE, p: path, v: {} }];
  const target = draft.object(path);
  const inverse = Object.keys(value).map((key) => unmerged(target, [...path, key], key));
  Object.assign(target, value);
  return inverse;
}

function unmerged(target: JsonObject, path: Keys, key: string): Instruction {
  return Object.hasOwn(target, key)
    ? { o: op.SET, p: path, v: target[key] as Json }
    : { o: op.REM, p: path };
}

function toggled(draft: Draft, path: Keys): Instruction[] {
  const value = draft.at(path);
  if (typeof value !== 'boolean') throw mismatch(`${shown(path)} is not true or false`);
  write(draft.slot(path), !value);
  return [{ o: op.BOOL_TOG, p: path }];
}

function moved(draft: Draft, path: Keys, fields: Fields): Instruction[] {
  const to = keysOf(fields['d'] as Instruction['p'], 'd');
  if (samePath(to.slice(0, path.length), path)) {
    throw invalid('a value cannot be moved into itself; change d');
  }
  return fields.o === op.OBJ_MOVE
    ? moveValue(draft, path, to)
    : insertValue(draft, path, to, fields['i']);
}
