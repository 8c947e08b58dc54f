import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { authorizeGrant } from '../../src/access/grant-policy.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { type Configuration, loadCaSettings, loadConfiguration } from '../../src/server/config.ts'

const directory = mkdtempSync(join(tmpdir(), 'configuration-'))
const file = join(directory, 'countersign.yaml')
const policyFile = join(directory, 'policy.yaml')

const VALID = {
  trustDomain: 'shop.internal',
  issuer: 'https://localhost:8443',
  listen: '{ grpc: localhost:8440 }',
  ca: './pki',
  policy: './policy.yaml',
  token: '{ ttlSeconds: 120 }',
}

const POLICY = 'grants:\n  - { caller: orders, audience: inventory, scopes: [inventory.reserve], ttlSeconds: 60 }\n'

beforeEach(() => {
  mkdirSync(join(directory, 'pki'), { recursive: true })
  writeFileSync(policyFile, POLICY)
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Loads the valid configuration with some keys written otherwise; `undefined` leaves a key out. */
function load(changes: Record<string, string | undefined> = {}): Promise<Configuration> {
  const entries = Object.entries({ ...VALID, ...changes }).filter(([, value]) => value !== undefined)
  writeFileSync(file, entries.map(([key, value]) => `${key}: ${value}\n`).join(''))
  return loadConfiguration(file)
}

describe("an authority's configuration", () => {
  it('is complete, with the policy that it names', async () => {
    const { policy, ...rest } = await load()
    expect(rest).toEqual({
      trustDomain: 'shop.internal',
      issuer: 'https://localhost:8443',
      listen: { grpc: { host: 'localhost', port: 8440 } },
      ca: join(directory, 'pki'),
      storeFile: join(directory, 'pki', 'ca.db'),
      caPassphraseFile: undefined,
      token: { ttlSeconds: 120, keyRotationSeconds: 21_600 },
    })
    const request = { caller: parseServicePath('orders'), audience: parseServicePath('inventory'), scopes: [] }
    expect(authorizeGrant(policy, request)).toEqual({ scopes: ['inventory.reserve'], ttlSeconds: 60 })
  })

  it('gives tokens five minutes, and their keys six hours, where it does not say otherwise', async () => {
    for (const token of [undefined, '{}']) {
      expect((await load({ token })).token).toEqual({ ttlSeconds: 300, keyRotationSeconds: 21_600 })
    }
    expect((await load({ token: '{ keyRotationSeconds: 60 }' })).token.keyRotationSeconds).toBe(60)
    expect((await load({ token: '{ keyRotationSeconds: 43200 }' })).token.keyRotationSeconds).toBe(43_200)
  })

  it('may name a store of its own, and what the keys of the CA are encrypted with', async () => {
    const { storeFile, caPassphraseFile } = await load({ store: 'sqlite:./records.db', caPassphraseFile: './ca.pass' })
    expect({ storeFile, caPassphraseFile }).toEqual({
      storeFile: join(directory, 'records.db'),
      caPassphraseFile: join(directory, 'ca.pass'),
    })
    expect((await load({ store: 'sqlite:/var/records.db' })).storeFile).toBe('/var/records.db')
  })

  it('is read by commands on the CA as far as they need it', async () => {
    writeFileSync(file, 'ca: ./pki\nlisten: nowhere\n')
    expect(await loadCaSettings(file)).toEqual({
      ca: join(directory, 'pki'),
      storeFile: join(directory, 'pki', 'ca.db'),
      caPassphraseFile: undefined,
      trustDomain: undefined,
    })
    writeFileSync(file, 'ca: ./pki\nstorage: sqlite:./records.db\n')
    await expect(loadCaSettings(file)).rejects.toMatchObject({
      message: expect.stringContaining('storage: this key is unknown.'),
    })
    writeFileSync(file, 'listen: nowhere\n')
    await expect(loadCaSettings(file)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('ca: missing'),
    })
  })

  it('takes absolute paths as they are', async () => {
    expect((await load({ ca: directory, policy: policyFile })).ca).toBe(directory)
  })

  const issuers = [
    'https://localhost',
    'https://auth.shop.internal',
    'https://shop.internal/auth',
    'https://a.b:8443/c/d',
  ]
  it.each(issuers)('takes the issuer %s', async (issuer) => {
    expect((await load({ issuer })).issuer).toBe(issuer)
  })

  const refusedIssuers = [
    'localhost:8443',
    'http://localhost:8443',
    'https://',
    'https://localhost:8443/',
    'https://localhost/auth/',
    'https://localhost:443',
    'https://LOCALHOST',
    'HTTPS://localhost',
    'https:localhost',
    'https:\\\\localhost',
    'https://localhost?',
    'https://localhost?a=b',
    '"https://localhost#"',
    '"https://localhost#a"',
    'https://user@localhost',
    'https://user:secret@localhost',
    'https://localhost/a/../b',
    'https://localhost/a b',
    'https://localhost:99999',
    '" https://localhost"',
  ]
  it.each(refusedIssuers)('refuses the issuer %s', async (issuer) => {
    await expect(load({ issuer })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(`${file}:2:9 issuer: This is not an issuer.`),
    })
  })

  const refused: readonly (readonly [key: string, value: string | undefined, problem: string])[] = [
    ['trustDomain', undefined, 'trustDomain: missing: expected a text.'],
    ['trustDomain', 'Shop.internal', 'trustDomain: This is not a trust domain.'],
    ['trustDomain', 'spiffe://shop.internal', 'trustDomain: This is not a trust domain.'],
    ['issuer', undefined, 'issuer: missing: expected a text.'],
    ['listen', undefined, 'listen: missing: expected keys and values.'],
    ['listen', '{}', 'listen.grpc: missing: expected a text.'],
    ['listen', '{ grpc: 8440 }', 'listen.grpc: expected a text.'],
    ['listen', '{ grpc: "8440" }', 'listen.grpc: "8440" is not an address'],
    ['listen', '{ grpc: localhost:8440, enroll: localhost:8441 }', 'listen.enroll: this key is unknown.'],
    ['ca', undefined, 'ca: missing: expected a text.'],
    ['ca', '""', 'ca: expected a path.'],
    ['ca', './nowhere', `${join(directory, 'nowhere')}: not a directory.`],
    ['ca', './policy.yaml', `${policyFile}: not a directory.`],
    ['policy', undefined, 'policy: missing: expected a text.'],
    ['policy', './nowhere.yaml', `${join(directory, 'nowhere.yaml')}: cannot be read: ENOENT`],
    ['policy', './pki', `${join(directory, 'pki')}: cannot be read: EISDIR`],
    ['token', '{ ttlSeconds: 0 }', 'token.ttlSeconds: expected a whole number from 1 to 3600.'],
    ['token', '{ ttlSeconds: 3601 }', 'token.ttlSeconds: expected a whole number from 1 to 3600.'],
    ['token', '{ keyRotationSeconds: 59 }', 'token.keyRotationSeconds: expected a whole number from 60 to 43200.'],
    ['token', '{ keyRotationSeconds: 43201 }', 'token.keyRotationSeconds: expected a whole number from 60 to 43200.'],
    ['token', '{ ttl: 60 }', 'token.ttl: this key is unknown.'],
    ['token', '{ ttlSeconds: 59 }', `${policyFile}:2:85 grants[0].ttlSeconds: expected a whole number from 1 to 59.`],
    ['store', './authority.db', 'store: This is not a store.'],
    ['store', '"sqlite:"', 'store: This is not a store.'],
    ['store', 'postgres://localhost/countersign', 'store: This is not a store. Expected sqlite:./authority.db'],
    ['caPassphraseFile', '""', 'caPassphraseFile: expected a path.'],
    ['storage', 'sqlite:./authority.db', 'storage: this key is unknown.'],
  ]
  it.each(refused)('refuses %s: %s', async (key, value, problem) => {
    await expect(load({ [key]: value })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(problem),
    })
  })

  it('tells the problems of both files at once', async () => {
    writeFileSync(policyFile, 'grants: [{ caller: orders }]')
    await expect(load({ issuer: 'localhost', store: 'x', ca: './nowhere' })).rejects.toMatchObject({
      message: expect.stringMatching(/issuer: .*store: .*grants\[0\]\.audience: .*grants\[0\]\.scopes: .*nowhere: /s),
    })
  })

  it('is refused where a file is missing, or is not text', async () => {
    await expect(loadConfiguration(join(directory, 'nowhere.yaml'))).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('nowhere.yaml: cannot be read: ENOENT'),
    })
    writeFileSync(policyFile, Buffer.of(0xff, 0xfe))
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: `${policyFile}: not in UTF-8.`,
    })
  })
})
