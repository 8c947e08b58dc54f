import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuthError } from '../core/errors.ts'
import { storeClosed } from './store-failure.ts'

/** What became of an item of a batch that was committed: it is in there, or was refused by itself. */
export type Outcome = 'committed' | AuthError

/** Commits a batch. Its outcomes are in the order of its items; where it throws, nothing was committed. */
export type CommitBatch<Item> = (batch: readonly Item[]) => Promise<readonly Outcome[]>

export interface GroupCommitOptions<Item> {
  readonly commit: CommitBatch<Item>
  readonly maxBatch: number
}

interface Waiting<Item> {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Commits together what comes while a commit is under way: a commit costs the same, whatever is in it, since most of
 * it is the wait for the disk. In the order in which the items come.
 */
export class GroupCommit<Item> {
  readonly #commit: CommitBatch<Item>
  readonly #maxBatch: number
  #waiting: Waiting<Item>[] = []
  #running: Promise<void> | undefined
  #isClosed = false

  constructor({ commit, maxBatch }: GroupCommitOptions<Item>) {
    this.#commit = commit
    this.#maxBatch = maxBatch
  }

  /** Resolves once the item is committed; rejects with its own refusal, or with the failure of its batch. */
  add(item: Item): Promise<void> {
    if (this.#isClosed) return Promise.reject(storeClosed())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Commits what waits. What comes later is refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  /** Those whom the batch before has answered have their turn to come again, so that they come together. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn()
      await this.#commitBatch(this.#waiting.splice(0, this.#maxBatch))
    }
    this.#running = undefined
  }

  async #commitBatch(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      const outcomes = await this.#commit(batch.map(({ item }) => item))
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index]
        if (outcome === 'committed') resolve()
        else reject(outcome ?? new TypeError('A batch was committed without an outcome for each of its items.'))
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
