import { type CertificateAuthority, certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import { createHierarchy } from '../../src/ca/hierarchy.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { type Credential, type CredentialMaterial, parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'

/** A CA in memory, thirty days old, so that it can issue what has expired since. */
export interface TestCa {
  readonly ca: CertificateAuthority
  /** A new key and certificate, issued and checked at the time of `clock`. */
  credential(path: string, options?: CredentialOptions): Credential
  material(path: string, options?: CredentialOptions): CredentialMaterial
}

export interface CredentialOptions {
  /** `localhost` unless told. */
  readonly dnsNames?: readonly string[]
  /** The CA's clock unless told. */
  readonly clock?: Clock
}

const AGE_MS = 30 * 24 * 60 * 60 * 1000

export function createTestCa(options: { readonly trustDomain?: string; readonly clock?: Clock } = {}): TestCa {
  const { trustDomain = 'shop.internal', clock: caClock = systemClock } = options
  const hierarchy = createHierarchy(parseTrustDomain(trustDomain), caClock() - AGE_MS)

  function material(path: string, { dnsNames = ['localhost'], clock = caClock }: CredentialOptions = {}) {
    const { privateKey, publicKey } = generateKeyPair()
    const ca = certificateAuthorityOf(hierarchy, clock)
    const { certificateChain } = ca.issue({ path: parseServicePath(path), dnsNames, publicKey })
    return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  }

  return {
    ca: certificateAuthorityOf(hierarchy, caClock),
    material,
    credential(path, credentialOptions = {}) {
      const { clock = caClock } = credentialOptions
      return parseCredential(material(path, credentialOptions), clock(), path)
    },
  }
}
