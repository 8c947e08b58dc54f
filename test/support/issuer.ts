import type { KeyObject } from 'node:crypto'
import { issueCertificate } from '../../src/ca/certificate/issue.ts'
import { type CertificateTemplate, intermediateTemplate, leafTemplate } from '../../src/ca/certificate/template.ts'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import type { Hierarchy } from '../../src/ca/issuers/hierarchy.ts'
import type { Certificate } from '../../src/identity/certificate.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { signIrregular, type Irregularity as Variation } from '../../src/testing/irregular-certificate.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { type CredentialOptions, pkiOf } from './pki.ts'

/** How a certificate differs from a valid one of `orders`. */
export interface Irregularity extends Variation {
  readonly template?: Partial<CertificateTemplate>
  /** Whose certificate it is: the private half must fit what the fields say. */
  readonly privateKey?: KeyObject
  /** Who signs in the place of the CA. */
  readonly signer?: Signer
}

export interface Signer {
  readonly privateKey: KeyObject
  /** PEM: what stands between the certificate and the root. */
  readonly chain: string
  /** Whom the certificate names as its issuer. */
  readonly certificate: Certificate
}

/** What a TLS peer presents, in PEM. */
export interface Presented {
  readonly cert: string
  readonly key: string
}

/** A CA whose keys are at hand, to sign what it never would. Thirty days old. */
export interface TestIssuer {
  readonly hierarchy: Hierarchy
  readonly ca: CertificateAuthority
  /** An intermediate without name constraints, as those have it whose trust domain is no domain name. */
  readonly unconstrained: Signer
  credential(path: string, options?: CredentialOptions): Credential
  sign(irregularity?: Irregularity): Presented
}

export const DAY_MS = 24 * 60 * 60 * 1000

export function createTestIssuer(trustDomainName = 'shop.internal'): TestIssuer {
  const ca = createTestCa({ trustDomain: trustDomainName })
  const { trustDomain, intermediate, intermediateKey } = ca.hierarchy
  const intermediateSigner = signerOf(intermediate, intermediateKey, '')

  return {
    hierarchy: ca.hierarchy,
    unconstrained: unconstrainedSigner(ca.hierarchy),
    ...pkiOf(ca),

    sign({ template = {}, privateKey, signer = intermediateSigner, ...variation } = {}) {
      const pair = generateKeyPair()
      const request = {
        trustDomain,
        path: parseServicePath('orders'),
        dnsNames: ['localhost'],
        publicKey: pair.publicKey,
      }
      const valid = leafTemplate(request, signer.certificate, TEST_PROFILES.service, Date.now())
      const der = signIrregular({ ...valid, ...template }, signer.privateKey, variation)
      return { cert: encodeCertificate(der) + signer.chain, key: encodePrivateKey(privateKey ?? pair.privateKey) }
    },
  }
}

function unconstrainedSigner({ trustDomain, root, rootKey, intermediate }: Hierarchy): Signer {
  const { privateKey, publicKey } = generateKeyPair()
  const regular = intermediateTemplate({ trustDomain, publicKey }, root, TEST_PROFILES.intermediate, Date.now())
  const template = { ...regular, notBefore: intermediate.notBefore, permittedUris: [] }
  return signerOf(issueCertificate(template, rootKey, root), privateKey, '')
}

/** Who signs with the key of a certificate, whatever that is for. */
export function signerOf(certificate: Certificate, privateKey: KeyObject, chain: string): Signer {
  return { certificate, privateKey, chain: encodeCertificate(certificate.der) + chain }
}
