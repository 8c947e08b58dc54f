/** When something has come to each of several who wait, by the clock that all processes of a machine share. */
export class Arrivals {
  #count = 0
  #missing = 0
  #last = Promise.withResolvers<bigint>()

  /** From now on each arrival counts anew. @param count of those who wait; as before unless told */
  expect(count: number = this.#count): void {
    this.#count = count
    this.#missing = count
    this.#last = Promise.withResolvers()
  }

  note(): void {
    this.#missing -= 1
    if (this.#missing === 0) this.#last.resolve(process.hrtime.bigint())
  }

  /** When it had come to all of them, in nanoseconds. */
  get all(): Promise<bigint> {
    return this.#last.promise
  }
}
