import { access, mkdir, open, rm } from 'node:fs/promises'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { encodePrivateKey } from '../identity/key-pair.ts'
import { encodeCertificate } from '../identity/pem.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { type CaFiles, caFilesOf } from './ca-files.ts'
import { type CertificateAuthority, certificateAuthorityOf } from './certificate-authority.ts'
import { CERTIFICATE_MODE, DIRECTORY_MODE, KEY_MODE, replaceFiles } from './durable-files.ts'
import { createHierarchy, type Hierarchy } from './hierarchy.ts'

export interface InitOptions {
  readonly directory: string
  readonly trustDomain: TrustDomain
  /** Must be true: the keys lie on disk as they are, in files that only their owner may read. */
  readonly dangerouslyUnencrypted: boolean
  readonly clock?: Clock
}

/**
 * Makes a CA, a root and an intermediate, and writes it to a directory, which is made where
 * there is none. Never overwrites a CA, nor a part of one.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function initCertificateAuthority(options: InitOptions): Promise<CertificateAuthority> {
  const { directory, trustDomain, dangerouslyUnencrypted, clock = systemClock } = options
  if (!dangerouslyUnencrypted) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `The CA's keys would lie in ${directory} unencrypted. To accept that, write --dangerously-unencrypted (in code, dangerouslyUnencrypted: true).`,
    )
  }
  const files = caFilesOf(directory)
  const hierarchy = createHierarchy(trustDomain, clock())
  await claim(directory, files)
  await write(files, hierarchy)
  return certificateAuthorityOf(hierarchy, clock)
}

/** Creates the root key's file, empty: of several that try, one succeeds. */
async function claim(directory: string, files: CaFiles): Promise<void> {
  await makeDirectory(directory)
  for (const file of Object.values(files)) {
    if (await exists(file)) throw occupied(file)
  }
  try {
    await (await open(files.rootKey, 'wx', KEY_MODE)).close()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw occupied(files.rootKey)
    throw unwritable(directory, error)
  }
}

/** The root's certificate comes last: without it, nothing here passes for a CA. */
async function write(files: CaFiles, hierarchy: Hierarchy): Promise<void> {
  const { root, rootKey, intermediate, intermediateKey } = hierarchy
  try {
    await replaceFiles([
      { file: files.rootKey, text: encodePrivateKey(rootKey), mode: KEY_MODE },
      { file: files.intermediateKey, text: encodePrivateKey(intermediateKey), mode: KEY_MODE },
      { file: files.intermediate, text: encodeCertificate(intermediate.der), mode: CERTIFICATE_MODE },
      { file: files.root, text: encodeCertificate(root.der), mode: CERTIFICATE_MODE },
    ])
  } catch (error) {
    for (const file of [files.root, files.intermediate, files.intermediateKey, files.rootKey]) {
      await rm(file, { force: true }).catch(() => {}) // what went wrong first is what is told
    }
    throw error
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    throw unwritable(directory, error)
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

function occupied(file: string): AuthError {
  return new AuthError(
    'CONFIGURATION_INVALID',
    `${file} is there already, and a CA is never overwritten. Choose another directory, or move that file away.`,
  )
}

function unwritable(directory: string, error: unknown): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `Cannot make a CA in ${directory}: ${messageOf(error)}.`)
}
