import { afterAll, beforeAll, expect, test } from 'vitest'
import { callByHand } from '../support/handmade-call.ts'
import { callFields } from '../support/http2-frames.ts'
import { type SpawnedTarget, spawnTarget } from '../support/spawned-target.ts'
import { TOKEN_METHODS } from '../support/target.ts'

const { FAULT_ROUNDS = '10' } = process.env
const CONNECTIONS = 50
const MAX_GROWTH_MB = 60

let target: SpawnedTarget
beforeAll(async () => {
  target = await spawnTarget()
})
afterAll(() => target.kill())

test('connections that come, call, are refused and go leave nothing behind', async () => {
  await round()
  await round()
  const { rss } = await target.state()
  for (let count = 0; count < Number(FAULT_ROUNDS); count += 1) await round()
  expect((await target.state()).rss - rss).toBeLessThan(MAX_GROWTH_MB)
})

async function round(): Promise<void> {
  for (let count = 0; count < CONNECTIONS; count += 1) {
    const admitted = TOKEN_METHODS.map((path) => ({ fields: callFields(path, [['authorization', target.bearer]]) }))
    const refused = TOKEN_METHODS.map((path) => ({ fields: callFields(path, [['authorization', `Bearer ${count}`]]) }))
    const endings = await callByHand(target.port, target.tls, ...admitted, ...refused)
    expect(endings.map(({ status }) => status)).toEqual([
      ...admitted.map(() => 'OK'),
      ...refused.map(() => 'UNAUTHENTICATED'),
    ])
  }
}
