import type { Json, JsonObject } from './json.ts';

/** The numbers of the 19 instructions. */
export const op = {
  SET: 1,
  REM: 2,
  ARR_ADD: 3,
  ARR_INS: 4,
  STR_REP: 5,
  STR_REP_ALL: 6,
  ARR_POP: 7,
  ARR_SHIFT: 8,
  ARR_UNSHIFT: 9,
  STR_APP: 10,
  STR_REM: 11,
  STR_REP_AT: 12,
  BOOL_TOG: 13,
  ARR_REM_IDX: 14,
  DICT_MERGE: 15,
  STR_INS: 16,
  ARR_MOVE: 17,
  OBJ_MOVE: 18,
  OBJ_INSERT: 19,
} as const;

/** Keys from the top of the document down; of an array its indices, as texts or numbers. */
export type Path = readonly (string | number)[];

interface At<O extends number> {
  readonly o: O;
  readonly p: Path;
}

export type Instruction =
  | (At<1> & { readonly v: Json })
  | At<2>
  | (At<3> & { readonly v: Json })
  | (At<4> & { readonly i: number; readonly v: Json })
  | (At<5> & { readonly s: string; readonly r: string })
  | (At<6> & { readonly s: string; readonly r: string })
  | At<7>
  | At<8>
  | (At<9> & { readonly v: Json })
  | (At<10> & { readonly v: string })
  | (At<11> & { readonly i: number; readonly l: number })
  | (At<12> & { readonly i: number; readonly l: number; readonly v: string })
  | At<13>
  | (At<14> & { readonly i: number })
  | (At<15> & { readonly v: JsonObject })
  | (At<16> & { readonly i: number; readonly v: string; readonly t?: number })
  | (At<17> & { readonly f: number; readonly t: number })
  | (At<18> & { readonly d: Path })
  | (At<19> & { readonly d: Path; readonly i?: number });

/** An instruction whatever it is: what is in its fields is looked at when they are used. */
export interface Fields {
  readonly o: number;
  readonly [field: string]: unknown;
}

/** Set the value at a path; its last key may be new. */
export const set = (p: Path, v: Json): Instruction => ({ o: op.SET, p, v });
/** Remove a key, or an element of an array. */
export const remove = (p: Path): Instruction => ({ o: op.REM, p });
/** Set the keys of `v` in the object at a path, and leave its others. */
export const merge = (p: Path, v: JsonObject): Instruction => ({ o: op.DICT_MERGE, p, v });
/** Append an element to the array at a path. */
export const append = (p: Path, v: Json): Instruction => ({ o: op.ARR_ADD, p, v });
/** Insert text at a position, in UTF-16 units; with `t`, in place of the text from `i` to `t`. */
export const insertText = (p: Path, i: number, v: string, t?: number): Instruction =>
  t === undefined ? { o: op.STR_INS, p, i, v } : { o: op.STR_INS, p, i, v, t };
/** Move a value to another path. */
export const move = (p: Path, d: Path): Instruction => ({ o: op.OBJ_MOVE, p, d });
