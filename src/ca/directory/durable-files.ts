import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError, messageOf } from '../../core/errors.ts'
import { removeStale, temporaryOf } from './temporary-files.ts'

export interface FileContent {
  readonly file: string
  readonly text: string
  /** Who may read it: `KEY_MODE` or `CERTIFICATE_MODE`. */
  readonly mode: number
}

/** Its owner alone. */
export const KEY_MODE = 0o600

/** Everyone, as far as the umask lets. */
export const CERTIFICATE_MODE = 0o644

/** A directory that was not there before belongs to its owner alone. */
export const DIRECTORY_MODE = 0o700

/**
 * Writes files, each of which is at any time whole: the former one or the new one. All are on
 * disk under other names before the first is put in place, in the order given: what a crash
 * can leave is a beginning of that order, and files under those other names, which a later
 * write to the directory removes.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function replaceFiles(contents: readonly FileContent[]): Promise<void> {
  const staged = contents.map((content) => ({ ...content, temporary: temporaryOf(content.file) }))
  const directories = new Set(contents.map(({ file }) => dirname(file)))
  try {
    for (const { temporary, text, mode } of staged) await writeDurably(temporary, text, mode)
    for (const { temporary, file } of staged) await rename(temporary, file)
    for (const directory of directories) await syncDirectory(directory)
  } catch (error) {
    await removeIfPossible(staged.map(({ temporary }) => temporary))
    throw new AuthError('CONFIGURATION_INVALID', `Cannot write the files: ${messageOf(error)}.`)
  }
  for (const directory of directories) await removeStale(directory)
}

/** Removes files that are of no use any more; why they are is what the caller tells. */
export async function removeIfPossible(files: readonly string[]): Promise<void> {
  await Promise.allSettled(files.map((file) => rm(file, { force: true })))
}

/** Writes a file where it does not hold this text already. */
export async function ensureFile(content: FileContent): Promise<void> {
  const former = await readFile(content.file, 'utf8').catch(() => undefined)
  if (former !== content.text) await replaceFiles([content])
}

async function writeDurably(file: string, text: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A rename is on disk when its directory is. Windows has no such call. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
