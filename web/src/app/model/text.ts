/** One change of a text: at `at`, `remove` units go and `insert` comes. */
export interface TextChange {
  at: number;
  remove: number;
  insert: string;
}

/** The one change that makes `before` into `after`; none if they are equal. */
export function textChange(before: string, after: string): TextChange | null {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  // No position may lie within a pair of units that make one character.
  if (splits(before, start) || splits(after, start)) start -= 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  if (splits(before, before.length - end) || splits(after, after.length - end)) end -= 1;
  return {
    at: start,
    remove: before.length - end - start,
    insert: after.slice(start, after.length - end),
  };
}

function splits(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}
