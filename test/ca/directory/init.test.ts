import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { claimDirectory, initBelowOfflineRoot, initCertificateAuthority } from '../../../src/ca/directory/init.ts'
import type { KeyProtection } from '../../../src/ca/directory/key-files.ts'
import { chainOf, rootsOf } from '../../../src/ca/issuers/authorities.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { parseStatement, verifyStatement } from '../../../src/identity/bundle-statement.ts'
import { parsePassphrase } from '../../../src/identity/passphrase.ts'
import { encodeCertificate } from '../../../src/identity/pem.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { openCaDirectory } from '../../support/ca-directory.ts'
import { temporaryDirectory } from '../../support/directory.ts'
import { refusalOf } from '../../support/refusal.ts'

/** What stands in a directory, the store's own files left out, and key IDs as x. */
async function filesIn(directory: string): Promise<readonly string[]> {
  const files = await readdir(directory)
  return files
    .filter((file) => !file.startsWith('ca.db'))
    .map((file) => file.replace(/[0-9a-f]{16}/, 'x'))
    .sort()
}

const FILES = ['bundle.pem', 'intermediate-x.key', 'profiles.yaml', 'root-x.key']

test('a CA is made where there is no directory, for its owner alone', async () => {
  const options = await openCaDirectory({ directory: join(await temporaryDirectory(), 'a', 'pki') })
  const state = await initCertificateAuthority(options)
  const { directory } = options
  expect(await filesIn(directory)).toEqual(FILES)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  for (const file of (await readdir(directory)).filter((name) => name.endsWith('.key'))) {
    expect((await stat(join(directory, file))).mode & 0o777, file).toBe(0o600)
  }
  const [root] = rootsOf(state, 'active').map((record) => chainOf(record)[0])
  expect(await readFile(join(directory, 'bundle.pem'), 'utf8')).toBe(encodeCertificate(root?.der ?? Buffer.alloc(0)))
  expect(state.authorities.map(({ kind, state: is }) => [kind, is])).toEqual([
    ['root', 'active'],
    ['intermediate', 'active'],
  ])
  expect(await options.ledger.read()).toEqual(state)
})

test('the root states its bundle from the first day', async () => {
  const options = await openCaDirectory()
  const { statements, authorities } = await initCertificateAuthority(options)
  const [{ text, signature } = { text: '', signature: undefined }] = statements
  expect(parseStatement(text)).toMatchObject({ epoch: 1, sequence: 1, trustDomain: 'shop.internal' })
  const roots = authorities.filter(({ kind }) => kind === 'root').map((root) => chainOf(root)[0])
  const signed = { text, signature: Buffer.from(signature ?? '', 'base64') }
  expect(verifyStatement(signed, options.trustDomain, roots, systemClock()).roots).toHaveLength(1)
})

test('a CA is made beside files that are none of its own', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'README.md'), 'read me')
  await initCertificateAuthority(await openCaDirectory({ directory }))
  expect(await filesIn(directory)).toEqual(['README.md', ...FILES])
})

describe('a CA is never overwritten', () => {
  test('when it is whole', async () => {
    const options = await openCaDirectory()
    await initCertificateAuthority(options)
    const bundle = await readFile(join(options.directory, 'bundle.pem'), 'utf8')
    for (const init of [
      () => claimDirectory(options.directory),
      () => initCertificateAuthority(options),
      () => initBelowOfflineRoot(options),
    ]) {
      const { message } = await refusalOf('CONFIGURATION_INVALID', init)
      expect(message).toContain('is there already')
    }
    expect(await readFile(join(options.directory, 'bundle.pem'), 'utf8')).toBe(bundle)
    expect(await filesIn(options.directory)).toEqual(FILES)
  })

  for (const file of ['bundle.pem', 'root.pem']) {
    test(`when only ${file} is there`, async () => {
      const directory = await temporaryDirectory()
      await writeFile(join(directory, file), 'former')
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => claimDirectory(directory))
      expect(message).toContain(file)
      expect(await readdir(directory)).toEqual([file])
    })
  }

  test('when several are made at once: one of them is, and the others leave nothing', async () => {
    const options = await openCaDirectory()
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => initCertificateAuthority(options)))
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(made).toEqual([await options.ledger.read()])
    expect(await filesIn(options.directory)).toEqual(FILES)
  })
})

describe('a CA whose making was broken off', () => {
  test('before it was noted, is made anew', async () => {
    const options = await openCaDirectory()
    await writeFile(join(options.directory, 'root-0123456789abcdef.key'), 'of the first attempt')
    await initCertificateAuthority(options)
    expect(await filesIn(options.directory)).toContain('bundle.pem')
  })

  test('after it was noted, is finished as it was', async () => {
    const options = await openCaDirectory()
    const begun = await initCertificateAuthority(options)
    const bundle = await readFile(join(options.directory, 'bundle.pem'), 'utf8')
    await rm(join(options.directory, 'bundle.pem'))
    expect(await initCertificateAuthority(options)).toEqual(begun)
    expect(await readFile(join(options.directory, 'bundle.pem'), 'utf8')).toBe(bundle)
  })

  test('is not finished as that of another trust domain, nor without the key of its root', async () => {
    const options = await openCaDirectory()
    await initCertificateAuthority(options)
    await rm(join(options.directory, 'bundle.pem'))
    const other = { ...options, trustDomain: parseTrustDomain('elsewhere.internal') }
    await refusalOf('CONFIGURATION_INVALID', () => initCertificateAuthority(other))
    const [key = 'none'] = (await readdir(options.directory)).filter((file) => file.startsWith('root-'))
    await rm(join(options.directory, key))
    await refusalOf('CONFIGURATION_INVALID', () => initCertificateAuthority(options))
    expect(existsSync(join(options.directory, 'bundle.pem'))).toBe(false)
  })
})

describe('a CA whose making was broken off is not finished with keys that lie on disk otherwise than is asked for', () => {
  const passphrase = parsePassphrase('correct horse battery staple', 'test')
  const other = parsePassphrase('wrong horse battery staple', 'test')
  const changes: [title: string, first: KeyProtection, then: KeyProtection][] = [
    ['encrypted, and unencrypted before', 'dangerouslyUnencrypted', passphrase],
    ['unencrypted, and encrypted before', passphrase, 'dangerouslyUnencrypted'],
    ['with another passphrase', passphrase, other],
  ]
  for (const [title, first, then] of changes) {
    test(title, async () => {
      const options = await openCaDirectory({ protection: first })
      await initCertificateAuthority(options)
      await rm(join(options.directory, 'bundle.pem'))
      await refusalOf('CONFIGURATION_INVALID', () => initCertificateAuthority({ ...options, protection: then }))
      expect(existsSync(join(options.directory, 'bundle.pem'))).toBe(false)
      await initCertificateAuthority(options)
    })
  }
})

test('a directory that cannot be made is named', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'a'))
  await writeFile(join(directory, 'a', 'pki'), 'a file')
  const { message } = await refusalOf('CONFIGURATION_INVALID', () => claimDirectory(join(directory, 'a', 'pki')))
  expect(message).toContain(join('a', 'pki'))
})
