/** What may happen, by name, and what is told of it. */
type Names<Events> = keyof Events & string;

/** Listeners by event; one that throws does not keep the others from hearing. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<Names<Events>, Set<(told: never) => void>>();

  /** Call `listener` whenever it happens; returns what ends that. */
  on<Name extends Names<Events>>(name: Name, listener: (told: Events[Name]) => void): () => void {
    const those = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, those);
    those.add(listener);
    return () => those.delete(listener);
  }

  emit<Name extends Names<Events>>(name: Name, told: Events[Name]): void {
    for (const each of [...(this.listeners.get(name) ?? [])]) {
      try {
        each(told as never);
      } catch (error) {
        // It is the listener's own fault, and shows where such faults do.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
