import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import {
  enumerated,
  integer,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  set,
  time,
} from '../../src/core/der-writer.ts'
import { CrlOid, parseCrl } from '../../src/identity/crl.ts'
import { crlProblem } from '../../src/identity/crl-profile.ts'
import { CrlField, type CrlVariation, crlDer, validCrlTemplate } from '../support/crl.ts'

const ECDSA_WITH_SHA384 = '1.2.840.10045.4.3.3'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

const critical = { critical: true }
const authorityKeyId = extension(CrlOid.authorityKeyId, sequence(), { critical: false })
const keyId = { tagClass: 'context', tag: 0, bytes: Buffer.alloc(20) } as const
const authority = extension(CrlOid.authorityKeyId, sequence(keyId), { critical: false })
const numbered = (value: bigint) => extension(CrlOid.number, integer(value), { critical: false })
const entry = (octet: number, ...extensions: ReturnType<typeof extension>[]) =>
  sequence(integerFromBytes(Buffer.of(octet)), time(0), ...(extensions.length > 0 ? [sequence(...extensions)] : []))
const withReason = (code: number) => entry(1, extension(CrlOid.reasonCode, enumerated(code), { critical: false }))
const signedWith = (...algorithm: Parameters<typeof sequence>) => ({
  fields: { [CrlField.algorithm]: sequence(...algorithm) },
  algorithm: sequence(...algorithm),
})

describe('a CRL is in order', () => {
  const cases: [title: string, variation: CrlVariation][] = [
    ['as it is issued', {}],
    ['with nothing revoked', { fields: { [CrlField.entries]: undefined } }],
    ['with a number of twenty octets', { extensions: [authority, numbered(2n ** 159n - 1n)] }],
    ['with an entry on hold', { entries: [withReason(6)] }],
    [
      'with an extension that is unknown and not critical',
      { extensions: [authority, numbered(1n), extension('1.2.3', octetString(Buffer.of()), { critical: false })] },
    ],
  ]
  for (const [title, variation] of cases) {
    test(title, () => {
      expect(crlProblem(parseCrl(crlDer(variation)))).toBeUndefined()
    })
  }
})

describe('a CRL is not in order', () => {
  const cases: [title: string, variation: CrlVariation, problem: string][] = [
    ['of version 1', { fields: { [CrlField.version]: undefined } }, 'version 1 instead of 2'],
    ['of version 3', { fields: { [CrlField.version]: integer(2n) } }, 'version 3 instead of 2'],
    ['signed with SHA-384', signedWith(oid(ECDSA_WITH_SHA384)), 'not signed with ECDSA and SHA-256'],
    ['signed with parameters', signedWith(oid(ECDSA_WITH_SHA256), set()), 'not signed with ECDSA and SHA-256'],
    ['without an end', { fields: { [CrlField.nextUpdate]: undefined } }, 'when the next one comes'],
    ['that ends when it begins', { template: { nextUpdate: validCrlTemplate.thisUpdate } }, 'does not come after it'],
    ['without an authority key identifier', { extensions: [numbered(1n)] }, 'no authority key identifier'],
    ['without a key identifier in it', { extensions: [authorityKeyId, numbered(1n)] }, 'no authority key identifier'],
    ['without a number', { extensions: [authority] }, 'no CRL number'],
    ['with a number of 21 octets', { extensions: [authority, numbered(2n ** 159n)] }, 'exceeds 20 octets'],
    [
      'with a critical number',
      { extensions: [authority, extension(CrlOid.number, integer(1n), critical)] },
      `critical extension ${CrlOid.number}`,
    ],
    ['on which a certificate stands twice', { entries: [entry(1), entry(2), entry(1)] }, 'stands on it twice'],
    [
      'with an entry that has a critical extension',
      { entries: [entry(1), entry(2, extension('1.2.3', sequence(), critical))] },
      'entry 2 has the critical extension 1.2.3',
    ],
    ['with a negative serial number', { entries: [entry(0x7f), entry(0x80)] }, 'entry 2 has a negative serial number'],
    ['with a reason that is not used', { entries: [withReason(7)] }, 'entry 1 has the reason 7'],
    ['with a certificate that is taken off', { entries: [withReason(8)] }, 'entry 1 has the reason 8'],
    ['with a reason beyond the last', { entries: [withReason(11)] }, 'entry 1 has the reason 11'],
  ]
  for (const [title, variation, problem] of cases) {
    test(title, () => {
      expect(crlProblem(parseCrl(crlDer(variation)))).toContain(problem)
    })
  }

  for (const options of [critical, { critical: false }]) {
    const title = options.critical ? 'and says that it is critical' : 'and says that it may be passed over'
    const { deltaCrlIndicator, issuingDistributionPoint, certificateIssuer } = CrlOid

    test(`that only adds to another, ${title}`, () => {
      const extensions = [authority, numbered(2n), extension(deltaCrlIndicator, integer(1n), options)]
      expect(crlProblem(parseCrl(crlDer({ extensions })))).toContain(
        `${deltaCrlIndicator} says that it is not the full`,
      )
    })

    test(`that is of a part, ${title}`, () => {
      const extensions = [authority, numbered(2n), extension(issuingDistributionPoint, sequence(), options)]
      expect(crlProblem(parseCrl(crlDer({ extensions })))).toContain(`${issuingDistributionPoint} says that it is not`)
    })

    test(`with an entry of another issuer, ${title}`, () => {
      const entries = [entry(1), entry(2, extension(certificateIssuer, sequence(), options))]
      expect(crlProblem(parseCrl(crlDer({ entries })))).toBe('entry 2 is of another issuer')
    })
  }
})
