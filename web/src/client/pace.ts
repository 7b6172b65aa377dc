/** How much may be sent: so much a second, and as much again twice over in a burst. */
export class Pace {
  private left: number;
  private at: number;

  constructor(
    private readonly rate: number,
    private readonly now: () => number,
  ) {
    this.left = rate;
    this.at = now();
  }

  /** Spend this, if it is there; else returns the milliseconds until it will be. */
  spend(cost: number): number {
    const now = this.now();
    this.left = Math.min(this.left + ((now - this.at) * this.rate) / 1000, 2 * this.rate);
    this.at = now;
    if (cost > this.left) return Math.ceil(((cost - this.left) * 1000) / this.rate);
    this.left -= cost;
    return 0;
  }
}

/** Milliseconds until the next attempt: longer each time, and drawn at random from all of it. */
export function backOff(attempt: number, random: () => number): number {
  return random() * Math.min(500 * 2 ** attempt, 30_000);
}
