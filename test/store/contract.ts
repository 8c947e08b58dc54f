import { describe, expect, onTestFinished, test } from 'vitest'
import type { CertificateRecord } from '../../src/ca/inventory.ts'
import type { CaState } from '../../src/ca/issuers/ca-state.ts'
import { REVOCATION_REASONS, type RevocationReason } from '../../src/ca/revocation.ts'
import type { Store } from '../../src/store/store.ts'
import {
  authorityRecord,
  caState,
  certificateRecord,
  HOUR_MS,
  ISSUER_KEY_ID,
  NOON,
  ROOT_KEY_ID,
  revocationAt,
  serviceId,
  thumbprintOf,
} from '../support/ca-records.ts'
import { refusalOf } from '../support/refusal.ts'
import { ORIGIN } from '../support/trust-changes.ts'
import { describeTrustLog } from './trust-log-contract.ts'

/**
 * What the ports of a CA promise, of any store.
 * @param openEmpty a store without a CA
 */
export function describeStore(name: string, openEmpty: () => Promise<Store>): void {
  async function openStore(state?: CaState): Promise<Store> {
    const store = await openEmpty()
    onTestFinished(() => store.close())
    if (state !== undefined) await store.ledger.create(state)
    return store
  }

  describe(`${name}: the inventory`, () => {
    test('finds what was recorded, all of it', async () => {
      const { inventory } = await openStore(caState())
      const first = certificateRecord()
      const renewal = certificateRecord({ renews: first.serialNumber, dnsNames: [], requestedBy: 'a "b" ü\n' })
      await inventory.record(first)
      await inventory.record(renewal)
      expect(await inventory.find(first.serialNumber)).toEqual({ ...first, revocation: undefined })
      expect(await inventory.find(renewal.serialNumber)).toEqual({ ...renewal, revocation: undefined })
      expect(await inventory.find('00')).toBeUndefined()
    })

    test('records a renewal only of what is there, of the same service, and not revoked meanwhile', async () => {
      const { inventory, revocations } = await openStore(caState())
      const [mine, other] = [certificateRecord(), certificateRecord({ serviceId: serviceId('inventory') })]
      await inventory.record(mine)
      await inventory.record(other)
      const renew = (renews: string) => inventory.record(certificateRecord({ renews }))
      await renew(mine.serialNumber)
      await refusalOf('REQUEST_INVALID', () => renew(other.serialNumber))
      await refusalOf('REQUEST_INVALID', () => renew('ff00'))
      await revocations.revokeCertificate(mine.serialNumber, revocationAt(NOON))
      await refusalOf('REQUEST_INVALID', () => renew(mine.serialNumber))
    })

    test('lists by service, then by expiry, what is valid at a time', async () => {
      const { inventory } = await openStore(caState())
      const record = async (path: string, notAfter: number) => {
        const certificate = certificateRecord({ serviceId: serviceId(path), notAfter })
        await inventory.record(certificate)
        return certificate.serialNumber
      }
      const late = await record('orders', NOON + 2 * HOUR_MS)
      const early = await record('orders', NOON + HOUR_MS)
      const other = await record('inventory', NOON + 3 * HOUR_MS)
      const list = async (path: string | undefined, validAt: number) =>
        (await inventory.list({ serviceId: path === undefined ? undefined : serviceId(path), validAt })).map(
          ({ serialNumber }) => serialNumber,
        )
      expect(await list(undefined, 0)).toEqual([other, early, late])
      expect(await list('orders', NOON + HOUR_MS)).toEqual([early, late])
      expect(await list('orders', NOON + HOUR_MS + 1)).toEqual([late])
      expect(await list('billing', 0)).toEqual([])
    })

    test('certifies a key for one service only, however often', async () => {
      const { inventory } = await openStore(caState())
      const orders = certificateRecord()
      await inventory.record(orders)
      await inventory.record(certificateRecord({ keyThumbprint: orders.keyThumbprint }))
      const stranger = certificateRecord({ keyThumbprint: orders.keyThumbprint, serviceId: serviceId('inventory') })
      const { message } = await refusalOf('REQUEST_INVALID', () => inventory.record(stranger))
      expect(message).not.toContain('orders')
      expect(await inventory.find(stranger.serialNumber)).toBeUndefined()
    })

    test('certifies no key that was compromised, and goes on with one that was revoked for another reason', async () => {
      const { inventory, revocations } = await openStore(caState())
      const again = (record: CertificateRecord) =>
        inventory.record(certificateRecord({ keyThumbprint: record.keyThumbprint }))
      const records = [certificateRecord(), certificateRecord(), certificateRecord({ notAfter: NOON })] as const
      for (const record of records) await inventory.record(record)
      const [compromised, superseded, expired] = records
      await again(compromised)
      await revocations.revokeCertificate(compromised.serialNumber, revocationAt(NOON + 1))
      await revocations.revokeCertificate(superseded.serialNumber, revocationAt(NOON + 1, { reason: 'superseded' }))
      await revocations.revokeCertificate(expired.serialNumber, revocationAt(NOON + 1))
      for (const record of [compromised, expired]) {
        const { message } = await refusalOf('REQUEST_INVALID', () => again(record))
        expect(message).toContain('compromised')
      }
      await again(superseded)
      await inventory.record(certificateRecord())
    })

    test('certifies no key of the CA itself, in whichever state', async () => {
      const retired = authorityRecord({ keyId: 'c2'.repeat(20), state: 'retired', name: 'former' })
      const { inventory } = await openStore(caState({ authorities: [...caState().authorities, retired] }))
      for (const keyId of [ROOT_KEY_ID, ISSUER_KEY_ID, retired.keyId]) {
        const own = certificateRecord({ keyThumbprint: thumbprintOf(keyId) })
        await refusalOf('REQUEST_INVALID', () => inventory.record(own))
        expect(await inventory.find(own.serialNumber)).toBeUndefined()
      }
    })

    test('takes a serial number once', async () => {
      const { inventory } = await openStore(caState())
      const first = certificateRecord()
      await inventory.record(first)
      await refusalOf('INTERNAL', () =>
        inventory.record(certificateRecord({ serialNumber: first.serialNumber, serviceId: serviceId('inventory') })),
      )
      expect(await inventory.find(first.serialNumber)).toEqual({ ...first, revocation: undefined })
    })

    test('records nothing of an issuer that is not an active intermediate', async () => {
      const states = ['requested', 'prepared', 'retiring', 'retired', 'distrusted'] as const
      const others = states.map((state, index) =>
        authorityRecord({ state, name: state, keyId: `d${index}`.repeat(20) }),
      )
      const { inventory } = await openStore(caState({ authorities: [...caState().authorities, ...others] }))
      for (const issuerKeyId of [ROOT_KEY_ID, 'ff'.repeat(20), ...others.map(({ keyId }) => keyId)]) {
        const record = certificateRecord({ issuerKeyId })
        await refusalOf('INTERNAL', () => inventory.record(record))
        expect(await inventory.find(record.serialNumber)).toBeUndefined()
      }
      const { inventory: ofNoCa } = await openStore()
      await refusalOf('INTERNAL', () => ofNoCa.record(certificateRecord()))
    })

    test('records many at once, and refuses some of them without touching the others', async () => {
      const { inventory } = await openStore(caState())
      const orders = certificateRecord()
      const batch: readonly [CertificateRecord, string][] = [
        [orders, 'recorded'],
        [certificateRecord({ keyThumbprint: orders.keyThumbprint }), 'recorded'],
        [
          certificateRecord({ keyThumbprint: orders.keyThumbprint, serviceId: serviceId('inventory') }),
          'REQUEST_INVALID',
        ],
        [certificateRecord({ serialNumber: orders.serialNumber }), 'INTERNAL'],
        [certificateRecord({ issuerKeyId: 'ff'.repeat(20) }), 'INTERNAL'],
        [certificateRecord({ keyThumbprint: thumbprintOf(ROOT_KEY_ID) }), 'REQUEST_INVALID'],
        ...Array.from({ length: 600 }, (): [CertificateRecord, string] => [certificateRecord(), 'recorded']),
      ]
      const outcomes = await Promise.all(
        batch.map(([record]) =>
          inventory.record(record).then(
            () => 'recorded',
            ({ code }) => code,
          ),
        ),
      )
      expect(outcomes).toEqual(batch.map(([, outcome]) => outcome))
      const listed = await inventory.list({ serviceId: undefined, validAt: 0 })
      expect(listed.map(({ serialNumber }) => serialNumber).sort()).toEqual(
        batch.flatMap(([{ serialNumber }, outcome]) => (outcome === 'recorded' ? [serialNumber] : [])).sort(),
      )
    })
  })

  describe(`${name}: revocations`, () => {
    test('are found with the certificate, and the first one counts', async () => {
      const { inventory, revocations } = await openStore(caState())
      const record = certificateRecord()
      await inventory.record(record)
      const first = revocationAt(NOON + 1)
      const revoked = { ...record, revocation: first }
      expect((await revocations.revokeCertificate(record.serialNumber, first))?.certificate).toEqual(revoked)
      const second = revocationAt(NOON + 2, { reason: 'superseded', revokedBy: 'operator:bob' })
      expect((await revocations.revokeCertificate(record.serialNumber, second))?.certificate).toEqual(revoked)
      expect(await inventory.find(record.serialNumber)).toEqual(revoked)
      expect(await revocations.revokeCertificate('00', first)).toBeUndefined()
    })

    test('keep every reason as it was given', async () => {
      const { inventory, revocations } = await openStore(caState())
      for (const reason of Object.keys(REVOCATION_REASONS) as RevocationReason[]) {
        const record = certificateRecord()
        await inventory.record(record)
        await revocations.revokeCertificate(record.serialNumber, revocationAt(NOON, { reason }))
        expect((await inventory.find(record.serialNumber))?.revocation?.reason).toBe(reason)
      }
    })

    test('of a service are those of its certificates that have not expired', async () => {
      const { inventory, revocations } = await openStore(caState())
      const expired = certificateRecord({ notAfter: NOON + 9 })
      const valid = certificateRecord({ notAfter: NOON + 10 })
      const later = certificateRecord({ notAfter: NOON + 11 })
      const revokedBefore = certificateRecord()
      const other = certificateRecord({ serviceId: serviceId('inventory') })
      for (const record of [expired, later, valid, revokedBefore, other]) await inventory.record(record)
      await revocations.revokeCertificate(revokedBefore.serialNumber, revocationAt(NOON + 1))

      const revocation = revocationAt(NOON + 10, { reason: 'cessationOfOperation' })
      const revoke = async (path: string) => (await revocations.revokeService(serviceId(path), revocation)).certificates
      expect(await revoke('orders')).toEqual([
        { ...valid, revocation },
        { ...later, revocation },
      ])
      expect((await inventory.find(expired.serialNumber))?.revocation).toBeUndefined()
      expect((await inventory.find(other.serialNumber))?.revocation).toBeUndefined()
      expect((await inventory.find(revokedBefore.serialNumber))?.revocation?.revokedAt).toBe(NOON + 1)
      expect(await revoke('orders')).toEqual([])
      expect(await revoke('billing')).toEqual([])
    })

    test('of a service leave no gap for a certificate that was asked for before', async () => {
      const { inventory, revocations } = await openStore(caState())
      await revocations.revokeService(serviceId('orders'), revocationAt(NOON + 10))
      await revocations.revokeService(serviceId('orders'), revocationAt(NOON + 5))
      const late = certificateRecord({ recordedAt: NOON + 9 })
      await refusalOf('REQUEST_INVALID', () => inventory.record(late))
      expect(await inventory.find(late.serialNumber)).toBeUndefined()
      await inventory.record(certificateRecord({ recordedAt: NOON + 10 }))
      await inventory.record(certificateRecord({ serviceId: serviceId('inventory'), recordedAt: NOON }))
    })
  })

  describe(`${name}: the register of CRLs`, () => {
    const period = (thisUpdate: number) => ({ thisUpdate, nextUpdate: thisUpdate + HOUR_MS })

    test('counts for each issuer by itself', async () => {
      const { crlRegister } = await openStore(caState())
      const numbers: number[] = []
      for (let count = 0; count < 12; count += 1) {
        numbers.push((await crlRegister.next(ISSUER_KEY_ID, period(NOON))).number)
      }
      expect(numbers).toEqual(Array.from({ length: 12 }, (_, count) => NOON / 1000 + count))
      expect((await crlRegister.next(ROOT_KEY_ID, period(NOON))).number).toBe(NOON / 1000)
    })

    test('goes on above what an earlier copy of the store has given, and never back with the clock', async () => {
      const { crlRegister } = await openStore(caState())
      const numberAt = async (time: number) => (await crlRegister.next(ISSUER_KEY_ID, period(time))).number
      const first = await numberAt(NOON)
      expect(await numberAt(NOON + HOUR_MS)).toBe(first + HOUR_MS / 1000)
      expect(await numberAt(NOON - HOUR_MS)).toBe(first + HOUR_MS / 1000 + 1)
    })

    test('gives no number twice to those who come at once', async () => {
      const { crlRegister } = await openStore(caState())
      const taken = await Promise.all(Array.from({ length: 20 }, () => crlRegister.next(ISSUER_KEY_ID, period(NOON))))
      expect(new Set(taken.map(({ number }) => number)).size).toBe(20)
    })

    test("names the issuer's revoked certificates, each on one CRL after its expiry, though one was never made", async () => {
      const other = authorityRecord({ name: 'other', keyId: 'c2'.repeat(20) })
      const { inventory, revocations, crlRegister } = await openStore(
        caState({ authorities: [...caState().authorities, other] }),
      )
      const short = certificateRecord({ notAfter: NOON + 10 })
      const long = certificateRecord({ notAfter: NOON + HOUR_MS })
      const foreign = certificateRecord({ issuerKeyId: other.keyId })
      for (const record of [short, long, foreign, certificateRecord()]) await inventory.record(record)
      await revocations.revokeCertificate(long.serialNumber, revocationAt(NOON + 1, { reason: 'superseded' }))
      await revocations.revokeCertificate(short.serialNumber, revocationAt(NOON + 2))
      await revocations.revokeCertificate(foreign.serialNumber, revocationAt(NOON + 3))

      const longEntry = { serialNumber: long.serialNumber, reason: 'superseded', revokedAt: NOON + 1 }
      const shortEntry = { serialNumber: short.serialNumber, reason: 'keyCompromise', revokedAt: NOON + 2 }
      const next = async (thisUpdate: number) => (await crlRegister.next(ISSUER_KEY_ID, period(thisUpdate))).revoked
      expect(await next(NOON + 5)).toEqual([longEntry, shortEntry])
      expect(await next(NOON + 10)).toEqual([longEntry, shortEntry])
      expect(await next(NOON + 11)).toEqual([longEntry, shortEntry])
      expect(await next(NOON + 12)).toEqual([longEntry, shortEntry])
      expect(await next(NOON + 13)).toEqual([longEntry])
    })

    test('leaves out nothing that is valid, also where the clock was ahead once', async () => {
      const { inventory, revocations, crlRegister } = await openStore(caState())
      const record = certificateRecord()
      await inventory.record(record)
      await revocations.revokeCertificate(record.serialNumber, revocationAt(NOON))
      await crlRegister.next(ISSUER_KEY_ID, period(record.notAfter + 100 * HOUR_MS))
      const { revoked } = await crlRegister.next(ISSUER_KEY_ID, period(NOON + 1))
      expect(revoked.map(({ serialNumber }) => serialNumber)).toEqual([record.serialNumber])
    })
  })

  describe(`${name}: the ledger`, () => {
    const requested = authorityRecord({
      name: 'next',
      keyId: 'e5'.repeat(20),
      state: 'requested',
      certificateChain: undefined,
    })

    test('reads what was written, in its order', async () => {
      const state = caState({
        authorities: [requested, ...caState().authorities],
        statements: [
          { epoch: 1, sequence: 2, text: 'two', signature: 'c2ln' },
          { epoch: 1, sequence: 10, text: 'ten', signature: undefined },
        ],
      })
      const { ledger } = await openStore(state)
      expect(await ledger.read()).toEqual(state)
    })

    test('holds one CA, or none', async () => {
      const { ledger } = await openStore()
      expect(await ledger.read()).toBeUndefined()
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => ledger.create(caState())))
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
      await refusalOf('CONFIGURATION_INVALID', () => ledger.create(caState({ authorities: [] })))
      expect(await ledger.read()).toEqual(caState())
    })

    test('changes a state, and returns it as it is then', async () => {
      const { ledger } = await openStore(caState())
      const [root = authorityRecord(), issuer = authorityRecord()] = caState().authorities
      const changed = caState({
        authorities: [requested, { ...issuer, state: 'retiring', since: NOON + 1 }, root],
        statements: [
          { epoch: 1, sequence: 1, text: 'the roots', signature: 'b3RoZXI=' },
          { epoch: 1, sequence: 2, text: 'the next roots', signature: undefined },
        ],
      })
      expect(await ledger.update(() => changed, NOON)).toEqual(changed)
      expect(await ledger.read()).toEqual(changed)
      expect(await ledger.update(() => caState(), NOON)).toEqual(caState())
      expect(await ledger.read()).toEqual(caState())
    })

    test('keeps the state where a change throws, and throws that on', async () => {
      const { ledger } = await openStore(caState())
      const failure = new Error('not so')
      const throwing = ledger.update(() => {
        throw failure
      }, NOON)
      await expect(throwing).rejects.toBe(failure)
      expect(await ledger.read()).toEqual(caState())
    })

    test('refuses a change where there is no CA', async () => {
      const { ledger } = await openStore()
      const noChange = async () => {}
      for (const act of [() => ledger.update((state) => state, NOON), () => ledger.hold(noChange)]) {
        expect((await refusalOf('CONFIGURATION_INVALID', act)).message).toContain('ca init')
      }
    })

    test('refuses a state that no CA can be in', async () => {
      const { ledger, inventory } = await openStore(caState())
      await inventory.record(certificateRecord())
      const [root = authorityRecord(), issuer = authorityRecord()] = caState().authorities
      const twice = caState({ authorities: [root, issuer, issuer] })
      await expect(ledger.update(() => twice, NOON)).rejects.toBeInstanceOf(TypeError)
      const renamed = { ...caState(), trustDomain: 'other.internal' as CaState['trustDomain'] }
      await expect(ledger.update(() => renamed, NOON)).rejects.toBeInstanceOf(TypeError)
      await refusalOf('INTERNAL', () => ledger.update(() => caState({ authorities: [root] }), NOON))
      expect(await ledger.read()).toEqual(caState())
    })

    test('loses no change of those that come at once', async () => {
      const { ledger } = await openStore(caState())
      const append = (sequence: number) =>
        ledger.update((state) => {
          const statement = { epoch: 2, sequence, text: `${state.statements.length}`, signature: undefined }
          return { ...state, statements: [...state.statements, statement] }
        }, NOON)
      await Promise.all(Array.from({ length: 20 }, (_, index) => append(index)))
      const state = await ledger.read()
      expect(state?.statements.map(({ text }) => text)).toEqual(['the roots', ...range(1, 20)])
    })

    test('changes nothing while the state is held, or a change takes its time', async () => {
      const { ledger, inventory } = await openStore(caState())
      const told: string[] = []
      const slowly = async (word: string) => {
        told.push(word)
        await new Promise(setImmediate)
        told.push(word)
      }
      const held = ledger.hold(async (state) => {
        await slowly('held')
        return state
      })
      const changed = ledger.update(async (state) => {
        await slowly('changed')
        return { ...state, statements: [] }
      }, NOON)
      const recorded = inventory.record(certificateRecord()).then(() => told.push('recorded'))
      expect(await held).toEqual(caState())
      expect(await changed).toEqual(caState({ statements: [] }))
      await recorded
      expect(told).toEqual(['held', 'held', 'changed', 'changed', 'recorded'])
      const failure = new Error('not so')
      await expect(ledger.hold(() => Promise.reject(failure))).rejects.toBe(failure)
      expect(await ledger.read()).toEqual(caState({ statements: [] }))
    })

    test('tells a change what of each issuer is neither expired nor revoked', async () => {
      const other = authorityRecord({ name: 'other', keyId: 'c2'.repeat(20) })
      const idle = authorityRecord({ name: 'idle', keyId: 'c3'.repeat(20) })
      const { ledger, inventory, revocations } = await openStore(
        caState({ authorities: [...caState().authorities, other, idle] }),
      )
      const revoked = certificateRecord({ recordedAt: NOON - 3, notAfter: NOON + 9 * HOUR_MS })
      const records = [
        certificateRecord({ recordedAt: NOON - 9, notAfter: NOON - 1 }),
        certificateRecord({ recordedAt: NOON - 2, notAfter: NOON }),
        certificateRecord({ recordedAt: NOON - 1, notAfter: NOON + HOUR_MS }),
        revoked,
        certificateRecord({ recordedAt: NOON, notAfter: NOON + 2, issuerKeyId: other.keyId }),
      ]
      for (const record of records) await inventory.record(record)
      await revocations.revokeCertificate(revoked.serialNumber, revocationAt(NOON))
      let seen: unknown
      await ledger.update((state, usage) => {
        seen = usage
        return state
      }, NOON)
      expect(seen).toEqual(
        new Map([
          [ISSUER_KEY_ID, { liveCount: 2, lastNotAfter: NOON + HOUR_MS, firstRecordedAt: NOON - 2 }],
          [other.keyId, { liveCount: 1, lastNotAfter: NOON + 2, firstRecordedAt: NOON }],
        ]),
      )
    })
  })

  describeTrustLog(name, openStore)

  describe(`${name}: closing`, () => {
    test('waits for a change that has begun', async () => {
      const store = await openStore(caState())
      const changing = store.ledger.update((state) => ({ ...state, statements: [] }), NOON)
      await Promise.all([store.close(), changing])
      expect((await changing).statements).toEqual([])
    })

    test('waits for what is under way, and refuses what comes later', async () => {
      const store = await openStore(caState())
      const outcomes = Array.from({ length: 300 }, () =>
        store.inventory.record(certificateRecord()).then(
          () => 'recorded',
          ({ code }) => code,
        ),
      )
      const listing = store.inventory.list({ serviceId: undefined, validAt: 0 })
      const closing = store.close()
      const late = store.inventory.record(certificateRecord())
      await refusalOf('STORE_UNAVAILABLE', () => late)
      expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['recorded']))
      await listing
      await closing
      await store.close()
      const calls = [
        () => store.inventory.record(certificateRecord()),
        () => store.inventory.find('00'),
        () => store.revocations.revokeCertificate('00', revocationAt(NOON)),
        () => store.crlRegister.next(ISSUER_KEY_ID, period0),
        () => store.ledger.read(),
        () => store.ledger.update((state) => state, NOON),
        () => store.trustLog.append([], ORIGIN),
        () => store.trustLog.read(undefined, 1),
        () => store.trustLog.prune(NOON),
      ]
      for (const call of calls) await refusalOf('STORE_UNAVAILABLE', call)
    })
  })
}

const period0 = { thisUpdate: NOON, nextUpdate: NOON + HOUR_MS }

function range(first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
}
