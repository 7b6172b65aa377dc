import { Emitter } from './events.ts';
import type * as wire from './generated/messages.ts';
import { backOff } from './pace.ts';

export type Incoming = NonNullable<wire.Messages['Outgoing']>;
export type Outgoing = NonNullable<wire.Messages['Incoming']>;

/** What is needed of a WebSocket. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

/** Where a socket lives: all that a test gives in another way. */
export interface World {
  connect(url: string): SocketLike;
  random(): number;
  now(): number;
  later(run: () => void, milliseconds: number): () => void;
}

export const browser: World = {
  connect: (url) => new WebSocket(url) as SocketLike,
  random: Math.random,
  now: () => performance.now(),
  later: (run, milliseconds) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Milliseconds after which a silent server is asked whether it is there, and has to answer. */
const QUIET = 20_000;
const ANSWER = 8_000;
/** Close codes after which a client that does the same again would be closed again. */
const FINAL: { readonly [code: number]: string } = {
  4403: 'This page is not one that the server lets in.',
  4409: 'This workflow was opened again by the same client elsewhere.',
};

interface Told {
  open: undefined;
  message: Incoming;
  /** It is closed, and tried again at `retryAt`, on the clock of `now`. */
  closed: { readonly code: number; readonly retryAt: number };
  /** It is closed for good. */
  ended: { readonly code: string; readonly message: string };
}

/** One socket after the other, as long as that makes sense. */
export class Connection extends Emitter<Told> {
  private socket: SocketLike | null = null;
  private attempt = 0;
  private refused = 0;
  private retryAfter: number | null = null;
  private stopTimers: (() => void)[] = [];
  private over = false;

  constructor(
    private readonly url: () => string,
    private readonly world: World,
  ) {
    super();
  }

  /** Connect now, also where a pause was not over yet. */
  open(): void {
    if (this.over || this.socket) return;
    this.stop();
    const socket = this.world.connect(this.url());
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket === socket) this.emit('open', undefined);
    };
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.heard(String(data));
    };
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.lost(code);
    };
    this.listen();
  }

  send(message: Outgoing): void {
    this.socket?.send(JSON.stringify(message));
  }

  /** All is well: the next pause is a short one again. */
  settled(): void {
    this.attempt = 0;
    this.refused = 0;
  }

  /** Have this socket closed, and another one opened after a pause. */
  again(): void {
    const socket = this.socket;
    if (!socket) return;
    this.lost(1006);
    socket.close(1000);
  }

  close(): void {
    this.over = true;
    this.stop();
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  private heard(data: string): void {
    const message = JSON.parse(data) as Incoming;
    this.listen();
    if (message.type === 'closing') this.retryAfter = message.retryAfterMs;
    this.emit('message', message);
  }

  /** Ask a server that is silent, and give it up if it stays so. */
  private listen(): void {
    this.stop();
    const ask = () => {
      this.send({ type: 'ping' });
      this.stopTimers.push(this.world.later(() => this.again(), ANSWER));
    };
    this.stopTimers.push(this.world.later(ask, QUIET));
  }

  private lost(code: number): void {
    this.socket = null;
    this.stop();
    const final = FINAL[code];
    if (final) return this.end(String(code), final);
    // A token may have ended; a fresh one that is refused as well will not do either.
    if (code === 4401 && ++this.refused > 2) {
      return this.end('unauthorized', 'Sign in again.');
    }
    const pause = this.retryAfter ?? backOff(this.attempt, this.world.random);
    this.attempt += 1;
    this.retryAfter = null;
    this.stopTimers.push(this.world.later(() => this.open(), pause));
    this.emit('closed', { code, retryAt: this.world.now() + pause });
  }

  private end(code: string, message: string): void {
    this.over = true;
    this.emit('ended', { code, message });
  }

  private stop(): void {
    for (const each of this.stopTimers) each();
    this.stopTimers = [];
  }
}
