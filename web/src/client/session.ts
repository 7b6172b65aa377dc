import { MOST, type Batch } from './batches.ts';
import type { Doc } from './document.ts';
import { Emitter } from './events.ts';
import type * as wire from './generated/messages.ts';
import type { Instruction } from './instructions.ts';
import type { Json } from './json.ts';
import { Pace } from './pace.ts';
import { Queue } from './queue.ts';
import { START, type Participant, type Role, type SessionState, type Told } from './state.ts';
import { browser, Connection, type Incoming, type Outgoing, type World } from './socket.ts';
import { newId, openMemory, type BatchStore, type OpenStore } from './storage.ts';
import { SignedOut } from './tokens.ts';

export interface SessionOptions {
  readonly url: () => string;
  /**
   * A token that counts; with `fresh`, one that is newer than the last.
   *
   * Rejects with SignedOut where there is no more to come; after anything else it is asked again.
   */
  readonly token: (fresh?: boolean) => Promise<string>;
  readonly userId: string;
  readonly store?: OpenStore;
  readonly world?: World;
}

/** Errors after which a batch is sent again rather than dropped. */
const KEPT = new Set(['not_connected', 'unauthorized', 'token_expired', 'rate_limited']);
/** Milliseconds: a pause after `rate_limited`, and between two presences. */
const CALM = 1000;
const GLANCE = 50;
/** Batches that may wait; whoever asks for more is refused. */
export const MOST_WAITING = 10_000;

/** One workflow, live: what it shows is the server's state with what was asked for on top. */
export class WorkflowSession extends Emitter<Told> {
  clientId = '';
  private readonly queue = new Queue();
  private readonly connection: Connection;
  private readonly world: World;
  private readonly watchers = new Set<() => void>();
  private kept: BatchStore | null = null;
  private pace: Pace;
  private epoch = '';
  private isFresh = false;
  private snapshot: SessionState = START;
  private shown: Json = null;
  private isShowing = false;
  private readonly timers = new Map<'pace' | 'presence', () => void>();

  constructor(
    readonly key: string,
    private readonly options: SessionOptions,
  ) {
    super();
    this.world = options.world ?? browser;
    this.pace = new Pace(800, this.world.now);
    this.connection = new Connection(options.url, this.world);
    this.connection.on('open', () => void this.introduce());
    this.connection.on('message', (message) => this.heard(message));
    this.connection.on('closed', ({ retryAt }) => this.cutOff(retryAt));
    this.connection.on('ended', ({ code, message }) => this.end(code, message));
    void this.start();
  }

  /** Call `watcher` whenever `state()` is another one; returns what ends that. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly state = (): SessionState => this.snapshot;

  /**
   * Change the document, at once for this user and soon for all; returns the id of the batch.
   *
   * More than 256 instructions go as several batches, and the id is the last one's. Throws
   * InstructionError if it does not apply, and Error if too much waits already.
   */
  apply(instructions: readonly Instruction[]): string {
    if (this.snapshot.status === 'ended') throw new Error('This session has ended.');
    if (this.queue.length >= MOST_WAITING) throw new Error('Too much waits for the server.');
    let id = '';
    for (let at = 0; at < instructions.length; at += MOST) {
      id = this.ask('instructions', instructions.slice(at, at + MOST));
    }
    return id;
  }

  /** Take the newest change of this user back; `undone` or `rejected` tells what became of it. */
  undo(): string {
    return this.ask('undo', []);
  }

  redo(): string {
    return this.ask('redo', []);
  }

  /** Have a snapshot saved now. */
  save(): void {
    if (this.isLive) this.send({ type: 'save', workflowKey: this.key });
  }

  /** Show the others what this user is at: any JSON up to 4 KiB; null for nothing. */
  presence(state: Json): void {
    this.shown = state;
    if (this.isShowing || !this.isLive) return;
    this.isShowing = true;
    this.show();
    this.after('presence', GLANCE, () => {
      const newer = this.shown !== state;
      this.isShowing = false;
      if (newer) this.presence(this.shown);
    });
  }

  /** Try to connect now, rather than when the pause is over. */
  retry(): void {
    this.connection.open();
  }

  /** Ask the server again who this user is here: it does not say that a role was raised. */
  lookAgain(): void {
    if (this.isLive) void this.introduce();
  }

  /** Leave. What has no answer yet is kept for the next session of this user. */
  close(): void {
    for (const stop of this.timers.values()) stop();
    this.connection.close();
    this.kept?.release();
    this.watchers.clear();
  }

