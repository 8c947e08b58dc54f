import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { extension, tbsCertificate } from '../../../src/ca/certificate/tbs-certificate.ts'
import { type CertificateTemplate, intermediateTemplate, rootTemplate } from '../../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import { chainProblem } from '../../../src/ca/issuers/issuer-chain.ts'
import { requireRoot, rootProblem, superiorProblem } from '../../../src/ca/issuers/issuer-profile.ts'
import { parseDer } from '../../../src/core/der.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import { readSequence } from '../../../src/core/der-reader.ts'
import { bitString, boolean, oid, sequence } from '../../../src/core/der-writer.ts'
import { type Certificate, Oid, parseCertificate } from '../../../src/identity/certificate.ts'
import { formatName } from '../../../src/identity/distinguished-name.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { signValue } from '../../../src/identity/signed-value.ts'
import { type Irregularity, signIrregular } from '../../../src/testing/irregular-certificate.ts'
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
    ['of version 1', { ...root, version: 1 }, 'version 1 instead of 3'],
  ]
  for (const [title, certificate, problem] of cases) {
    test(`is not ${title}`, async () => {
      expect(rootProblem(certificate)).toContain(problem)
      const { message } = await refusalOf('REQUEST_INVALID', () => requireRoot(certificate, trustDomain))
      expect(message).toContain(problem)
    })
  }
})

test('a root that is constrained to others is none of ours', async () => {
  const elsewhere = signed({ ...validRoot, permittedUris: ['elsewhere.internal'] })
  expect(rootProblem(elsewhere)).toBeUndefined()
  const { message } = await refusalOf('REQUEST_INVALID', () => requireRoot(elsewhere, trustDomain))
  expect(message).toContain('do not permit the trust domain')
})

describe('an intermediate', () => {
  test('of ours has no problem', () => {
    expect(chainProblem(trustDomain, [intermediate], [root], start)).toBeUndefined()
    expect(chainProblem(trustDomain, [intermediate], [other.root, root], start)).toBeUndefined()
  })

  test('that a company has made may name no trust domain, and have no constraint', () => {
    const plain = signed({ ...validIntermediate, uris: [], dnsNames: ['ca.company.example'], permittedUris: [] })
    expect(chainProblem(trustDomain, [plain], [root], start)).toBeUndefined()
  })

  const cases: [title: string, variation: Partial<CertificateTemplate>, problem: string][] = [
    ['of another trust domain', { uris: ['spiffe://elsewhere.internal'] }, 'another trust domain'],
    ['of a service', { uris: ['spiffe://shop.internal/orders'] }, 'another trust domain'],
    ['of two', { uris: ['spiffe://shop.internal', 'spiffe://elsewhere.internal'] }, 'another trust domain'],
    ['that is none', { basicConstraints: { isCa: false, pathLength: undefined } }, 'not the certificate of a CA'],
    ['that may not sign', { keyUsage: ['cRLSign'] }, 'may not sign certificates'],
    ['that outlives the root', { notAfter: root.notAfter + 1 }, `until ${new Date(root.notAfter).toISOString()}`],
    ['that is older than the root', { notBefore: root.notBefore - 1000 }, 'while its issuer is not'],
    ['that is for servers only', { extendedKeyUsage: [Oid.serverAuth] }, 'lacks serverAuth or clientAuth'],
    ['that is for clients only', { extendedKeyUsage: [Oid.clientAuth] }, 'lacks serverAuth or clientAuth'],
    ['constrained to another', { permittedUris: ['elsewhere.internal'] }, 'do not permit the trust domain'],
    ['constrained to what is below', { permittedUris: ['.shop.internal'] }, 'do not permit the trust domain'],
  ]
  for (const [title, variation, problem] of cases) {
    test(`${title} is refused`, () => {
      expect(chainProblem(trustDomain, [signed({ ...validIntermediate, ...variation })], [root], start)).toContain(
        problem,
      )
    })
  }

  test('that may sign no CRLs is refused', () => {
    const silent = signed({ ...validIntermediate, keyUsage: ['keyCertSign'] })
    expect(chainProblem(trustDomain, [silent], [root], start)).toContain('may not sign CRLs')
  })

  test('on another curve is refused', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
    const asRoot = { ...root, publicKey }
    expect(chainProblem(trustDomain, [{ ...intermediate, publicKey: asRoot.publicKey }], [root], start)).toContain(
      'P-256',
    )
  })

  test('that leads to no root of the bundle is refused', () => {
    for (const roots of [[], [other.root]]) {
      expect(chainProblem(trustDomain, [intermediate], roots, start)).toContain('does not lead to a root')
    }
    expect(chainProblem(trustDomain, [other.intermediate, intermediate], [root], start)).toContain(
      'does not lead to a root',
    )
  })
})

