import { copyFile } from 'node:fs/promises'
import { parseServicePath, type TrustDomain } from 'countersign'
import { DEFAULT_PROFILES_FILE, loadProfiles } from '../../src/ca/certificate/profiles.ts'
import { caFilesOf } from '../../src/ca/directory/ca-files.ts'
import { claimDirectory, initCertificateAuthority } from '../../src/ca/directory/init.ts'
import { loadCertificateAuthority } from '../../src/ca/directory/load.ts'
import { systemClock } from '../../src/core/clock.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { openStore } from '../../src/store/open.ts'
import type { ClientIdentity } from './intruders.ts'

const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1000

/** Makes a CA as of two days ago, so that a certificate of it can have expired: this one, of orders. */
export async function makeOldCa(directory: string, trustDomain: TrustDomain): Promise<ClientIdentity> {
  const files = caFilesOf(directory)
  await claimDirectory(directory)
  await copyFile(DEFAULT_PROFILES_FILE, files.profiles)
  const { inventory, ledger, close } = await openStore(files.store, { create: true })
  try {
    const options = { directory, ledger, requestedBy: 'the demonstration', clock: () => systemClock() - TWO_DAYS_MS }
    const profiles = await loadProfiles(files.profiles)
    const place = { protection: 'dangerouslyUnencrypted', storeFile: files.store } as const
    await initCertificateAuthority({ ...options, ...place, trustDomain, profiles })
    const ca = await loadCertificateAuthority({ ...options, inventory, passphrase: undefined })
    const { privateKey, publicKey } = generateKeyPair()
    const request = { path: parseServicePath('orders'), dnsNames: [], publicKey, requestedBy: options.requestedBy }
    const { certificateChain } = await ca.issue(request)
    return { certificateChain, privateKey: encodePrivateKey(privateKey) }
  } finally {
    await close()
  }
}
