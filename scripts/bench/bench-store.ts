import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INTERMEDIATE_NAME, ROOT_NAME } from '../../src/ca/issuers/authorities.ts'
import type { Issuer } from '../../src/ca/issuers/issuer.ts'
import { recordOf } from '../../src/ca/issuers/new-authority.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

/** A new store on a disk, of a CA with one root and one intermediate; gone when the process ends. */
export async function openBenchStore({ trustDomain, roots, chain }: Issuer): Promise<Store> {
  const store = await openStore(join(benchDirectory(), 'countersign.db'), { create: true })
  const making = { requestedBy: 'operator:bench', now: systemClock() }
  const authorities = [
    ...roots.map((root) => recordOf('root', ROOT_NAME, 'active', [root], making)),
    recordOf('intermediate', INTERMEDIATE_NAME, 'active', chain, making),
  ]
  await store.ledger.create({ trustDomain, authorities, statements: [] })
  return store
}

/** A new directory on a disk; gone when the process ends. */
export function benchDirectory(): string {
  const directory = mkdtempSync(join(temporaryDirectory(), 'countersign-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  return directory
}

/** The types of tmpfs and ramfs in Linux: what is there is never written to a disk. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6])

function temporaryDirectory(): string {
  const directory = [tmpdir(), '/var/tmp'].find((candidate) => !IN_MEMORY.has(statfsSync(candidate).type))
  if (directory !== undefined) return directory
  throw new Error(
    'Temporary files lie in memory here, and no disk would be measured. Set TMPDIR to a directory on one.',
  )
}
