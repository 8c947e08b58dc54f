import { expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { type CommitBatch, GroupCommit } from '../../src/store/group-commit.ts'
import { refusalOf } from '../support/refusal.ts'

/** A group commit whose commits end when they are let go, and the batches that it has begun. */
function heldCommits(maxBatch = 256, outcomesOf: CommitBatch<number> = async (batch) => batch.map(() => 'committed')) {
  const batches: (readonly number[])[] = []
  let letGo = () => {}
  const group = new GroupCommit<number>({
    maxBatch,
    async commit(batch) {
      batches.push(batch)
      await new Promise<void>((resolve) => {
        letGo = resolve
      })
      return outcomesOf(batch)
    },
  })
  return { group, batches, letGo: () => letGo() }
}

const turn = () => new Promise(setImmediate)

async function begun(batches: readonly unknown[], count: number): Promise<void> {
  while (batches.length < count) await turn()
}

test('what comes during a commit is committed together, in its order', async () => {
  const { group, batches, letGo } = heldCommits()
  const first = group.add(1)
  await begun(batches, 1)
  const others = [2, 3, 4].map((item) => group.add(item))
  letGo()
  await first
  await begun(batches, 2)
  letGo()
  await Promise.all(others)
  expect(batches).toEqual([[1], [2, 3, 4]])
})

test('those whom one commit has answered come together in the next', async () => {
  const batches: (readonly number[])[] = []
  const group = new GroupCommit<number>({
    maxBatch: 256,
    async commit(batch) {
      batches.push(batch)
      return batch.map(() => 'committed')
    },
  })
  await Promise.all([1, 2, 3].map((item) => group.add(item).then(() => group.add(item * 10))))
  expect(batches).toEqual([
    [1, 2, 3],
    [10, 20, 30],
  ])
})

test('a batch is bounded', async () => {
  const { group, batches, letGo } = heldCommits(2)
  const all = Promise.all([1, 2, 3, 4, 5].map((item) => group.add(item)))
  for (let count = 1; count <= 3; count += 1) {
    await begun(batches, count)
    letGo()
  }
  await all
  expect(batches).toEqual([[1, 2], [3, 4], [5]])
})

test('each item settles on its own outcome', async () => {
  const group = new GroupCommit<number>({
    maxBatch: 256,
    commit: async (batch) =>
      batch.map((item) => (item % 2 === 0 ? 'committed' : new AuthError('REQUEST_INVALID', `${item} is odd.`))),
  })
  const outcomes = await Promise.all([1, 2, 3].map((item) => group.add(item).then(String, ({ message }) => message)))
  expect(outcomes).toEqual(['1 is odd.', 'undefined', '3 is odd.'])
})

test('a commit that fails rejects its batch, and no other', async () => {
  const failure = new AuthError('STORE_UNAVAILABLE', 'The disk is full.')
  const { group, batches, letGo } = heldCommits(2, async (batch) => {
    if (batch.includes(1)) throw failure
    return batch.map(() => 'committed')
  })
  const outcomes = [1, 2, 3].map((item) => group.add(item).catch((error) => error))
  await begun(batches, 1)
  letGo()
  await begun(batches, 2)
  letGo()
  expect(await Promise.all(outcomes)).toEqual([failure, failure, undefined])
})

test('an item without an outcome is not taken for committed', async () => {
  const group = new GroupCommit<number>({ maxBatch: 256, commit: async () => [] })
  await expect(group.add(1)).rejects.toBeInstanceOf(TypeError)
})

test('closing commits what waits, and refuses what comes later', async () => {
  const { group, batches, letGo } = heldCommits(1)
  const items = [1, 2].map((item) => group.add(item))
  const closing = group.close()
  await refusalOf('STORE_UNAVAILABLE', () => group.add(3))
  for (const count of [1, 2]) {
    await begun(batches, count)
    letGo()
  }
  await Promise.all([...items, closing])
  expect(batches).toEqual([[1], [2]])
})
