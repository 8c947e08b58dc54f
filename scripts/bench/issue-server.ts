/** What issues, in one of two ways; the first argument names it. Makes its own CA, and a credential for who calls. */

import { sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CredentialMaterial, createLogger } from 'countersign'
import { pino } from 'pino'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import { startBenchAuthority } from './bench-authority.ts'
import { AUDIENCE, createBenchCa, POLICY } from './bench-ca.ts'
import { serveStock } from './stock-server.ts'
import { answerRequests } from './worker.ts'

export interface IssueSetUp {
  readonly port: number
  readonly audience: string
  /** Of the caller. */
  readonly material: CredentialMaterial
}

const { ca, issue } = createBenchCa()

const SERVERS: Readonly<Record<string, () => Promise<number>>> = { ours: serveAuthority, ceiling: serveSigning }

answerRequests({
  start: async (): Promise<IssueSetUp> => {
    const port = await (SERVERS[process.argv[2] ?? '']?.() ?? Promise.reject(new Error('unknown server')))
    return { port, audience: AUDIENCE, material: issue('caller') }
  },
})

async function serveAuthority(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  const log = pino.destination({ dest: join(directory, 'authority.log'), sync: true })
  const logger = createLogger('authority', { destination: log })
  const store = await openStore(IN_MEMORY, { create: true })
  const { address } = await startBenchAuthority({ ca, store, policy: POLICY, logger })
  return address.port
}

function serveSigning(): Promise<number> {
  const { privateKey } = generateKeyPair()
  const input = Buffer.alloc(600, 'x')
  return serveStock(issue('countersign/authority'), {}, () => {
    sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  })
}
