import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { TrustFeed } from '../../src/client/trust-feed.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { knows } from '../support/publishing.ts'
import { useCompileCache } from './compile-cache.ts'
import { ROUNDS } from './rounds.ts'
import { comingBackMs } from './trust/bounds.ts'
import { Premises } from './trust/premises.ts'
import { quietLogger } from './trust/verifier.ts'

useCompileCache()

const HERD = 200
const OUTAGES = Math.max(2, Math.ceil(ROUNDS / 10))
/** At the authority, from its start on: a connection takes a handshake of two milliseconds, and others must have their turn. */
const MAX_PAUSE_MS = 500
const MAX_RSS_MB = 400
/** One process makes all the connections: that alone takes a while. */
const HANDSHAKES_MS = 3_000

const said: string[] = []
afterAll(() => void process.stdout.write(`${said.join('\n')}\n`))

test(`${HERD} verifiers whose authority is killed and starts again all come back, at times of their own, and it bears them`, {
  timeout: 60_000 + OUTAGES * 30_000,
}, async () => {
  const premises = await Premises.create()
  const authority = await premises.startAuthority()
  const credential = await premises.credential('orders')
  const herd = Array.from({ length: HERD }, () => {
    const client = new AuthorityClient({ address: authority.address, credential })
    const log = quietLogger()
    const trust = new TrustState({ credential, logger: log })
    const feed = new TrustFeed({ authorities: [client], trust, logger: log })
    onTestFinished(() => {
      feed.stop()
      client.close()
    })
    return { trust, feed, log }
  })
  await Promise.all(herd.map(({ feed }) => feed.ready(20_000)))

  for (let outage = 0; outage < OUTAGES; outage += 1) {
    const before = herd.map(({ trust }) => trust.vouchCount)
    const killedAt = performance.now()
    await authority.kill()
    await sleep(300)
    await authority.start()
    const backAt = performance.now()
    const withinMs = comingBackMs(backAt - killedAt)
    const backAfter = await Promise.all(
      herd.map(async ({ trust }, index) => {
        await vi.waitUntil(() => trust.vouchCount > (before[index] ?? 0), { timeout: 20_000, interval: 10 })
        return performance.now() - backAt
      }),
    )
    const { peakRssMb, longestPauseMs } = await authority.state()
    const sorted = backAfter.toSorted((one, other) => one - other)
    const [first = 0, tenth = 0, ninetieth = 0, last = 0] = [0, 0.1, 0.9, 0.999].map(
      (part) => sorted[Math.floor(part * HERD)],
    )
    said.push(
      `away for ${Math.round(backAt - killedAt)} ms: back after ${Math.round(first)} to ${Math.round(last)} ms, ` +
        `nine in ten within ${Math.round(ninetieth - tenth)} ms of each other; ` +
        `the authority took ${peakRssMb} MB, and stood still for ${Math.round(longestPauseMs)} ms at most`,
    )
    expect(last).toBeLessThan(withinMs + HANDSHAKES_MS)
    // Each wait is spread over its upper half.
    expect(ninetieth - tenth).toBeGreaterThan(withinMs / 10)
    expect(peakRssMb).toBeLessThan(MAX_RSS_MB)
    expect(longestPauseMs).toBeLessThan(MAX_PAUSE_MS)
  }
  const { revision } = await premises.command('revoke', 'grant', 'GrantThatNobodyHas0001')
  const revokedAt = performance.now()
  await vi.waitUntil(() => herd.every(({ trust }) => knows(trust, revision)), { timeout: 5_000, interval: 2 })
  const toldMs = performance.now() - revokedAt
  said.push(`a revocation was known to all after ${Math.round(toldMs)} ms`)
  expect(toldMs).toBeLessThan(1_000)
})