  private get isLive(): boolean {
    return this.snapshot.status === 'live';
  }

  private async start(): Promise<void> {
    const open = this.options.store ?? openMemory;
    const scope = `${this.options.userId}/${this.key}`;
    // A browser that keeps nothing, as in a private window, is no reason to do nothing.
    this.kept = await open(scope).catch(() => openMemory(scope));
    this.clientId = this.kept.clientId;
    this.queue.restore(await this.kept.load());
    this.connection.open();
  }

  private async introduce(): Promise<void> {
    const token = await this.token();
    if (token === null) return;
    const known = this.queue.base ? { lastSeq: this.queue.seq, epoch: this.epoch } : {};
    const { key: workflowKey, clientId } = this;
    this.send({ type: 'connect', workflowKey, token, clientId, batch: true, ...known });
  }

  /** Without one the socket is of no use: null, and it is tried again, or over for who is signed out. */
  private async token(fresh = false): Promise<string | null> {
    try {
      return await this.options.token(fresh);
    } catch (error) {
      if (error instanceof SignedOut) this.end('unauthorized', 'Sign in again.');
      else this.connection.again();
      return null;
    }
  }

  private send(message: Outgoing): void {
    this.connection.send(message);
  }

  private ask(kind: Batch['kind'], instructions: readonly Instruction[]): string {
    const batch = this.queue.add({ id: newId(), kind, instructions });
    this.kept?.put(batch);
    this.sendOn();
    this.change({});
    return batch.id;
  }

  /** Send what was not sent on this socket yet, as fast as the server takes it. */
  private sendOn(): void {
    if (!this.isLive || this.timers.has('pace')) return;
    for (let batch = this.queue.unsent; batch; batch = this.queue.unsent) {
      const pause = this.pace.spend(Math.max(batch.instructions.length, 1));
      if (pause) {
        this.after('pace', pause, () => this.sendOn());
        return;
      }
      this.queue.sentNext();
      this.send(this.messageOf(batch));
    }
  }

  private messageOf({ id, kind, instructions }: Batch): Outgoing {
    const workflowKey = this.key;
    if (kind !== 'instructions') return { type: kind, workflowKey, id };
    const [first, ...more] = instructions as readonly wire.Instruction[];
    return {
      type: 'instructions',
      workflowKey,
      id,
      instructions: [first as wire.Instruction, ...more],
    };
  }

  private heard(message: Incoming): void {
    switch (message.type) {
      case 'connected':
        return this.connected(message);
      case 'updates':
        return this.follow(message.updates as wire.Entry[]);
      case 'ack':
        return this.acknowledged(message);
      case 'error':
        return void this.refused(message);
      case 'presence':
        return this.met(message);
      case 'saved':
        return this.change({ savedSeq: message.seq });
      case 'deleted':
        this.emit('deleted', undefined);
        return this.end('deleted', 'Somebody has deleted this workflow.');
      case 'tokenExpiring':
        return void this.renew();
      default:
        return;
    }
  }

  private connected(message: wire.Connected): void {
    this.isFresh = false;
    this.connection.settled();
    this.epoch = message.epoch;
    const rate = message.limits['rate'];
    if (rate) this.pace = new Pace(rate * 0.8, this.world.now);
    if (message.workflow) this.queue.replace(message.workflow as unknown as Doc, message.seq);
    this.queue.unsend();
    this.halt('pace');
    this.change({
      status: 'live',
      role: message.role as Role,
      retryAt: null,
      participants: message.participants as Participant[],
    });
    this.sendOn();
    if (this.shown !== null) this.show();
  }

  private follow(entries: readonly wire.Entry[]): void {
    try {
      for (const entry of entries) this.followOne(entry);
    } catch {
      // What does not fit to what is known here: start from what is there.
      this.startAnew();
    }
    this.change({});
    this.sendOn();
  }

  private followOne(entry: wire.Entry): void {
    const { seq, userId, sourceClientId, timestamp } = entry;
    const isOwn = userId === this.options.userId && sourceClientId === this.clientId;
    const id = isOwn ? entry.id : undefined;
    if (seq <= this.queue.seq) {
      if (id !== undefined) this.settle(id, seq, entry.skipped);
      return;
    }
    if (seq !== this.queue.seq + 1) throw new Error('a batch is missing');
    const instructions = (entry.instructions ?? []) as readonly Instruction[];
    const batch = this.queue.advance(instructions, id);
    this.emit('update', { seq, userId, clientId: sourceClientId, timestamp, instructions, id });
    if (batch) this.told(batch, seq, entry.skipped);
  }

