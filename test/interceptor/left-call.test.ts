import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AccessRules } from '../../src/access/access-rules.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { channelCredentials } from '../../src/testing/stock-client.ts'
import { connectByHand } from '../support/handmade-connection.ts'
import { callFields, Flag, FrameType, frame, grpcMessage, headerBlock, headersFrames } from '../support/http2-frames.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { tlsOptionsOf } from '../support/listener.ts'
import { capturingLogger } from '../support/log.ts'
import { bearing, CERTIFICATE_METHODS, startTarget, TOKEN_METHODS, tokenFor } from '../support/target.ts'
import { createVerifier } from '../support/token.ts'
import { trustIn } from '../support/trust.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const asIs = (bytes: Buffer) => bytes

/** Another call over the same connection: what came before has arrived. */
function callAfter(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(COUNT, asIs, asIs, Buffer.alloc(0), (error) => (error ? reject(error) : resolve()))
  })
}

const [COUNT = ''] = CERTIFICATE_METHODS

test.each(TOKEN_METHODS)('nothing is allowed to a caller that left while its token was verified: %s', async (path) => {
  const logger = capturingLogger()
  const issuer = createTestIssuer()
  const orders = issuer.credential('orders')
  const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
  const verify = createVerifier({ clock: Date.now, audience: issuer.credential('warehouse').serviceId })
  const verified: string[] = []
  const server = new MeshServer(
    {
      credentials: new MemoryCredentialSource(issuer.credential('warehouse')),
      async verifyToken(...given) {
        verified.push('began')
        await isReleased
        const token = await verify(...given)
        verified.push('ended')
        return token
      },
      trust: trustIn({ pki: issuer }),
      logger,
      clock: Date.now,
    },
    AccessRules.empty,
  )
  onTestFinished(() => server.close())
  const handled = vi.fn(() => {
    throw new Error('A handler ran.')
  })
  server.addService(Warehouse, { ...plainHandlers, pick: handled, store: handled, follow: handled, exchange: handled })
  const address = `localhost:${(await server.listen('localhost:0')).port}`

  const client = new Client(address, channelCredentials(orders))
  onTestFinished(() => client.close())
  const call = client.makeBidiStreamRequest(path, asIs, asIs, bearing(tokenFor(orders)))
  call.on('error', () => {})
  await vi.waitUntil(() => verified.length === 1)
  call.cancel()
  await callAfter(client)
  release()
  await vi.waitUntil(() => verified.length === 2)
  await callAfter(client)
  expect(handled).not.toHaveBeenCalled()
  const allowed = logger.lines.filter(({ message }) => message === 'call allowed')
  expect(allowed.map(({ fields }) => fields['method'])).toEqual([COUNT, COUNT])
})

test('a request that is whole only after its deadline reaches no handler', async () => {
  const target = await startTarget({ logger: silentLogger })
  onTestFinished(() => target.close())
  const tls = tlsOptionsOf(target.issuer.credential('orders'))
  const connection = await connectByHand(target.port, tls)
  const fields = callFields(COUNT, [['grpc-timeout', '1m']])
  const data = { type: FrameType.data, streamId: 1 }
  await connection.send(headersFrames(1, headerBlock(fields)), frame({ ...data, payload: grpcMessage() }))
  await sleep(50)
  await connection.send(frame({ ...data, flags: Flag.endStream }))
  expect(await connection.outcome()).toBe('alive')
  expect(target.reached).toEqual([])
})
