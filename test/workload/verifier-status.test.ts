import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { createServiceClient } from '../../src/interceptor/service-client.ts'
import { startTestMesh, type TestMesh } from '../../src/testing/test-mesh.ts'
import { VerifierService } from '../../src/transport/authority-protos.ts'
import { openChannel } from '../../src/transport/channel.ts'
import type { Workload } from '../../src/workload/workload.ts'

const MINUTE_MS = 60_000

let mesh: TestMesh
let orders: Workload
let address: { readonly host: string; readonly port: number }

beforeEach(async () => {
  mesh = await startTestMesh()
  onTestFinished(() => mesh.close())
  orders = await mesh.join('orders')
  address = await orders.createServer().listen('localhost:0')
})

function askAs(credential: Credential) {
  const { clock } = mesh
  const channel = openChannel({ address, server: orders.serviceId, credential, clock })
  onTestFinished(() => channel.close())
  return createServiceClient(VerifierService, channel).status({})
}

const operator = () => mesh.credential('countersign/operator/alice')

describe('the status of a verifier', () => {
  test('tells an operator what the service goes by', async () => {
    await mesh.revoke({ tokenId: 'one' })
    const { epoch, sequence } = orders.trust.revision ?? {}
    expect(await askAs(operator())).toMatchObject({
      freshness: 'TRUST_FRESHNESS_FRESH',
      revision: { epoch: String(epoch), sequence: String(sequence) },
      ageMs: '0',
      keys: 1,
      entries: '1',
      clockAheadMs: '0',
    })
  })

  test('is told also once the service refuses everything else', async () => {
    await mesh.authority.close()
    for (const [passed, freshness, ageMs] of [
      [MINUTE_MS, 'TRUST_FRESHNESS_STALE', '60000'],
      [5 * MINUTE_MS, 'TRUST_FRESHNESS_DEAD', '360000'],
    ] as const) {
      mesh.clock.advance(passed)
      expect(await askAs(operator())).toMatchObject({ freshness, ageMs })
    }
    expect(orders.trust).toMatchObject({ isUsable: false, freshness: { state: 'dead', ageMs: 6 * MINUTE_MS } })
  })

  test('is not told to other services', async () => {
    await expect(askAs(mesh.credential('inventory'))).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' })
  })
})
