import { afterAll, beforeAll, expect, test } from 'vitest'
import { flood, floodsOf } from '../support/floods.ts'
import { type SpawnedTarget, spawnTarget } from '../support/spawned-target.ts'

// The long form of the same is test/fault/http2-floods.test.ts.
const FRAMES = 1000

let target: SpawnedTarget
beforeAll(async () => {
  target = await spawnTarget()
})
afterAll(() => target.kill())

test('a server lives through each flood, and serves others meanwhile', { timeout: 60_000 }, async () => {
  for (const each of floodsOf(target.bearer)) {
    const report = await flood(target, each, FRAMES)
    const where = `${each.title}: ${JSON.stringify(report)}`
    if (each.cutAfter !== undefined && report.sent >= each.cutAfter) {
      expect(report.outcome, where).toMatch(/^(GOAWAY \w+|closed)$/)
    }
    expect(target.ended(), where).toBeUndefined()
  }
  expect((await target.state()).peakRss).toBeLessThan(400)
})
