import { type CertificateTemplate, leafTemplate } from '../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import { type Irregularity, signIrregular } from '../../src/testing/irregular-certificate.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'

export { Field } from '../../src/testing/irregular-certificate.ts'

/** How a leaf differs from the valid one. */
export interface LeafVariation extends Irregularity {
  readonly template?: Partial<CertificateTemplate>
}

const trustDomain = parseTrustDomain('shop.internal')
const now = Date.UTC(2027, 0, 1)

export const hierarchy = createHierarchy(trustDomain, TEST_PROFILES, now)
export const { root, intermediate, intermediateKey } = hierarchy

/** The template of a valid leaf of `orders`, issued by `intermediate`. */
export const validTemplate: CertificateTemplate = leafTemplate(
  { trustDomain, path: parseServicePath('orders'), dnsNames: ['localhost'], publicKey: generateKeyPair().publicKey },
  intermediate,
  TEST_PROFILES.service,
  now,
)

/** A leaf in DER, signed by `intermediate` whatever it says. */
export function leafDer({ template = {}, ...irregularity }: LeafVariation = {}): Buffer {
  return signIrregular({ ...validTemplate, ...template }, intermediateKey, irregularity)
}
