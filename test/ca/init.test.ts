import { existsSync, mkdirSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initCertificateAuthority } from '../../src/ca/init.ts'
import { loadCertificateAuthority } from '../../src/ca/load.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const trustDomain = parseTrustDomain('shop.internal')
const FILES = ['intermediate.key', 'intermediate.pem', 'root.key', 'root.pem']

function init(directory: string) {
  return initCertificateAuthority({ directory, trustDomain, dangerouslyUnencrypted: true })
}

test('a CA is made where there is no directory, for its owner alone', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'pki')
  const ca = await init(directory)
  const modes = await Promise.all(FILES.map(async (file) => (await stat(join(directory, file))).mode & 0o777))

  expect((await readdir(directory)).sort()).toEqual(FILES)
  expect(modes[0]).toBe(0o600)
  expect(modes[2]).toBe(0o600)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect(ca.trustDomain).toBe('shop.internal')
  expect(await readFile(join(directory, 'root.pem'), 'utf8')).toBe(ca.bundle)
})

test('a CA is made beside files that are none of its own', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'README.md'), 'read me')
  await init(directory)
  expect((await readdir(directory)).sort()).toEqual(['README.md', ...FILES])
})

test('unencrypted keys are written only where that is asked for', async () => {
  const directory = join(await temporaryDirectory(), 'pki')
  const refusal = await refusalOf('CONFIGURATION_INVALID', () =>
    initCertificateAuthority({ directory, trustDomain, dangerouslyUnencrypted: false }),
  )
  expect(refusal.message).toContain('--dangerously-unencrypted')
  expect(existsSync(directory)).toBe(false)
})

describe('a CA is never overwritten', () => {
  test('when it is whole', async () => {
    const directory = await temporaryDirectory()
    const { bundle } = await init(directory)
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => init(directory))
    expect(message).toContain('is there already')
    expect((await loadCertificateAuthority(directory)).bundle).toBe(bundle)
  })

  for (const file of FILES) {
    test(`when only ${file} is there`, async () => {
      const directory = await temporaryDirectory()
      await writeFile(join(directory, file), 'former')
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => init(directory))
      expect(message).toContain(file)
      expect(await readdir(directory)).toEqual([file])
      expect(await readFile(join(directory, file), 'utf8')).toBe('former')
    })
  }

  test('when root.key is a link to nowhere', async () => {
    const directory = await temporaryDirectory()
    await symlink(join(directory, 'elsewhere'), join(directory, 'root.key'))
    await refusalOf('CONFIGURATION_INVALID', () => init(directory))
    expect(await readdir(directory)).toEqual(['root.key'])
  })

  test('when several are made at once: one of them is', async () => {
    const directory = await temporaryDirectory()
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => init(directory)))
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.bundle] : []))
    expect(made).toEqual([(await loadCertificateAuthority(directory)).bundle])
    expect((await readdir(directory)).sort()).toEqual(FILES)
  })
})

test('a CA that could not be finished leaves nothing of itself', async () => {
  const directory = await temporaryDirectory()
  const making = refusalOf('CONFIGURATION_INVALID', () => init(directory))
  while (!existsSync(join(directory, 'root.key'))) await new Promise(setImmediate)
  mkdirSync(join(directory, 'root.pem')) // in the way of the last file, after the first has been claimed
  await making
  expect(await readdir(directory)).toEqual(['root.pem'])
})

test('a directory that cannot be made is named', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'a'))
  await writeFile(join(directory, 'a', 'pki'), 'a file')
  const { message } = await refusalOf('CONFIGURATION_INVALID', () => init(join(directory, 'a', 'pki')))
  expect(message).toContain(join('a', 'pki'))
})
