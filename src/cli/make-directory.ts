import { mkdir } from 'node:fs/promises'
import { DIRECTORY_MODE } from '../ca/directory/durable-files.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { requireDirectory } from './require-writable.ts'

/**
 * Makes the directory that a command writes to, and those above it, where they are not there.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function makeDirectory(directory: string): Promise<void> {
  await requireDirectory(directory)
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `Cannot write to ${directory}: ${messageOf(error)}.`)
  }
}
