import { useMemo } from 'react';
import type { HistoryEntry } from '../../../client';
import { describe, type Described, type Known } from '../../model/describe';
import { objectOf, type Json } from '../../model/json';
import { atTime, exactly, onDay } from '../../time';
import { Button } from '../../ui/Button';
import { Avatar } from '../../ui/people';
import { useGraph, useOpen } from '../context';
import { useTimeline } from './useTimeline';

interface TimelineProps {
  seq: number;
  newest: number;
  onShow: (seq: number) => void;
}

/** Who did what, and when; the newest first. */
export function Timeline({ seq, newest, onShow }: TimelineProps) {
  const { workflowKey } = useOpen();
  const { entries, total, error, more } = useTimeline(workflowKey, newest);
  const graph = useGraph();
  const known = useMemo(() => everKnown(entries, graph), [entries, graph]);
  const oldest = entries.at(-1)?.seq ?? 0;
  return (
    <aside className="side" aria-label="Timeline">
      <div className="panel-head">
        <h2>Timeline</h2>
        <span className="muted small">{total === 1 ? '1 change' : `${total} changes`}</span>
      </div>
      {error && (
        <p className="notice danger" role="alert">
          {error}
        </p>
      )}
      <ol className="timeline">
        {days(entries).map(([day, list]) => (
          <li key={day}>
            <h3>{day}</h3>
            <ol>
              {list.map((entry) => (
                <Entry
                  key={entry.seq}
                  entry={entry}
                  known={known}
                  current={entry.seq === seq}
                  onShow={onShow}
                />
              ))}
            </ol>
          </li>
        ))}
        <li>
          {oldest > 1 && entries.length < total ? (
            <Button compact onClick={more}>
              Show older changes
            </Button>
          ) : (
            <button
              type="button"
              className="entry"
              aria-current={seq === 0 ? 'step' : undefined}
              onClick={() => onShow(0)}
            >
              <span className="entry-what">As it was created</span>
            </button>
          )}
        </li>
      </ol>
    </aside>
  );
}

interface EntryProps {
  entry: HistoryEntry;
  known: Known;
  current: boolean;
  onShow: (seq: number) => void;
}

function Entry({ entry, known, current, onShow }: EntryProps) {
  const who = entry.username ?? 'Somebody who is gone';
  return (
    <li>
      <button
        type="button"
        className="entry"
        aria-current={current ? 'step' : undefined}
        onClick={() => onShow(entry.seq)}
      >
        <Avatar name={who} />
        <span className="grow">
          <span className="entry-what">
            {describe(entry.instructions as unknown as readonly Described[], known)}
          </span>
          <span className="entry-who muted small">
            {who} · <time title={exactly(entry.timestamp)}>{atTime(entry.timestamp)}</time>
          </span>
        </span>
        <span className="muted small">{entry.seq}</span>
      </button>
    </li>
  );
}

function days(entries: readonly HistoryEntry[]): [day: string, entries: HistoryEntry[]][] {
  const found = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    const day = onDay(entry.timestamp);
    found.set(day, [...(found.get(day) ?? []), entry]);
  }
  return [...found];
}

/** The nodes and edges there were at any time, so that what is gone still has a name. */
function everKnown(entries: readonly HistoryEntry[], now: Known): Known {
  const nodes: Record<string, Json> = {};
  const edges: Record<string, Json> = {};
  for (const { instructions } of entries) {
    for (const { p, v } of instructions as unknown as readonly Described[]) {
      const into = p[0] === 'nodes' ? nodes : p[0] === 'edges' ? edges : null;
      if (!into) continue;
      if (p.length === 1) Object.assign(into, objectOf(v));
      else if (p.length === 2 && isWhole(v)) into[String(p[1])] = v as Json;
    }
  }
  return { nodes: { ...nodes, ...now.nodes }, edges: { ...edges, ...now.edges } };
}

/** Whether this is a node or an edge, and not only some of its fields. */
function isWhole(value: unknown): boolean {
  const fields = objectOf(value) ?? {};
  return 'type' in fields || 'source' in fields;
}
