/** An event in its place among others. */
export interface Entry<Event> {
  readonly event: Event
  /** From 0, without gaps. */
  readonly number: number
  /** When it was added, in milliseconds since 1970. */
  readonly at: number
  /** The one after it. */
  readonly next: Promise<Entry<Event>>
  /** The one after it, where that has come. */
  readonly following: Entry<Event> | undefined
}

/**
 * Events that any number of readers follow, each at its own pace: an entry leads to those after it and to none before.
 * There is no queue: what the slowest reader holds is all that is kept.
 */
export class EventList<Event> {
  #last: Place<Event>

  constructor(event: Event, at: number) {
    this.#last = new Place(event, 0, at)
  }

  /** Where to follow from. */
  get last(): Entry<Event> {
    return this.#last
  }

  add(event: Event, at: number): void {
    const entry = new Place(event, this.#last.number + 1, at)
    this.#last.lead(entry)
    this.#last = entry
  }
}

class Place<Event> implements Entry<Event> {
  readonly event: Event
  readonly number: number
  readonly at: number
  readonly #coming = Promise.withResolvers<Entry<Event>>()
  following: Entry<Event> | undefined

  constructor(event: Event, number: number, at: number) {
    this.event = event
    this.number = number
    this.at = at
  }

  get next(): Promise<Entry<Event>> {
    return this.#coming.promise
  }

  lead(entry: Entry<Event>): void {
    this.following = entry
    this.#coming.resolve(entry)
  }
}

/** One who follows a list until a signal aborts. It listens to the signal once: to do so for each event would cost as much. */
export class EventReader<Event> implements Disposable {
  readonly #signal: AbortSignal
  readonly #leave = () => this.#wake(undefined)
  #wake: (entry: Entry<Event> | undefined) => void = () => {}

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#leave, { once: true })
  }

  /** The entry after one; `undefined` where the signal aborts first. */
  after({ next }: Entry<Event>): Promise<Entry<Event> | undefined> {
    if (this.#signal.aborted) return Promise.resolve(undefined)
    const { promise, resolve } = Promise.withResolvers<Entry<Event> | undefined>()
    this.#wake = resolve
    void next.then(resolve)
    return promise
  }

  /** Leaves nothing of the list with the signal. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#leave)
    this.#wake = () => {}
  }
}
