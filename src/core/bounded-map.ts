export interface Bounds {
  readonly maxEntries: number
  /** Of all entries together. Default: no bound but their number. */
  readonly maxWeight?: number
}

interface Weighed<Value> {
  readonly value: Value
  readonly weight: number
}

/**
 * A map that stays within bounds by forgetting what has not been used for long. It has two generations, each of half the
 * size: when the young one is full, it becomes the old one, and what the former old one still held is forgotten. What is
 * used becomes young again. Each operation takes constant time, which deleting a Map's first entry does not.
 */
export class BoundedMap<Value> {
  readonly #maxEntries: number
  readonly #maxWeight: number
  #young = new Map<string, Weighed<Value>>()
  #old = new Map<string, Weighed<Value>>()
  #youngWeight = 0

  constructor({ maxEntries, maxWeight = Infinity }: Bounds) {
    this.#maxEntries = maxEntries / 2
    this.#maxWeight = maxWeight / 2
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young.value
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.set(key, old.value, old.weight)
    return old.value
  }

  /** @param weight what is heavier than half of the bound is not kept */
  set(key: string, value: Value, weight = 0): void {
    this.delete(key)
    if (weight > this.#maxWeight) return
    if (this.#young.size >= this.#maxEntries || this.#youngWeight + weight > this.#maxWeight) this.#age()
    this.#young.set(key, { value, weight })
    this.#youngWeight += weight
  }

  delete(key: string): void {
    this.#old.delete(key)
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0
    this.#young.delete(key)
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngWeight = 0
  }
}
