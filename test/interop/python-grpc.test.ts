import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { COUNT, count, serveWarehouse } from '../support/certificate-calls.ts'
import { writeCredential } from '../support/credential-on-disk.ts'
import { NAMINGS } from '../support/namings.ts'
import { describeWith, python, runTool, startTool } from '../support/tools.ts'

const PROGRAM = join(import.meta.dirname, 'echo.py')

const ca = createTestCa()
const stranger = createTestCa()

describeWith(python, 'gRPC for Python', () => {
  for (const { title, credential, dnsNames } of NAMINGS) {
    test(`its server, with ${title}, is called by our client, and knows it`, async () => {
      const address = await serve(credential('warehouse', { dnsNames }))
      expect(await count(address, credential('orders'))).toBe('spiffe://shop.internal/orders')
    })

    test(`its client, with ${title}, calls our server`, async () => {
      const { address } = await serveWarehouse(credential('warehouse'))
      expect(await call(address, credential('orders', { dnsNames }))).toEqual({ status: 'OK', answer: 'counted' })
    })
  }

  test('its client calls no server whose certificate lacks the host name: it knows a server by nothing else', async () => {
    for (const dnsNames of [[], ['warehouse.shop.internal']]) {
      const { address } = await serveWarehouse(ca.credential('warehouse', { dnsNames }))
      const details = expect.stringContaining('Hostname Verification Check failed')
      expect(await call(address, ca.credential('orders'))).toEqual({ status: 'UNAVAILABLE', details })
    }
  })

  test('its client is told by the access rule where it is another service', async () => {
    const { address } = await serveWarehouse(ca.credential('warehouse'))
    expect(await call(address, ca.credential('billing'))).toMatchObject({ status: 'PERMISSION_DENIED' })
  })

  test('its client is refused with the certificate of another CA', async () => {
    const { address, log } = await serveWarehouse(ca.credential('warehouse'))
    expect(await call(address, foreign('orders'))).toMatchObject({ status: 'UNAVAILABLE' })
    const reasons = log.lines.map(({ fields }) => fields['reason'])
    expect(reasons).toContainEqual(expect.stringMatching(/^certificate of another CA/))
  })

  test('its server refuses the certificate of another CA', async () => {
    const address = await serve(ca.credential('warehouse'))
    await expect(count(address, foreign('orders'))).rejects.toMatchObject({ status: status.UNAVAILABLE })
  })

  test('its client refuses a server of another CA', async () => {
    const { address } = await serveWarehouse(foreign('warehouse'))
    const details = expect.stringContaining('CERTIFICATE_VERIFY_FAILED')
    expect(await call(address, ca.credential('orders'))).toEqual({ status: 'UNAVAILABLE', details })
  })

  for (const [title, credential, details] of [
    ['of another CA', foreign('warehouse'), 'unable to get local issuer certificate'],
    ['of another service', ca.credential('billing'), 'The server is spiffe://shop.internal/billing'],
  ] as const) {
    test(`its server is refused by our client with the certificate ${title}`, async () => {
      const refusal = { status: status.UNAVAILABLE, details: expect.stringContaining(details) }
      await expect(count(await serve(credential), ca.credential('orders'))).rejects.toMatchObject(refusal)
    })
  }
})

/** What another CA has issued, for who trusts ours. */
function foreign(service: string): Credential {
  return stranger.credential(service, { bundle: ca.bundle })
}

async function serve(credential: Credential): Promise<string> {
  const { chain, key, bundle } = await writeCredential(credential)
  const [, port] = await startTool(python, [PROGRAM, 'serve', chain, key, bundle]).printed(/^port (\d+)$/m)
  return `localhost:${port}`
}

async function call(address: string, credential: Credential): Promise<unknown> {
  const { chain, key, bundle } = await writeCredential(credential)
  const { out, output } = await runTool(python, [PROGRAM, 'call', address, COUNT, chain, key, bundle])
  expect(out, output).toMatch(/^{.*}\n$/)
  return JSON.parse(out)
}
