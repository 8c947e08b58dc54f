import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flood, floodsOf } from '../support/floods.ts'
import { type SpawnedTarget, spawnTarget } from '../support/spawned-target.ts'

const { FAULT_ROUNDS = '10' } = process.env
const FRAMES = 1000 * Number(FAULT_ROUNDS)
const MAX_WAIT_MS = 10_000
const MAX_RSS_MB = 400

let target: SpawnedTarget
beforeAll(async () => {
  target = await spawnTarget()
})
afterAll(() => target.kill())

describe(`${FRAMES} frames on one connection leave a server alive, its memory bounded, and others served`, () => {
  for (const { title } of floodsOf('')) {
    test(title, async () => {
      const each = floodsOf(target.bearer).find((other) => other.title === title)
      if (each === undefined) throw new TypeError(title)
      const report = await flood(target, each, FRAMES)
      const { peakRss } = await target.state()
      expect(target.ended()).toBeUndefined()
      expect(report.longestWaitMs).toBeLessThan(MAX_WAIT_MS)
      expect(peakRss).toBeLessThan(MAX_RSS_MB)
      if (each.cutAfter !== undefined && report.sent >= each.cutAfter) expect(report.outcome).toMatch(CUT)
    })
  }
})

const CUT = /^(GOAWAY [A-Z_]+|closed)$/
