import { Client } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { CALL_KINDS, CERTIFICATE_METHODS, callKind, startKind, TOKEN_METHODS } from '../support/call-kinds.ts'
import { DAY_MS } from '../support/issuer.ts'
import { plainTls } from '../support/mesh.ts'
import { bearing, startTarget, tokenFor } from '../support/target.ts'

/** A target whose clock stands a day ahead once it is told, and the open connection of a stock client to it. */
async function openConnection() {
  let aheadMs = 0
  const target = await startTarget({ logger: silentLogger, clock: () => Date.now() + aheadMs })
  const orders = target.issuer.credential('orders')
  const client = new Client(`localhost:${target.port}`, plainTls(orders))
  onTestFinished(async () => {
    client.close()
    await target.close()
  })
  const advance = () => {
    aheadMs = 2 * DAY_MS
  }
  return { target, client, metadata: bearing(tokenFor(orders)), advance }
}

test('a connection whose certificate has expired carries no more calls, of no kind and under no rule', async () => {
  const { target, client, metadata, advance } = await openConnection()
  for (const kind of CALL_KINDS)
    expect(await callKind(client, kind, { metadata }), kind).toMatchObject({ status: 'OK' })
  target.forget()
  advance()
  for (const methods of [TOKEN_METHODS, CERTIFICATE_METHODS]) {
    for (const kind of CALL_KINDS) {
      const outcome = await callKind(client, kind, { metadata, methods })
      expect(outcome, kind).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_EXPIRED', receipts: [] })
      const unfinished = await startKind(client, kind, { metadata, methods, isUnfinished: true }).outcome
      expect(unfinished, kind).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_EXPIRED' })
    }
  }
  expect(target.reached).toEqual([])
})
