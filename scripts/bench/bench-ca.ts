import { type CredentialMaterial, parseServiceId } from 'countersign'
import { type CertificateAuthority, createCertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'

export const ISSUER = 'https://authority.bench.internal'
export const AUDIENCE = parseServiceId('spiffe://bench.internal/echo')
export const POLICY = 'grants: [{ caller: caller, audience: echo, scopes: [echo.say] }]'

export interface BenchCa {
  readonly ca: CertificateAuthority
  issue(service: string): CredentialMaterial
}

/** A CA in memory. */
export function createBenchCa(): BenchCa {
  const ca = createCertificateAuthority({ trustDomain: parseTrustDomain('bench.internal') })
  return {
    ca,
    issue(service) {
      const { privateKey, publicKey } = generateKeyPair()
      const { certificateChain } = ca.issue({ path: parseServicePath(service), dnsNames: ['localhost'], publicKey })
      return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
    },
  }
}
