/** Verifies tokens that were never seen, with the verifier of a server and with jose alone. */

import { parseCredential, parseScope } from 'countersign'
import { jwtVerify } from 'jose'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { createCallVerifier } from '../../src/interceptor/call-verifier.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { LEEWAY_SECONDS } from '../../src/token/verify.ts'
import { AUDIENCE, createBenchCa, ISSUER } from './bench-ca.ts'
import { callInTurn } from './calls-in-turn.ts'
import { answerRequests } from './worker.ts'

const signingKey = createSigningKey()
const { keyId, publicKey } = signingKey.verificationKey
const issuer = { issuer: ISSUER, keys: new Map([[keyId, signingKey.verificationKey]]) }
const verify = createCallVerifier({ audience: AUDIENCE, trustedIssuer: () => issuer, clock: systemClock })
const peer = createPeer()

let tokens: readonly string[] = []

answerRequests({
  prepare: async (count: number) => {
    tokens = Array.from({ length: count }, signToken)
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

function createPeer() {
  const material = createBenchCa().issue('caller')
  const { trustDomain } = parseCredential(material, systemClock(), 'the benchmark')
  const [leaf = Buffer.alloc(0)] = decodeCertificates(material.certificateChain, 'the chain')
  return verifyPeer(leaf, trustDomain)
}

function signToken(): string {
  const issuedAt = toEpochSeconds(systemClock())
  return signingKey.sign({
    issuer: ISSUER,
    subject: peer.serviceId,
    audience: AUDIENCE,
    clientId: peer.serviceId,
    scopes: [parseScope('echo.say')],
    tokenId: randomId(),
    issuedAt,
    expiresAt: issuedAt + 300,
    thumbprint: peer.thumbprint,
  })
}

async function cpuMicrosOf(act: (token: string) => unknown): Promise<number> {
  const start = process.cpuUsage()
  const left = tokens.values()
  await callInTurn(async () => act(left.next().value ?? ''), tokens.length)
  const { user, system } = process.cpuUsage(start)
  return user + system
}
