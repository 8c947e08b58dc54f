import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Credential, CredentialMaterial } from '../../src/identity/credential.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import * as kit from '../../src/testing/test-ca.ts'

/** A CA in memory, thirty days old, so that it can issue what has expired since. */
export interface TestCa {
  readonly ca: CertificateAuthority
  /** A new key and certificate, issued at the time of `clock`. */
  credential(path: string, options?: CredentialOptions): Credential
  material(path: string, options?: CredentialOptions): CredentialMaterial
}

export interface CredentialOptions {
  /** `localhost` unless told. */
  readonly dnsNames?: readonly string[]
  /** The CA's clock unless told. */
  readonly clock?: Clock
}

export function createTestCa(options: kit.TestCaOptions = {}): TestCa {
  return pkiOf(kit.createTestCa(options))
}

/** The CA of the kit, whose clock can be another for each credential. */
export function pkiOf(ca: kit.TestCa): TestCa {
  const credential = (path: string, { clock, ...options }: CredentialOptions = {}) =>
    (clock === undefined ? ca : kit.testCaOf(ca.hierarchy, clock)).credential(path, options)
  return {
    ca,
    credential,
    material(path, options) {
      const { certificateChain, privateKey, bundle } = credential(path, options)
      return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle }
    },
  }
}
