import { type ConnectionOptions, createSecureContext, type TLSSocket } from 'node:tls'
import { Channel, credentials, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { keyIdOf } from '../../src/ca/certificate/key-identity.ts'
import { oid, sequence, set, time, utf8String } from '../../src/core/der-writer.ts'
import type { Certificate } from '../../src/identity/certificate.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { callEcho, openEcho } from '../support/echo.ts'
import { createTestIssuer, DAY_MS, type Presented } from '../support/issuer.ts'
import { closed, connectAs, tlsOptionsOf } from '../support/listener.ts'

const issuer = createTestIssuer()
const { root, rootKey, intermediate, intermediateKey } = issuer.hierarchy
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')
const bundle = orders.bundle
const expired = issuer.credential('orders', { clock: () => Date.now() - 2 * DAY_MS })
const later = sequence(time(Date.now() + DAY_MS), time(Date.now() + 2 * DAY_MS))

/** Every kind of client that TLS or we must refuse, and how its refusal begins. */
const REFUSED: readonly (readonly [title: string, options: ConnectionOptions, outcomeStart: string])[] = [
  ['without a certificate', {}, 'TRANSPORT_NOT_AUTHENTICATED: no client certificate'],
  [
    'of another CA',
    tlsOptionsOf(createTestIssuer().credential('orders')),
    'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: issuer "CN=Countersign intermediate ',
  ],
  ['with an expired certificate', tlsOptionsOf(expired), 'CERTIFICATE_EXPIRED: expired certificate: since '],
  [
    'with a certificate that is not valid yet',
    issuer.sign({ fields: { 4: later } }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate not valid yet: from ',
  ],
  [
    'with a certificate that it signed itself',
    selfSigned(),
    'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: issuer "O=Another Shop, CN=Orders", names "URI:spiffe:',
  ],
  [
    'that presents the intermediate CA',
    presentedBy(intermediate, encodePrivateKey(intermediateKey)),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: INVALID_PURPOSE, issuer "CN=Countersign root ',
  ],
  [
    'that presents the root CA',
    presentedBy(root, encodePrivateKey(rootKey)),
    "TRANSPORT_NOT_AUTHENTICATED: The peer's certificate is refused: it is the certificate of a CA",
  ],
  [
    'of another trust domain',
    issuer.sign({ template: { uris: ['spiffe://dev.internal/orders'] } }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: UNSPECIFIED, issuer "CN=Countersign intermediate ',
  ],
  [
    'of another trust domain, by an intermediate without name constraints',
    issuer.sign({ template: { uris: ['spiffe://dev.internal/orders'] }, signer: issuer.unconstrained }),
    "TRANSPORT_NOT_AUTHENTICATED: The peer's certificate is refused: it belongs to trust domain dev.internal instead of",
  ],
]

const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
])

describe('a client is refused before a byte of HTTP/2 is read', () => {
  for (const [title, options, outcomeStart] of REFUSED) {
    test(title, async () => {
      const { port, outcome, accepted, calls } = await openEcho({ credentials: inventory })
      const client = connectAs(port, { ...options, ca: bundle })
      const answer = answerTo(client)
      expect((await outcome()).slice(0, outcomeStart.length)).toBe(outcomeStart)
      await closed(client)
      expect(answer).toEqual([])
      expect(accepted).toEqual([])

      // With TLS 1.3 a client takes itself for connected before the server has seen its certificate.
      const channel = openStockChannel(port, options)
      const call = await callEcho(channel)
      expect(call).toMatchObject({ code: status.UNAVAILABLE, details: /^No connection established/ })
      expect((await outcome()).slice(0, outcomeStart.length)).toBe(outcomeStart)
      expect(calls).toEqual([])
    })
  }

  test('and a service of the trust domain is answered', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const answer = answerTo(connectAs(port, tlsOptionsOf(orders)))
    await vi.waitUntil(() => answer.length > 0)
    expect(await callEcho(openStockChannel(port, tlsOptionsOf(orders)))).toEqual({ answer: 'hello' })
    expect(calls).toHaveLength(1)
  })
})

/** What the server sends to a client that begins to speak HTTP/2 as soon as it can. */
function answerTo(client: TLSSocket): readonly Buffer[] {
  const chunks: Buffer[] = []
  client.on('data', (chunk: Buffer) => chunks.push(chunk))
  client.once('secureConnect', () => client.write(PREFACE))
  return chunks
}

function openStockChannel(port: number, { cert, key }: ConnectionOptions): Channel {
  const context = createSecureContext({ ca: bundle, ...(cert !== undefined && key !== undefined && { cert, key }) })
  const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.initial_reconnect_backoff_ms': 60_000 }
  const channel = new Channel(`localhost:${port}`, credentials.createFromSecureContext(context), options)
  onTestFinished(() => channel.close())
  return channel
}

function presentedBy(certificate: Certificate, key: string): Presented {
  return { cert: encodeCertificate(certificate.der), key }
}

function selfSigned(): Presented {
  const { privateKey, publicKey } = generateKeyPair()
  const attribute = (id: string, text: string) => set(sequence(oid(id), utf8String(text)))
  const name = sequence(attribute('2.5.4.10', 'Another Shop'), attribute('2.5.4.3', 'Orders'))
  const keyId = keyIdOf(publicKey)
  return issuer.sign({
    template: { publicKey, issuer: name, subject: name, subjectKeyId: keyId, authorityKeyId: keyId },
    privateKey,
    signer: { privateKey, chain: '', certificate: intermediate },
  })
}
