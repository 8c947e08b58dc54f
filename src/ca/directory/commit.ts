import { AuthError } from '../../core/errors.ts'
import { type FileContent, removeIfPossible, replaceFiles } from './durable-files.ts'

/**
 * Puts files on disk, then notes in the store what they belong to: what is noted has its files, whenever the process
 * ends. Files whose names are new; they go again where the change is refused.
 */
export async function commit<Result>(files: readonly FileContent[], note: () => Promise<Result>): Promise<Result> {
  await replaceFiles(files)
  try {
    return await note()
  } catch (error) {
    // A store that failed may have noted it all the same.
    const isRefused = error instanceof AuthError && error.code !== 'STORE_UNAVAILABLE'
    if (isRefused) await removeIfPossible(files.map(({ file }) => file))
    throw error
  }
}
