/** Verifies tokens that were never seen, with the verifier of a server and with jose alone. */

import { parseScope, TrustState } from 'countersign'
import { jwtVerify } from 'jose'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { createCallVerifier } from '../../src/interceptor/call-verifier.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { LEEWAY_SECONDS } from '../../src/token/verify.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import { AUDIENCE, createBenchCa, ISSUER } from './bench-ca.ts'
import { answerRequests } from './worker.ts'

const signingKey = createSigningKey()
const { publicKey } = signingKey.verificationKey
const { credential, issue } = createBenchCa()
const verify = createCallVerifier({ audience: AUDIENCE, trust: createTrust(), clock: systemClock })
const peer = createPeer()

let tokens: readonly string[] = []

answerRequests({
  prepare: async (count: number) => {
    // As texts that came over the wire: what is made by concatenation is flattened by whoever reads it first.
    tokens = Array.from({ length: count }, () => Buffer.from(signToken()).toString('latin1'))
  },
  ours: () => cpuMicrosOf((token) => verify(token, peer)),
  jose: () =>
    cpuMicrosOf((token) =>
      jwtVerify(token, publicKey, {
        typ: 'at+jwt',
        algorithms: ['ES256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['iss', 'sub', 'aud', 'client_id', 'scope', 'jti', 'iat', 'exp', 'cnf'],
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(systemClock()),
      }),
    ),
})

function createTrust(): TrustState {
  const trust = new TrustState({ credential: credential('echo') })
  const revision = { epoch: 1, sequence: 1 }
  const contents = trust.beginSnapshot(revision, ISSUER)
  const statement = {
    issuer: ISSUER,
    key: signingKey.verificationKey,
    expiresAt: toEpochSeconds(systemClock()) + 3_600,
  }
  contents.add([publishKey(statement, credential('countersign/authority'))])
  trust.replace(contents)
  trust.vouch(revision, 0)
  return trust
}

function createPeer() {
  const [leaf = Buffer.alloc(0)] = decodeCertificates(issue('caller').certificateChain, 'the chain')
  return verifyPeer(leaf, credential('caller').trustDomain)
}

function signToken(): string {
  const issuedAt = toEpochSeconds(systemClock())
  const tokenId = randomId()
  return signingKey.sign({
    issuer: ISSUER,
    subject: peer.serviceId,
    audience: AUDIENCE,
    clientId: peer.serviceId,
    scopes: [parseScope('echo.say')],
    tokenId,
    grantId: tokenId,
    issuedAt,
    expiresAt: issuedAt + 300,
    thumbprint: peer.thumbprint,
  })
}

async function cpuMicrosOf(act: (token: string) => unknown): Promise<number> {
  const start = process.cpuUsage()
  for (const token of tokens) await act(token) // new tokens come one by one
  const { user, system } = process.cpuUsage(start)
  return user + system
}
