import { useCallback, useEffect, useMemo, useState } from 'react';
import { go, href, usePlace } from '../../router';
import { useLoaded } from '../../useLoaded';
import { differences, isEmpty, summary, together, type Differences } from '../../model/differences';
import type { Graph } from '../../model/sheets';
import { Icon } from '../../ui/Icon';
import { useGraph, useOpen, useSession } from '../context';
import { HistoryBar } from './HistoryBar';
import { PastCanvas } from './PastCanvas';
import { Scrubber } from './Scrubber';
import { States } from './states';
import { Timeline } from './Timeline';

export type Compare = 'before' | 'now';

/** All that has become of the workflow: who did what when, and how it looked then. */
export function HistoryView() {
  const { workflowKey } = useOpen();
  const newest = useSession((state) => state.seq);
  const { parts } = usePlace();
  const wanted =
    parts[3] === undefined ? newest : Math.max(0, Math.min(newest, Number(parts[3]) || 0));
  const seq = useSettled(wanted, 120);
  const [compare, setCompare] = useState<Compare>('before');
  const [states] = useState(() => new States(workflowKey));
  const past = useLoaded(
    useCallback(async () => {
      const at = await states.at(seq);
      return { seq, at, before: seq > 0 ? await states.at(seq - 1) : at };
    }, [states, seq]),
  );
  const now = useGraph();
  const shown = useMemo(
    () => past.data && seen(past.data, compare === 'before' ? past.data.before : now),
    [past.data, compare, now],
  );
  const show = (next: number) => go(href(['workflow', workflowKey, 'history', String(next)]), true);
  return (
    <div className="workbench">
      <HistoryBar seq={wanted} newest={newest} />
      <div className="bench">
        <main className="stage" aria-label="Canvas">
          <div className="stage-canvas">
            {shown && (
              <PastCanvas graph={shown.graph} changes={shown.changes} seq={past.data?.seq ?? 0} />
            )}
            {past.error && (
              <p className="notice danger floating" role="alert">
                <Icon name="alert" /> {past.error}
              </p>
            )}
            <p className="differences" role="status" aria-label="Differences">
              {shown ? told(past.data?.seq, shown.changes) : 'Loading …'}
            </p>
          </div>
          <Scrubber
            seq={wanted}
            newest={newest}
            compare={compare}
            onShow={show}
            onCompare={setCompare}
          />
        </main>
        <Timeline seq={wanted} newest={newest} onShow={show} />
      </div>
    </div>
  );
}

function told(seq: number | undefined, changes: Differences): string {
  return seq === 0 && isEmpty(changes) ? 'As it was created' : summary(changes);
}

function seen({ at }: { at: Graph }, other: Graph) {
  return { graph: together(other, at), changes: differences(other, at) };
}

/** The value once it has stayed the same for so long: who scrubs is not interested in all between. */
function useSettled(value: number, ms: number): number {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
