import { arrayOf, numberOf, objectOf, textOf, type Json } from './json';

/** Left, right, top, down, and the middle, as documents call them. */
export type Side = 'L' | 'R' | 'T' | 'D' | '0';

/** Where an edge may begin or end. */
export interface Port {
  id: string;
  kind: 'in' | 'out';
  /** The name of the data type; `any` fits everything. */
  accept: string;
  label: string | null;
  side: Side;
  /** How far along its side, from 0 to 1. */
  at: number;
  /** Only there so that an edge can be drawn which should not exist. */
  stray?: true;
}

export const ANY = 'any';
const SIDES: readonly Side[] = ['L', 'R', 'T', 'D', '0'];

/** The ports that `handles` of a node or of its configuration describe. */
export function portsOf(handles: unknown): Port[] {
  const sides = objectOf(handles);
  if (!sides) return [];
  return SIDES.flatMap((side) => portsAt(side, sides[side]));
}

function portsAt(side: Side, described: Json | undefined): Port[] {
  const group = objectOf(described);
  const points = arrayOf(group?.['point'])
    .map(objectOf)
    .filter((each) => each !== null);
  const fixed = group?.['position'] === 'fix';
  return points.map((point, at) => ({
    id: textOf(point['id']) ?? String(at),
    kind: point['type'] === 'in' ? 'in' : 'out',
    accept: textOf(point['accept']) ?? ANY,
    label: textOf(point['display']),
    side,
    at: fixed ? clamp(numberOf(point['offset'], 50) / 100) : (at + 1) / (points.length + 1),
  }));
}

function clamp(value: number): number {
  return Math.min(0.95, Math.max(0.05, value));
}

/** What of a data type matters for what fits where. */
export interface DataType {
  key: string;
  name: string;
  /** Names of data types in the place of which this one may stand. */
  fits: readonly string[];
}

/** Data types by key and by name. */
export type DataTypes = ReadonlyMap<string, DataType>;

/** Whether what comes out as `from` may go in where `to` is accepted. */
export function fits(from: string, to: string, types: DataTypes): boolean {
  if (from === ANY || to === ANY || from === to) return true;
  const [source, target] = [types.get(from), types.get(to)];
  if (source && target && source.key === target.key) return true;
  return (
    source !== undefined &&
    source.fits.some((each) => each === to || each === target?.name || each === target?.key)
  );
}

/** The name of a data type, as people know it. */
export function typeName(accept: string, types: DataTypes): string {
  return types.get(accept)?.name ?? accept;
}

/** Ports of which nobody has said anything: nodes without any have these. */
const PLAIN: readonly Port[] = [
  { id: 'in', kind: 'in', accept: ANY, label: null, side: 'L', at: 0.5 },
  { id: 'out', kind: 'out', accept: ANY, label: null, side: 'R', at: 0.5 },
];

/** The ports to draw: plain ones where none are described at all, and stray ones for a kind that is missing. */
export function completed(ports: readonly Port[], described: boolean): readonly Port[] {
  if (!described) return PLAIN;
  const missing = PLAIN.filter(({ kind }) => !ports.some((each) => each.kind === kind));
  return [...ports, ...missing.map((each) => ({ ...each, stray: true as const }))];
}
