import { dirname } from 'node:path'
import { caFilesOf } from '../ca/directory/ca-files.ts'
import { AuthError } from '../core/errors.ts'
import { fileExists } from '../core/text-file.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import type { ServicePath } from '../identity/service-id.ts'
import { requireWritable } from './require-writable.ts'

/**
 * Requires that a service's files can be written, since its certificate is recorded before, and are not to lie among
 * those of a CA: a service called "root" must not take the root's place, nor one CA's bundle that of another. Makes
 * nothing.
 * @throws AuthError REQUEST_INVALID for a service whose name no file can have; CONFIGURATION_INVALID
 */
export async function requireOutput(
  { bundle, certificateChain, privateKey }: CredentialFiles,
  path: ServicePath,
): Promise<void> {
  requireFileNames(path)
  for (const file of [bundle, certificateChain, privateKey]) await requireWritable(file)
  for (const directory of new Set([bundle, certificateChain].map((file) => dirname(file)))) {
    if (!(await isOfCa(directory))) continue
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${directory} is the directory of a CA: write a service's files elsewhere.`,
    )
  }
}

/** What most file systems take, less what the names of temporary files have more. */
const MAX_SEGMENT_BYTES = 220

function requireFileNames(path: ServicePath): void {
  if (path.split('/').every((segment) => Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES)) return
  throw new AuthError(
    'REQUEST_INVALID',
    `The service cannot have files of its name: each segment of it has at most ${MAX_SEGMENT_BYTES} bytes there.`,
  )
}

async function isOfCa(directory: string): Promise<boolean> {
  const { profiles, store } = caFilesOf(directory)
  return (await fileExists(profiles)) || (await fileExists(store))
}
