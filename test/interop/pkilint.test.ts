import { expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import { createHierarchy, issuerOf } from '../../src/ca/issuers/hierarchy.ts'
import { type DerNode, Tag } from '../../src/core/der-node.ts'
import { contextPrimitive, sequence, time } from '../../src/core/der-writer.ts'
import { GeneralName, Oid } from '../../src/identity/certificate.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { decodeCertificates, encodeCertificate } from '../../src/identity/pem.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { Field, type LeafVariation, leafDer } from '../support/leaf.ts'
import { createConstrainedCa } from '../support/name-constraints.ts'
import { lint } from '../support/pkilint.ts'
import { describeWith, python } from '../support/tools.ts'

/**
 * The linter takes nine schemes of the web for the schemes of URIs, and no others. SPIFFE demands this one, and
 * RFC 5280 section 4.2.1.6 any.
 */
const SCHEME = {
  severity: 'ERROR',
  code: 'pkix.invalid_uri_syntax',
  message: expect.stringMatching(/^Invalid URI syntax: "spiffe:\/\/shop\.internal(\/[a-z]+)?"$/),
}

/** RFC 1034 section 3.5 takes one label. */
const ONE_LABEL = {
  severity: 'ERROR',
  code: 'pkix.invalid_domain_name_syntax',
  message: 'Invalid domain name syntax: "localhost"',
}

/** What the linter has nothing against: a leaf whose names it knows. */
const clean = { uris: ['https://shop.internal/orders'], dnsNames: ['orders.shop.internal'] }

const leafWith = ({ template, ...variation }: LeafVariation) =>
  encodeCertificate(leafDer({ ...variation, template: { ...clean, ...template } }))
const names = sequence(contextPrimitive(GeneralName.uri, Buffer.from('https://shop.internal/orders')))
const generalizedTime = (text: string): DerNode => ({
  tagClass: 'universal',
  tag: Tag.generalizedTime,
  bytes: Buffer.from(text),
})

const IRREGULAR: readonly (readonly [title: string, variation: LeafVariation, code: string])[] = [
  ['a serial number of zero', { template: { serialNumber: '00' } }, 'certificate_serial_number_out_of_range'],
  ['a negative serial number', { template: { serialNumber: '80' } }, 'certificate_serial_number_out_of_range'],
  [
    'a serial number of 21 octets',
    { template: { serialNumber: '40'.repeat(21) } },
    'certificate_serial_number_out_of_range',
  ],
  [
    'an empty subject beside names that are not critical',
    { extensions: { [Oid.subjectAltName]: extension(Oid.subjectAltName, names, { critical: false }) } },
    'san_extension_not_critical_empty_subject',
  ],
  [
    'no subject key identifier',
    { extensions: { [Oid.subjectKeyId]: undefined } },
    'certificate_skid_end_entity_missing',
  ],
  [
    'no authority key identifier',
    { template: { authorityKeyId: undefined } },
    'authority_key_identifier_extension_absent',
  ],
  [
    'a key that signs certificates outside a CA',
    { template: { keyUsage: ['digitalSignature', 'keyCertSign'] } },
    'ee_certificate_keycertsign_keyusage_set',
  ],
  [
    'GeneralizedTime before 2050',
    { fields: { [Field.validity]: sequence(time(Date.UTC(2027, 0)), generalizedTime('20270102000000Z')) } },
    'wrong_time_useful_type',
  ],
  ['version 1', { fields: { [Field.version]: undefined } }, 'certificate_version_is_not_v3'],
]

describeWith(python, 'pkilint', () => {
  for (const date of ['2027-01-01T12:00:00Z', '2049-12-31T12:00:00Z', '2060-01-01T12:00:00Z']) {
    test(`has nothing against the certificates of a CA made at ${date} but the scheme of their names`, async () => {
      const certificates = await certificatesOf(Date.parse(date))
      expect(await lint('certificate', certificates)).toEqual(certificates.map(() => [SCHEME]))
    })
  }

  test('has nothing else against an intermediate with name constraints', async () => {
    expect(await lint('certificate', [encodeCertificate(createConstrainedCa().hierarchy.intermediate.der)])).toEqual([
      [SCHEME],
    ])
  })

  test('has nothing at all against a name of a scheme that it knows, and takes a host name of one label for none', async () => {
    expect(await lint('certificate', [leafWith({}), encodeCertificate(leafDer())])).toEqual([[], [SCHEME, ONE_LABEL]])
  })

  test('finds what is irregular', async () => {
    const findings = await lint(
      'certificate',
      IRREGULAR.map(([, variation]) => leafWith(variation)),
    )
    const found = IRREGULAR.map(([title], index) => [title, findings[index]?.map(({ code }) => code)])
    expect(found).toEqual(IRREGULAR.map(([title, , code]) => [title, [`pkix.${code}`]]))
  })
})

/** A root, an intermediate and leaves of all kinds, in PEM. */
async function certificatesOf(now: number): Promise<readonly string[]> {
  const hierarchy = createHierarchy(parseTrustDomain('shop.internal'), TEST_PROFILES, now)
  const inventory = { record: async () => {} }
  const ca = certificateAuthorityOf(issuerOf(hierarchy), {
    clock: () => now,
    inventory,
    profile: TEST_PROFILES.service,
  })
  const { publicKey } = generateKeyPair()
  const issue = async (path: string, dnsNames: readonly string[]) => {
    const request = { path: parseServicePath(path), dnsNames, publicKey, requestedBy: 'operator:test' }
    return (await ca.issue(request)).certificateChain
  }
  const hosts = Array.from({ length: 32 }, (_, index) => `host-${index}.shop.internal`)
  const chains = [
    await issue('orders', []),
    await issue('billing', ['billing.example']),
    await issue('a'.repeat(2000), hosts),
  ]
  const certificates = [ca.bundle, ...chains].flatMap((pem) => decodeCertificates(pem, 'a test'))
  return [...new Set(certificates.map(encodeCertificate))]
}
