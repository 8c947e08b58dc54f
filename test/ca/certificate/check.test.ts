import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { checkCertificate } from '../../../src/ca/certificate/check.ts'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { extension } from '../../../src/ca/certificate/tbs-certificate.ts'
import type { CertificateTemplate } from '../../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import { readSequence, readSet } from '../../../src/core/der-reader.ts'
import { oid, sequence, set, utf8String } from '../../../src/core/der-writer.ts'
import { Oid, parseCertificate } from '../../../src/identity/certificate.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'
import { intermediate, intermediateKey, type LeafVariation, leafDer, root, validTemplate } from '../../support/leaf.ts'
import { refusalOf } from '../../support/refusal.ts'

test('a certificate that is as its template says passes', () => {
  expect(issueCertificate(validTemplate, intermediateKey, intermediate).serialNumber).toBe(validTemplate.serialNumber)
})

test('a process that has issued certificates can still load TLS', async () => {
  const program = `
    const { TEST_PROFILES } = await import('${new URL('../../../src/testing/test-profiles.ts', import.meta.url).href}')
    const { createHierarchy } = await import('${new URL('../../../src/ca/issuers/hierarchy.ts', import.meta.url).href}')
    createHierarchy('shop.internal', TEST_PROFILES, Date.now())
    const { createServer } = await import('node:tls')
    createServer({})
    process.stdout.write('loaded')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout).toBe('loaded')
})

describe('a certificate is withheld that differs from its template in', () => {
  const cases: [difference: string, variation: Partial<CertificateTemplate>][] = [
    ['its serial number', { serialNumber: '40'.repeat(16) }],
    ['the start of its validity', { notBefore: validTemplate.notBefore + 1000 }],
    ['the end of its validity', { notAfter: validTemplate.notAfter - 1000 }],
    ['its key', { publicKey: generateKeyPair().publicKey }],
    ['its basic constraints', { basicConstraints: { isCa: true, pathLength: undefined } }],
    ['its basic constraints', { basicConstraints: { isCa: false, pathLength: 0 } }],
    ['its key usage', { keyUsage: ['digitalSignature', 'cRLSign'] }],
    ['its extended key usage', { extendedKeyUsage: [Oid.clientAuth] }],
    ['its extended key usage', { extendedKeyUsage: [] }],
    ['its names', { uris: ['spiffe://shop.internal/billing'] }],
    ['its names', { uris: [...validTemplate.uris, 'spiffe://shop.internal/billing'] }],
    ['its names', { dnsNames: [] }],
    ['its names', { dnsNames: ['localhost', 'inventory'] }],
    ['its subject', { subject: sequence(set(sequence(oid('2.5.4.3'), utf8String('orders')))) }],
    ['its name constraints', { permittedUris: ['shop.internal'] }],
    ['its subject key identifier', { subjectKeyId: '00'.repeat(20) }],
    ['its authority key identifier', { authorityKeyId: undefined }],
  ]
  for (const [difference, variation] of cases) {
    test(`${difference}: ${Object.keys(variation).join(', ')}`, async () => {
      const certificate = parseCertificate(leafDer())
      const check = () => checkCertificate(certificate, { ...validTemplate, ...variation }, intermediate)
      const { message } = await refusalOf('INTERNAL', check)
      expect(message).toContain(`not as it was meant: ${difference}.`)
    })
  }
})

describe('a certificate is withheld', () => {
  const other = createHierarchy(parseTrustDomain('shop.internal'), TEST_PROFILES, validTemplate.notBefore + 60_000)

  test('whose issuer has another name', async () => {
    const { message } = await refusalOf('INTERNAL', () => checkCertificate(parse(), validTemplate, other.intermediate))
    expect(message).toContain('its issuer')
  })

  test('whose signature is not of the key of its issuer', async () => {
    const issue = () => issueCertificate(validTemplate, other.intermediateKey, intermediate)
    const { message } = await refusalOf('INTERNAL', issue)
    expect(message).toContain('its signature')
  })

  test('that issues itself with a foreign key', async () => {
    const template = { ...validTemplate, authorityKeyId: undefined }
    const { message } = await refusalOf('INTERNAL', () => issueCertificate(template, other.rootKey))
    expect(message).toContain('its issuer')
  })

  test('that ends before it starts', async () => {
    const template = { ...validTemplate, notAfter: validTemplate.notBefore }
    const { message } = await refusalOf('INTERNAL', () => issueCertificate(template, intermediateKey, intermediate))
    expect(message).toContain('the order of its dates')
  })

  test('that would be no certificate of a service', async () => {
    const template = { ...validTemplate, uris: ['spiffe://shop.internal'] }
    const { message } = await refusalOf('INTERNAL', () => issueCertificate(template, intermediateKey, intermediate))
    expect(message).toContain('the URI name is not the SPIFFE ID of a service')
  })

  const nameOf = (text: string) => sequence(set(sequence(oid('2.5.4.3'), utf8String(text))))

  test('whose subject is another, where it has one', async () => {
    const certificate = parse({ template: { subject: nameOf('orders') } })
    const template = { ...validTemplate, subject: nameOf('billing') }
    const { message } = await refusalOf('INTERNAL', () => checkCertificate(certificate, template, intermediate))
    expect(message).toContain('its subject')
  })

  test('whose issuer is named in another spelling, which OpenSSL takes for the same', async () => {
    const [relative] = readSequence(intermediate.subject)
    const [name] = readSet(relative)
    const text = readSequence(name)[1]?.bytes?.toString() ?? ''
    const issuer = nameOf(text.toUpperCase())
    const issue = () => issueCertificate({ ...validTemplate, issuer }, intermediateKey, intermediate)
    expect(issue).not.toThrow()
    const check = () => checkCertificate(parse({ template: { issuer } }), validTemplate, intermediate)
    const { message } = await refusalOf('INTERNAL', check)
    expect(message).toContain('its issuer')
  })

  test('whose name constraints are others', async () => {
    const { permittedUris } = parseCertificate(intermediate.der).nameConstraints ?? { permittedUris: [] }
    expect(permittedUris).toEqual(['shop.internal'])
    const template = { ...validTemplate, permittedUris: ['billing.internal'] }
    const certificate = parse({ template: { permittedUris } })
    const { message } = await refusalOf('INTERNAL', () => checkCertificate(certificate, template, intermediate))
    expect(message).toContain('its name constraints')
  })

  test('that cannot be read', async () => {
    const template = { ...validTemplate, uris: [] as string[], dnsNames: [] as string[] }
    const { message } = await refusalOf('INTERNAL', () => issueCertificate(template, intermediateKey, intermediate))
    expect(message).toContain('cannot be read')
  })

  const noRevocation = '2.5.29.56'
  const cases: [title: string, variation: LeafVariation][] = [
    ['an extension more', { extensions: { [noRevocation]: extension(noRevocation, sequence(), { critical: false }) } }],
    [
      'an extension that is critical and should not be',
      {
        extensions: {
          [Oid.extendedKeyUsage]: extension(Oid.extendedKeyUsage, sequence(oid(Oid.serverAuth), oid(Oid.clientAuth)), {
            critical: true,
          }),
        },
      },
    ],
  ]
  for (const [title, variation] of cases) {
    test(`with ${title}`, async () => {
      const check = () => checkCertificate(parse(variation), validTemplate, intermediate)
      const { message } = await refusalOf('INTERNAL', check)
      expect(message).toContain('its list of extensions')
    })
  }

  test('of version 1', async () => {
    const variation = { fields: { 0: undefined, 7: undefined } }
    const { message } = await refusalOf('INTERNAL', () => checkCertificate(parse(variation), validTemplate, root))
    expect(message).toContain('its version')
  })
})

function parse(variation?: LeafVariation) {
  return parseCertificate(leafDer(variation))
}
