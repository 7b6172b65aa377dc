import { useReactFlow } from '@xyflow/react';
import { useMemo, useState, type DragEvent, type Ref } from 'react';
import { href } from '../router';
import { IconButton } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { hued, hueOf } from '../ui/people';
import { useGraph, useOpen } from './context';
import { DRAGGED } from './drops';
import { iconOf } from './iconOf';
import { glide } from './motion';
import type { Point } from '../model/edits';
import type { Size } from '../model/graph';
import { stockOf, type Stock } from './stock';

/** Pixels between a new node and those that are there. */
const GAP = 40;

/** What can be put on the canvas: drag it there, or press it. */
export function Palette({ search }: { search: Ref<HTMLInputElement> }) {
  const { library, view } = useOpen();
  const graph = useGraph();
  const [words, setWords] = useState('');
  const groups = useMemo(
    () => grouped(stockOf(library.configs, graph), words),
    [library, graph, words],
  );
  return (
    <aside className="palette" aria-label="Palette">
      <div className="panel-head">
        <h2>Add nodes</h2>
        <IconButton
          compact
          icon="close"
          label="Hide palette"
          onClick={() => view.set((before) => ({ ...before, palette: false }))}
        />
      </div>
      <div className="search pad-x">
        <Icon name="search" size={16} />
        <input
          ref={search}
          type="search"
          className="input"
          aria-label="Search nodes to add"
          placeholder="Search"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </div>
      <div className="palette-list">
        {groups.map(([group, stock]) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <ul>
              {stock.map((each) => (
                <Entry key={each.id} stock={each} />
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && <p className="muted small pad">Nothing is called like that.</p>}
        {library.configs.length === 0 && (
          <p className="muted small pad">
            Kinds of nodes of your own are made under{' '}
            <a href={href(['library', 'node-configurations'])}>Node configurations</a>.
          </p>
        )}
      </div>
    </aside>
  );
}

function Entry({ stock }: { stock: Stock }) {
  const { actions } = useOpen();
  const flow = useReactFlow();
  const drag = (event: DragEvent) => {
    event.dataTransfer.setData(DRAGGED, stock.id);
    event.dataTransfer.effectAllowed = 'copy';
  };
  const add = () => {
    const { width, height } = stock.size;
    const shown = document.querySelector('.drawing')?.getBoundingClientRect() ?? new DOMRect();
    const middle = flow.screenToFlowPosition(middleOf(shown));
    const at = { x: middle.x - width / 2, y: middle.y - height / 2 };
    const free = freePlace({ ...at, width, height }, flow.getNodes().map(boxOf));
    actions.addNode(stock.node, free);
    const end = { x: free.x + width, y: free.y + height };
    if (isWithin(flow.flowToScreenPosition(free), flow.flowToScreenPosition(end), shown)) return;
    const { x, y } = middleOf({ ...free, width, height });
    void flow.setCenter(x, y, { zoom: flow.getZoom(), ...glide() });
  };
  return (
    <li>
      <button
        type="button"
        className="palette-entry hued"
        style={hued(hueOf(stock.type))}
        draggable
        aria-label={`Add ${stock.name}`}
        title={stock.description ?? `Add ${stock.name}: press, or drag it onto the canvas`}
        onDragStart={drag}
        onClick={add}
      >
        <span className="step-sign">
          <Icon name={iconOf({ type: stock.type, kind: stock.name })} size={16} />
        </span>
        <span className="truncate">{stock.name}</span>
      </button>
    </li>
  );
}

function middleOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

function isWithin(start: Point, end: Point, { left, right, top, bottom }: DOMRect): boolean {
  return start.x >= left && end.x <= right && start.y >= top && end.y <= bottom;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function boxOf({ position, measured }: { position: Point; measured?: Partial<Size> }): Box {
  return { ...position, width: measured?.width ?? 0, height: measured?.height ?? 0 };
}

/** The place, or the nearest beside or below it where nothing is covered. */
function freePlace(wanted: Box, taken: readonly Box[]): Point {
  const near = (value: number) => Math.round(value / 10) * 10;
  for (let row = 0; row < 20; row += 1) {
    for (const column of [0, 1, -1]) {
      const place = {
        x: near(wanted.x + column * (wanted.width + GAP)),
        y: near(wanted.y + row * (wanted.height + GAP)),
      };
      if (!taken.some((each) => isOver(each, { ...wanted, ...place }))) return place;
    }
  }
  return { x: near(wanted.x), y: near(wanted.y) };
}

function isOver(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function grouped(stock: readonly Stock[], words: string): [group: string, stock: Stock[]][] {
  const wanted = words.trim().toLocaleLowerCase();
  const groups = new Map<string, Stock[]>();
  for (const each of stock) {
    if (!`${each.name} ${each.type} ${each.group}`.toLocaleLowerCase().includes(wanted)) continue;
    groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  }
  return [...groups];
}
