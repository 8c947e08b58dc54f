import type { KeyObject } from 'node:crypto'
import { type CertificateAuthority, certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import { createHierarchy, type Hierarchy } from '../../src/ca/hierarchy.ts'
import { signCertificate } from '../../src/ca/issue.ts'
import { tbsCertificate } from '../../src/ca/tbs-certificate.ts'
import { type CertificateTemplate, leafTemplate } from '../../src/ca/template.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { DerNode } from '../../src/core/der.ts'
import { readOid, readSequence } from '../../src/core/der-reader.ts'
import { contextConstructed, sequence } from '../../src/core/der-writer.ts'
import type { Certificate } from '../../src/identity/certificate.ts'
import { type Credential, parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair, type KeyPair } from '../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'

/** How a certificate differs from a valid one of `orders`. */
export interface Irregularity {
  readonly template?: Partial<CertificateTemplate>
  /** By object identifier: what stands in the place of an extension; undefined leaves it out. */
  readonly extensions?: Readonly<Record<string, DerNode | undefined>>
  /** By position in TBSCertificate: what stands in the place of a field; undefined leaves it out. */
  readonly fields?: Readonly<Record<number, DerNode | undefined>>
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
  credential(path: string, options?: { readonly dnsNames?: readonly string[]; readonly clock?: Clock }): Credential
  sign(irregularity?: Irregularity): Presented
}

export const DAY_MS = 24 * 60 * 60 * 1000

const EXTENSIONS = 7

export function createTestIssuer(trustDomainName = 'shop.internal'): TestIssuer {
  const trustDomain = parseTrustDomain(trustDomainName)
  const hierarchy = createHierarchy(trustDomain, Date.now() - 30 * DAY_MS)
  const { intermediate, intermediateKey } = hierarchy
  const intermediateSigner = signerOf(intermediate, intermediateKey, '')

  return {
    hierarchy,
    ca: certificateAuthorityOf(hierarchy, systemClock),

    credential(path, { dnsNames = ['localhost'], clock = systemClock } = {}) {
      const { privateKey, publicKey } = generateKeyPair()
      const ca = certificateAuthorityOf(hierarchy, clock)
      const { certificateChain } = ca.issue({ path: parseServicePath(path), dnsNames, publicKey })
      const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
      return parseCredential(material, clock(), path)
    },

    sign({ template = {}, extensions = {}, fields = {}, privateKey, signer = intermediateSigner } = {}) {
      const pair: KeyPair = generateKeyPair()
      const request = {
        trustDomain,
        path: parseServicePath('orders'),
        dnsNames: ['localhost'],
        publicKey: pair.publicKey,
      }
      const valid = leafTemplate(request, signer.certificate, Date.now())
      const tbs = readSequence(tbsCertificate({ ...valid, ...template }))
      const varied = tbs
        .with(EXTENSIONS, varyExtensions(tbs[EXTENSIONS], extensions))
        .map((field, position) => (position in fields ? fields[position] : field))
        .filter((field) => field !== undefined)
      const der = signCertificate(sequence(...varied), signer.privateKey)
      return { cert: encodeCertificate(der) + signer.chain, key: encodePrivateKey(privateKey ?? pair.privateKey) }
    },
  }
}

/** Who signs with the key of a certificate, whatever that is for. */
export function signerOf(certificate: Certificate, privateKey: KeyObject, chain: string): Signer {
  return { certificate, privateKey, chain: encodeCertificate(certificate.der) + chain }
}

function varyExtensions(node: DerNode | undefined, variations: Readonly<Record<string, DerNode | undefined>>): DerNode {
  const byOid = new Map<string, DerNode | undefined>(
    readSequence(node?.children?.[0]).map((extension) => [readOid(readSequence(extension)[0]), extension]),
  )
  for (const [oid, variation] of Object.entries(variations)) byOid.set(oid, variation)
  return contextConstructed(3, sequence(...[...byOid.values()].filter((extension) => extension !== undefined)))
}
