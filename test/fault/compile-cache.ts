import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** Has what the processes load that a test file starts, one after the other, compiled once. */
export function useCompileCache(): void {
  let cache: string
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'countersign-'))
    process.env['NODE_COMPILE_CACHE'] = cache
  })
  afterAll(() => rm(cache, { recursive: true, force: true }))
}
