import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commit } from '../../../src/ca/directory/commit.ts'
import { AuthError } from '../../../src/core/errors.ts'
import { temporaryDirectory } from '../../support/directory.ts'

async function commitIn(directory: string, note: () => Promise<string>): Promise<unknown> {
  const files = ['a.key', 'b.csr'].map((name) => ({ file: join(directory, name), text: name, mode: 0o600 }))
  return commit(files, note).catch((error: unknown) => error)
}

test('files are on disk when they are noted', async () => {
  const directory = await temporaryDirectory()
  expect(await commitIn(directory, async () => (await readdir(directory)).sort().join())).toBe('a.key,b.csr')
})

test('files go again where what they belong to is refused', async () => {
  const directory = await temporaryDirectory()
  const refusal = new AuthError('REQUEST_INVALID', 'No.')
  expect(await commitIn(directory, () => Promise.reject(refusal))).toBe(refusal)
  expect(await readdir(directory)).toEqual([])
})

test('files stay where it is not known whether they were noted', async () => {
  for (const failure of [new AuthError('STORE_UNAVAILABLE', 'The disk is full.'), new Error('unforeseen')]) {
    const directory = await temporaryDirectory()
    expect(await commitIn(directory, () => Promise.reject(failure))).toBe(failure)
    expect(await readdir(directory)).toHaveLength(2)
  }
})
