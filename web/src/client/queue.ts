import { isAsSent, overtaken, type Batch } from './batches.ts';
import { applyBatch, type Doc } from './document.ts';
import type { Instruction } from './instructions.ts';
import { InstructionError } from './refused.ts';

/**
 * What the server has told, and on top of it what it has not answered yet: the document as its
 * user sees it.
 */
export class Queue {
  /** All that was told, up to batch `seq`. */
  base: Doc | null = null;
  seq = -1;
  private waiting: Batch[] = [];
  /** The document after each of those; empty when it has to be made anew. */
  private views: Doc[] = [];
  private sent = 0;

  get batches(): readonly Batch[] {
    return this.waiting;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** The next batch that was not sent on this socket. */
  get unsent(): Batch | undefined {
    return this.waiting[this.sent];
  }

  /** The document with everything that is asked for. */
  get view(): Doc | null {
    if (!this.base) return null;
    if (this.views.length !== this.waiting.length) this.rebase();
    return this.views[this.views.length - 1] ?? this.base;
  }

  has(id: string): boolean {
    return this.waiting.some((each) => each.id === id);
  }

  /** Take over what an earlier page has left, in front of what was asked for since. */
  restore(batches: readonly Batch[]): void {
    this.waiting.unshift(...batches);
    this.views = [];
  }

  /** Ask for a batch; returns it, which may be an unsent one that it overtakes. */
  add(batch: Batch): Batch {
    const before = this.view;
    const last = this.waiting[this.waiting.length - 1];
    const instead =
      last && this.sent < this.waiting.length ? overtaken(last, batch.instructions) : null;
    if (instead && batch.kind === 'instructions') {
      this.waiting.pop();
      this.views.pop();
      return this.push(instead, this.view);
    }
    return this.push(batch, before);
  }

  private push(batch: Batch, before: Doc | null): Batch {
    // Before there is a document nobody can tell whether it will do.
    const after = before && applyBatch(before, batch.instructions).document;
    this.waiting.push(batch);
    if (after) this.views.push(after);
    return batch;
  }

  sentNext(): void {
    this.sent += 1;
  }

  /** On another socket, all is to be sent again. */
  unsend(): void {
    this.sent = 0;
  }

  /** The server has answered: drop it. */
  answered(id: string): Batch | undefined {
    const at = this.waiting.findIndex((each) => each.id === id);
    if (at < 0) return undefined;
    const [batch] = this.waiting.splice(at, 1);
    if (at < this.sent) this.sent -= 1;
    this.views = [];
    return batch;
  }

  clear(): readonly Batch[] {
    const all = this.waiting;
    this.waiting = [];
    this.views = [];
    this.sent = 0;
    return all;
  }

  /** Start from a whole document. */
  replace(base: Doc, seq: number): void {
    this.base = base;
    this.seq = seq;
    this.views = [];
  }

  /** The next batch, as it was applied; `id` if it is one's own. Throws if it does not apply. */
  advance(instructions: readonly Instruction[], id?: string): Batch | undefined {
    if (!this.base) throw new Error('there is no document yet');
    const [head] = this.waiting;
    const view = this.views[0];
    this.seq += 1;
    if (head && view && head.id === id && isAsSent(head.instructions, instructions)) {
      // Nobody was in between: it is as it was shown already.
      this.waiting.shift();
      this.views.shift();
      this.sent = Math.max(this.sent - 1, 0);
      this.base = view;
      return head;
    }
    this.base = applyBatch(this.base, instructions).document;
    this.views = [];
    return id === undefined ? undefined : this.answered(id);
  }

  private rebase(): void {
    let document = this.base as Doc;
    this.views = this.waiting.map((batch) => {
      try {
        document = applyBatch(document, batch.instructions).document;
      } catch (error) {
        // Whether it still applies is for the server to say.
        if (!(error instanceof InstructionError)) throw error;
      }
      return document;
    });
  }
}
