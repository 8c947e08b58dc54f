import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { DEFAULT_PROFILES_FILE, loadProfiles } from '../../src/ca/certificate/profiles.ts'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { caFilesOf } from '../../src/ca/directory/ca-files.ts'
import type { CaHome } from '../../src/ca/directory/ca-home.ts'
import { claimDirectory, type InitOptions, initCertificateAuthority } from '../../src/ca/directory/init.ts'
import { loadCertificateAuthority } from '../../src/ca/directory/load.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { temporaryDirectory } from './directory.ts'

/** A CA in a directory, its store open as long as the test runs. */
export interface CaInDirectory {
  readonly directory: string
  readonly store: Store
  readonly home: CaHome
  load(): Promise<CertificateAuthority>
}

/** A directory for a CA, with its profiles and an empty store. */
export async function openCaDirectory(options: Partial<InitOptions> = {}): Promise<InitOptions & { store: Store }> {
  const { directory = join(await temporaryDirectory(), 'pki') } = options
  await claimDirectory(directory)
  const { profiles, store: storeFile } = caFilesOf(directory)
  await copyFile(DEFAULT_PROFILES_FILE, profiles)
  const store = await openStore(storeFile, { create: true })
  onTestFinished(() => store.close())
  return {
    trustDomain: parseTrustDomain('shop.internal'),
    protection: 'dangerouslyUnencrypted',
    profiles: await loadProfiles(profiles),
    requestedBy: 'operator:test',
    clock: systemClock,
    ...options,
    directory,
    ledger: store.ledger,
    storeFile,
    store,
  }
}

/** A CA that was made in a directory. */
export async function makeCa(options: Partial<InitOptions> = {}): Promise<CaInDirectory> {
  const { store, ...init } = await openCaDirectory(options)
  await initCertificateAuthority(init)
  const { directory, ledger, clock } = init
  const passphrase = init.protection === 'dangerouslyUnencrypted' ? undefined : init.protection
  return {
    directory,
    store,
    home: { ...init, passphrase },
    load: () => loadCertificateAuthority({ directory, ledger, inventory: store.inventory, passphrase, clock }),
  }
}
