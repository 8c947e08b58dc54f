import { randomBytes } from 'node:crypto'
import type { CertificateRecord } from '../../src/ca/inventory.ts'
import type { AuthorityRecord, CaState } from '../../src/ca/issuers/ca-state.ts'
import type { Revocation } from '../../src/ca/revocation.ts'
import { sha256Base64Url } from '../../src/core/encoding.ts'
import { parseServiceId, parseTrustDomain, type ServiceId } from '../../src/identity/service-id.ts'

/** When all of this happens. */
export const NOON = Date.UTC(2026, 5, 15, 12)
export const HOUR_MS = 60 * 60 * 1000

export const ROOT_KEY_ID = 'a0'.repeat(20)
export const ISSUER_KEY_ID = 'b1'.repeat(20)

export function serviceId(path: string): ServiceId {
  return parseServiceId(`spiffe://shop.internal/${path}`)
}

/** A valid record of `orders`, with a key and a serial number of its own. */
export function certificateRecord(fields: Partial<CertificateRecord> = {}): CertificateRecord {
  const serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`
  return {
    serialNumber,
    serviceId: serviceId('orders'),
    dnsNames: ['localhost', 'orders.shop.internal'],
    keyThumbprint: thumbprintOf(serialNumber),
    issuerKeyId: ISSUER_KEY_ID,
    notBefore: NOON,
    notAfter: NOON + 24 * HOUR_MS - 1,
    requestedBy: 'operator:alice',
    renews: undefined,
    recordedAt: NOON,
    ...fields,
  }
}

export function authorityRecord(fields: Partial<AuthorityRecord> = {}): AuthorityRecord {
  const { keyId = ISSUER_KEY_ID } = fields
  return {
    kind: 'intermediate',
    name: 'ca',
    keyId,
    keyThumbprint: thumbprintOf(keyId),
    state: 'active',
    certificateChain: `certificate of ${keyId}`,
    requestedBy: 'operator:alice',
    since: NOON,
    ...fields,
  }
}

/** A CA with a root and an intermediate, both of them active. */
export function caState(fields: Partial<CaState> = {}): CaState {
  return {
    trustDomain: parseTrustDomain('shop.internal'),
    authorities: [authorityRecord({ kind: 'root', name: 'root', keyId: ROOT_KEY_ID }), authorityRecord()],
    statements: [{ epoch: 1, sequence: 1, text: 'the roots', signature: 'c2lnbmF0dXJl' }],
    ...fields,
  }
}

export function revocationAt(revokedAt: number, fields: Partial<Revocation> = {}): Revocation {
  return { reason: 'keyCompromise', revokedAt, revokedBy: 'operator:alice', ...fields }
}

/** The form of a thumbprint; of what, does not matter here. */
export function thumbprintOf(text: string): string {
  return sha256Base64Url(text)
}
