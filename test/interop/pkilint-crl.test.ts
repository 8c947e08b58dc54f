import { expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { createCrl } from '../../src/ca/crl/create-crl.ts'
import type { RevokedEntry } from '../../src/ca/crl/crl-register.ts'
import { createHierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { REVOCATION_REASONS, type RevocationReason } from '../../src/ca/revocation.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import { contextPrimitive, integer, sequence } from '../../src/core/der-writer.ts'
import { CrlOid } from '../../src/identity/crl.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { CrlField, type CrlVariation, crlDer, memoryCrlRegister } from '../support/crl.ts'
import { lint } from '../support/pkilint.ts'
import { describeWith, python } from '../support/tools.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const REASONS = Object.keys(REVOCATION_REASONS) as readonly RevocationReason[]

const plain = (id: string, value: DerNode) => extension(id, value, { critical: false })
const number = plain(CrlOid.number, integer(1n))
const authorityKeyId = plain(CrlOid.authorityKeyId, sequence(contextPrimitive(0, Buffer.alloc(20))))

const IRREGULAR: readonly (readonly [title: string, variation: CrlVariation, code: string])[] = [
  ['no number', { extensions: [authorityKeyId] }, 'crl_number_missing'],
  ['no authority key identifier', { extensions: [number] }, 'authority_key_identifier_missing'],
  ['a list of nothing', { entries: [] }, 'crl_revoked_certificates_empty'],
  ['no date of the next one', { fields: { [CrlField.nextUpdate]: undefined } }, 'validity_period_end_value_missing'],
  ['a date of the next one in the past', { template: { nextUpdate: 0 } }, 'crl_negative_validity_period'],
  ['no version', { fields: { [CrlField.version]: undefined } }, 'crl_version_missing'],
]

describeWith(python, 'pkilint', () => {
  for (const date of ['2027-01-01T12:00:00Z', '2049-12-31T12:00:00Z', '2060-01-01T12:00:00Z']) {
    test(`has nothing against the CRLs of a CA made at ${date}`, async () => {
      const crls = await crlsOf(Date.parse(date))
      expect(await lint('crl', crls)).toEqual(crls.map(() => []))
    })
  }

  test('finds what is irregular in a CRL', async () => {
    const findings = await lint(
      'crl',
      IRREGULAR.map(([, variation]) => encodePem('X509 CRL', crlDer(variation))),
    )
    const found = IRREGULAR.map(([title], index) => [title, findings[index]?.map(({ code }) => code)])
    expect(found).toEqual(IRREGULAR.map(([title, , code]) => [title, [`pkix.${code}`]]))
  })
})

/** Of an intermediate and of a root, with and without entries, in PEM. */
async function crlsOf(now: number): Promise<readonly string[]> {
  const { root, rootKey, intermediate, intermediateKey } = createHierarchy(
    parseTrustDomain('shop.internal'),
    TEST_PROFILES,
    now,
  )
  const revoked = REASONS.map((reason, index) => ({ serialNumber: `4${index}`.repeat(16), reason, revokedAt: now }))
  const distrusted: RevokedEntry = { serialNumber: intermediate.serialNumber, reason: 'cACompromise', revokedAt: now }
  const options = { now, validity: { lifetimeMs: DAY_MS, backdatingMs: 60_000 } }
  const crls = [
    await createCrl(intermediate, intermediateKey, memoryCrlRegister(revoked), options),
    await createCrl(intermediate, intermediateKey, memoryCrlRegister(), options),
    await createCrl(root, rootKey, memoryCrlRegister(), { ...options, extraEntries: async () => [distrusted] }),
    await createCrl(root, rootKey, memoryCrlRegister(), options),
  ]
  return crls.map(({ pem }) => pem)
}