  /** A batch that was sent before has the answer that it had then. */
  private acknowledged(ack: wire.Ack): void {
    const sent = this.queue.batches.find((each) => each.id === ack.id);
    if (ack.seq === this.queue.seq + 1 && this.queue.base) {
      const applied =
        (ack.instructions as readonly Instruction[] | undefined) ?? sent?.instructions;
      if (applied) this.queue.advance(applied, ack.id);
    }
    this.settle(ack.id, ack.seq, ack.skipped, sent);
    this.change({});
  }

  private settle(id: string, seq: number, skipped?: unknown, known?: Batch): void {
    const batch = this.queue.answered(id) ?? known;
    if (batch) this.told(batch, seq, skipped);
  }

  private told(batch: Batch, seq: number, skipped: unknown): void {
    this.kept?.drop(batch.id);
    this.emit('acknowledged', { id: batch.id, seq });
    if (batch.kind === 'instructions') return;
    this.emit('undone', { id: batch.id, skipped: (skipped as string[][] | undefined) ?? null });
  }

  private async refused(error: wire.Error): Promise<void> {
    const { id, code, message } = error;
    if (id !== undefined && id !== null && !KEPT.has(code)) return this.rejected(id, code, message);
    if (code === 'rate_limited') {
      this.queue.unsend();
      this.halt('pace');
      this.after('pace', CALM, () => this.sendOn());
    } else if (code === 'workflow_not_found') {
      this.end(code, 'This workflow does not exist, or you are no member of its workspace.');
    } else if (code === 'unauthorized' || code === 'token_expired') {
      await this.renew();
    } else if (!this.isLive && code === 'internal_error') {
      this.end(code, message);
    } else if (!this.isLive && code !== 'not_connected') {
      this.connection.again();
    }
  }

  private rejected(id: string, code: string, message: string): void {
    const batch = this.queue.answered(id);
    if (!batch) return;
    this.kept?.drop(id);
    // The server says only this of a role that has become too low.
    this.change(code === 'forbidden' ? { role: 'viewer' } : {});
    this.emit('rejected', { id, code, message, instructions: batch.instructions });
  }

  /** Show a fresh token, once a socket, and connect again if that did not come about. */
  private async renew(): Promise<void> {
    if (this.isFresh) return;
    this.isFresh = true;
    const token = await this.token(true);
    if (token === null) return;
    if (this.isLive) this.send({ type: 'auth', token });
    else await this.introduce();
  }

  private met(present: wire.Present): void {
    const { clientId, userId, username } = present;
    const state = (present.state ?? null) as Json;
    const others = this.snapshot.participants;
    const at = others.findIndex((each) => each.clientId === clientId && each.userId === userId);
    const one = { clientId, userId, username, state };
    const participants =
      state === null
        ? others.filter((_, number) => number !== at)
        : at < 0
          ? [...others, one]
          : others.with(at, one);
    this.change({ participants });
  }

  private show(): void {
    this.send({ type: 'presence', workflowKey: this.key, state: this.shown });
  }

  private startAnew(): void {
    this.queue.base = null;
    this.connection.again();
  }

  private cutOff(retryAt: number): void {
    this.isFresh = false;
    this.isShowing = false;
    this.queue.unsend();
    this.change({ status: 'offline', participants: [], retryAt });
  }

  private end(code: string, message: string): void {
    this.connection.close();
    for (const each of this.queue.clear()) {
      if (code === 'deleted' || code === 'workflow_not_found') this.kept?.drop(each.id);
    }
    this.change({ status: 'ended', ended: { code, message }, participants: [], retryAt: null });
    this.emit('closed', { code, message });
  }

  private after(name: 'pace' | 'presence', milliseconds: number, run: () => void): void {
    const stop = this.world.later(() => {
      this.timers.delete(name);
      run();
    }, milliseconds);
    this.timers.set(name, stop);
  }

  private halt(name: 'pace' | 'presence'): void {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }

  private change(changes: Partial<SessionState>): void {
    const { view, seq, length } = this.queue;
    const document = view ?? this.snapshot.document;
    this.snapshot = { ...this.snapshot, seq, pending: length, ...changes, document };
    for (const each of [...this.watchers]) each();
  }
}
