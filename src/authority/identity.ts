import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { Credential } from '../identity/credential.ts'
import { parseCredential } from '../identity/credential.ts'
import { type CredentialSource, MemoryCredentialSource } from '../identity/credential-source.ts'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { AUTHORITY_PATH, serviceIdOf } from '../identity/service-id.ts'

/** The authority's own credential, which it renews by itself. */
export interface AuthorityIdentity {
  readonly credentials: CredentialSource
  /** Issues another certificate at once, as where the one in use was revoked. @throws AuthError of the CA or its store */
  replace(): Promise<void>
  stop(): void
}

export type LoadCa = () => Promise<CertificateAuthority>

const RETRY_MS = 60_000

/**
 * Issues `countersign/authority` to this process from its own intermediate: now, and at half of each
 * certificate's life. The private key exists in memory only.
 * @param loadCa loads the CA as it is by then: its intermediate or its bundle may have been replaced
 * @param dnsNames the host names under which clients connect
 */
export async function startIdentity(
  loadCa: LoadCa,
  dnsNames: readonly string[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<AuthorityIdentity> {
  const credentials = new MemoryCredentialSource(await issueOwn(loadCa, dnsNames, clock))
  let isStopped = false
  let cancel = renewAt(halfLife(credentials.current()))

  function renewAt(time: number): () => void {
    return callAt(time, clock, () => void renewAndGoOn())
  }

  async function renewAndGoOn(): Promise<void> {
    const next = await renew()
    if (isStopped) return
    cancel()
    cancel = renewAt(next)
  }

  async function replace(): Promise<void> {
    const credential = await issueOwn(loadCa, dnsNames, clock)
    if (isStopped) return
    credentials.replace(credential)
    cancel()
    cancel = renewAt(halfLife(credential))
  }

  /** Returns when to renew next. A failure leaves the other half of the life to mend its cause. */
  async function renew(): Promise<number> {
    try {
      const credential = await issueOwn(loadCa, dnsNames, clock)
      if (!isStopped) credentials.replace(credential)
      // Near its end the CA gives short lives, whose halves would follow each other without pause.
      return Math.max(halfLife(credentials.current()), clock() + RETRY_MS)
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the authority could not renew its own certificate')
      return clock() + RETRY_MS
    }
  }

  return {
    credentials,
    replace,
    stop() {
      isStopped = true
      cancel()
    },
  }
}

async function issueOwn(loadCa: LoadCa, dnsNames: readonly string[], clock: Clock): Promise<Credential> {
  const ca = await loadCa()
  const { privateKey, publicKey } = generateKeyPair()
  const requestedBy = serviceIdOf(ca.trustDomain, AUTHORITY_PATH)
  const { certificateChain } = await ca.issue({ path: AUTHORITY_PATH, dnsNames, publicKey, requestedBy })
  // The bundle as it is after the record: who looks which certificates came before a change of it must not be wrong.
  const { bundle } = await loadCa()
  const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle }
  return parseCredential(material, clock(), 'the certificate of the authority')
}

function halfLife({ notBefore, notAfter }: Credential): number {
  return (notBefore + notAfter) / 2
}
