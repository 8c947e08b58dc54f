import { describe, expect, test } from 'vitest'
import { keyIdOf } from '../../../src/ca/certificate/key-identity.ts'
import { extension } from '../../../src/ca/certificate/tbs-certificate.ts'
import type { CertificateTemplate } from '../../../src/ca/certificate/template.ts'
import { checkCrl } from '../../../src/ca/crl/check-crl.ts'
import { createCrl } from '../../../src/ca/crl/create-crl.ts'
import { issueCrl } from '../../../src/ca/crl/crl.ts'
import type { CrlPeriod, CrlRegister, RevokedEntry } from '../../../src/ca/crl/crl-register.ts'
import type { CrlTemplate } from '../../../src/ca/crl/tbs-cert-list.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import { contextPrimitive, integer, octetString, sequence, time } from '../../../src/core/der-writer.ts'
import { AuthError } from '../../../src/core/errors.ts'
import { Oid, parseCertificate } from '../../../src/identity/certificate.ts'
import { CrlOid, isCrlSignedBy, parseCrl } from '../../../src/identity/crl.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { createTestCa } from '../../../src/testing/test-ca.ts'
import { type CrlVariation, crlDer, memoryCrlRegister, revokedEntries, validCrlTemplate } from '../../support/crl.ts'
import { intermediate, intermediateKey, leafDer } from '../../support/leaf.ts'
import { refusalOf } from '../../support/refusal.ts'

const HOUR_MS = 3_600_000
const [firstEntry] = revokedEntries

function issue(variation: Partial<CrlTemplate> = {}) {
  return issueCrl({ ...validCrlTemplate, ...variation }, intermediateKey, intermediate)
}

describe('a CRL', () => {
  test('says what its template says, signed by its issuer', () => {
    const crl = issue()
    expect(crl).toMatchObject({
      version: 2,
      issuer: intermediate.subject,
      number: 300n,
      thisUpdate: validCrlTemplate.thisUpdate,
      nextUpdate: validCrlTemplate.nextUpdate,
      authorityKeyId: intermediate.subjectKeyId,
    })
    expect(crl.entries.map(({ serialNumber }) => serialNumber)).toEqual(['40'.repeat(16), '41'.repeat(16)])
    expect(isCrlSignedBy(crl, intermediate.publicKey)).toBe(true)
  })

  test('gives each reason its code, and leaves out the one that says nothing', () => {
    const reasons: [reason: RevokedEntry['reason'], code: number | undefined][] = [
      ['unspecified', undefined],
      ['keyCompromise', 1],
      ['cACompromise', 2],
      ['affiliationChanged', 3],
      ['superseded', 4],
      ['cessationOfOperation', 5],
      ['privilegeWithdrawn', 9],
    ]
    const entries = reasons.map(([reason], index) => ({ serialNumber: `0${index + 1}`, reason, revokedAt: 0 }))
    expect(issue({ entries }).entries.map(({ reasonCode }) => reasonCode)).toEqual(reasons.map(([, code]) => code))
  })

  test('has no list of entries where nothing is revoked', () => {
    expect(issue({ entries: [] }).entries).toEqual([])
  })

  test('has its times in seconds, in the form of their century', () => {
    const thisUpdate = Date.UTC(2049, 11, 31, 23, 59, 59) + 999
    const crl = issue({ thisUpdate, nextUpdate: thisUpdate + 1 })
    expect(crl.thisUpdate).toBe(thisUpdate - 999)
    expect(crl.nextUpdate).toBe(thisUpdate + 1)
    for (const date of [thisUpdate, thisUpdate + 1]) expect(crl.der.includes(encodeDer(time(date)))).toBe(true)
  })

  test('holds a hundred thousand certificates', () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({
      serialNumber: (2 ** 30 + index).toString(16),
      reason: 'unspecified' as const,
      revokedAt: validCrlTemplate.thisUpdate,
    }))
    expect(issue({ entries }).entries).toHaveLength(100_000)
  })
})

