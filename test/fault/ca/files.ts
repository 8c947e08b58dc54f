import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file, wherever it was found. */
export interface FoundFile {
  readonly path: string
  /** The last part of its path. */
  readonly name: string
  /** Octet by octet: what is no text may be in there too. */
  readonly text: string
  readonly mode: number
}

/** All files below a directory, but those of SQLite. */
export async function filesBelow(directory: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !/\.db(?:-wal|-shm|-journal)?$/.test(entry.name))
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      return { path, name, text: await readFile(path, 'latin1'), mode: (await stat(path)).mode & 0o777 }
    }),
  )
}

/** What a write leaves that was killed. */
export function isTemporary({ name }: FoundFile): boolean {
  return /\.[\w-]{22}\.tmp$/.test(name)
}
