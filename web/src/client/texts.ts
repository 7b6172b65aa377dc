import type { Draft } from './draft.ts';
import { op, type Fields, type Instruction } from './instructions.ts';
import type { Json } from './json.ts';
import { checkText, position, shown, type Keys } from './places.ts';
import { invalid, mismatch, outOfRange } from './refused.ts';
import { write } from './writing.ts';

/** Replace the text from `start` to `end`; returns what undoes it. */
function spliced(
  draft: Draft,
  path: Keys,
  text: string,
  start: number,
  end: number,
  inserted: string,
): Instruction[] {
  for (const at of [start, end]) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) throw outOfRange('this would split a character in two');
  }
  write(draft.slot(path), text.slice(0, start) + inserted + text.slice(end));
  const undo = { o: op.STR_INS, p: path, i: start, v: text.slice(start, end) };
  return [inserted ? { ...undo, t: start + inserted.length } : undo];
}

function textAt(draft: Draft, path: Keys): string {
  const text: Json = draft.at(path);
  if (typeof text !== 'string') throw mismatch(`${shown(path)} is not a text`);
  return text;
}

/** STR_REP and STR_REP_ALL. */
export function replace(draft: Draft, path: Keys, fields: Fields, all: boolean): Instruction[] {
  const { s, r } = fields;
  checkText(s, 's');
  checkText(r, 'r');
  const text = textAt(draft, path);
  if (!s) throw invalid('s must not be empty; say what to replace');
  const found = text.indexOf(s);
  if (found < 0) return [{ o: op.STR_INS, p: path, i: 0, v: '' }];
  if (!all) return spliced(draft, path, text, found, found + s.length, r);
  write(draft.slot(path), text.split(s).join(r));
  return [{ o: op.SET, p: path, v: text }];
}

/** STR_APP. */
export function appendText(draft: Draft, path: Keys, fields: Fields): Instruction[] {
  checkText(fields['v'], 'v');
  const text = textAt(draft, path);
  return spliced(draft, path, text, text.length, text.length, fields['v']);
}

/** STR_REM, and STR_REP_AT with the text that comes instead. */
export function replaceAt(
  draft: Draft,
  path: Keys,
  fields: Fields,
  inserted: unknown,
): Instruction[] {
  checkText(inserted, 'v');
  const text = textAt(draft, path);
  const start = position(fields['i'], 'i', path, text.length);
  const length = position(fields['l'], 'l', path, Number.MAX_SAFE_INTEGER);
  return spliced(draft, path, text, start, Math.min(start + length, text.length), inserted);
}

/** STR_INS. */
export function insertText(draft: Draft, path: Keys, fields: Fields): Instruction[] {
  checkText(fields['v'], 'v');
  const text = textAt(draft, path);
  const start = position(fields['i'], 'i', path, text.length + 1);
  const { t } = fields;
  const end = t === undefined ? start : position(t, 't', path, text.length + 1, start);
  return spliced(draft, path, text, start, end, fields['v']);
}
