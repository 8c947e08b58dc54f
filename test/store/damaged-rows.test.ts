import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import {
  caState,
  certificateRecord,
  HOUR_MS,
  ISSUER_KEY_ID,
  NOON,
  revocationAt,
  serviceId,
} from '../support/ca-records.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'
import { keyPublication, ORIGIN, revokedTokens } from '../support/trust-changes.ts'

/** A store with one revoked certificate and one CRL, of which a statement has changed a row. */
async function damagedStore(statement: string) {
  const file = join(await temporaryDirectory(), 'ca.db')
  const store = await openStore(file, { create: true, firstEpoch: 1 })
  onTestFinished(() => store.close())
  await store.ledger.create(caState())
  const record = certificateRecord()
  await store.inventory.record(record)
  await store.revocations.revokeCertificate(record.serialNumber, revocationAt(NOON))
  await store.crlRegister.next(ISSUER_KEY_ID, { thisUpdate: NOON, nextUpdate: NOON + HOUR_MS })
  await store.trustLog.append([keyPublication(), { kind: 'block', id: serviceId('billing'), isLifted: false }], ORIGIN)
  await store.trustLog.requestKeyRotation(ORIGIN)

  const other = new DatabaseSync(file)
  expect(other.prepare(statement).run().changes).toBeGreaterThan(0)
  other.close()
  return { ...store, file, record }
}

describe('a certificate that no program wrote so is refused:', () => {
  const damages = [
    `service_id = 'orders'`,
    `service_id = 'spiffe://shop.internal/'`,
    `service_id = x'00'`,
    `dns_names = ''`,
    `dns_names = '["localhost"'`,
    `dns_names = '"localhost"'`,
    `dns_names = '[1]'`,
    `dns_names = '{"0":"localhost"}'`,
    `key_thumbprint = x'00'`,
    `not_before = 'yesterday'`,
    `not_after = 1.5`,
    `recorded_at = 9007199254740993`,
    `requested_by = x'ff'`,
    `renews = 'xyz'`,
    `renews = ''`,
    `revocation_reason = 'certificateHold'`,
    `revocation_reason = 'toString'`,
    `revocation_reason = null`,
    `revoked_at = null`,
    `revoked_at = 'now'`,
    `revoked_by = null`,
  ]
  for (const damage of damages) {
    test(damage, async () => {
      const { inventory, record } = await damagedStore(`update certificate set ${damage}`)
      const { message } = await refusalOf('STORE_UNAVAILABLE', () => inventory.find(record.serialNumber))
      expect(message).toContain('damaged')
      await refusalOf('STORE_UNAVAILABLE', () => inventory.list({ serviceId: undefined, validAt: 0 }))
    })
  }
})

test('a row that cannot be put on a CRL is not left out of it', async () => {
  for (const damage of [`serial_number = 'xyz'`, `revocation_reason = 'unheard'`, `revoked_at = 'now'`]) {
    const { crlRegister } = await damagedStore(`update certificate set ${damage}`)
    const next = () => crlRegister.next(ISSUER_KEY_ID, { thisUpdate: NOON, nextUpdate: NOON + HOUR_MS })
    await refusalOf('STORE_UNAVAILABLE', next)
  }
})

test('a number of a CRL that is none is refused', async () => {
  for (const damage of [`number = 'two'`, `this_update = 'now'`]) {
    const { crlRegister } = await damagedStore(`update crl set ${damage}`)
    const next = () => crlRegister.next(ISSUER_KEY_ID, { thisUpdate: NOON, nextUpdate: NOON + HOUR_MS })
    await refusalOf('STORE_UNAVAILABLE', next)
  }
})

test('a state that no program wrote so is refused, and not changed', async () => {
  const damages = [
    `update ca set trust_domain = 'Shop'`,
    `update authority set kind = 'leaf'`,
    `update authority set state = 'ACTIVE'`,
    `update authority set state = ''`,
    `update authority set since = 'long ago'`,
    `update authority set name = x'00'`,
    `update authority set certificate_chain = x'00' where kind = 'root'`,
    `update bundle_statement set epoch = 'first'`,
    `update bundle_statement set signature = x'00'`,
  ]
  for (const damage of damages) {
    const { ledger } = await damagedStore(damage)
    await refusalOf('STORE_UNAVAILABLE', () => ledger.read())
    await refusalOf('STORE_UNAVAILABLE', () => ledger.update(() => caState(), NOON))
    await refusalOf('STORE_UNAVAILABLE', () => ledger.read())
  }
})

test('an issuer whose state is unknown issues nothing', async () => {
  for (const damage of [`state = 'ACTIVE'`, `kind = 'root'`]) {
    const { inventory } = await damagedStore(`update authority set ${damage}`)
    await refusalOf('INTERNAL', () => inventory.record(certificateRecord()))
  }
})

