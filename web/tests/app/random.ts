/** Numbers that look random and are the same every time: what they break can be looked at again. */
export function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return { below, pick: <T>(from: readonly T[]) => from[below(from.length)] as T };
}

const PIECES = ['a', 'b', ' ', '\n', 'ß', '👍', '👍🏽', '語', '\u{1F600}\u{1F601}'];

/** A text with all that makes texts hard. */
export function textOf(random: ReturnType<typeof seeded>): string {
  return Array.from({ length: random.below(12) }, () => random.pick(PIECES)).join('');
}
