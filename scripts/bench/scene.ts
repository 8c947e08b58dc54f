import { silentLogger } from 'countersign'
import type { TrustLog } from '../../src/authority/log/trust-log.ts'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { formatAddress } from '../../src/core/address.ts'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import { encodePublicKey } from '../../src/token/verification-key.ts'
import { startBenchAuthority } from './bench-authority.ts'
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

/** @param revocations how many stand already */
export async function startScene(revocations = 0): Promise<Scene> {
  const { ca, issue } = createBenchCa()
  const store = await openStore(IN_MEMORY, { create: true })
  await fill(store.trustLog, revocations)
  const running = await startBenchAuthority({ ca, store, policy: POLICY, logger: silentLogger })
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

const AT_A_TIME = 10_000
const LIFE_SECONDS = 3_600

async function fill(log: TrustLog, revocations: number): Promise<void> {
  const origin = { by: 'operator:bench', at: systemClock(), reason: '' }
  const until = toEpochSeconds(systemClock()) + LIFE_SECONDS
  for (let left = revocations; left > 0; left -= AT_A_TIME) {
    const tokens = Array.from({ length: Math.min(left, AT_A_TIME) }, () => ({
      kind: 'token' as const,
      id: randomId(),
      until,
    }))
    await log.append(tokens, origin)
  }
}
