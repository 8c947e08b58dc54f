import { silentLogger } from 'countersign'
import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { formatAddress } from '../../src/core/address.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { startAuthority } from '../../src/server/start-authority.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import { encodePublicKey } from '../../src/token/verification-key.ts'
import { AUDIENCE, createBenchCa, ISSUER, POLICY } from './bench-ca.ts'
import type { ClientSetUp } from './echo-client.ts'
import type { ServerSetUp } from './echo-server.ts'

/** An authority in this process, and what others need to be services of its mesh. */
export interface Scene {
  serverSetUp(): ServerSetUp
  /** @param echo where the echo answers */
  clientSetUp(echo: string): Promise<ClientSetUp>
  close(): Promise<void>
}

export async function startScene(): Promise<Scene> {
  const { ca, issue } = createBenchCa()
  const store = await openStore(IN_MEMORY, { create: true })
  const running = await startAuthority({
    loadCa: async () => ca,
    issuer: ISSUER,
    policy: parseGrantPolicy(POLICY, 'policy.yaml'),
    ttlSeconds: 300,
    listen: { grpc: { host: 'localhost', port: 0 } },
    trustLog: store.trustLog,
    revocations: store.revocations,
    logger: silentLogger,
    clock: systemClock,
  })
  const authority = formatAddress(running.address)
  return {
    serverSetUp() {
      const [verificationKey = new Uint8Array()] = [...running.trust.head().keys.values()].map(encodePublicKey)
      return { material: issue('echo'), authority, issuer: ISSUER, audience: AUDIENCE, verificationKey }
    },
    async clientSetUp(echo) {
      const material = issue('caller')
      const credential = parseCredential(material, systemClock(), 'the benchmark')
      const client = new AuthorityClient({ address: running.address, credential })
      const { token } = await client.issueToken({ audience: AUDIENCE, scopes: [] })
      client.close()
      return { material, authority, address: echo, token }
    },
    async close() {
      await running.close()
      await store.close()
    },
  }
}