test('a key whose service is unknown is certified for none', async () => {
  const { inventory, record } = await damagedStore(`update certified_key set service_id = ''`)
  for (const path of ['orders', 'inventory']) {
    const { keyThumbprint } = record
    const again = certificateRecord({ keyThumbprint, serviceId: serviceId(path) })
    await refusalOf('REQUEST_INVALID', () => inventory.record(again))
  }
})

test('a service of which it is unknown when it was revoked is issued nothing', async () => {
  const { inventory } = await damagedStore(
    `insert into revoked_service values ('${serviceId('orders')}', 'now', 'unspecified', 'operator:alice')`,
  )
  await refusalOf('STORE_UNAVAILABLE', () => inventory.record(certificateRecord()))
})

test('a certificate whose record is damaged is revoked all the same, and so are the others of its service', async () => {
  const damage = `update certificate set dns_names = '', revoked_at = null, revocation_reason = null, revoked_by = null`
  const { file, inventory, revocations, record } = await damagedStore(damage)
  const good = certificateRecord()
  await inventory.record(good)
  await refusalOf('STORE_UNAVAILABLE', () => revocations.revokeService(record.serviceId, revocationAt(NOON)))
  const other = new DatabaseSync(file)
  expect(other.prepare('select count(*) as live from certificate where revoked_at is null').get()).toEqual({ live: 0 })
  other.close()
})

test('a trust log that no program wrote so is read by nobody: what it does not say may be a revocation', async () => {
  const damages = [
    `update trust_log set kind = 'hope' where kind = 'certificate'`,
    `update trust_log set kind = 'toString' where kind = 'certificate'`,
    `update trust_log set id = x'00' where kind = 'certificate'`,
    `update trust_log set value = 'never' where kind = 'certificate'`,
    `update trust_log set value = 1.5 where kind = 'certificate'`,
    `update trust_log set value = -1 where kind = 'certificate'`,
    `update trust_log set value = 4294967296 where kind = 'certificate'`,
    `update trust_log set id = '' where kind = 'certificate'`,
    `update trust_log set id = hex(zeroblob(1025)) where kind = 'block'`,
    `update trust_log set value = 'no' where kind = 'block'`,
    `update trust_log set payload = null where kind = 'roots'`,
    `update trust_log set payload = '{"text":1,"signature":""}' where kind = 'roots'`,
    `update trust_log set payload = '{"text":""}' where kind = 'roots'`,
    `update trust_log set payload = 'null' where kind = 'key'`,
    `update trust_log set payload = '{' where kind = 'key'`,
    `update trust_log set payload = '{"statement":"","signature":"","certificateChain":{}}' where kind = 'key'`,
    `update trust_log set payload = '{"statement":"","signature":"","certificateChain":[1]}' where kind = 'key'`,
    `update trust_revision set sequence = 'next'`,
    `update trust_revision set epoch = 1.5`,
    `delete from trust_revision`,
  ]
  for (const damage of damages) {
    const { trustLog } = await damagedStore(damage)
    const { message } = await refusalOf('STORE_UNAVAILABLE', () => trustLog.read(undefined, 1_000))
    expect(message, damage).toContain('damaged')
  }
})

test('a place in the trust log that is none is refused, and so is a time', async () => {
  const { trustLog } = await damagedStore(`update trust_log set sequence = 'last' where kind = 'block'`)
  await refusalOf('STORE_UNAVAILABLE', () => trustLog.read({ epoch: 1, sequence: 1 }, 2))
  const { trustLog: other } = await damagedStore(`update key_rotation set requested_at = 'now'`)
  await refusalOf('STORE_UNAVAILABLE', () => other.keyRotationRequestedAt())
})

test('nothing is revoked without a place in the trust log: whoever asked would take it for heard', async () => {
  const { trustLog, revocations, inventory } = await damagedStore('delete from trust_revision')
  const good = certificateRecord()
  await inventory.record(good)
  await refusalOf('STORE_UNAVAILABLE', () => trustLog.append(revokedTokens(1), ORIGIN))
  await refusalOf('STORE_UNAVAILABLE', () => revocations.revokeCertificate(good.serialNumber, revocationAt(NOON)))
  expect((await inventory.find(good.serialNumber))?.revocation).toBeUndefined()
})

test('a block stands, whatever its row says but that it is lifted', async () => {
  for (const value of [`'no'`, '7', `x'00'`]) {
    const { inventory } = await damagedStore(`update trust_log set value = ${value} where kind = 'block'`)
    await refusalOf('REQUEST_INVALID', () => inventory.record(certificateRecord({ serviceId: serviceId('billing') })))
  }
})

test('a certificate of which nobody knows when it expires is revoked for good', async () => {
  const { revocations, trustLog, record } = await damagedStore(`update certificate set not_after = 'never'`)
  await refusalOf('STORE_UNAVAILABLE', () => revocations.revokeCertificate(record.serialNumber, revocationAt(NOON)))
  const { changes } = await trustLog.read(undefined, 1_000)
  expect(changes).toContainEqual({ kind: 'certificate', id: record.serialNumber, until: 2 ** 32 - 1 })
})
