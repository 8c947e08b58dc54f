import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { loadCertificateAuthority } from '../ca/directory/load.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { type Configuration, caPassphrase } from './config.ts'
import { type RunningAuthority, startAuthority } from './start-authority.ts'

/**
 * Starts the authority that a configuration describes, on the CA of its directory and on its store.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function serve(
  configuration: Configuration,
  { logger, clock = systemClock }: { readonly logger: Logger; readonly clock?: Clock },
): Promise<RunningAuthority> {
  const { issuer, policy, token, listen } = configuration
  const store = await openStore(configuration.storeFile, { create: false })
  try {
    const loadCa = () => loadOwnCa(configuration, store, clock)
    const { trustLog, revocations } = store
    const authority = await startAuthority({
      loadCa,
      issuer,
      policy,
      ...token,
      listen,
      trustLog,
      revocations,
      logger,
      clock,
    })
    let closing: Promise<void> | undefined
    return {
      ...authority,
      close() {
        closing ??= authority.close().finally(() => store.close())
        return closing
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function loadOwnCa(configuration: Configuration, store: Store, clock: Clock): Promise<CertificateAuthority> {
  const { ca: directory, trustDomain, caPassphraseFile } = configuration
  const { ledger, inventory } = store
  const passphrase = await caPassphrase(caPassphraseFile)
  const ca = await loadCertificateAuthority({ directory, ledger, inventory, passphrase, clock })
  if (ca.trustDomain === trustDomain) return ca
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `The CA in ${directory} is of trust domain ${ca.trustDomain}, the configuration of ${trustDomain}.`,
  )
}
