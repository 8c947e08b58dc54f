import { describe, expect, test } from 'vitest'
import type { TrustLog } from '../../src/authority/log/trust-log.ts'
import type { CaState } from '../../src/ca/issuers/ca-state.ts'
import type { Store } from '../../src/store/store.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import type { Revision } from '../../src/trust/revision.ts'
import { ISSUER } from '../support/authority.ts'
import {
  authorityRecord,
  caState,
  certificateRecord,
  HOUR_MS,
  NOON,
  revocationAt,
  serviceId,
} from '../support/ca-records.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import {
  everyKind,
  keyPublication,
  NOON_SECONDS,
  ORIGIN,
  revokedTokens,
  rootsStatement,
} from '../support/trust-changes.ts'

const LAST_SECOND = 2 ** 32 - 1

/** What the trust log promises, of any store. @param openStore with a CA in this state, or none */
export function describeTrustLog(name: string, openStore: (state?: CaState) => Promise<Store>): void {
  async function openLog(): Promise<TrustLog> {
    return (await openStore()).trustLog
  }

  describe(`${name}: the trust log`, () => {
    test('is empty at first, and is read so', async () => {
      const log = await openLog()
      const empty = { revision: { epoch: 1, sequence: 0 }, changes: [], isLast: true }
      expect(await log.read(undefined, 10)).toEqual(empty)
      expect(await log.read({ epoch: 1, sequence: 0 }, 10)).toEqual(empty)
      expect(await log.append([], ORIGIN)).toEqual({ epoch: 1, sequence: 0 })
    })

    test('keeps each kind of change as it was given, in the order of revisions', async () => {
      const log = await openLog()
      const changes = everyKind()
      for (const [index, change] of changes.entries()) {
        expect(await log.append([change], ORIGIN)).toEqual({ epoch: 1, sequence: index + 1 })
      }
      const revision = { epoch: 1, sequence: changes.length }
      expect(await log.read(undefined, 100)).toEqual({ revision, changes, isLast: true })
      const after = { epoch: 1, sequence: changes.length - 2 }
      expect(await log.read(after, 100)).toEqual({ revision, changes: changes.slice(-2), isLast: true })
      expect(await log.read(revision, 100)).toEqual({ revision, changes: [], isLast: true })
    })

    test('keeps the later one of two changes of the same thing, at its new place', async () => {
      const log = await openLog()
      const [blocked, lifted] = [false, true].map((isLifted) => ({ kind: 'block', id: 'x', isLifted }) as const)
      if (blocked === undefined || lifted === undefined) throw new Error('no blocks')
      await log.append([blocked], ORIGIN)
      await log.append(revokedTokens(1), ORIGIN)
      expect(await log.append([lifted], ORIGIN)).toEqual({ epoch: 1, sequence: 3 })
      expect((await log.read(undefined, 10)).changes).toEqual([...revokedTokens(1), lifted])
      await log.append([blocked], ORIGIN)
      expect((await log.read({ epoch: 1, sequence: 3 }, 10)).changes).toEqual([blocked])
      // Also where both come at once: one after the other.
      expect(await log.append([blocked, lifted], ORIGIN)).toEqual({ epoch: 1, sequence: 6 })
      expect((await log.read(undefined, 10)).changes).toEqual([...revokedTokens(1), lifted])
    })

    test('never revokes for less than before, and tells of it again', async () => {
      const log = await openLog()
      const high: readonly TrustChange[] = [
        { kind: 'grant', id: 'x', until: NOON_SECONDS + 9 },
        { kind: 'service', id: 'x', upTo: NOON_SECONDS + 9 },
      ]
      await log.append(high, ORIGIN)
      const low: readonly TrustChange[] = [
        { kind: 'grant', id: 'x', until: NOON_SECONDS + 1 },
        { kind: 'service', id: 'x', upTo: NOON_SECONDS + 1 },
      ]
      const revision = await log.append(low, ORIGIN)
      expect(revision).toEqual({ epoch: 1, sequence: 2 })
      expect(await log.read({ epoch: 1, sequence: 1 }, 10)).toEqual({ revision, changes: high, isLast: true })
      expect(await log.prune((NOON_SECONDS + 9 + 60) * 1000)).toBe(false)
      expect((await log.read(undefined, 10)).changes).toEqual(high)
    })

    test('keeps a key by the statement that came last', async () => {
      const log = await openLog()
      const key = keyPublication(NOON_SECONDS + 600)
      await log.append([key], ORIGIN)
      const again = { ...key, signature: Buffer.from('another') }
      await log.append([again], ORIGIN)
      expect((await log.read(undefined, 10)).changes).toEqual([again])
    })

    test('keeps a key that ends earlier than was said at first until that first end', async () => {
      const log = await openLog()
      const credential = createTestCa({ clock: () => NOON }).credential('countersign/authority')
      const { verificationKey: key } = createSigningKey()
      const [long, short] = [600, 60].map((seconds) =>
        publishKey({ issuer: ISSUER, key, expiresAt: NOON_SECONDS + seconds }, credential),
      )
      if (long === undefined || short === undefined) throw new Error('no keys')
      await log.append([long], ORIGIN)
      await log.append([short], ORIGIN)
      await log.prune(NOON + 660_000)
      expect((await log.read(undefined, 10)).changes).toEqual([short])
      await log.prune(NOON + 660_001)
      expect((await log.read(undefined, 10)).changes).toEqual([])
    })

    test('keeps statements of roots in the order in which they came first, each at a revision of its own', async () => {
      const log = await openLog()
      const statements = ['first', 'second', 'third'].map(rootsStatement)
      expect(await log.append([...statements, ...revokedTokens(2)], ORIGIN)).toEqual({ epoch: 1, sequence: 4 })
      await log.append(statements.slice(0, 1), ORIGIN)
      const { changes, revision } = await log.read(undefined, 1)
      expect({ changes, revision }).toEqual({ changes: statements.slice(0, 1), revision: { epoch: 1, sequence: 1 } })
      expect((await log.read(undefined, 10)).changes).toEqual([...statements, ...revokedTokens(2)])
    })

    test('refuses a key whose statement is malformed, and changes nothing', async () => {
      const log = await openLog()
      const key = keyPublication()
      for (const statement of ['', '{}', `${key.statement} `, 'null']) {
        await refusalOf('REQUEST_INVALID', () => log.append([...revokedTokens(1), { ...key, statement }], ORIGIN))
      }
      expect(await log.read(undefined, 10)).toEqual({ revision: { epoch: 1, sequence: 0 }, changes: [], isLast: true })
    })

    test('is read in parts, each with whole revisions, and the last one says so', async () => {
      const log = await openLog()
      const tokens = revokedTokens(25)
      for (const token of tokens) await log.append([token], ORIGIN)
      const together = revokedTokens(30, NOON_SECONDS + 600, 'together')
      await log.append(together, ORIGIN)
      const parts = await readAll(log, 10)
      expect(parts.map(({ changes, revision }) => [changes.length, revision.sequence])).toEqual([
        [10, 10],
        [10, 20],
        [35, 26],
      ])
      expect(parts.flatMap(({ changes }) => changes)).toEqual([...tokens, ...together])
      expect((await log.read({ epoch: 1, sequence: 16 }, 10)).isLast).toBe(true)
    })

    test('gives what is too much for one revision several, in one commit', async () => {
      const log = await openLog()
      const many = revokedTokens(2_500)
      expect(await log.append(many, ORIGIN)).toEqual({ epoch: 1, sequence: 3 })
      const parts = await readAll(log, 1_000)
      expect(parts.map(({ changes }) => changes.length)).toEqual([1_000, 1_000, 500])
      expect(parts.flatMap(({ changes }) => changes)).toEqual(many)
    })

    test('is read whole from a revision that it cannot have given', async () => {
      const log = await openLog()
      const revision = await log.append(revokedTokens(3), ORIGIN)
      for (const other of [
        { epoch: 2, sequence: 1 },
        { epoch: 0, sequence: 1 },
        { epoch: 1, sequence: 2 },
      ]) {
        expect(await log.read(other, 10)).toEqual({ revision, changes: revokedTokens(3), isLast: true })
      }
    })

    test('is never behind what it told before, also where what came last is gone', async () => {
      const log = await openLog()
      await log.append(revokedTokens(1, NOON_SECONDS + 600, 'stays'), ORIGIN)
      const revision = await log.append(revokedTokens(1, NOON_SECONDS - 600, 'goes'), ORIGIN)
      await log.prune(NOON)
      const { changes, ...end } = await log.read(undefined, 1)
      expect(changes).toEqual(revokedTokens(1, NOON_SECONDS + 600, 'stays'))
      // There may be a part after it; that is empty then.
      const last = end.isLast ? end : await log.read(end.revision, 1)
      expect(last).toMatchObject({ revision, isLast: true })
    })

    test('is read to a state that is right though it changes meanwhile', async () => {
      const log = await openLog()
      for (const token of revokedTokens(20)) await log.append([token], ORIGIN)
      const seen = new Map<string, number>()
      let writes = 0
      let after: Revision | undefined
      for (let isLast = false; !isLast; ) {
        const part = await log.read(after, 4)
        for (const change of part.changes) if (change.kind === 'token') seen.set(change.id, change.until)
        ;({ isLast, revision: after } = part)
        if (writes < 5) {
          // One that was read, and one that was not: both move behind all others.
          for (const id of ['token-0', `token-${19 - writes}`]) {
            await log.append([{ kind: 'token', id, until: NOON_SECONDS + 700 + writes }], ORIGIN)
          }
          writes += 1
        }
      }
      const { changes, revision } = await log.read(undefined, 1_000)
      expect(after).toEqual(revision)
      const standing = changes.map((change) => (change.kind === 'token' ? [change.id, change.until] : []))
      expect([...seen].sort()).toEqual(standing.sort())
      expect(seen.get('token-0')).toBe(NOON_SECONDS + 704)
    })

    test('gives those who write at once a revision each', async () => {
      const log = await openLog()
      const revisions = await Promise.all(revokedTokens(20).map((token) => log.append([token], ORIGIN)))
      expect(revisions.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    })

    test('forgets what has expired by every clock, some of it at a time, and keeps what stands for good', async () => {
      const log = await openLog()
      const lasting: readonly TrustChange[] = [
        rootsStatement('the roots'),
        { kind: 'block', id: 'x', isLifted: false },
        { kind: 'block', id: 'y', isLifted: true },
        { kind: 'intermediate', id: 'b1', until: LAST_SECOND },
      ]
      const passing: readonly TrustChange[] = [
        keyPublication(NOON_SECONDS),
        { kind: 'certificate', id: '4a', until: NOON_SECONDS },
        // The last token that it refuses was issued 30 s later, and lived for an hour.
        { kind: 'service', id: 'x', upTo: NOON_SECONDS - 3_630 },
      ]
      const standing = async () => (await log.read(undefined, 10_000)).changes
      await log.append([...lasting, ...passing, ...revokedTokens(2_500, NOON_SECONDS)], ORIGIN)
      const all = await standing()
      expect(all).toHaveLength(2_507)
      expect(await log.prune(NOON + 60_000)).toBe(false)
      expect(await standing()).toEqual(all)
      expect(await log.prune(NOON + 60_001)).toBe(true)
      expect(await standing()).toHaveLength(1_507)
      expect(await log.prune(NOON + 60_001)).toBe(true)
      expect(await log.prune(NOON + 60_001)).toBe(false)
      expect(await standing()).toEqual(lasting)
      expect(await log.prune(NOON + 10_000 * HOUR_MS)).toBe(false)
      expect(await standing()).toEqual(lasting)
    })

    test('knows when new signing keys were asked for last, also by a clock that is behind the one before', async () => {
      const log = await openLog()
      expect(await log.keyRotationRequestedAt()).toBe(0)
      const requested: number[] = []
      for (const at of [NOON, NOON + 2, NOON + 1, NOON]) {
        await log.requestKeyRotation({ ...ORIGIN, at })
        requested.push(await log.keyRotationRequestedAt())
      }
      expect(requested).toEqual([NOON, NOON + 2, NOON + 3, NOON + 4])
    })
  })

  describe(`${name}: what verifiers hear of`, () => {
    const untilOf = (notAfter: number) => Math.floor(notAfter / 1000) + 1

    /** Does something, and returns what has come into the log by it. */
    async function newsBy({ trustLog }: Store, act: () => Promise<unknown>): Promise<readonly TrustChange[]> {
      const { revision } = await trustLog.read(undefined, 1_000)
      await act()
      return (await trustLog.read(revision, 1_000)).changes
    }

    test('a certificate that is revoked, again where that is asked for again', async () => {
      const store = await openStore(caState())
      const record = certificateRecord()
      await store.inventory.record(record)
      const revoked = [{ kind: 'certificate', id: record.serialNumber, until: untilOf(record.notAfter) }]
      for (const revokedAt of [NOON + 1, NOON + 2]) {
        let revision: Revision | undefined
        const news = await newsBy(store, async () => {
          revision = (await store.revocations.revokeCertificate(record.serialNumber, revocationAt(revokedAt)))?.revision
        })
        expect(news).toEqual(revoked)
        expect((await store.trustLog.read(undefined, 10)).revision).toEqual(revision)
      }
      expect(await newsBy(store, () => store.revocations.revokeCertificate('00', revocationAt(NOON)))).toEqual([])
    })

    test('a service that is revoked: its certificates, and what it was issued up to then', async () => {
      const store = await openStore(caState())
      const [one, other] = [certificateRecord(), certificateRecord({ serviceId: serviceId('inventory') })] as const
      for (const record of [one, other]) await store.inventory.record(record)
      let revision: Revision | undefined
      const news = await newsBy(store, async () => {
        revision = (await store.revocations.revokeService(serviceId('orders'), revocationAt(NOON + 1_999))).revision
      })
      expect(news).toEqual([
        { kind: 'certificate', id: one.serialNumber, until: untilOf(one.notAfter) },
        { kind: 'service', id: serviceId('orders'), upTo: NOON_SECONDS + 1 },
      ])
      expect((await store.trustLog.read(undefined, 10)).revision).toEqual(revision)
    })

    test('roots that are stated, once they are signed', async () => {
      const store = await openStore(caState())
      const first = [{ kind: 'roots', text: 'the roots', signature: Buffer.from('c2lnbmF0dXJl', 'base64') }]
      expect((await store.trustLog.read(undefined, 10)).changes).toEqual(first)
      const update = (signature: string | undefined) =>
        newsBy(store, () =>
          store.ledger.update((state) => {
            const next = { epoch: 1, sequence: 2, text: 'the next roots', signature }
            return { ...state, statements: [...caState().statements, next] }
          }, NOON),
        )
      expect(await update(undefined)).toEqual([])
      expect(await update('c2ln')).toEqual([
        { kind: 'roots', text: 'the next roots', signature: Buffer.from('c2ln', 'base64') },
      ])
      expect(await update('c2ln')).toEqual([])
    })

    test('an intermediate that is distrusted, and not one that is in another state', async () => {
      const store = await openStore(caState())
      const [root = authorityRecord(), issuer = authorityRecord()] = caState().authorities
      const moveTo = (state: 'retiring' | 'distrusted', since: number) =>
        newsBy(store, () =>
          store.ledger.update((former) => ({ ...former, authorities: [root, { ...issuer, state, since }] }), NOON),
        )
      expect(await moveTo('retiring', NOON)).toEqual([])
      expect(await moveTo('distrusted', NOON)).toEqual([{ kind: 'intermediate', id: issuer.keyId, until: LAST_SECOND }])
      expect(await moveTo('distrusted', NOON + 1)).toEqual([])
    })

    test('nothing of a step that fails', async () => {
      const store = await openStore(caState())
      const news = await newsBy(store, () =>
        expect(
          store.ledger.update(() => {
            const [root = authorityRecord(), issuer = authorityRecord()] = caState().authorities
            return caState({ authorities: [root, { ...issuer, state: 'distrusted' }, root] })
          }, NOON),
        ).rejects.toBeInstanceOf(TypeError),
      )
      expect(news).toEqual([])
    })

    test('a service that is blocked is issued nothing, and no other is touched', async () => {
      const { inventory, trustLog } = await openStore(caState())
      const held = certificateRecord()
      await inventory.record(held)
      await trustLog.append([{ kind: 'block', id: serviceId('orders'), isLifted: false }], ORIGIN)
      const asked = [
        certificateRecord(),
        certificateRecord({ serviceId: serviceId('inventory') }),
        certificateRecord({ renews: held.serialNumber }),
      ]
      const outcomes = await Promise.allSettled(asked.map((record) => inventory.record(record)))
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
      const { message } = await refusalOf('REQUEST_INVALID', () => inventory.record(certificateRecord()))
      expect(message).toContain('countersign unblock')
      await trustLog.append([{ kind: 'block', id: serviceId('orders'), isLifted: true }], ORIGIN)
      await inventory.record(certificateRecord())
    })
  })
}

async function readAll(log: TrustLog, limit: number) {
  const parts = []
  let after: Revision | undefined
  for (;;) {
    const part = await log.read(after, limit)
    parts.push(part)
    if (part.isLast) return parts
    after = part.revision
  }
}
