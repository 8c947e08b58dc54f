import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import { storeClosed } from './store-failure.ts'

export type StoreTransaction = Transaction<Schema>

/** Runs what the parts of the store do, each in a transaction of its own. */
export class Database {
  readonly #kysely: Kysely<Schema>
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(kysely: Kysely<Schema>) {
    this.#kysely = kysely
  }

  /** Everything that is read in it is of one moment. */
  read<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.#run(() =>
      this.#kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    )
  }

  /** One after the other, those of other processes too. On disk before it resolves; where `work` throws, undone. */
  write<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.#run(() => this.#kysely.transaction().setIsolationLevel('serializable').execute(work))
  }

  /** Waits for what is under way. What comes later is refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#kysely.destroy()
  }

  #run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(storeClosed())
    const running = work()
    this.#running.add(running)
    const forget = () => this.#running.delete(running)
    running.then(forget, forget)
    return running
  }
}