describe('no CRL is made', () => {
  const ofCa: Partial<CertificateTemplate> = {
    basicConstraints: { isCa: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
  }

  test('by an issuer that may sign none', async () => {
    const noCrls = leafDer({ template: { ...ofCa, keyUsage: ['keyCertSign'] } })
    for (const der of [leafDer(), noCrls]) {
      const issueByIt = () => issueCrl(validCrlTemplate, intermediateKey, parseCertificate(der))
      const { message } = await refusalOf('CONFIGURATION_INVALID', issueByIt)
      expect(message).toContain('lacks cRLSign')
    }
  })

  test('by an issuer that cannot be named by its key', async () => {
    const nameless = leafDer({ template: ofCa, extensions: { [Oid.subjectKeyId]: undefined } })
    const issueByIt = () => issueCrl(validCrlTemplate, intermediateKey, parseCertificate(nameless))
    const { message } = await refusalOf('CONFIGURATION_INVALID', issueByIt)
    expect(message).toContain('no subject key identifier')
  })

  test('that would be out of date from the start', async () => {
    const { thisUpdate } = validCrlTemplate
    for (const nextUpdate of [thisUpdate - 1000, thisUpdate, thisUpdate + 999, Number.NaN]) {
      await refusalOf('REQUEST_INVALID', () => issue({ nextUpdate }))
    }
  })

  test('without a number', async () => {
    for (const number of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      const { message } = await refusalOf('INTERNAL', () => issue({ number }))
      expect(message).toContain('number')
    }
  })

  test('with a certificate that stands twice', async () => {
    const { message } = await refusalOf('INTERNAL', () => issue({ entries: [...revokedEntries, ...revokedEntries] }))
    expect(message).toContain('twice')
  })

  test('with a serial number that would come out as another', async () => {
    for (const serialNumber of ['', 'zz', '0', '0001', '40GG', 'AB', '4 0']) {
      await refusalOf('INTERNAL', () => issue({ entries: [{ serialNumber, reason: 'superseded', revokedAt: 0 }] }))
    }
  })

  test('with the key of another', async () => {
    const { privateKey } = generateKeyPair()
    const { message } = await refusalOf('INTERNAL', () => issueCrl(validCrlTemplate, privateKey, intermediate))
    expect(message).toContain('its signature')
  })
})

describe('a CRL is withheld that differs from its template in', () => {
  const unknown = extension('1.2.3', octetString(Buffer.of()), { critical: false })
  const authority = (keyId: string | undefined) =>
    extension(CrlOid.authorityKeyId, sequence(contextPrimitive(0, Buffer.from(keyId ?? '', 'hex'))), {
      critical: false,
    })
  const number = extension(CrlOid.number, integer(300n), { critical: false })
  const [entry] = revokedEntries.slice(1)
  const entryWithMore = sequence(
    integer(BigInt(`0x${entry?.serialNumber}`)),
    time(entry?.revokedAt ?? 0),
    sequence(unknown),
  )
  const cases: [difference: string, template: Partial<CrlTemplate>, variation?: CrlVariation][] = [
    ['entry 1', { entries: revokedEntries.slice(1) }, { entries: [entryWithMore] }],
    ['its number', { number: 301 }],
    ['its number', {}, { extensions: [unknown] }],
    ['its date', { thisUpdate: validCrlTemplate.thisUpdate - 1000 }],
    ['the date of the next one', { nextUpdate: validCrlTemplate.nextUpdate + 1000 }],
    ['its authority key identifier', {}, { extensions: [authority('00'), number] }],
    ['its list of extensions', {}, { extensions: [authority(intermediate.subjectKeyId), number, unknown] }],
    ['the count of its entries', { entries: revokedEntries.slice(1) }],
    ['entry 2', { entries: [firstEntry, { ...firstEntry, serialNumber: '42' }] as RevokedEntry[] }],
    ['entry 1', { entries: revokedEntries.toReversed() }],
    ['entry 2', { entries: revokedEntries.map((entry) => ({ ...entry, reason: 'keyCompromise' as const })) }],
    ['entry 1', { entries: revokedEntries.map((entry) => ({ ...entry, reason: 'unspecified' as const })) }],
    ['entry 1', { entries: revokedEntries.map((entry) => ({ ...entry, revokedAt: entry.revokedAt + 1000 })) }],
  ]
  for (const [difference, template, variation] of cases) {
    test(`${difference}: ${Object.keys({ ...template, ...variation }).join(', ')}`, async () => {
      const crl = parseCrl(crlDer(variation))
      const check = () => checkCrl(crl, { ...validCrlTemplate, ...template }, intermediate)
      const { message } = await refusalOf('INTERNAL', check)
      expect(message).toContain(`not as it was meant: ${difference}.`)
    })
  }

  test('its issuer', async () => {
    const other = createTestCa().hierarchy.intermediate
    const { message } = await refusalOf('INTERNAL', () => checkCrl(parseCrl(crlDer()), validCrlTemplate, other))
    expect(message).toContain('its issuer')
  })
})

describe('the next CRL of an issuer', () => {
  const now = validCrlTemplate.thisUpdate + HOUR_MS
  const validity = { lifetimeMs: 24 * HOUR_MS, backdatingMs: 60_000 }
  const create = (register: CrlRegister, options: Partial<Parameters<typeof createCrl>[3]> = {}) =>
    createCrl(intermediate, intermediateKey, register, { now, validity, ...options })

  test('is numbered by the register, and says what is revoked there', async () => {
    const register = memoryCrlRegister(revokedEntries)
    const numbers = [await create(register), await create(register), await create(register)].map((crl) => crl.number)
    expect(numbers).toEqual([1, 2, 3])

    const { pem, ...crl } = await create(register)
    expect(crl).toEqual({
      number: 4,
      thisUpdate: now - 60_000,
      nextUpdate: now + 24 * HOUR_MS,
      entries: revokedEntries,
    })
    expect(pem).toMatch(/^-----BEGIN X509 CRL-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END X509 CRL-----\n$/)
    expect(parseCrl(derOf(pem))).toMatchObject({ number: 4n, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate })
  })

  test('is noted for its issuer and its time before it is signed', async () => {
    const noted: [issuerKeyId: string, period: CrlPeriod][] = []
    const register: CrlRegister = {
      async next(...arguments_) {
        noted.push(arguments_)
        throw new AuthError('STORE_UNAVAILABLE', 'The store does not answer.')
      },
    }
    await refusalOf('STORE_UNAVAILABLE', () => create(register))
    expect(noted).toEqual([
      [keyIdOf(intermediate.publicKey), { thisUpdate: now - 60_000, nextUpdate: now + 24 * HOUR_MS }],
    ])
  })

  test('holds what the caller knows to be revoked beside', async () => {
    const extraEntries = [{ serialNumber: '42', reason: 'cACompromise', revokedAt: now }] as const
    const { entries, pem } = await create(memoryCrlRegister(revokedEntries), { extraEntries: async () => extraEntries })
    expect(entries).toEqual([...revokedEntries, { ...extraEntries[0], revokedAt: now - 60_000 }])
    expect(parseCrl(derOf(pem)).entries).toHaveLength(3)
  })

  test('dates nothing after itself, also what was revoked since its start', async () => {
    const justNow = [{ serialNumber: '42', reason: 'unspecified', revokedAt: now }] as const
    const { entries, thisUpdate, pem } = await create(memoryCrlRegister(justNow))
    expect(entries).toMatchObject([{ serialNumber: '42', revokedAt: thisUpdate }])
    expect(parseCrl(derOf(pem)).entries).toMatchObject([{ revokedAt: thisUpdate }])
  })

  test('does not begin before its issuer', async () => {
    const early = { now: intermediate.notBefore + 999 }
    expect((await create(memoryCrlRegister(), early)).thisUpdate).toBe(intermediate.notBefore)
  })

  test('takes no number where its issuer may sign none', async () => {
    const register: CrlRegister = {
      next() {
        throw new Error('A number was taken.')
      },
    }
    const leaf = parseCertificate(leafDer())
    const createByLeaf = () => createCrl(leaf, intermediateKey, register, { now, validity })
    await refusalOf('CONFIGURATION_INVALID', createByLeaf)
  })
})

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----.*-----/g, ''), 'base64')
}
