import { mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CERTIFICATE_MODE, DIRECTORY_MODE, KEY_MODE, replaceFiles } from '../ca/durable-files.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { CredentialMaterial } from '../identity/credential.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'

/**
 * Writes a service's credential, in place of a former one.
 * @param awayFrom the CA's directory: a service called "root" must not take the root's place
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function writeCredential(
  files: CredentialFiles,
  material: CredentialMaterial,
  { awayFrom }: { readonly awayFrom: string },
): Promise<void> {
  const directory = await makeDirectory(dirname(files.privateKey))
  if (directory === (await realpath(awayFrom))) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${directory} is the CA's own directory: write a service's files elsewhere.`,
    )
  }
  // Roots first: a reader that sees only a part of this can at least verify its peers.
  await replaceFiles([
    { file: files.bundle, text: material.bundle, mode: CERTIFICATE_MODE },
    { file: files.privateKey, text: material.privateKey, mode: KEY_MODE },
    { file: files.certificateChain, text: material.certificateChain, mode: CERTIFICATE_MODE },
  ])
}

async function makeDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
    return await realpath(directory)
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `Cannot write to ${directory}: ${messageOf(error)}.`)
  }
}
