// What the generated testing.core.js exports. Only testing.js reads it.

/** The room of the server; what it says is JSON. */
export class TestRoom {
  /** @param epoch 32 hexadecimal digits */
  constructor(epoch: string);
  free(): void;
  readonly epoch: string;
  restart(epoch: string): void;
  /** The room's time, which never goes back. */
  time(nowMs: number): string;
  due(): number | undefined;
  frame(session: number, text: string, writes: boolean, user: string, refused: Uint32Array): string;
  closed(session: number): string;
  document(): string | undefined;
  log(): string;
}

export function initSync(given: { module: BufferSource }): unknown;
