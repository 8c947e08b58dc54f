import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { Credential } from '../identity/credential.ts'
import { parseCredential } from '../identity/credential.ts'
import { type CredentialSource, MemoryCredentialSource } from '../identity/credential-source.ts'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { AUTHORITY_PATH } from '../identity/service-id.ts'

/** The authority's own credential, which it renews by itself. */
export interface AuthorityIdentity {
  readonly credentials: CredentialSource
  stop(): void
}

const RETRY_MS = 60_000

/**
 * Issues `countersign/authority` to this process from its own intermediate: now, and at half of each
 * certificate's life. The private key exists in memory only.
 * @param dnsNames the host names under which clients connect
 */
export function startIdentity(
  ca: CertificateAuthority,
  dnsNames: readonly string[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): AuthorityIdentity {
  const credentials = new MemoryCredentialSource(issueOwn(ca, dnsNames, clock))
  let cancel = renewAt(halfLife(credentials.current()))

  function renewAt(time: number): () => void {
    return callAt(time, clock, () => {
      cancel = renewAt(renew())
    })
  }

  /** Returns when to renew next. A failure leaves the other half of the life to mend its cause. */
  function renew(): number {
    try {
      credentials.replace(issueOwn(ca, dnsNames, clock))
      // Near its end the CA gives short lives, whose halves would follow each other without pause.
      return Math.max(halfLife(credentials.current()), clock() + RETRY_MS)
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the authority could not renew its own certificate')
      return clock() + RETRY_MS
    }
  }

  return { credentials, stop: () => cancel() }
}

function issueOwn(ca: CertificateAuthority, dnsNames: readonly string[], clock: Clock): Credential {
  const { privateKey, publicKey } = generateKeyPair()
  const { certificateChain } = ca.issue({ path: AUTHORITY_PATH, dnsNames, publicKey })
  const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  return parseCredential(material, clock(), 'the certificate of the authority')
}

function halfLife({ notBefore, notAfter }: Credential): number {
  return (notBefore + notAfter) / 2
}
