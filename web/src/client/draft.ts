import { has, isArray, isObject, type Json } from './json.ts';
import { beyondEnd, isIndex, shown, type Keys } from './places.ts';
import { InstructionError, invalid, mismatch } from './refused.ts';

type Mutable = Json[] | { [key: string]: Json };

/** A container that is a draft's own, and the key or index of a place in it. */
export type Slot =
  | { readonly list: Json[]; readonly at: number }
  | { readonly list: null; readonly object: { [key: string]: Json }; readonly at: string };

/**
 * A document under change: what is changed is copied once, and shares the rest with the document
 * that it was made of, which stays as it is.
 */
export class Draft {
  private readonly own = new Set<object>();

  constructor(public root: Json) {}

  /** The value at a path. Throws InstructionError if there is none. */
  at(path: Keys): Json {
    return path.reduce((value, key) => step(value, key, path), this.root);
  }

  /** What is at a path whose last key may be new, or undefined. */
  existing(path: Keys): Json | undefined {
    const container = this.at(path.slice(0, -1));
    const key = last(path);
    if (isObject(container)) return has(container, key) ? container[key] : undefined;
    return (container as readonly Json[])[indexIn(container, key, path, 1)];
  }

  /** The place of a value that is there, or with `beyond` may be new, to write to. */
  slot(path: Keys, beyond = 0): Slot {
    const container = this.at(path.slice(0, -1));
    const key = last(path);
    if (isObject(container)) {
      if (!beyond && !has(container, key)) throw missing(path);
      const object = this.mine(path.slice(0, -1)) as { [key: string]: Json };
      return { list: null, object, at: key };
    }
    const at = indexIn(container, key, path, beyond);
    return { list: this.mine(path.slice(0, -1)) as Json[], at };
  }

  /** The array at a path, to write to. */
  array(path: Keys): Json[] {
    if (!isArray(this.at(path))) throw mismatch(`${shown(path)} is not an array`);
    return this.mine(path) as Json[];
  }

  /** The object at a path, to write to. */
  object(path: Keys): { [key: string]: Json } {
    return this.mine(path) as { [key: string]: Json };
  }

  private mine(path: Keys): Mutable {
    let container = this.copied(this.root);
    this.root = container as Json;
    for (const key of path) {
      const inner = this.copied(step(container as Json, key, path));
      if (Array.isArray(container)) container[Number(key)] = inner as Json;
      else container[key] = inner as Json;
      container = inner;
    }
    return container;
  }

  private copied(value: Json): Mutable {
    if (typeof value === 'object' && value !== null && this.own.has(value)) return value as Mutable;
    const copy: Mutable = isArray(value) ? [...value] : { ...(value as object) };
    this.own.add(copy);
    return copy;
  }
}

export function last(path: Keys): string {
  return path[path.length - 1] as string;
}

function step(value: Json, key: string, path: Keys): Json {
  if (!isObject(value)) {
    const index = indexIn(value, key, path, 0);
    return (value as readonly Json[])[index] as Json;
  }
  if (!has(value, key)) throw missing(path);
  return value[key] as Json;
}

function missing(path: Keys): InstructionError {
  return new InstructionError('path_not_found', `there is nothing at ${shown(path)}`);
}

function indexIn(container: Json, key: string, path: Keys, beyond: number): number {
  if (!isArray(container)) throw mismatch(`${shown(path)} leads through a value without keys`);
  if (!isIndex(key)) throw invalid(`${shown(path)} leads through an array; give an index`);
  const index = Number(key);
  if (index >= container.length + beyond) throw beyondEnd(path, container.length);
  return index;
}
