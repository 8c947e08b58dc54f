import { type CredentialMaterial, parseAddress, parseCredential, silentLogger, type Workload } from 'countersign'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { systemClock } from '../../src/core/clock.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { AUDIENCE } from './bench-ca.ts'
import { Worker } from './processes.ts'
import type { RevocationSetUp } from './revocation-authority.ts'
import { spread } from './spread.ts'

/** An authority, verifiers that listen to it, and tokens to revoke. */
export interface RevocationScene {
  /** Revokes a token that every verifier knows. Returns how long it took until all refuse it, in milliseconds. */
  revokeNext(): Promise<number>
  /** CPU time of the authority so far, in microseconds. */
  authorityMicros(): Promise<number>
  /** How often one of the revoked tokens is still taken by one of the verifiers. */
  countAccepted(): Promise<number>
  stop(): Promise<void>
}

export async function startRevocations(verifiers: number, processes: number): Promise<RevocationScene> {
  const server = new Worker('revocation-authority.ts', [], 'server')
  const { authority, materials, caller, revoker } = await server.ask<RevocationSetUp>('start', verifiers)
  const workers: Worker[] = []
  for (const some of spread(materials, processes)) {
    const worker = new Worker('revocation-verifiers.ts', [], 'client')
    await worker.ask('start', { authority, materials: some, caller })
    workers.push(worker)
  }
  const tokens = new AuthorityClient({ address: parseAddress(authority), credential: credentialOf(caller) })
  const workload = await joinAs(revoker, authority)
  const revoked: string[] = []

  return {
    async revokeNext() {
      const { token } = await tokens.issueToken({ audience: AUDIENCE, scopes: [] })
      for (const worker of workers) await worker.ask('expect', token)
      const arrivals = workers.map((worker) => worker.ask<bigint>('lastArrival'))
      const begin = process.hrtime.bigint()
      await workload.revoke({ token })
      const ends = await Promise.all(arrivals)
      revoked.push(token)
      return Math.max(...ends.map((end) => Number(end - begin))) / 1e6
    },
    authorityMicros: () => server.ask<number>('cpuMicros'),
    async countAccepted() {
      const counts: number[] = []
      for (const worker of workers) counts.push(await worker.ask<number>('countAccepted', revoked))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async stop() {
      await workload.close()
      tokens.close()
      for (const worker of [...workers, server]) worker.stop()
    },
  }
}

function joinAs(material: CredentialMaterial, authority: string): Promise<Workload> {
  const options = { authorities: [parseAddress(authority)], logger: silentLogger, clock: systemClock }
  return joinWith(credentialOf(material), options)
}

function credentialOf(material: CredentialMaterial) {
  return parseCredential(material, systemClock(), 'the benchmark')
}
