import { type ChannelCredentials, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { COUNT, count, serveWarehouse } from '../support/certificate-calls.ts'
import { NAMINGS } from '../support/namings.ts'
import { callPlainly } from '../support/plain-client.ts'
import { Warehouse } from '../support/warehouse.ts'

const ca = createTestCa()
const stranger = createTestCa()

/** What another CA has issued, for who trusts ours. */
const foreign = (service: string) => stranger.credential(service, { bundle: ca.bundle })

describe('grpc-js without anything of ours', () => {
  for (const { title, credential, dnsNames } of NAMINGS) {
    test(`its server, with ${title}, is called by our client`, async () => {
      const address = await serve(credential('warehouse', { dnsNames }))
      expect(await count(address, credential('orders'))).toBe('counted elsewhere')
    })

    test(`its client, with ${title}, calls our server`, async () => {
      const { address } = await serveWarehouse(credential('warehouse'))
      const ending = await callPlainly(address, secured(credential('orders', { dnsNames })), { method: COUNT })
      expect(ending).toMatchObject({ status: 'OK' })
    })
  }

  test('its client calls no server whose certificate lacks the host name: it knows a server by nothing else', async () => {
    const { address } = await serveWarehouse(ca.credential('warehouse', { dnsNames: [] }))
    const ending = await callPlainly(address, secured(ca.credential('orders')), { method: COUNT })
    expect(ending).toMatchObject({ status: 'UNAVAILABLE', details: expect.stringContaining('altnames') })
  })

  test('its client is refused with the certificate of another CA', async () => {
    const { address } = await serveWarehouse(ca.credential('warehouse'))
    const ending = await callPlainly(address, secured(foreign('orders')), { method: COUNT })
    expect(ending).toMatchObject({ status: 'UNAVAILABLE', reason: undefined })
  })

  test('its server refuses the certificate of another CA', async () => {
    const address = await serve(ca.credential('warehouse'))
    await expect(count(address, foreign('orders'))).rejects.toMatchObject({ status: status.UNAVAILABLE })
  })

  test('its server is refused by our client with the certificate of another CA', async () => {
    const address = await serve(foreign('warehouse'))
    await expect(count(address, ca.credential('orders'))).rejects.toMatchObject({ status: status.UNAVAILABLE })
  })
})

function secured({ bundle, privateKey, certificateChain }: Credential): ChannelCredentials {
  const key = Buffer.from(encodePrivateKey(privateKey))
  return credentials.createSsl(Buffer.from(bundle), key, Buffer.from(certificateChain))
}

async function serve({ bundle, privateKey, certificateChain }: Credential): Promise<string> {
  const pair = { private_key: Buffer.from(encodePrivateKey(privateKey)), cert_chain: Buffer.from(certificateChain) }
  const server = new Server()
  server.addService(
    { Count: Warehouse.service.Count },
    {
      Count: (_: unknown, callback: (error: null, receipt: { note: string }) => void) =>
        callback(null, { note: 'counted elsewhere' }),
    },
  )
  onTestFinished(() => server.forceShutdown())
  const tls = ServerCredentials.createSsl(Buffer.from(bundle), [pair], true)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', tls, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return `localhost:${port}`
}
