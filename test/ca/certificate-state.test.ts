import { expect, test } from 'vitest'
import { certificateStateOf } from '../../src/ca/certificate-state.ts'
import type { RecordedCertificate } from '../../src/ca/inventory.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { createAuthorities } from '../support/ca-state.ts'

const HOUR_MS = 60 * 60 * 1000
const start = Date.UTC(2027, 0, 1)
const { root, intermediate } = createAuthorities(start)
const authorities = [root('active'), intermediate('active')]
const certificate: RecordedCertificate = {
  serialNumber: '40',
  serviceId: parseServiceId('spiffe://shop.internal/orders'),
  dnsNames: [],
  keyThumbprint: 'x',
  issuerKeyId: intermediate('active').keyId,
  notBefore: start,
  notAfter: start + 24 * HOUR_MS,
  requestedBy: 'operator:test',
  renews: undefined,
  recordedAt: start,
  revocation: undefined,
}

test('a certificate is live, then expiring in the last third of its life, then expired', () => {
  const states = [0, 15, 16.5, 24, 24.01].map((hours) =>
    certificateStateOf(certificate, authorities, start + hours * HOUR_MS),
  )
  expect(states).toEqual(['live', 'live', 'expiring', 'expiring', 'expired'])
})

test('a certificate is revoked by itself or with its intermediate, also once it has expired', () => {
  const revocation = { reason: 'superseded', revokedAt: start, revokedBy: 'operator:test' } as const
  for (const now of [start, start + 25 * HOUR_MS]) {
    expect(certificateStateOf({ ...certificate, revocation }, authorities, now)).toBe('revoked')
    expect(certificateStateOf(certificate, [root('active'), intermediate('distrusted')], now)).toBe('revoked')
  }
  expect(certificateStateOf(certificate, [root('active'), intermediate('retiring')], start)).toBe('live')
})
