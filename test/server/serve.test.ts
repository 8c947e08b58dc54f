import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { caFilesOf } from '../../src/ca/directory/ca-files.ts'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { type Address, formatAddress } from '../../src/core/address.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServiceId, parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import type { Configuration } from '../../src/server/config.ts'
import { serve } from '../../src/server/serve.ts'
import type { RunningAuthority } from '../../src/server/start-authority.ts'
import { makeCa } from '../support/ca-directory.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { capturingLogger } from '../support/log.ts'
import { refusalOf } from '../support/refusal.ts'

const audience = parseServiceId('spiffe://shop.internal/inventory')
const localhost = { host: 'localhost', port: 0 }

/** A CA on disk, a configuration that is valid for it, and a service that it vouches for. */
async function setUp() {
  const { directory, load, store } = await makeCa()
  const ca = await load()
  const { privateKey, publicKey } = generateKeyPair()
  const path = parseServicePath('orders')
  const { certificateChain } = await ca.issue({ path, dnsNames: [], publicKey, requestedBy: 'operator:test' })
  const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  const policy = 'grants: [{ caller: orders, audience: inventory, scopes: [inventory.reserve] }]'
  const configuration: Configuration = {
    trustDomain: ca.trustDomain,
    issuer: 'https://localhost:8443',
    listen: { grpc: localhost },
    ca: directory,
    storeFile: caFilesOf(directory).store,
    caPassphraseFile: undefined,
    policy: parseGrantPolicy(policy, 'policy.yaml'),
    token: { ttlSeconds: 300, keyRotationSeconds: 3_600 },
  }
  return { directory, store, configuration, credential: parseCredential(material, Date.now(), 'the test') }
}

async function start(configuration: Configuration): Promise<RunningAuthority & { readonly log: string }> {
  const logger = capturingLogger()
  const authority = await serve(configuration, { logger })
  onTestFinished(() => authority.close())
  return { ...authority, log: JSON.stringify(logger.lines) }
}

async function isOpen({ host, port }: Address): Promise<boolean> {
  const socket = connect({ host, port })
  const isConnected = once(socket, 'connect').then(
    () => true,
    () => false,
  )
  return isConnected.finally(() => socket.destroy())
}

describe('serve', () => {
  test('starts an authority that issues tokens, and logs where it is', async () => {
    const { configuration, credential } = await setUp()
    const { address, log } = await start(configuration)
    const client = new AuthorityClient({ address, credential })
    onTestFinished(() => client.close())
    expect(await client.issueToken({ audience, scopes: [] })).toMatchObject({ lifetimeMs: 300_000 })
    expect(log).toContain(`"address":"${formatAddress(address)}"`)
  })

  test('keeps a record of the certificate that it issues to itself', async () => {
    const { store, configuration } = await setUp()
    await start(configuration)
    const authority = parseServiceId('spiffe://shop.internal/countersign/authority')
    const records = await store.inventory.list({ serviceId: authority, validAt: Date.now() })
    expect(records).toMatchObject([{ serviceId: authority, requestedBy: authority, dnsNames: ['localhost'] }])
  })

  test('writes no key to disk, nor to the log', async () => {
    const { directory, configuration } = await setUp()
    const tell = async () =>
      Promise.all(
        (await readdir(directory))
          .filter((file) => !file.startsWith('ca.db'))
          .sort()
          .map(async (file) => [file, await readFile(join(directory, file), 'utf8')]),
      )
    const before = await tell()
    const { log } = await start(configuration)
    expect(await tell()).toEqual(before)
    expect(log).not.toContain('PRIVATE KEY')
  })

  test('refuses a configuration that is of another trust domain than the CA', async () => {
    const { configuration } = await setUp()
    const other = { ...configuration, trustDomain: parseTrustDomain('other.internal') }
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => start(other))
    expect(message).toContain('shop.internal')
    expect(message).toContain('other.internal')
  })

  test('refuses a directory without a CA', async () => {
    const { configuration } = await setUp()
    await refusalOf('CONFIGURATION_INVALID', async () => start({ ...configuration, ca: await temporaryDirectory() }))
  })

  test('refuses an address that is taken', async () => {
    const { configuration } = await setUp()
    const { address } = await start(configuration)
    await refusalOf('CONFIGURATION_INVALID', () => start({ ...configuration, listen: { grpc: address } }))
  })

  test('listens under a name in any case, and on IP addresses', async () => {
    const { configuration, credential } = await setUp()
    for (const host of ['localhost', '127.0.0.1', '0.0.0.0', 'LocalHost']) {
      const { address } = await start({ ...configuration, listen: { grpc: { host, port: 0 } } })
      const client = new AuthorityClient({ address: { host: 'localhost', port: address.port }, credential })
      onTestFinished(() => client.close())
      expect(await client.issueToken({ audience, scopes: [] }), host).toMatchObject({ lifetimeMs: 300_000 })
    }
  })

  test('frees its port when it closes, and starts at the same place again, with another key', async () => {
    const { configuration, credential } = await setUp()
    const keyIds: unknown[] = []
    let grpc: Address = localhost
    for (let round = 0; round < 3; round += 1) {
      const { address, close } = await start({ ...configuration, listen: { grpc } })
      grpc = address
      const client = new AuthorityClient({ address, credential })
      const { token } = await client.issueToken({ audience, scopes: [] })
      keyIds.push(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid)
      client.close()
      await close()
      expect(await isOpen(address)).toBe(false)
    }
    expect(new Set(keyIds).size).toBe(3)
  })

  test('closes while trust feeds are open, and may be closed twice', async () => {
    const { configuration, credential } = await setUp()
    const { address, close } = await start(configuration)
    const client = new AuthorityClient({ address, credential })
    onTestFinished(() => client.close())
    const feed = client.watchTrust()
    feed.on('error', () => {})
    await once(feed, 'data')
    feed.resume()
    const begin = Date.now()
    await Promise.all([close(), close()])
    expect(Date.now() - begin).toBeLessThan(2_000)
  })
})
