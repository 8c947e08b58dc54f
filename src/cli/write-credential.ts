import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { encodeBundle, loadBundle } from '../ca/directory/bundle.ts'
import { CERTIFICATE_MODE, DIRECTORY_MODE, KEY_MODE, replaceFiles } from '../ca/directory/durable-files.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import { type OpenCa, stateOf } from './ca-context.ts'

/** What a service receives beside the bundle, in PEM. */
export interface Material {
  readonly certificateChain: string
  /** Undefined: the service has it. */
  readonly privateKey?: string
}

/**
 * Writes a service's credential, in place of a former one, with the bundle as it is after the certificate was
 * recorded: who looks which certificates came before a change of the bundle must not be wrong.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function writeCredential(open: OpenCa, files: CredentialFiles, material: Material): Promise<void> {
  const { certificateChain, privateKey } = material
  const { directory } = open.files
  const bundle = encodeBundle(await loadBundle(directory, await stateOf(open), open.clock()))
  await makeDirectory(dirname(files.certificateChain))
  // Roots first: a reader that sees only a part of this can at least verify its peers.
  await replaceFiles([
    { file: files.bundle, text: bundle, mode: CERTIFICATE_MODE },
    ...(privateKey === undefined ? [] : [{ file: files.privateKey, text: privateKey, mode: KEY_MODE }]),
    { file: files.certificateChain, text: certificateChain, mode: CERTIFICATE_MODE },
  ])
}

/**
 * Requires that a service's files are not to lie in the CA's own directory: a service called "root" must not take the
 * root's place. Makes nothing.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function requireOutput({ certificateChain }: CredentialFiles, { files }: OpenCa): Promise<void> {
  const output = await existing(dirname(certificateChain))
  const own = await realpath(files.directory)
  if (output !== own) return
  throw new AuthError('CONFIGURATION_INVALID', `${own} is the CA's own directory: write a service's files elsewhere.`)
}

/** The directory itself, links followed; undefined where there is none yet. */
async function existing(directory: string): Promise<string | undefined> {
  const real = await realpath(directory).catch(() => undefined)
  if (real === undefined || (await stat(real)).isDirectory()) return real
  throw new AuthError('CONFIGURATION_INVALID', `Cannot write to ${directory}: it is not a directory.`)
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `Cannot write to ${directory}: ${messageOf(error)}.`)
  }
}
