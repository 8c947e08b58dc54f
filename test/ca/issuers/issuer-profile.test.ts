import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { tbsCertificate } from '../../../src/ca/certificate/tbs-certificate.ts'
import { type CertificateTemplate, intermediateTemplate, rootTemplate } from '../../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import { chainProblem } from '../../../src/ca/issuers/issuer-chain.ts'
import { requireRoot, rootProblem } from '../../../src/ca/issuers/issuer-profile.ts'
import { type Certificate, Oid, parseCertificate } from '../../../src/identity/certificate.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { signValue } from '../../../src/identity/signed-value.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'
import { leafDer } from '../../support/leaf.ts'
import { refusalOf } from '../../support/refusal.ts'

const trustDomain = parseTrustDomain('shop.internal')
const start = Date.UTC(2027, 0, 1)
const rootPair = generateKeyPair()
const validRoot = rootTemplate({ trustDomain, publicKey: rootPair.publicKey }, TEST_PROFILES.root, start)
const root = issueCertificate(validRoot, rootPair.privateKey)
const pair = generateKeyPair()
const request = { trustDomain, publicKey: pair.publicKey }
const validIntermediate = intermediateTemplate(request, root, TEST_PROFILES.intermediate, start)
const intermediate = issueCertificate(validIntermediate, rootPair.privateKey, root)
const other = createHierarchy(trustDomain, TEST_PROFILES, start)

/** Signed by the root's key, unchecked. */
function signed(template: CertificateTemplate, key: KeyObject = rootPair.privateKey): Certificate {
  return parseCertificate(signValue(tbsCertificate(template), key))
}

describe('a root', () => {
  test('of ours has no problem', () => {
    expect(rootProblem(root)).toBeUndefined()
  })

  test('of a company names no trust domain, and has no problem either', () => {
    expect(rootProblem(signed({ ...validRoot, uris: [], dnsNames: ['company.example'] }))).toBeUndefined()
  })

  const cases: [title: string, certificate: Certificate, problem: string][] = [
    ['an intermediate', intermediate, 'it is not signed by itself'],
    ['the certificate of a service', parseCertificate(leafDer()), 'it is not the certificate of a CA'],
    [
      'one that allows no intermediate',
      signed({ ...validRoot, basicConstraints: { isCa: true, pathLength: 0 } }),
      'its path length allows no intermediate',
    ],
    ['one that may not sign', signed({ ...validRoot, keyUsage: ['cRLSign'] }), 'may not sign certificates'],
    ['one that another key has signed', signed(validRoot, other.rootKey), 'it is not signed by itself'],
  ]
  for (const [title, certificate, problem] of cases) {
    test(`is not ${title}`, async () => {
      expect(rootProblem(certificate)).toContain(problem)
      const { message } = await refusalOf('REQUEST_INVALID', () => requireRoot(certificate, trustDomain))
      expect(message).toContain(problem)
    })
  }
})

describe('an intermediate', () => {
  test('of ours has no problem', () => {
    expect(chainProblem(trustDomain, [intermediate], [root])).toBeUndefined()
    expect(chainProblem(trustDomain, [intermediate], [other.root, root])).toBeUndefined()
  })

  test('that a company has made may name no trust domain, and have no constraint', () => {
    const plain = signed({ ...validIntermediate, uris: [], dnsNames: ['ca.company.example'], permittedUris: [] })
    expect(chainProblem(trustDomain, [plain], [root])).toBeUndefined()
  })

  const cases: [title: string, variation: Partial<CertificateTemplate>, problem: string][] = [
    ['of another trust domain', { uris: ['spiffe://elsewhere.internal'] }, 'another trust domain'],
    ['of a service', { uris: ['spiffe://shop.internal/orders'] }, 'another trust domain'],
    ['of two', { uris: ['spiffe://shop.internal', 'spiffe://elsewhere.internal'] }, 'another trust domain'],
    ['that is none', { basicConstraints: { isCa: false, pathLength: undefined } }, 'not the certificate of a CA'],
    ['that may not sign', { keyUsage: ['cRLSign'] }, 'may not sign certificates'],
    ['that outlives the root', { notAfter: root.notAfter + 1 }, 'while its issuer is not'],
    ['that is older than the root', { notBefore: root.notBefore - 1000 }, 'while its issuer is not'],
    ['that is for servers only', { extendedKeyUsage: [Oid.serverAuth] }, 'lacks serverAuth or clientAuth'],
    ['that is for clients only', { extendedKeyUsage: [Oid.clientAuth] }, 'lacks serverAuth or clientAuth'],
    ['constrained to another', { permittedUris: ['elsewhere.internal'] }, 'do not permit the trust domain'],
    ['constrained to what is below', { permittedUris: ['.shop.internal'] }, 'do not permit the trust domain'],
  ]
  for (const [title, variation, problem] of cases) {
    test(`${title} is refused`, () => {
      expect(chainProblem(trustDomain, [signed({ ...validIntermediate, ...variation })], [root])).toContain(problem)
    })
  }

  test('on another curve is refused', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
    const asRoot = { ...root, publicKey }
    expect(chainProblem(trustDomain, [{ ...intermediate, publicKey: asRoot.publicKey }], [root])).toContain('P-256')
  })

  test('that leads to no root of the bundle is refused', () => {
    for (const roots of [[], [other.root]]) {
      expect(chainProblem(trustDomain, [intermediate], roots)).toContain('does not lead to a root')
    }
    expect(chainProblem(trustDomain, [other.intermediate, intermediate], [root])).toContain('does not lead to a root')
  })
})
