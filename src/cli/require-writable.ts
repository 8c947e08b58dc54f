import { access, constants, lstat, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { temporaryOf } from '../ca/directory/temporary-files.ts'
import { AuthError, messageOf } from '../core/errors.ts'

/**
 * Requires that a file can be written, as far as that can be told without writing it. The directories above it may be
 * missing yet.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function requireWritable(file: string): Promise<void> {
  await requireDirectory(dirname(file), file)
  // Until it is whole it has a longer name.
  await isThere(temporaryOf(file), file)
  if ((await isThere(file, file)) && (await lstat(file)).isDirectory()) {
    throw unwritable(file, 'a directory is in its place')
  }
}

/**
 * Requires that a directory can be written to, or made.
 * @param purpose what is to be written, for the message
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function requireDirectory(directory: string, purpose = directory): Promise<void> {
  if (!(await isThere(directory, purpose))) return requireDirectory(dirname(directory), purpose)
  // A link that leads nowhere is there, and no directory.
  const isDirectory = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isDirectory) throw unwritable(purpose, `${directory} is not a directory`)
  await access(directory, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw unwritable(purpose, messageOf(error))
  })
}

/** What most file systems take. What is below a missing directory they do not look at. */
const MAX_NAME_BYTES = 255

const MISSING: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR'])

async function isThere(path: string, purpose: string): Promise<boolean> {
  if (Buffer.byteLength(basename(path)) > MAX_NAME_BYTES) throw unwritable(purpose, 'a name in it is too long')
  try {
    await lstat(path)
    return true
  } catch (error) {
    // The latter where a file is further above, which is found there.
    if (error instanceof Error && 'code' in error && MISSING.has(error.code)) return false
    throw unwritable(purpose, messageOf(error))
  }
}

function unwritable(file: string, problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `Cannot write to ${file}: ${problem}.`)
}
