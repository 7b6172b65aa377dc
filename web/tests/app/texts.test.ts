import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { applyBatch } from '../../src/client';
import { merged } from '../../src/app/code/binding';
import { textEdit } from '../../src/app/model/edits';
import { textChange } from '../../src/app/model/text';
import { seeded, textOf } from './random';

const EMPTY = { name: '', category: null, description: null, data: {}, nodes: {}, edges: {} };

describe('one change of a text', () => {
  it('makes of the one text the other, and splits no character', () => {
    const random = seeded(1);
    for (let turn = 0; turn < 3000; turn += 1) {
      const [before, after] = [textOf(random), textOf(random)];
      const change = textChange(before, after);
      if (!change) {
        expect(before).toBe(after);
        continue;
      }
      const { at, remove, insert } = change;
      expect(before.slice(0, at) + insert + before.slice(at + remove)).toBe(after);
      for (const piece of [before.slice(0, at), before.slice(at, at + remove), insert]) {
        // Half a character cannot be encoded.
        expect(() => encodeURIComponent(piece)).not.toThrow();
      }
    }
  });

  it('is an instruction that does it', () => {
    const random = seeded(2);
    for (let turn = 0; turn < 1000; turn += 1) {
      const [before, after] = [textOf(random), textOf(random)];
      const edit = textEdit(['name'], before, after);
      const document = { ...EMPTY, name: before };
      const { name } = edit.length ? applyBatch(document, edit).document : document;
      expect(name).toBe(after);
    }
  });

  it('sets what was no text before', () => {
    expect(textEdit(['nodes', 'a', 'name'], undefined, 'A')).toEqual([
      { o: 1, p: ['nodes', 'a', 'name'], v: 'A' },
    ]);
  });
});

describe('typing while others type', () => {
  const after = (base: string, typed: string, next: string) => {
    const change = merged(base, typed, next);
    return change ? EditorState.create({ doc: typed }).update(change).state.doc.toString() : typed;
  };

  it('keeps both where they are apart', () => {
    expect(after('one two three', 'ONE two three', 'one two THREE')).toBe('ONE two THREE');
    expect(after('a\nb\n', 'a\nmine\nb\n', 'a\nb\ntheirs\n')).toBe('a\nmine\nb\ntheirs\n');
  });

  it('takes over what comes in where nothing was typed', () => {
    expect(after('old', 'old', 'new')).toBe('new');
  });

  it('does nothing about what is there already', () => {
    expect(merged('a', 'ab', 'ab')).toBeNull();
  });

  it('never fails, whatever both have done', () => {
    const random = seeded(3);
    for (let turn = 0; turn < 2000; turn += 1) {
      const [base, typed, next] = [textOf(random), textOf(random), textOf(random)];
      expect(typeof after(base, typed, next)).toBe('string');
      expect(after(base, base, next)).toBe(next);
      expect(after(base, typed, base)).toBe(typed);
    }
  });
});
