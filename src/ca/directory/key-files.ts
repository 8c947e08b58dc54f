import { createPublicKey, type KeyObject } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { AuthError, messageOf } from '../../core/errors.ts'
import { fileExists, loadText } from '../../core/text-file.ts'
import { encryptPrivateKey, isEncryptedKey } from '../../identity/encrypted-key.ts'
import { decodePrivateKey, encodePrivateKey } from '../../identity/key-pair.ts'
import type { Passphrase } from '../../identity/passphrase.ts'
import { keyThumbprintOf } from '../certificate/key-identity.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import { keyFileOf } from './ca-files.ts'
import { type FileContent, KEY_MODE } from './durable-files.ts'

/** How the keys of a CA lie on disk. */
export type KeyProtection = Passphrase | 'dangerouslyUnencrypted'

/** The file of an authority's key, to be written. */
export async function keyFileContent(
  directory: string,
  authority: AuthorityRecord,
  key: KeyObject,
  protection: KeyProtection,
): Promise<FileContent> {
  const isPlain = protection === 'dangerouslyUnencrypted'
  const text = isPlain ? encodePrivateKey(key) : await encryptPrivateKey(key, protection)
  return { file: keyFileOf(directory, authority), text, mode: KEY_MODE }
}

/** Whether a directory has the key of an authority; the key of a root is often kept elsewhere. */
export function hasKey(directory: string, authority: AuthorityRecord): Promise<boolean> {
  return fileExists(keyFileOf(directory, authority))
}

/**
 * Loads the key of an authority.
 * @throws AuthError CONFIGURATION_INVALID, also where it is the key of another
 */
export async function loadKey(
  directory: string,
  authority: AuthorityRecord,
  passphrase: Passphrase | undefined,
): Promise<KeyObject> {
  const file = keyFileOf(directory, authority)
  const key = decodePrivateKey(await loadText(file), file, passphrase)
  if (keyThumbprintOf(createPublicKey(key)) !== authority.keyThumbprint) {
    throw new AuthError('CONFIGURATION_INVALID', `${file}: the key does not belong to the certificate of that name.`)
  }
  return key
}

/**
 * Requires that a key which is there lies on disk as it would if it were made now.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function requireProtection(
  directory: string,
  authority: AuthorityRecord,
  protection: KeyProtection,
): Promise<void> {
  const file = keyFileOf(directory, authority)
  const isPlain = protection === 'dangerouslyUnencrypted'
  if (isEncryptedKey(await loadText(file)) === isPlain) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${file} is ${isPlain ? 'encrypted' : 'not encrypted'}: a command that was broken off has made it so. Repeat that command as it was, or choose another directory.`,
    )
  }
  await loadKey(directory, authority, isPlain ? undefined : protection)
}

/**
 * Sets aside the keys of authorities that are retired, where they are here: nothing reads them under their new
 * names. They are not removed, since only the store says that they have served.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function setKeysAside(directory: string, { authorities }: CaState): Promise<void> {
  const files = (are: boolean) =>
    authorities.filter(({ state }) => (state === 'retired') === are).map((one) => keyFileOf(directory, one))
  const inUse = new Set(files(false))
  for (const file of files(true)) {
    if (inUse.has(file) || !(await fileExists(file))) continue
    await rename(file, `${file}.retired`).catch((error: unknown) => {
      throw new AuthError(
        'CONFIGURATION_INVALID',
        `Cannot set ${file} aside, a key that is retired: ${messageOf(error)}.`,
      )
    })
  }
}
