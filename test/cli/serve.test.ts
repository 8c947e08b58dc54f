import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { parseAddress } from '../../src/core/address.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServiceId, parseServicePath } from '../../src/identity/service-id.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import { makeCa } from '../support/ca-directory.ts'
import { temporaryDirectory } from '../support/directory.ts'

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

const CONFIGURATION = `
trustDomain: shop.internal
issuer: https://localhost:8443
listen: { grpc: localhost:0 }
ca: ./pki
policy: ./policy.yaml
`
const POLICY = 'grants: [{ caller: orders, audience: inventory, scopes: [inventory.reserve] }]'

/** A folder with all that an authority needs, and a service that it vouches for. */
async function setUp(configuration = CONFIGURATION) {
  const directory = await temporaryDirectory()
  const ca = await (await makeCa({ directory: join(directory, 'pki') })).load()
  await writeFile(join(directory, 'countersign.yaml'), configuration)
  await writeFile(join(directory, 'policy.yaml'), POLICY)
  const { privateKey, publicKey } = generateKeyPair()
  const path = parseServicePath('orders')
  const { certificateChain } = await ca.issue({ path, dnsNames: [], publicKey, requestedBy: 'operator:test' })
  const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  return {
    config: join(directory, 'countersign.yaml'),
    credential: parseCredential(material, Date.now(), 'the test'),
  }
}

function countersign(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', CLI, ...args])
  const output = { out: '', err: '' }
  child.stdout?.on('data', (text) => {
    output.out += text
  })
  child.stderr?.on('data', (text) => {
    output.err += text
  })
  const closed = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: async () => {
      const [exitCode, signal] = await closed
      return { exitCode, signal, ...output }
    },
    logged: (message: string) => vi.waitUntil(() => linesOf(output.out).find(({ msg }) => msg === message), 10_000),
  }
}

function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []))
}

describe('serve', () => {
  test('runs an authority until it is told to stop, and drains', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { config, credential } = await setUp()
      const { logged, kill, ended } = countersign('serve', '--config', config)
      const line = await logged('authority serves')
      expect(line).toMatchObject({ trustDomain: 'shop.internal', issuer: 'https://localhost:8443' })

      const client = new AuthorityClient({ address: parseAddress(String(line?.['address'])), credential })
      onTestFinished(() => client.close())
      const audience = parseServiceId('spiffe://shop.internal/inventory')
      const { token } = await client.issueToken({ audience, scopes: [] })
      const feed = client.watchTrust()
      feed.on('error', () => {})
      await once(feed, 'data')
      feed.resume()

      kill(signal)
      const { exitCode, err, out } = await ended()
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(linesOf(out).map(({ msg }) => msg)).toEqual(
        expect.arrayContaining(['token issued', 'authority drains', 'authority stopped']),
      )
      expect(linesOf(out).find(({ msg }) => msg === 'authority drains')).toMatchObject({ signal })
      expect(out).not.toContain(token.split('.')[2])
    }
  })

  test('ends at once with a second signal, whichever, where a call holds it up', async () => {
    const { config, credential } = await setUp()
    const { logged, kill, ended } = countersign('serve', '--config', config)
    const { address } = (await logged('authority serves')) ?? {}
    const session = connect(`https://${address}`, secureContextOptions(credential))
    session.on('error', () => {})
    onTestFinished(() => session.destroy())
    const request = session.request({
      ':method': 'POST',
      ':path': '/countersign.v1.TokenService/IssueToken',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    request.on('error', () => {})
    request.write(Buffer.of(0)) // the beginning of a message that never ends
    await setTimeout(200)
    kill('SIGTERM')
    await logged('authority drains')
    const start = Date.now()
    kill('SIGINT')
    expect(await ended()).toMatchObject({ exitCode: null, signal: 'SIGINT' })
    expect(Date.now() - start).toBeLessThan(3_000)
  })

  test('tells every problem of a configuration, and writes no log', async () => {
    const { config } = await setUp(`${CONFIGURATION.replace('shop.internal', 'Shop')}\nstorage: sqlite\n`)
    const { exitCode, out, err } = await countersign('serve', '--config', config).ended()
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(err).toMatch(/^error: /)
    expect(err).toContain('trustDomain: ')
    expect(err).toContain('storage: this key is unknown.')
    expect(err).not.toMatch(/\n\s+at /)
  })

  test('tells them as JSON where that is asked for', async () => {
    const { config } = await setUp(CONFIGURATION.replace('shop.internal', 'other.internal'))
    const { exitCode, out, err } = await countersign('serve', '--config', config, '--json').ended()
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'CONFIGURATION_INVALID' } })
  })

  test('is not used without its configuration, or with more', async () => {
    const { config } = await setUp()
    for (const args of [[], ['--config'], ['--config', config, 'more'], ['--config', config, '--port', '1']]) {
      const { exitCode, out } = await countersign('serve', ...args).ended()
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    }
  })
})
