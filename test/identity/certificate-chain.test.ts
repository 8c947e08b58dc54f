import { expect, test } from 'vitest'
import { rootTemplate } from '../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { parseCertificate } from '../../src/identity/certificate.ts'
import { rootOfChain } from '../../src/identity/certificate-chain.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { signIrregular } from '../../src/testing/irregular-certificate.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { intermediate, leafDer, root, validTemplate } from '../support/leaf.ts'

const now = Date.UTC(2027, 0, 1)
const leaf = parseCertificate(leafDer())

test('a chain leads to the root whose key has signed its end', () => {
  const other = createHierarchy(parseTrustDomain('shop.internal'), TEST_PROFILES, now)
  expect(rootOfChain([leaf, intermediate], [other.root, root])).toBe(root)
  expect(rootOfChain([leaf, other.intermediate], [other.root, root])).toBeUndefined()
})

test('a root of the same name and key identifier that has another key is none', () => {
  const pair = generateKeyPair()
  const template = rootTemplate(
    { trustDomain: parseTrustDomain('shop.internal'), publicKey: pair.publicKey },
    TEST_PROFILES.root,
    now,
  )
  const same = { issuer: root.subject, subject: root.subject, subjectKeyId: root.subjectKeyId ?? '' }
  const impostor = parseCertificate(signIrregular({ ...template, ...same }, pair.privateKey))
  expect(intermediate.x509.checkIssued(impostor.x509)).toBe(true)
  expect(rootOfChain([leaf, intermediate], [impostor])).toBeUndefined()
  expect(rootOfChain([leaf, intermediate], [impostor, root])).toBe(root)
})

test('a leaf whose issuer has the name and not the key leads nowhere', () => {
  const { privateKey } = generateKeyPair()
  const forged = parseCertificate(signIrregular(validTemplate, privateKey))
  expect(forged.x509.checkIssued(intermediate.x509)).toBe(true)
  expect(rootOfChain([forged, intermediate], [root])).toBeUndefined()
})
