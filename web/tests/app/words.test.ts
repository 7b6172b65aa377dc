import { describe as group, expect, it } from 'vitest';
import { Deeds } from '../../src/app/editor/deeds';
import { describe, type Described } from '../../src/app/model/describe';
import { differences, summary, together } from '../../src/app/model/differences';
import { draggedByOthers, peerOf, selections, shownKeys } from '../../src/app/model/peers';
import { imported, fileName } from '../../src/app/pages/files';
import { fitting } from '../../src/app/pages/listing';
import { href, parse } from '../../src/app/router';
import { ago } from '../../src/app/time';

const KNOWN = {
  nodes: { a: { name: 'Check' }, b: { name: 'Send' }, c: {} },
  edges: { ab: { source: 'a', target: 'b' } },
};
const SET = 1;
const REM = 2;
const MERGE = 15;

group('what a batch did', () => {
  const cases: [words: string, instructions: Described[]][] = [
    ['Move “Check”', [{ o: MERGE, p: ['nodes', 'a'], v: { posX: 1, posY: 2 } }]],
    [
      'Move 2 nodes',
      [
        { o: SET, p: ['nodes', 'a', 'posX'], v: 1 },
        { o: SET, p: ['nodes', 'a', 'posY'], v: 1 },
        { o: SET, p: ['nodes', 'b', 'posX'], v: 1 },
      ],
    ],
    ['Rename “New”', [{ o: SET, p: ['nodes', 'a', 'name'], v: 'New' }]],
    ['Rename “Check”', [{ o: 16, p: ['nodes', 'a', 'name'], v: '!' }]],
    ['Add node “Fresh”', [{ o: MERGE, p: ['nodes'], v: { n: { name: 'Fresh' } } }]],
    [
      'Add 2 nodes, connect “Check” to “Send”',
      [
        { o: MERGE, p: ['nodes'], v: { n: {}, m: {} } },
        { o: MERGE, p: ['edges'], v: { e: { source: 'a', target: 'b' } } },
      ],
    ],
    [
      'Delete node “Check”',
      [
        { o: REM, p: ['nodes', 'a'] },
        { o: REM, p: ['edges', 'ab'] },
      ],
    ],
    ['Disconnect “Check” to “Send”', [{ o: REM, p: ['edges', 'ab'] }]],
    ['Edit code of “Send”', [{ o: 12, p: ['nodes', 'b', 'process'], v: 'x' }]],
    [
      'Edit data of 2 nodes',
      [
        { o: SET, p: ['nodes', 'a', 'data', 'x'], v: 1 },
        { o: SET, p: ['nodes', 'b', 'data', 'x'], v: 1 },
      ],
    ],
    ['Rename workflow', [{ o: SET, p: ['name'], v: 'x' }]],
    ['Change sheets', [{ o: SET, p: ['data', 'sheets', '1'], v: 'x' }]],
  ];
  for (const [words, instructions] of cases) {
    it(words, () => expect(describe(instructions, KNOWN)).toBe(words));
  }
});

group('what differs between two states', () => {
  const before = {
    name: 'x',
    data: {},
    nodes: { a: { posX: 0 }, b: { posX: 0, name: 'b' }, c: {} },
    edges: { e: {} },
  };
  const after = { ...before, nodes: { a: { posX: 5 }, b: { posX: 0, name: 'B' }, d: {} } };

  it('is told apart', () => {
    const found = differences(before, after);
    expect(Object.fromEntries(found.nodes)).toEqual({
      a: 'moved',
      b: 'changed',
      c: 'removed',
      d: 'added',
    });
    expect(found.edges.size).toBe(0);
    expect(summary(found)).toBe('1 node moved, 1 node changed, 1 node added, 1 node removed');
    expect(Object.keys(together(before, after).nodes).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is nothing between equal ones', () => {
    expect(summary(differences(before, structuredClone(before)))).toBe('No differences');
  });
});

group('the others', () => {
  const shown = (state: unknown) => peerOf({ clientId: 'c', username: 'ada', state });
  const nodes = { a: { posX: 0, posY: 0 }, b: { posX: 100, posY: 50 } };

  it('may show anything at all', () => {
    for (const state of [null, 7, [], { cursor: 'x', nodes: 3, drag: [] }, { nodes: [1, {}] }]) {
      expect(shown(state)).toMatchObject({ name: 'ada', nodes: [], drag: null });
    }
  });

  it('move what they have selected with what they drag, until the document knows it', () => {
    const peer = shown({ nodes: ['a', 'b', 'gone'], drag: { anchor: 'a', x: 10, y: 20 } });
    expect(Object.fromEntries(draggedByOthers([peer], nodes))).toEqual({
      a: { x: 10, y: 20 },
      b: { x: 110, y: 70 },
    });
    expect(draggedByOthers([peer], { ...nodes, a: { posX: 10, posY: 20 } }).size).toBe(0);
  });

  it('have the same list of a node as before if it is the same', () => {
    const peer = shown({ nodes: ['a'] });
    const before = selections([peer], new Map());
    expect(selections([{ ...peer, cursor: { x: 1, y: 1 } }], before).get('a')).toBe(
      before.get('a'),
    );
  });

  it('are shown as many keys as fit', () => {
    const keys = Array.from({ length: 1000 }, (_, number) => `node-${number}`);
    expect(JSON.stringify(shownKeys(keys)).length).toBeLessThan(3500);
  });
});

group('own deeds', () => {
  it('go back and forth, and are forgotten when refused', () => {
    const deeds = new Deeds();
    const words = () => [
      deeds.store.get().done.at(-1)?.words,
      deeds.store.get().undone.at(-1)?.words,
    ];
    deeds.did('1', 'one');
    deeds.did('2', 'two');
    deeds.undid();
    expect(words()).toEqual(['one', 'two']);
    deeds.redid();
    deeds.refused('2');
    expect(words()).toEqual(['one', undefined]);
    deeds.undid();
    deeds.undid();
    deeds.did('3', 'three');
    expect(words()).toEqual(['three', undefined]);
  });
});

group('files and addresses', () => {
  it('take a workflow as it was exported, and as the server gives it', () => {
    expect(imported('{"nodes": {}}', 'My flow.json').name).toBe('My flow');
    expect(imported('{"workflow": {"name": "x", "nodes": [], "seq": 4}}', 'y.json')).toEqual({
      name: 'x',
      category: null,
      description: null,
      data: {},
      nodes: [],
      edges: {},
    });
    expect(() => imported('[', 'y.json')).toThrow('y.json is not JSON');
    expect(() => imported('[]', 'y.json')).toThrow('no workflow');
  });

  it('have names that every system takes', () => {
    expect(fileName(' Änderung: A/B ')).toBe('Änderung-A-B.json');
    expect(fileName('…')).toBe('workflow.json');
  });

  it('lead there and back', () => {
    const place = parse(href(['workflow', 'a/b ü'], { q: 'x y', page: '' }));
    expect(place.parts).toEqual(['workflow', 'a/b ü']);
    expect([...place.query]).toEqual([['q', 'x y']]);
    expect(parse('#/%E0%A4%A').parts).toEqual(['%E0%A4%A']);
  });

  it('are found by all words of a search', () => {
    const flow = { name: 'Order handling', category: 'Sales', description: null };
    expect([fitting(flow, 'sales ORDER'), fitting(flow, 'order mail')]).toEqual([true, false]);
  });

  it('tell how long ago something was', () => {
    expect([ago(0, 30_000), ago(0, 120_000), ago(0, 86_400_000)]).toEqual([
      'just now',
      '2 minutes ago',
      'yesterday',
    ]);
  });
});
