import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { caFilesOf } from '../ca/directory/ca-files.ts'
import { AuthError } from '../core/errors.ts'
import { fileExists } from '../core/text-file.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import type { OpenCa } from './ca-context.ts'

/**
 * Requires that a service's files are not to lie among those of a CA: a service called "root" must not take the root's
 * place, nor one CA's bundle that of another. Makes nothing.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function requireOutput({ bundle, certificateChain }: CredentialFiles, { files }: OpenCa): Promise<void> {
  for (const directory of new Set([bundle, certificateChain].map((file) => dirname(file)))) {
    if (!(await isOfCa(directory, files.directory))) continue
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${directory} is the directory of a CA: write a service's files elsewhere.`,
    )
  }
}

async function isOfCa(directory: string, own: string): Promise<boolean> {
  const { profiles, store } = caFilesOf(directory)
  if ((await fileExists(profiles)) || (await fileExists(store))) return true
  return (await realpath(directory).catch(() => undefined)) === (await realpath(own))
}
