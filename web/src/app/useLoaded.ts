import { useEffect, useState } from 'react';

export interface Loaded<T> {
  data: T | null;
  error: string | null;
  /** Whether an answer is awaited; the last one stays meanwhile. */
  loading: boolean;
  reload: () => void;
}

interface Answer<T> {
  to: () => Promise<T>;
  turn: number;
  data: T | null;
  error: string | null;
}

/** What `load` answers, asked anew whenever `load` is another function; the newest answer counts. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    load().then(
      (data) => {
        if (wanted) setAnswer({ to: load, turn, data, error: null });
      },
      (error: unknown) => {
        if (wanted) {
          setAnswer((before) => ({
            to: load,
            turn,
            data: before?.data ?? null,
            error: said(error),
          }));
        }
      },
    );
    return () => {
      wanted = false;
    };
  }, [load, turn]);
  return {
    data: answer?.data ?? null,
    error: answer?.error ?? null,
    loading: answer?.to !== load || answer.turn !== turn,
    reload: () => setTurn((before) => before + 1),
  };
}

/** What to tell of something that was thrown. */
export function said(error: unknown): string {
  if (error instanceof TypeError) {
    return 'The server cannot be reached. Check the network, then try again.';
  }
  return error instanceof Error ? error.message : String(error);
}
