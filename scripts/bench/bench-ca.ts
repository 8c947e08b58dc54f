import { type CredentialMaterial, parseServiceId } from 'countersign'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { createTestCa, type TestCa } from '../../src/testing/test-ca.ts'

export const ISSUER = 'https://authority.bench.internal'
export const AUDIENCE = parseServiceId('spiffe://bench.internal/echo')
export const POLICY = 'grants: [{ caller: caller, audience: echo, scopes: [echo.say] }]'

export interface BenchCa {
  readonly ca: TestCa
  issue(service: string): CredentialMaterial
}

/** A CA in memory. */
export function createBenchCa(): BenchCa {
  const ca = createTestCa({ trustDomain: 'bench.internal' })
  return {
    ca,
    issue(service) {
      const { certificateChain, privateKey, bundle } = ca.credential(service)
      return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle }
    },
  }
}
