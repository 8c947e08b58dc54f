/** An authority on a disk, which grants `caller` a token for the echo and `revoker` to revoke. */

import { type CredentialMaterial, silentLogger } from 'countersign'
import { issuerOf } from '../../src/ca/issuers/hierarchy.ts'
import { formatAddress } from '../../src/core/address.ts'
import { startBenchAuthority } from './bench-authority.ts'
import { createBenchCa } from './bench-ca.ts'
import { openBenchStore } from './bench-store.ts'
import { answerRequests } from './worker.ts'

export interface RevocationSetUp {
  readonly authority: string
  /** Of the verifiers. */
  readonly materials: readonly CredentialMaterial[]
  readonly caller: CredentialMaterial
  readonly revoker: CredentialMaterial
}

const POLICY = `
grants:
  - { caller: caller, audience: echo, scopes: [echo.say] }
  - { caller: revoker, audience: countersign/authority, scopes: [trust.revoke] }
`

/** The longest that a token may live: none of them is to expire before it is looked at for the last time. */
const TTL_SECONDS = 3_600

answerRequests({
  start: async (verifiers: number): Promise<RevocationSetUp> => {
    const { ca, hierarchy, issue } = createBenchCa()
    const store = await openBenchStore(issuerOf(hierarchy))
    const options = { ca, store, policy: POLICY, ttlSeconds: TTL_SECONDS, logger: silentLogger }
    const { address } = await startBenchAuthority(options)
    return {
      authority: formatAddress(address),
      materials: Array.from({ length: verifiers }, () => issue('echo')),
      caller: issue('caller'),
      revoker: issue('revoker'),
    }
  },
})
