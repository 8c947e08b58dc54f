import { setTimeout } from 'node:timers/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { ALLOWED, refused } from '../../../scripts/demo/call-rows.ts'
import { Report, type Step } from '../../../scripts/demo/report.ts'
import { Traffic } from '../../../scripts/demo/revocation/traffic.ts'

const REFUSED = refused('UNAUTHENTICATED', 'TOKEN_REVOKED')

let steps: Step[]
let report: Report

beforeEach(() => {
  steps = []
  report = new Report()
  vi.spyOn(report, 'step').mockImplementation((step) => void steps.push(step))
})

/** Of a traffic whose calls number `refusedAt` were refused: how it must have ended, and how it did. */
async function endOf(refusedAt: readonly number[], tolerated: number): Promise<Step | undefined> {
  let count = 0
  const call = async () => {
    count += 1
    return refusedAt.includes(count) ? REFUSED : ALLOWED
  }
  await new Traffic('calls', call, 1).end(report, { more: 5, tolerated })
  return steps.at(-1)
}

test('traffic is good when no more of its calls were refused than may be', async () => {
  for (const [refusedAt, tolerated] of [
    [[], 0],
    [[2], 1],
    [[1, 3], 3],
  ] as const) {
    const step = await endOf(refusedAt, tolerated)
    expect(step?.actual).toEqual(step?.expected)
  }
})

test('traffic is bad when more of its calls were refused, and tells why they were', async () => {
  for (const [refusedAt, tolerated] of [
    [[2], 0],
    [[1, 2, 3, 4], 3],
  ] as const) {
    const step = await endOf(refusedAt, tolerated)
    expect(step?.actual).not.toEqual(step?.expected)
    expect(step?.told).toContain(`${refusedAt.length} refused (UNAUTHENTICATED TOKEN_REVOKED)`)
  }
})

test('traffic makes as many calls as it was to make before it ends, and none after', async () => {
  let count = 0
  const call = async () => {
    count += 1
    return ALLOWED
  }
  const traffic = new Traffic('calls', call, 1)
  await traffic.end(report, { more: 7 })
  const made = count
  expect(made).toBeGreaterThanOrEqual(7)
  await setTimeout(20)
  expect(count).toBe(made)
})

test('traffic that broke tells so to whoever ends it', async () => {
  const traffic = new Traffic('calls', () => Promise.reject(new TypeError('broken')), 1)
  await setTimeout(5)
  await expect(traffic.end(report, { more: 3 })).rejects.toThrow('broken')
})