describe('a chain', () => {
  const companyPair = generateKeyPair()
  const companyRequest = { trustDomain, publicKey: companyPair.publicKey }
  const companyRoot: CertificateTemplate = {
    ...validRoot,
    basicConstraints: { isCa: true, pathLength: undefined },
    uris: [],
    dnsNames: ['root.company.example'],
  }
  const company: CertificateTemplate = {
    ...intermediateTemplate(companyRequest, root, TEST_PROFILES.intermediate, start),
    basicConstraints: { isCa: true, pathLength: 1 },
    uris: [],
    dnsNames: ['ca.company.example'],
    permittedUris: [],
  }

  interface Variation extends Irregularity {
    readonly template?: Partial<CertificateTemplate>
    readonly digest?: 'sha1'
  }

  /** What is wrong with a root, a company's CA below it and an intermediate below that. */
  function problemOf(of: { root?: Variation; company?: Variation; intermediate?: Variation }, now = start) {
    const irregular = (valid: CertificateTemplate, key: KeyObject, { template, digest, ...rest }: Variation = {}) => {
      const der = signIrregular({ ...valid, ...template }, key, rest)
      return parseCertificate(digest === undefined ? der : signedWithSha1(der, key))
    }
    const above = irregular(companyRoot, rootPair.privateKey, of.root)
    const between = irregular(company, rootPair.privateKey, of.company)
    const valid = intermediateTemplate(request, between, TEST_PROFILES.intermediate, start)
    const own = irregular(valid, companyPair.privateKey, of.intermediate)
    return chainProblem(trustDomain, [own, between], [above], now)
  }

  test('of three has no problem', () => {
    expect(problemOf({})).toBeUndefined()
    const exact = { template: { basicConstraints: { isCa: true, pathLength: 2 } } }
    expect(problemOf({ root: exact })).toBeUndefined()
    const both = { template: { extendedKeyUsage: [Oid.clientAuth, Oid.serverAuth] } }
    expect(problemOf({ root: both, company: both, intermediate: both })).toBeUndefined()
  })

  test('may have a company CA that outlives its root', () => {
    expect(problemOf({ company: { template: { notAfter: root.notAfter + 1 } } })).toBeUndefined()
  })

  const constraintsOfAny = extension(Oid.basicConstraints, sequence(boolean(true)), { critical: false })
  const policies = extension('2.5.29.36', sequence(), { critical: true })
  const everywhere: [title: string, variation: Variation, problem: string][] = [
    [
      'is none of a CA',
      { template: { basicConstraints: { isCa: false, pathLength: undefined } } },
      'not the certificate',
    ],
    ['serves servers only', { template: { extendedKeyUsage: [Oid.serverAuth] } }, 'lacks serverAuth or clientAuth'],
    ['is constrained to others', { template: { permittedUris: ['elsewhere.internal'] } }, 'do not permit'],
    [
      'has basic constraints that are not critical',
      { extensions: { [Oid.basicConstraints]: constraintsOfAny } },
      'not critical',
    ],
    ['has an unknown critical extension', { extensions: { '2.5.29.36': policies } }, 'critical extension 2.5.29.36'],
    ['is signed with SHA-1', { digest: 'sha1' }, 'SHA-256'],
    [
      'has expired',
      { template: { notBefore: start - 2000, notAfter: start - 1000 } },
      'expired at 2026-12-31T23:59:59.999Z',
    ],
    ['is not valid yet', { template: { notBefore: start + 1000 } }, 'is valid from 2027-01-01T00:00:01.000Z only'],
  ]
  const places = [
    ['root', formatName(validRoot.subject)],
    ['company', formatName(company.subject)],
    ['intermediate', formatName(validIntermediate.subject)],
  ] as const
  for (const [title, variation, problem] of everywhere) {
    for (const [place, name] of places) {
      // Whose issuer has not the same dates is told so first.
      if (place === 'company' && 'notBefore' in (variation.template ?? {})) continue
      test(`is refused whose ${place} ${title}`, () => {
        const told = problemOf({ [place]: variation })
        expect(told).toContain(`${name}: `)
        expect(told).toContain(problem)
      })
    }
  }

  test('is refused whose issuers may not sign certificates', () => {
    const silent: Variation = { template: { keyUsage: ['cRLSign'] } }
    expect(problemOf({ company: silent })).toContain('does not lead to a root')
    expect(problemOf({ root: silent })).toContain('does not lead to a root')
    expect(superiorProblem(signed({ ...company, keyUsage: ['cRLSign'] }), trustDomain)).toContain('may not sign')
  })

  const short: [place: 'root' | 'company', pathLength: number, below: number][] = [
    ['root', 1, 2],
    ['root', 0, 2],
    ['company', 0, 1],
  ]
  for (const [place, pathLength, below] of short) {
    test(`is refused whose ${place} has a path length of ${pathLength}`, () => {
      const variation = { template: { basicConstraints: { isCa: true, pathLength } } }
      expect(problemOf({ [place]: variation })).toContain(
        `its path length is ${pathLength}: too short for ${below} below`,
      )
    })
  }

  test('is refused once a company CA has expired that its intermediate outlives', () => {
    const ends = company.notAfter - 1000
    const intermediateEnds = { template: { notAfter: ends - 1000 } }
    const told = problemOf({ company: { template: { notAfter: ends } }, intermediate: intermediateEnds }, ends + 1000)
    expect(told).toContain('expired at')
  })

  test('is refused whose root has a key that peers refuse', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    expect(superiorProblem({ ...root, publicKey }, trustDomain)).toContain('2048 to 4096 bits')
  })
})

/** The same certificate, signed again. */
function signedWithSha1(der: Buffer, key: KeyObject): Buffer {
  const algorithm = sequence(oid('1.2.840.10045.4.1'))
  const tbs = readSequence(readSequence(parseDer(der))[0]).with(2, algorithm)
  const signature = sign('sha1', encodeDer(sequence(...tbs)), key)
  return encodeDer(sequence(sequence(...tbs), algorithm, bitString(signature)))
}
