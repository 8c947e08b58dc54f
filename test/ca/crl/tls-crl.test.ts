import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createCrl } from '../../../src/ca/crl/create-crl.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { parseCertificate } from '../../../src/identity/certificate.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import { encodePrivateKey } from '../../../src/identity/key-pair.ts'
import { decodeCertificates } from '../../../src/identity/pem.ts'
import { createTestCa } from '../../../src/testing/test-ca.ts'
import { memoryCrlRegister } from '../../support/crl.ts'

const ca = createTestCa()
const { root, rootKey, intermediate, intermediateKey } = ca.hierarchy
const orders = ca.credential('orders')
const now = systemClock()

const revokedOrders = { serialNumber: serialNumberOf(orders), reason: 'keyCompromise', revokedAt: now } as const
const revokedIntermediate = { serialNumber: intermediate.serialNumber, reason: 'cACompromise', revokedAt: now } as const

test('a server of Node with CRLs accepts a client that is not revoked', async () => {
  expect(await authorizationError({ revoked: [revokedOrders], client: ca.credential('billing') })).toBeNull()
})

test('a server of Node with CRLs refuses a client that is revoked', async () => {
  expect(await authorizationError({ revoked: [revokedOrders] })).toBe('CERT_REVOKED')
})

test('a server of Node with CRLs refuses a client whose intermediate is revoked', async () => {
  expect(await authorizationError({ distrusted: [revokedIntermediate] })).toBe('CERT_REVOKED')
})

test('a CRL is good for peers whose clocks are behind, and not beyond its lifetime', async () => {
  const made = (age: number) => ({ now: now - age, validity: { lifetimeMs: 60_000, backdatingMs: 60_000 } })
  expect(await authorizationError({ options: made(-30_000) })).toBeNull()
  expect(await authorizationError({ options: made(120_000) })).toBe('CRL_HAS_EXPIRED')
})

interface Situation {
  readonly revoked?: Parameters<typeof memoryCrlRegister>[0]
  readonly distrusted?: Parameters<typeof memoryCrlRegister>[0]
  readonly options?: Parameters<typeof createCrl>[3]
  readonly client?: Credential
}

/** What a server with the CRLs of both issuers says of a client. */
async function authorizationError(situation: Situation): Promise<Error | string | null> {
  const {
    revoked,
    distrusted = [],
    options = { now, validity: { lifetimeMs: 3_600_000, backdatingMs: 60_000 } },
    client = orders,
  } = situation
  const crls = await Promise.all([
    createCrl(intermediate, intermediateKey, memoryCrlRegister(revoked), options),
    createCrl(root, rootKey, memoryCrlRegister(), { ...options, extraEntries: async () => distrusted }),
  ])
  const server = createServer({
    ...tlsOptions(ca.credential('warehouse')),
    crl: crls.map(({ pem }) => pem),
    requestCert: true,
    rejectUnauthorized: false,
  }).listen(0, 'localhost')
  onTestFinished(() => void server.close())
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  const socket = connect({ host: 'localhost', port, ...tlsOptions(client) })
  onTestFinished(() => void socket.destroy())
  const [peer]: TLSSocket[] = await once(server, 'secureConnection')
  onTestFinished(() => void peer?.destroy())
  return peer?.authorizationError ?? null
}

function tlsOptions({ certificateChain, privateKey, bundle }: Credential) {
  return { cert: certificateChain, key: encodePrivateKey(privateKey), ca: bundle }
}

function serialNumberOf({ certificateChain }: Credential): string {
  const [leaf = Buffer.of()] = decodeCertificates(certificateChain, 'the chain')
  return parseCertificate(leaf).serialNumber
}
