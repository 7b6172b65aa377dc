import { useCallback, useEffect, useRef, useState } from 'react';
import { useOpen } from '../context';

/** Milliseconds after the last letter until the others see it. */
const PAUSE = 400;

interface Draft {
  value: string;
  onChange: (next: string) => void;
  onFocus: () => void;
  onBlur: () => void;
  /** Have the others see it now. */
  flush: () => void;
}

/** Saves a text; whether the field may show what is saved from then on. */
export type Commit = (text: string) => boolean;

/**
 * A text that is being written: what one types is shown at once, and told to the others in the
 * pauses. Meanwhile they see by whom the field is edited.
 */
export function useDraft(saved: string, commit: Commit, field: string): Draft {
  const { peers } = useOpen();
  const [text, setText] = useState<string | null>(null);
  const waiting = useRef<{
    timer: ReturnType<typeof setTimeout>;
    text: string;
    commit: Commit;
  } | null>(null);
  const flush = useCallback(() => {
    const last = waiting.current;
    if (!last) return;
    clearTimeout(last.timer);
    waiting.current = null;
    if (last.commit(last.text)) setText(null);
  }, []);
  // What was typed belongs to the field it was typed in, whatever is shown afterwards.
  useEffect(
    () => () => {
      flush();
      setText(null);
    },
    [field, flush],
  );
  return {
    value: text ?? saved,
    onChange: (next) => {
      if (waiting.current) clearTimeout(waiting.current.timer);
      setText(next);
      waiting.current = { timer: setTimeout(flush, PAUSE), text: next, commit };
    },
    onFocus: () => peers.focus(field),
    onBlur: () => {
      flush();
      setText(null);
      peers.focus(null);
    },
    flush,
  };
}
