import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apply } from '../../src/client/apply.ts';
import type { Instruction } from '../../src/client/instructions.ts';
import type { Json } from '../../src/client/json.ts';
import { InstructionError } from '../../src/client/refused.ts';

interface Case {
  readonly before: Json;
  readonly instruction: Instruction;
  readonly after?: Json;
  readonly rejected?: unknown;
}
interface Sequence {
  readonly before: Json;
  readonly steps: readonly { readonly instruction: Instruction }[];
  readonly after: Json;
}

const file = new URL('fixtures/instructions.json', import.meta.url);
const { cases, sequences } = JSON.parse(readFileSync(file, 'utf8')) as {
  cases: readonly Case[];
  sequences: readonly Sequence[];
};

/** The value, frozen all through: what changes it in place throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

function undo(after: Json, inverse: readonly Instruction[]): Json {
  return inverse.reduce((root, each) => apply(root, each).root, after);
}

describe('the cases of the original system', () => {
  test.each(cases.map((each, number) => ({ number, ...each })))(
    'case $number, instruction $instruction.o',
    ({ before, instruction, after, rejected }) => {
      frozen(before);
      if (rejected) {
        expect(() => apply(before, instruction)).toThrow(InstructionError);
        return;
      }
      const effect = apply(before, instruction);
      expect(effect.root).toEqual(after);
      expect(undo(frozen(effect.root), frozen(effect.inverse))).toEqual(before);
    },
  );

  test.each(sequences.map((each, number) => ({ number, ...each })))(
    'sequence $number, there and back',
    ({ before, steps, after }) => {
      let root = frozen(before);
      const inverses: (readonly Instruction[])[] = [];
      for (const { instruction } of steps) {
        let effect;
        try {
          effect = apply(root, instruction);
        } catch (error) {
          expect(error).toBeInstanceOf(InstructionError);
          continue;
        }
        root = frozen(effect.root);
        inverses.unshift(frozen(effect.inverse));
      }
      expect(root).toEqual(after);
      expect(inverses.reduce(undo, root)).toEqual(before);
    },
  );
});
