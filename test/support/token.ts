import type { KeyObject } from 'node:crypto'
import { parseScope } from '../../src/core/scope.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServiceId, parseTrustDomain } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { testCaOf } from '../../src/testing/test-ca.ts'
import { signParts as sign } from '../../src/testing/token.ts'
import type { AccessTokenClaims } from '../../src/token/claims.ts'
import { keyIdOf, type VerificationKey } from '../../src/token/verification-key.ts'
import { createTokenVerifier, type TokenVerifierOptions } from '../../src/token/verify.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { hierarchy, leafDer } from './leaf.ts'
import { pkiOf } from './pki.ts'
import { type TrustOptions, trustIn } from './trust.ts'

/** The key of an issuer whose private half tests may use, to sign what no issuer would. */
const issuerPair = generateKeyPair()

export const issuerKey: VerificationKey = { keyId: keyIdOf(issuerPair.publicKey), publicKey: issuerPair.publicKey }

/** When the valid token is issued, in milliseconds and in seconds. */
export const issuedAtMs = Date.UTC(2027, 0, 1, 12)
export const issuedAt = issuedAtMs / 1000

/** `orders`, which the valid token is issued to, and another service. */
export const peer = verifyPeer(leafDer(), parseTrustDomain('shop.internal'))
export const anotherPeer = verifyPeer(
  leafDer({ template: { uris: ['spiffe://shop.internal/shipping'], serialNumber: '7'.repeat(32) } }),
  parseTrustDomain('shop.internal'),
)

export const audience = parseServiceId('spiffe://shop.internal/inventory')

export const validHeader = { alg: 'ES256', typ: 'at+jwt', kid: issuerKey.keyId }

export const validPayload = {
  iss: 'https://authority.shop.internal',
  sub: peer.serviceId,
  aud: audience,
  client_id: peer.serviceId,
  scope: 'inventory.read inventory.reserve',
  jti: 'FpbhEyWBVBsNxeCqbF6jNQ',
  grant_id: 'gP0S7Lq1ROeR0hyS6bqyBA',
  iat: issuedAt,
  exp: issuedAt + 300,
  cnf: { 'x5t#S256': peer.thumbprint },
}

/** The same as claims. */
export const validClaims: AccessTokenClaims = {
  issuer: validPayload.iss,
  subject: peer.serviceId,
  audience,
  clientId: peer.serviceId,
  scopes: [parseScope('inventory.read'), parseScope('inventory.reserve')],
  tokenId: validPayload.jti,
  grantId: validPayload.grant_id,
  issuedAt,
  expiresAt: issuedAt + 300,
  thumbprint: peer.thumbprint,
}

/** How a token differs from the valid one. A member that is undefined is left out. */
export interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>
  readonly payload?: Readonly<Record<string, unknown>>
  /** Signs in the place of the issuer's key. */
  readonly privateKey?: KeyObject
}

/** A token signed with a key that verifiers trust, whatever it says. */
export function signToken({ header = {}, payload = {}, privateKey }: Forgery = {}): string {
  return signParts(
    JSON.stringify({ ...validHeader, ...header }),
    JSON.stringify({ ...validPayload, ...payload }),
    privateKey,
  )
}

/** A token of parts that are taken as they are. */
export function signParts(
  header: string | Uint8Array,
  payload: string | Uint8Array,
  privateKey: KeyObject = issuerPair.privateKey,
): string {
  return sign(header, payload, privateKey)
}

export function encodePart(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url')
}

const GROUP_ORDER = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n

/** ECDSA verifies (r, n − s) wherever it verifies (r, s): the other signature of the same input. */
export function otherSignature(signature: Buffer): Buffer {
  const s = (GROUP_ORDER - integerOf(signature.subarray(32))).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s, 'hex')])
}

function integerOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

const issuerPki = pkiOf(testCaOf(hierarchy, () => issuedAtMs))

/** Who vouches for the issuer's keys. */
export const authorityOfIssuer = issuerPki.credential('countersign/authority')

/** What `inventory` trusts, ten seconds after the valid token was issued: the issuer's key, of which an authority told. */
export function trustOfIssuer({
  clock = () => issuedAtMs + 10_000,
  ...options
}: Partial<TrustOptions> = {}): TrustState {
  return trustIn({ pki: issuerPki, keys: [issuerKey], issuer: validPayload.iss, clock, ...options })
}

/** The verifier of `inventory`, ten seconds after the valid token was issued. */
export function createVerifier(options: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    audience,
    trustedIssuer: () => ({ issuer: validPayload.iss, keys: new Map([[issuerKey.keyId, issuerKey]]) }),
    clock: () => issuedAtMs + 10_000,
    ...options,
  })
}
