/** Verifiers, each with a trust feed and a connection of its own, that look at each change whether a token is refused. */

import {
  AuthError,
  type CredentialMaterial,
  parseAddress,
  parseCredential,
  silentLogger,
  TrustState,
} from 'countersign'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { TrustFeed } from '../../src/client/trust-feed.ts'
import { systemClock } from '../../src/core/clock.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { type VerifiedPeer, verifyPeer } from '../../src/identity/verified-peer.ts'
import { createCallVerifier } from '../../src/interceptor/call-verifier.ts'
import type { TokenVerifier } from '../../src/token/verify.ts'
import { Arrivals } from './arrivals.ts'
import { AUDIENCE } from './bench-ca.ts'
import { answerRequests } from './worker.ts'

export interface VerifiersSetUp {
  readonly authority: string
  readonly materials: readonly CredentialMaterial[]
  /** To whom the tokens were issued. */
  readonly caller: CredentialMaterial
}

const READY_TIMEOUT_MS = 30_000

const arrivals = new Arrivals()
let verifiers: readonly TokenVerifier[] = []
let peer: VerifiedPeer | undefined
/** What is to be revoked next. */
let token = ''

answerRequests({
  start: async (setUp: VerifiersSetUp) => {
    const [leaf = Buffer.alloc(0)] = decodeCertificates(setUp.caller.certificateChain, 'the chain')
    const { trustDomain } = parseCredential(setUp.caller, systemClock(), 'the benchmark')
    peer = verifyPeer(leaf, trustDomain)
    verifiers = await Promise.all(setUp.materials.map((material) => startVerifier(material, setUp)))
  },
  /** Each verifier accepts the token once, and so has it in its cache. */
  expect: async (next: string) => {
    arrivals.expect(verifiers.length)
    token = next
    const refusals = await Promise.all(verifiers.map((verify) => refusalOf(verify, token)))
    const refused = refusals.find((code) => code !== undefined)
    if (refused !== undefined) throw new Error(`A token was refused before it was revoked: ${refused}.`)
  },
  lastArrival: () => arrivals.all,
  /** How often one of these tokens is still taken by one of the verifiers. */
  countAccepted: async (tokens: readonly string[]) => {
    let accepted = 0
    for (const verify of verifiers) {
      const refusals = await Promise.all(tokens.map((revoked) => refusalOf(verify, revoked)))
      accepted += refusals.filter((code) => code !== 'TOKEN_REVOKED').length
    }
    return accepted
  },
})

async function startVerifier(material: CredentialMaterial, { authority }: VerifiersSetUp): Promise<TokenVerifier> {
  const credential = parseCredential(material, systemClock(), 'the benchmark')
  const trust = new TrustState({ credential })
  const client = new AuthorityClient({ address: parseAddress(authority), credential })
  const feed = new TrustFeed({ authorities: [client], trust, logger: silentLogger })
  await feed.ready(READY_TIMEOUT_MS)
  const verify = createCallVerifier({ audience: AUDIENCE, trust, clock: systemClock })
  trust.subscribe(async () => {
    if ((await refusalOf(verify, token)) === 'TOKEN_REVOKED') arrivals.note()
  })
  return verify
}

async function refusalOf(verify: TokenVerifier, text: string): Promise<string | undefined> {
  if (peer === undefined) throw new TypeError('not started')
  try {
    await verify(text, peer)
    return undefined
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error)
  }
}
