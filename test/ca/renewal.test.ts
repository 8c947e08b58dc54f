import { describe, expect, test } from 'vitest'
import { keyIdOf, keyThumbprintOf } from '../../src/ca/certificate/key-identity.ts'
import type { RecordedCertificate } from '../../src/ca/inventory.ts'
import type { CaState } from '../../src/ca/issuers/ca-state.ts'
import { recordOf } from '../../src/ca/issuers/new-authority.ts'
import { requireRenewable } from '../../src/ca/renewal.ts'
import { type Certificate, parseCertificate } from '../../src/identity/certificate.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { refusalOf } from '../support/refusal.ts'

const now = Date.now()
const ca = createTestCa()
const { hierarchy, trustDomain } = ca
const orders = parseServiceId('spiffe://shop.internal/orders')
const certificate = leafOf(ca.credential('orders').certificateChain)
const asked = { requestedBy: 'operator:test', now }
const intermediate = recordOf('intermediate', 'intermediate', 'active', [hierarchy.intermediate], asked)
const state: CaState = {
  trustDomain,
  authorities: [recordOf('root', 'root', 'active', [hierarchy.root], asked), intermediate],
  statements: [],
}
const recorded: RecordedCertificate = {
  serialNumber: certificate.serialNumber,
  serviceId: orders,
  dnsNames: ['localhost'],
  keyThumbprint: keyThumbprintOf(certificate.publicKey),
  issuerKeyId: keyIdOf(hierarchy.intermediate.publicKey),
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
  requestedBy: 'operator:test',
  renews: undefined,
  recordedAt: now,
  revocation: undefined,
}

function leafOf(chain: string): Certificate {
  const [der = Buffer.alloc(0)] = decodeCertificates(chain, 'the chain')
  return parseCertificate(der)
}

test('a certificate that this CA has issued to the service may be renewed while it is valid', () => {
  for (const time of [now, recorded.notAfter]) {
    expect(() => requireRenewable(certificate, recorded, orders, state, time)).not.toThrow()
  }
})

describe('a renewal is refused', () => {
  const revocation = { reason: 'superseded', revokedAt: now, revokedBy: 'operator:test' } as const
  const distrusted = { ...state, authorities: [{ ...intermediate, state: 'distrusted' as const }] }
  const foreign = leafOf(createTestCa().credential('orders').certificateChain)
  const cases: [title: string, act: () => void, problem: string][] = [
    [
      'without a record',
      () => requireRenewable(certificate, undefined, orders, state, now),
      'this CA has no record of it',
    ],
    [
      'for another service',
      () => requireRenewable(certificate, recorded, parseServiceId('spiffe://shop.internal/admin'), state, now),
      'it is the certificate of spiffe://shop.internal/orders',
    ],
    [
      'with the record of another key',
      () => {
        const keyThumbprint = keyThumbprintOf(generateKeyPair().publicKey)
        requireRenewable(certificate, { ...recorded, keyThumbprint }, orders, state, now)
      },
      'another one under its serial number',
    ],
    [
      'with the certificate of another CA, whose serial number and key are those of the record',
      () => {
        const keyThumbprint = keyThumbprintOf(foreign.publicKey)
        requireRenewable(foreign, { ...recorded, keyThumbprint }, orders, state, now)
      },
      'another one under its serial number',
    ],
    [
      'where the issuer is not known',
      () => requireRenewable(certificate, recorded, orders, { ...state, authorities: [] }, now),
      'another one under its serial number',
    ],
    [
      'after a revocation',
      () => requireRenewable(certificate, { ...recorded, revocation }, orders, state, now),
      'it was revoked: superseded',
    ],
    [
      'below an intermediate that is distrusted',
      () => requireRenewable(certificate, recorded, orders, distrusted, now),
      'the intermediate that issued it is distrusted',
    ],
    [
      'after its end',
      () => requireRenewable(certificate, recorded, orders, state, recorded.notAfter + 1),
      'it expired at',
    ],
  ]
  for (const [title, act, problem] of cases) {
    test(title, async () => {
      const { message } = await refusalOf('REQUEST_INVALID', act)
      expect(message).toContain(problem)
    })
  }
})
