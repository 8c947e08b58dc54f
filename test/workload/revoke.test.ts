import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { channelCredentials } from '../../src/testing/stock-client.ts'
import { startTestMesh, type TestMesh } from '../../src/testing/test-mesh.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { RevocationTarget } from '../../src/workload/revocation-target.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { capturingLogger } from '../support/log.ts'
import { callPlainly } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const policy = {
  grants: [{ caller: 'security', audience: 'countersign/authority', scopes: ['trust.revoke'] }],
}

let mesh: TestMesh
let security: Workload
let warehouse: Workload
let address: string

beforeEach(async () => {
  mesh = await startTestMesh({ policy })
  onTestFinished(() => mesh.close())
  security = await mesh.join('security')
  warehouse = await mesh.join('warehouse')
  const server = warehouse.createServer()
  server.addService(Warehouse, plainHandlers)
  address = formatAddress(await server.listen('localhost:0'))
})

/** A token that the warehouse takes, its IDs, and what a call with it comes to. */
function createToken() {
  const caller = mesh.credential('orders')
  const token = mesh.token({ caller, audience: 'warehouse', scopes: ['warehouse.pick'] })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>
  const use = async () => {
    const { status, reason } = await callPlainly(address, channelCredentials(caller, token))
    return reason ?? status
  }
  return { token, claims, use }
}

describe('a workload that holds the grant', () => {
  const TARGETS: Readonly<Record<string, (token: ReturnType<typeof createToken>) => RevocationTarget>> = {
    'the token': ({ token }) => ({ token }),
    'its ID': ({ claims }) => ({ tokenId: claims['jti'] ?? '' }),
    'its grant': ({ claims }) => ({ grantId: claims['grant_id'] ?? '' }),
    'its subject': ({ claims }) => ({ subject: claims['sub'] ?? '' }),
    'its client': ({ claims }) => ({ client: claims['client_id'] ?? '' }),
    'its service': () => ({ service: 'orders' }),
  }

  for (const [what, targetOf] of Object.entries(TARGETS)) {
    test(`revokes a token by ${what}`, async () => {
      const token = createToken()
      expect(await token.use()).toBe('OK')
      const revision = await security.revoke(targetOf(token), 'stolen')
      await vi.waitUntil(() => warehouse.trust.revision?.sequence === revision?.sequence, { interval: 2 })
      expect(await token.use()).toBe('TOKEN_REVOKED')
      await security.revoke(targetOf(token))
    })
  }

  test('is told that there is nothing to revoke of a token that has expired', async () => {
    const { token } = createToken()
    mesh.clock.advance(10 * 60_000)
    expect(await security.revoke({ token })).toBeUndefined()
  })

  test('is told why the authority refuses', async () => {
    await expect(security.revoke({ token: 'no.token' })).rejects.toMatchObject({
      name: 'CallError',
      reason: expect.stringMatching(/^(TOKEN_INVALID|CREDENTIALS_MALFORMED|REQUEST_INVALID)$/),
    })
    await expect(security.revoke({ tokenId: 'one' }, 'x'.repeat(501))).rejects.toMatchObject({
      reason: 'REQUEST_INVALID',
    })
    await refusalOf('REQUEST_INVALID', () => security.revoke({ service: '/orders' }))
    await expect(security.revoke({} as RevocationTarget)).rejects.toThrow(TypeError)
  })

  test('asks another authority where the first cannot be reached', async () => {
    const authorities = [mesh.authority.address, { host: 'localhost', port: 1 }, { host: 'localhost', port: 2 }]
    const options = { authorities, logger: capturingLogger(), clock: mesh.clock }
    const workload = await joinWith(mesh.credential('security'), options)
    onTestFinished(() => workload.close())
    for (const tokenId of ['one', 'two']) expect(await workload.revoke({ tokenId })).toMatchObject({ epoch: 1 })
  })

  test('fails where none can be reached, and may try again', async () => {
    await mesh.authority.close()
    await expect(security.revoke({ tokenId: 'one' })).rejects.toMatchObject({ name: 'CallError' })
    await security.close()
    await expect(security.revoke({ tokenId: 'one' })).rejects.toThrow(TypeError)
  })
})

test('a workload without the grant revokes nothing', async () => {
  const token = createToken()
  await expect(warehouse.revoke({ token: token.token })).rejects.toMatchObject({ reason: 'GRANT_DENIED' })
  expect(await token.use()).toBe('OK')
})
