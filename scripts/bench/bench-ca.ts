import { type Credential, type CredentialMaterial, parseServiceId } from 'countersign'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import type { Hierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'

export const ISSUER = 'https://authority.bench.internal'
export const AUDIENCE = parseServiceId('spiffe://bench.internal/echo')
export const POLICY = 'grants: [{ caller: caller, audience: echo, scopes: [echo.say] }]'

export interface BenchCa {
  readonly ca: CertificateAuthority
  readonly hierarchy: Hierarchy
  credential(service: string): Credential
  issue(service: string): CredentialMaterial
}

/** A CA in memory. */
export function createBenchCa(): BenchCa {
  const ca = createTestCa({ trustDomain: 'bench.internal' })
  return {
    ca,
    hierarchy: ca.hierarchy,
    credential: ca.credential,
    issue(service) {
      const { certificateChain, privateKey, bundle } = ca.credential(service)
      return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle }
    },
  }
}
