import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { randomId } from '../../core/encoding.ts'

/** Where a file lies until it is whole. */
export function temporaryOf(file: string): string {
  return `${file}.${randomId()}.tmp`
}

/**
 * Removes the temporary files of a directory that processes left which were killed: a key may be in them. Those that are
 * an hour old have nobody who still writes them. What cannot be removed stays, and is no reason to fail.
 */
export async function removeStale(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names.filter((name) => TEMPORARY.test(name))) {
    const file = join(directory, name)
    if (await isStale(file)) await rm(file, { force: true }).catch(() => {})
  }
}

const TEMPORARY = /\.[\w-]{22}\.tmp$/
const STALE_MS = 60 * 60 * 1000

/** By the system's clock, which dates files, whatever the time is for the CA. */
function isStale(file: string): Promise<boolean> {
  return stat(file).then(
    ({ mtimeMs }) => systemClock() - mtimeMs > STALE_MS,
    () => false,
  )
}
