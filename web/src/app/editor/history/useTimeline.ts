import { useCallback, useEffect, useState } from 'react';
import type { HistoryEntry } from '../../../client';
import { client } from '../../account';
import { said } from '../../useLoaded';

const PAGE = 100;

interface Timeline {
  entries: readonly HistoryEntry[];
  /** How many there are in all. */
  total: number;
  error: string | null;
  more: () => void;
}

/** The newest batches first, as far as they were asked for; kept up to date up to `newest`. */
export function useTimeline(workflowKey: string, newest: number): Timeline {
  const [entries, setEntries] = useState<readonly HistoryEntry[]>([]);
  const [total, setTotal] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const fetch = useCallback(
    async (before: number | undefined) => {
      try {
        const answer = await client.workflows.history(workflowKey, {
          limit: PAGE,
          ...(before && { before }),
        });
        setTotal(answer.total);
        setEntries((known) => united(known, answer.history));
        setError(null);
      } catch (problem) {
        setError(said(problem));
      }
    },
    [workflowKey],
  );
  useEffect(() => {
    // While others edit, a look a second is enough.
    const timer = setTimeout(() => void fetch(undefined), newest === 0 ? 0 : 300);
    return () => clearTimeout(timer);
  }, [fetch, newest]);
  const last = entries.at(-1)?.seq;
  return { entries, total, error, more: () => void fetch(last) };
}

function united(
  known: readonly HistoryEntry[],
  fetched: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  const all = new Map([...known, ...fetched].map((each) => [each.seq, each]));
  return [...all.values()].sort((one, other) => other.seq - one.seq);
}
