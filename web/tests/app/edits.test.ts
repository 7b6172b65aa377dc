import { describe, expect, it } from 'vitest';
import { applyBatch, type Doc, type JsonObject } from '../../src/client';
import { copied, cutting, readCutting, written } from '../../src/app/model/clipboard';
import { additions, batches, changes, moves, removals } from '../../src/app/model/edits';
import type { Json } from '../../src/app/model/json';
import { seeded } from './random';

const DOC: Doc = {
  name: 'Trial',
  category: null,
  description: null,
  data: { sheets: { '0': 'Main', '1': 'More' } },
  nodes: {
    a: { type: 'step', posX: 10, posY: 20, data: { x: 1 } },
    b: { type: 'step', posX: 110, posY: 20, sheet: '0' },
    c: { type: 'step', posX: 0, posY: 500 },
  },
  edges: {
    ab: { source: 'a', target: 'b', sourceHandle: 'out' },
    bc: { source: 'b', target: 'c' },
  },
};

function value(random: ReturnType<typeof seeded>, depth: number): Json {
  const kind = random.below(depth > 0 ? 6 : 4);
  if (kind === 4) return Array.from({ length: random.below(3) }, () => value(random, depth - 1));
  if (kind === 5) return object(random, depth);
  return [null, true, random.below(5), 'text'][kind] as Json;
}

function object(random: ReturnType<typeof seeded>, depth: number): JsonObject {
  const keys = Array.from({ length: random.below(4) }, () => random.pick(['x', 'y', 'z', 'u']));
  return Object.fromEntries(keys.map((key) => [key, value(random, depth - 1)]));
}

describe('changing a value', () => {
  it('makes of it the other one, by what differs', () => {
    const random = seeded(4);
    for (let turn = 0; turn < 1000; turn += 1) {
      const [before, after] = [object(random, 3), object(random, 3)];
      const made = changes(['data'], before, after);
      const document = made.length
        ? applyBatch({ ...DOC, data: before }, made).document
        : { data: before };
      expect(document.data).toEqual(after);
    }
  });

  it('asks for nothing where nothing differs', () => {
    expect(changes(['data'], { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  });

  it('leaves alone what somebody else may be changing beside it', () => {
    expect(changes(['data'], { a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 3 } })).toEqual([
      { o: 1, p: ['data', 'b', 'd'], v: 3 },
    ]);
  });
});

describe('nodes and edges', () => {
  it('are added as one change, however many', () => {
    const made = additions({ d: { posX: 1 }, e: {} }, { de: { source: 'd', target: 'e' } });
    expect(made).toHaveLength(2);
    expect(Object.keys(applyBatch(DOC, made).document.nodes)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are moved by one instruction each, to whole numbers', () => {
    const { nodes } = applyBatch(DOC, moves([['a', { x: 1.4, y: -2.6 }]])).document;
    expect(nodes['a']).toMatchObject({ posX: 1, posY: -3, data: { x: 1 } });
  });

  it('are taken away, and what hangs on a node goes with it', () => {
    const made = removals(new Set(['a']), new Set(['ab', 'bc']), DOC.edges);
    expect(made).toHaveLength(2);
    const { nodes, edges } = applyBatch(DOC, made).document;
    expect([Object.keys(nodes), Object.keys(edges)]).toEqual([['b', 'c'], []]);
  });

  it('go into messages of 256', () => {
    expect(
      batches(Array.from({ length: 600 }, () => ({ o: 2, p: ['nodes', 'a'] }) as const)).map(
        (each) => each.length,
      ),
    ).toEqual([256, 256, 88]);
  });
});

describe('the clipboard', () => {
  const piece = cutting(DOC, new Set(['a', 'b', 'gone']));

  it('holds nodes and the edges between them', () => {
    expect([Object.keys(piece.nodes), Object.keys(piece.edges)]).toEqual([['a', 'b'], ['ab']]);
    expect(readCutting(written(piece))).toEqual(piece);
  });

  it('gives what was copied new keys, another place and its sheet', () => {
    const sheets = [
      { id: '0', name: 'Main' },
      { id: '1', name: 'More' },
    ];
    const { nodes, edges } = copied(piece, { x: 500, y: 0 }, '1', sheets);
    const [edge] = Object.values(edges) as JsonObject[];
    expect(Object.keys(nodes)).not.toContain('a');
    expect(Object.values(nodes)).toMatchObject([
      { posX: 500, posY: 0, sheet: '1' },
      { posX: 600, posY: 0, sheet: '1' },
    ]);
    expect([edge?.['source'], edge?.['target']]).toEqual(Object.keys(nodes));
    expect(() => applyBatch(DOC, additions(nodes, edges))).not.toThrow();
  });

  it('takes no other text for nodes', () => {
    for (const text of [
      '',
      'nodius/1',
      '{"clipboard":"nodius/1"}',
      '{"nodes":{},"edges":{}}',
      '[1]',
    ]) {
      expect(readCutting(text)).toBeNull();
    }
  });
});
