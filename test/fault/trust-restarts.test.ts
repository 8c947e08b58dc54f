import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test, vi } from 'vitest'
import { toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { openStore } from '../../src/store/open.ts'
import { compareRevisions } from '../../src/trust/revision.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { startAuthority } from '../support/authority.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { createTestCa } from '../support/pki.ts'
import { origin } from '../support/publishing.ts'
import { Warehouse } from '../support/warehouse.ts'
import { ROUNDS } from './rounds.ts'
import { createRunningClock } from './trust/running-clock.ts'
import { quietLogger, startVerifier } from './trust/verifier.ts'

const POLICY = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'
const RESTARTS = Math.max(50, ROUNDS)
/** From when on nothing may grow. */
const SETTLED = 15
/** The seconds from one restart to the next: tokens live 300, and with them the key of the authority before. */
const APART = 100
const REVOCATIONS = 50
/** Those of restarts within the life of a token, with room for clocks that differ, and the minute and a half that pruning takes. */
const LIVING = Math.ceil((300 + 60 + 60 + 90) / APART) + 2
const MAX_GROWTH_MB = 20
/** How many more there may be at one moment than at another. One left behind at each restart would be more. */
const ROOM = 10

test(`${RESTARTS} restarts of an authority on one store leave keys, rows, memory, sockets and timers as they were`, {
  timeout: 60_000 + RESTARTS * 2_000,
}, async () => {
  const clock = createRunningClock()
  const pki = createTestCa({ clock })
  const file = join(await temporaryDirectory(), 'ca.db')
  const start = async (port: number) => {
    const store = await openStore(file, { create: true })
    const authority = await startAuthority({ pki, policy: POLICY, clock, store, port })
    const close = () => authority.close().finally(() => store.close())
    return { ...authority, store, close }
  }
  let authority = await start(0)
  onTestFinished(() => authority.close())
  const authorities = [authority.address]
  const verifier = await startVerifier({ credential: pki.credential('warehouse'), authorities, clock })
  const orders = await joinWith(pki.credential('orders'), { authorities, clock, logger: quietLogger() })
  onTestFinished(() => orders.close())
  const client = orders.createClient(Warehouse, 'warehouse', verifier.address)
  const database = new DatabaseSync(file, { readOnly: true })
  onTestFinished(() => database.close())
  const rows = () => Number(database.prepare('select count(*) as count from trust_log').get()?.['count'])

  const peaks = { keys: 0, rows: 0, entries: 0 }
  let settled = usage()
  for (let restart = 1; restart <= RESTARTS; restart += 1) {
    const until = toEpochSeconds(clock()) + 300
    const changes = Array.from({ length: REVOCATIONS }, () => ({ kind: 'token', id: randomId(), until }) as const)
    await authority.store.trustLog.append(changes, { ...origin, at: clock() })
    const { port } = authority.address
    await authority.close()
    authority = await start(port)
    clock.advance(APART * 1000)
    await vi.waitUntil(() => [verifier.trust, orders.trust].every((trust) => isCaughtUp(trust, authority.trust)), {
      timeout: 10_000,
      interval: 2,
    })
    await client.pick({})
    await sleep(10)
    if (restart <= SETTLED) {
      settled = usage()
      continue
    }
    peaks.keys = Math.max(peaks.keys, authority.trust.current?.keys.size ?? 0, verifier.trust.current?.keys.size ?? 0)
    peaks.rows = Math.max(peaks.rows, rows())
    peaks.entries = Math.max(peaks.entries, verifier.trust.entryCount, authority.trust.entryCount)
  }
  const after = usage()
  process.stdout.write(`${JSON.stringify({ peaks, settled, after })}\n`)
  expect(peaks.keys).toBeLessThanOrEqual(LIVING)
  expect(peaks.rows).toBeLessThanOrEqual(LIVING * (REVOCATIONS + 1))
  expect(peaks.entries).toBeLessThanOrEqual(LIVING * REVOCATIONS)
  expect(after.sockets).toBeLessThanOrEqual(settled.sockets + ROOM)
  expect(after.files).toBeLessThanOrEqual(settled.files + ROOM)
  expect(after.timers).toBeLessThanOrEqual(settled.timers + ROOM)
  expect(after.heapMb - settled.heapMb).toBeLessThan(MAX_GROWTH_MB)
  expect(verifier.logged('call refused')).toEqual([])
})

/** Where the system tells of all that is open. */
const FILES = '/proc/self/fd'

type Known = Pick<TrustState, 'revision' | 'freshness'>

function isCaughtUp({ revision, freshness }: Known, { revision: expected }: Known): boolean {
  if (revision === undefined || expected === undefined) return false
  return freshness.state === 'fresh' && compareRevisions(revision, expected) === 0
}

function usage() {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const resources = Object.groupBy(process.getActiveResourcesInfo(), (name) => name)
  const count = (pattern: RegExp) =>
    Object.entries(resources).reduce((sum, [name, all = []]) => sum + (pattern.test(name) ? all.length : 0), 0)
  return {
    heapMb: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    sockets: count(/Socket|TCP|TLS|Pipe/),
    files: existsSync(FILES) ? readdirSync(FILES).length : 0,
    timers: count(/Timeout|Immediate/),
  }
}
