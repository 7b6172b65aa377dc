import { describe, expect, it } from 'vitest';
import { BASICS } from '../../src/app/model/basics';
import {
  byType,
  configFor,
  configOf,
  dataTypesOf,
  guessedFields,
} from '../../src/app/model/configs';
import { firstView } from '../../src/app/model/firstView';
import { FlowEdges, FlowNodes, type Scene } from '../../src/app/model/flow';
import { nodeView, titled } from '../../src/app/model/graph';
import type { Json } from '../../src/app/model/json';
import { completed, fits, portsOf } from '../../src/app/model/ports';
import { newSheetId, sheetOf, sheetsOf } from '../../src/app/model/sheets';

const NONE: ReadonlySet<string> = new Set();
const GRAPH = {
  name: 'Trial',
  data: {},
  nodes: { a: { type: 'step', posX: 0, posY: 0 }, b: { type: 'step', posX: 300, posY: 0 } },
  edges: { ab: { source: 'a', target: 'b' }, lost: { source: 'a', target: 'nowhere' } },
};
const SCENE: Scene = {
  graph: GRAPH,
  sheets: sheetsOf(GRAPH),
  sheet: '0',
  configs: byType(BASICS),
  selected: NONE,
  places: [],
  changes: null,
};

describe('what is drawn', () => {
  it('is the same object as long as nothing of it changes', () => {
    const nodes = new FlowNodes();
    const [a, b] = nodes.make(SCENE);
    const moved = { ...GRAPH, nodes: { ...GRAPH.nodes, b: { ...GRAPH.nodes.b, posX: 400 } } };
    const [again, other] = nodes.make({ ...SCENE, graph: moved });
    expect(again).toBe(a);
    expect(other).not.toBe(b);
    expect(other?.position.x).toBe(400);
  });

  it('is where it is being dragged to', () => {
    const [a] = new FlowNodes().make({ ...SCENE, places: [new Map([['a', { x: 7, y: 8 }]])] });
    expect(a?.position).toEqual({ x: 7, y: 8 });
  });

  it('leaves out edges of which an end is not there', () => {
    const edges = new FlowEdges().make(SCENE, new FlowNodes().make(SCENE));
    expect(edges.map((each) => [each.id, each.sourceHandle, each.targetHandle])).toEqual([
      ['ab', 'out', 'in'],
    ]);
  });

  it('survives whatever other programs have written', () => {
    const odds: Json[] = [
      null,
      7,
      'text',
      [],
      { posX: 'left', size: 3, handles: [1], name: {} },
      { handles: { L: { point: [null, 3] } } },
    ];
    for (const odd of odds) {
      const graph = { ...GRAPH, nodes: { ...GRAPH.nodes, odd } };
      expect(() => new FlowNodes().make({ ...SCENE, graph })).not.toThrow();
    }
  });
});

describe('ports', () => {
  it('are read from both sides, evenly or where they are fixed', () => {
    const ports = portsOf({
      L: {
        position: 'separate',
        point: [
          { id: 'a', type: 'in', accept: 'order' },
          { id: 'b', type: 'in' },
        ],
      },
      R: { position: 'fix', point: [{ id: 'c', type: 'out', offset: 25 }] },
    });
    expect(ports.map(({ id, kind, accept, at }) => [id, kind, accept, at])).toEqual([
      ['a', 'in', 'order', 1 / 3],
      ['b', 'in', 'any', 2 / 3],
      ['c', 'out', 'any', 0.25],
    ]);
  });

  it('are plain where none are described, and none where none are wanted', () => {
    expect(completed([], false).map((each) => each.id)).toEqual(['in', 'out']);
    expect(completed([], true).every((each) => each.stray)).toBe(true);
  });

  it('fit by their data types', () => {
    const types = dataTypesOf([
      { _key: '1', name: 'order', fits: ['document'] },
      { _key: '2', name: 'document' },
    ]);
    expect(fits('order', 'order', types)).toBe(true);
    expect(fits('order', '1', types)).toBe(true);
    expect(fits('order', 'document', types)).toBe(true);
    expect(fits('document', 'order', types)).toBe(false);
    expect(fits('any', 'order', types) && fits('order', 'any', types)).toBe(true);
    expect(fits('mail', 'order', types)).toBe(false);
  });
});

describe('configurations', () => {
  it('are found by type and version, the newest without one', () => {
    const all = byType(
      [1, 3, 2].map((version) => configOf({ _key: `${version}`, type: 't', name: 'T', version })),
    );
    expect(configFor({ type: 't' }, all)?.version).toBe(3);
    expect(configFor({ type: 't', typeVersion: 1 }, all)?.version).toBe(1);
    expect(configFor({ type: 'x' }, all)).toBeNull();
  });

  it('may have what they say of a node in it, as originally', () => {
    const config = configOf({
      type: 't',
      name: 'T',
      node: {
        handles: { R: { point: [{ id: '1', type: 'out' }] } },
        process: 'x',
        size: { width: 300, height: 200 },
        data: { en: '' },
      },
    });
    expect([config.ports.length, config.process, config.size, config.fields[0]?.name]).toEqual([
      1,
      'x',
      { width: 300, height: 200 },
      'en',
    ]);
  });

  it('complete nodes that say less', () => {
    const view = nodeView('n', { type: 'note' }, configFor({ type: 'note' }, byType(BASICS)));
    expect([view?.name, view?.kind, view?.size.height]).toEqual(['Note', 'Note', 110]);
  });

  it('are called as people write', () => {
    const names = ['everyMinutes', 'order_mail', 'sendHTTPCall', 'x'].map(titled);
    expect(names).toEqual(['Every minutes', 'Order mail', 'Send HTTPCall', 'X']);
  });

  it('give a form to data that nobody described', () => {
    const kinds = guessedFields({
      a: 'short',
      b: 'two\nlines',
      c: 1,
      d: true,
      e: [1],
      f: null,
    }).map((each) => each.kind);
    expect(kinds).toEqual(['text', 'longtext', 'number', 'boolean', 'json', 'json']);
  });
});

describe('sheets', () => {
  const sheets = [
    { id: '0', name: 'Main' },
    { id: '4', name: 'More' },
  ];

  it('are at least one', () => {
    expect(sheetsOf(GRAPH)).toHaveLength(1);
  });

  it('hold what names them, and the first one all else', () => {
    expect([
      sheetOf({ sheet: '4' }, sheets),
      sheetOf({ sheet: 4 }, sheets),
      sheetOf({ sheet: '9' }, sheets),
      sheetOf({}, sheets),
    ]).toEqual(['4', '4', '0', '0']);
    expect(newSheetId(sheets)).toBe('5');
  });
});

describe('what is seen at first', () => {
  const room = { width: 1000, height: 600 };
  const at = (x: number) => ({ position: { x, y: 0 }, width: 200, height: 100 });

  it('is all of a small drawing, in the middle', () => {
    expect(firstView([at(0)], room)).toEqual({ x: 400, y: 250, zoom: 1 });
  });

  it('is the beginning of a large one, near enough to read', () => {
    const { x, zoom } = firstView([at(-1000), at(9000)], room);
    expect(zoom).toBeGreaterThanOrEqual(0.5);
    expect(-1000 * zoom + x).toBeGreaterThan(0);
  });

  it('is the middle of an empty one', () => {
    expect(firstView([], room)).toEqual({ x: 500, y: 300, zoom: 1 });
  });
});
