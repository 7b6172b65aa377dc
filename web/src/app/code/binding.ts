import { Annotation, ChangeSet, Transaction, type TransactionSpec } from '@codemirror/state';
import type { EditorView, ViewUpdate } from '@codemirror/view';
import { textChange } from '../model/text';

/** Milliseconds after the last letter until the text is given away. */
const PAUSE = 400;
const received = Annotation.define<boolean>();

interface Ends {
  /** The text as the document has it now. */
  read: () => string;
  /** Make the document's text another one. */
  write: (text: string) => void;
}

/**
 * Keeps an editor and a text of the document the same, while others change it too. The base is the
 * text that both had last; what was typed since stays, whatever comes in meanwhile.
 */
export class Binding {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private view: EditorView,
    private base: string,
    private ends: Ends,
  ) {}

  /** What the editor calls on each change. */
  changed(update: ViewUpdate): void {
    if (!update.docChanged || update.transactions.every((each) => each.annotation(received)))
      return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  /** Take over what the document has become. */
  receive(next: string): void {
    if (next === this.base) return;
    const change = merged(this.base, this.view.state.doc.toString(), next);
    this.base = next;
    if (change) this.view.dispatch(change);
  }

  /** Give away what was typed. */
  flush(): void {
    clearTimeout(this.timer);
    this.receive(this.ends.read());
    const text = this.view.state.doc.toString();
    if (text === this.base) return;
    // Before it is written: what comes back is no news then.
    this.base = text;
    this.ends.write(text);
  }
}

/** What makes of the text in the editor one with the changes of both. */
export function merged(base: string, typed: string, next: string): TransactionSpec | null {
  if (typed === next) return null;
  return {
    changes: changeOf(base, next).map(changeOf(base, typed)),
    annotations: [received.of(true), Transaction.addToHistory.of(false)],
  };
}

function changeOf(before: string, after: string): ChangeSet {
  const change = textChange(before, after);
  if (!change) return ChangeSet.empty(before.length);
  const { at, remove, insert } = change;
  return ChangeSet.of({ from: at, to: at + remove, insert }, before.length);
}
