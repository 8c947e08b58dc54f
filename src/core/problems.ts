import { AuthError } from './errors.ts'

/** What is wrong with a configuration, gathered so that all of it is told at once. */
export class Problems {
  readonly #lines: string[] = []

  get count(): number {
    return this.#lines.length
  }

  /**
   * @param place where the problem stands, such as a file or a method
   * @param problem what is wrong, in one sentence
   */
  add(place: string, problem: string): void {
    this.#lines.push(`${place}: ${problem}`)
  }

  /** What `parse` returns; `undefined` where it refuses, and the refusal is noted. */
  attempt<Value>(parse: () => Value, place?: string): Value | undefined {
    try {
      return parse()
    } catch (error) {
      this.#note(error, place)
      return undefined
    }
  }

  /** What `load` resolves to; `undefined` where it refuses, and the refusal is noted. */
  async attemptLoad<Value>(load: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await load()
    } catch (error) {
      this.#note(error, undefined)
      return undefined
    }
  }

  /** @throws AuthError CONFIGURATION_INVALID with one line for each problem, where there is any */
  throwIfAny(): void {
    if (this.count > 0) throw new AuthError('CONFIGURATION_INVALID', this.#lines.join('\n'))
  }

  #note(error: unknown, place: string | undefined): void {
    if (!(error instanceof AuthError)) throw error
    this.#lines.push(place === undefined ? error.message : `${place}: ${error.message}`)
  }
}
