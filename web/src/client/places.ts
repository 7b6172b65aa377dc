import type { Json } from './json.ts';
import type { Path } from './instructions.ts';
import { invalid, outOfRange, type InstructionError } from './refused.ts';

/** Keys that mean something else to an object of JavaScript. */
const FORBIDDEN = new Set(['', '__proto__', 'constructor', 'prototype']);
const INDEX = /^(0|[1-9][0-9]*)$/;
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

export type Keys = readonly string[];

export function shown(path: Keys): string {
  const text = path.join('/');
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

/** The path with its integers as texts. */
export function keysOf(path: Path, field: string): Keys {
  if (!Array.isArray(path) || !path.length) {
    throw invalid(`${field} must be a list of keys, at least one`);
  }
  return path.map((key: unknown) => {
    if (typeof key === 'number' && Number.isSafeInteger(key) && key >= 0) return String(key);
    if (typeof key !== 'string') {
      throw invalid(`every key in ${field} must be a string or an integer from 0 on`);
    }
    checkKey(key);
    return key;
  });
}

export function checkKey(key: string): void {
  if (FORBIDDEN.has(key)) throw invalid(`${JSON.stringify(key)} may not be a key`);
  if (!isClean(key)) throw invalid('a key has a NUL or half a surrogate pair in it');
}

export function checkText(text: unknown, what: string): asserts text is string {
  if (typeof text !== 'string') throw invalid(`${what} must be a text`);
  if (!isClean(text)) throw invalid(`${what} has a NUL or half a surrogate pair in it`);
}

function isClean(text: string): boolean {
  return !text.includes('\0') && !LONE.test(text);
}

/** Throws InstructionError unless this is JSON that a document may hold. */
export function checkValue(value: unknown): asserts value is Json {
  if (typeof value === 'string') checkText(value, 'a text');
  else if (typeof value === 'number') checkNumber(value);
  else if (Array.isArray(value)) value.forEach((each) => checkValue(each));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      checkKey(key);
      checkValue(each);
    }
  } else if (typeof value !== 'boolean' && value !== null) {
    throw invalid(`${typeof value} is no JSON value`);
  }
}

function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw invalid('NaN and Infinity are no JSON numbers');
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 53) {
    throw invalid('integers go from -2^53 to 2^53');
  }
}

/** Whether a key is the index of an array's element. */
export function isIndex(key: string): boolean {
  return INDEX.test(key);
}

export function beyondEnd(path: Keys, length: number): InstructionError {
  return outOfRange(`${shown(path)}: the length is ${length}; stay within it`);
}

/** A position from `first` to below `end`. Throws InstructionError. */
export function position(
  value: unknown,
  field: string,
  path: Keys,
  end: number,
  first = 0,
): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw invalid(`${field} must be an integer`);
  }
  if (value < first || value >= end) throw beyondEnd(path, end);
  return value;
}
