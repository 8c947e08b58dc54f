import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { encodeDer } from '../../src/core/der-encoder.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import { boolean, contextConstructed, contextPrimitive, octetString, oid, sequence } from '../../src/core/der-writer.ts'
import { GeneralName, Oid } from '../../src/identity/certificate.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { createTestIssuer, type Irregularity } from '../support/issuer.ts'
import { closed, connectAs, openListener } from '../support/listener.ts'
import { nestedDer } from '../support/nested-der.ts'
import { refusalOf } from '../support/refusal.ts'

const issuer = createTestIssuer()
const inventory = issuer.credential('inventory')
const trustDomain = parseTrustDomain('shop.internal')

const ORDERS = 'spiffe://shop.internal/orders'
const uri = (text: string) => contextPrimitive(GeneralName.uri, Buffer.from(text, 'latin1'))
const dns = (text: string) => contextPrimitive(GeneralName.dns, Buffer.from(text, 'latin1'))
const named = (...names: DerNode[]): Irregularity => ({
  extensions: { [Oid.subjectAltName]: extension(Oid.subjectAltName, sequence(...names), { critical: true }) },
})

/** Names that a reader of text takes for another, or for two. */
const NAMES: readonly (readonly [title: string, irregularity: Irregularity])[] = [
  ['with a comma', named(uri(`spiffe://shop.internal/a, URI:${ORDERS}`))],
  ['with a comma and no space', named(uri(`spiffe://shop.internal/a,URI:${ORDERS}`))],
  ['with quotes', named(uri(`"${ORDERS}"`))],
  ['with quotes in it', named(uri(`spiffe://shop.internal/a", URI:"${ORDERS}`))],
  ['with an escaped comma', named(uri(String.raw`spiffe://shop.internal/a\u002c URI:${ORDERS}`))],
  ['with a backslash', named(uri(String.raw`spiffe://shop.internal\orders`))],
  ['with a zero octet at its end', named(uri(`${ORDERS}\0`))],
  ['with a zero octet before what is more', named(uri(`${ORDERS}\0.evil.internal`))],
  ['with a zero octet in its host', named(uri('spiffe://shop.internal\0.evil.internal/orders'))],
  ['with a line break', named(uri(`${ORDERS}\n`))],
  ['with a line break before another', named(uri(`spiffe://shop.internal/a\nURI:${ORDERS}`))],
  ['with a space before it', named(uri(` ${ORDERS}`))],
  ['with a space after it', named(uri(`${ORDERS} `))],
  ['with a byte above ASCII', named(uri('spiffe://shop.internal/\xf6rders'))],
  ['with UTF-8', named(uri(Buffer.from('spiffe://shop.internal/о\u0072ders').toString('latin1')))],
  ['with percent-encoding', named(uri('spiffe://shop.internal/%6frders'))],
  ['with a query', named(uri(`${ORDERS}?x`))],
  ['with a fragment', named(uri(`${ORDERS}#x`))],
  ['with a user', named(uri('spiffe://evil@shop.internal/orders'))],
  ['with a port', named(uri('spiffe://shop.internal:443/orders'))],
  ['with two slashes', named(uri('spiffe://shop.internal//orders'))],
  ['with a dot for a segment', named(uri('spiffe://shop.internal/./orders'))],
  ['with another scheme', named(uri('spiffe:shop.internal/orders'))],
  ['that is empty', named(uri(''))],
  ['as a host', named(dns(ORDERS))],
  ['as a host of text', named(dns(`localhost, URI:${ORDERS}`))],
  ['as a mail address', named(contextPrimitive(1, Buffer.from(ORDERS)))],
  ['as another kind of name', named(contextConstructed(0, oid('1.2.3'), contextConstructed(0, uri(ORDERS))))],
  ['beside one that is constructed', named(uri(ORDERS), contextConstructed(GeneralName.uri, uri(ORDERS)))],
  ['beside a host with a zero octet', named(uri(ORDERS), dns('localhost\0.evil.example'))],
  ['in a list within the list', named(sequence(uri(ORDERS)))],
]

