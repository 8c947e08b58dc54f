import { caFilesOf } from '../../src/ca/directory/ca-files.ts'
import { loadCertificateAuthority } from '../../src/ca/directory/load.ts'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { parseScope } from '../../src/core/scope.ts'
import { type Credential, parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { AUTHORITY_PATH, parseServiceId } from '../../src/identity/service-id.ts'
import { openStore } from '../../src/store/open.ts'
import type { AccessTokenClaims } from '../../src/token/claims.ts'
import { createSigningKey, type SigningKey } from '../../src/token/signing-key.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import { ISSUER } from './authority.ts'

export interface PublishedSigningKey {
  readonly signingKey: SigningKey
  readonly keyId: string
  /** The authority that has published it. */
  readonly authority: Credential
}

/** What an authority on the CA of a directory does when it starts, as far as the trust log knows of it. */
export async function publishSigningKey(dir: string): Promise<PublishedSigningKey> {
  const store = await openStore(caFilesOf(dir).store, { create: false })
  const signingKey = createSigningKey()
  const key = signingKey.verificationKey
  const { ledger, inventory, trustLog } = store
  const options = { directory: dir, ledger, inventory, passphrase: undefined, clock: systemClock }
  const ca = await loadCertificateAuthority(options)
  const { privateKey, publicKey } = generateKeyPair()
  const requestedBy = 'countersign/authority'
  const { certificateChain, serviceId } = await ca.issue({
    path: AUTHORITY_PATH,
    dnsNames: [],
    publicKey,
    requestedBy,
  })
  const material = { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  const authority = parseCredential(material, systemClock(), 'the authority')
  const expiresAt = toEpochSeconds(systemClock()) + 4_000
  await trustLog.append([publishKey({ issuer: ISSUER, key, expiresAt }, authority)], {
    by: serviceId,
    at: systemClock(),
    reason: '',
  })
  await store.close()
  return { signingKey, keyId: key.keyId, authority }
}

/** As an authority would issue it to `orders` for `inventory`, now. */
export function claimsNow(fields: Partial<AccessTokenClaims> = {}): AccessTokenClaims {
  const issuedAt = toEpochSeconds(systemClock())
  const orders = parseServiceId('spiffe://shop.internal/orders')
  const tokenId = randomId()
  return {
    issuer: ISSUER,
    subject: orders,
    audience: parseServiceId('spiffe://shop.internal/inventory'),
    clientId: orders,
    scopes: [parseScope('inventory.reserve')],
    tokenId,
    grantId: tokenId,
    issuedAt,
    expiresAt: issuedAt + 300,
    thumbprint: 'x'.repeat(43),
    ...fields,
  }
}

/** Everything that stands in the trust log of a CA's directory. */
export async function trustLogIn(dir: string) {
  const store = await openStore(caFilesOf(dir).store, { create: false })
  const { changes } = await store.trustLog.read(undefined, 1_000_000)
  await store.close()
  return changes
}