const EXTENSIONS = [
  Oid.subjectKeyId,
  Oid.keyUsage,
  Oid.subjectAltName,
  Oid.basicConstraints,
  Oid.nameConstraints,
  Oid.authorityKeyId,
  Oid.extendedKeyUsage,
]

/** An extension whose value stands in no other form than its bytes. */
function raw(identifier: Buffer, value: Buffer, critical = true): DerNode {
  const name: DerNode = { tagClass: 'universal', tag: 6, bytes: identifier }
  return sequence(name, boolean(critical), octetString(value))
}

/** 2.5.29.x with an arc that a reader of 32 bits takes for `arc`. */
const aliasOf = (arc: number) => Buffer.from([0x55, 0x1d, 0x90, 0x80, 0x80, 0x80, arc])
const names = encodeDer(sequence(uri(ORDERS)))

/** What has the form of no certificate, also where a stock server takes it. */
const FORMS: readonly (readonly [title: string, irregularity: Irregularity])[] = [
  ...EXTENSIONS.filter((id) => id !== Oid.basicConstraints).map(
    (id) => [`with an empty list in ${id}`, withValue(id, sequence())] as const,
  ),
  ...EXTENSIONS.map(
    (id) => [`with nothing in ${id}`, { extensions: { [id]: rawExtension(id, Buffer.alloc(0)) } }] as const,
  ),
  ...EXTENSIONS.map(
    (id) =>
      [
        `with more after the value of ${id}`,
        { extensions: { [id]: rawExtension(id, Buffer.from('30000500', 'hex')) } },
      ] as const,
  ),
  [
    'with 10,000 lists within lists for its names',
    { extensions: { [Oid.subjectAltName]: rawExtension(Oid.subjectAltName, nestedDer(10_000)) } },
  ],
  ['with its names under 2^32 + 17', { extensions: { [Oid.subjectAltName]: raw(aliasOf(17), names) } }],
  ['with its names under 2^32 + 17 too', { extensions: { '1.2.3.4': raw(aliasOf(17), names, false) } }],
  [
    'with the constraints of a CA under 2^32 + 19 too',
    { extensions: { '1.2.3.4': raw(aliasOf(19), Buffer.from('30030101ff', 'hex'), false) } },
  ],
]

describe('a certificate of our CA is refused', () => {
  for (const [title, irregularity] of [
    ...NAMES.map(([name, how]) => [`with a name ${name}`, how] as const),
    ...FORMS,
  ]) {
    test(title, async () => {
      const presented = issuer.sign(irregularity)
      const der = Buffer.from(presented.cert.split('-----')[2] ?? '', 'base64')
      const start = performance.now()
      await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(der, trustDomain))
      expect(performance.now() - start).toBeLessThan(100)

      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectAs(port, { ...presented, ca: inventory.bundle })
      expect(await outcome()).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: /)
      await closed(client)
      expect(accepted).toEqual([])
    })
  }
})

test('a chain of more than 100 KB is refused in the handshake', async () => {
  const unknown = raw(Buffer.from('2a0304', 'hex'), randomBytes(2 ** 21), false)
  const large = issuer.sign({ extensions: { '1.2.3.4': unknown } })
  const valid = issuer.sign()
  const long = { ...valid, cert: valid.cert + inventory.certificateChain.repeat(200) }
  for (const presented of [large, long]) {
    const { port, outcome, accepted } = await openListener({ credentials: inventory })
    const client = connectAs(port, { ...presented, ca: inventory.bundle })
    expect(await outcome()).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: handshake failed: /)
    await closed(client)
    expect(accepted).toEqual([])
  }
})

function withValue(id: string, value: DerNode): Irregularity {
  return { extensions: { [id]: extension(id, value, { critical: true }) } }
}

function rawExtension(id: string, value: Buffer): DerNode {
  return sequence(oid(id), boolean(true), octetString(value))
}
