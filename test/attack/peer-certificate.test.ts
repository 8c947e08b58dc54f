import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keyIdOf } from '../../src/ca/certificate/key-identity.ts'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import type { CertificateTemplate } from '../../src/ca/certificate/template.ts'
import { parseDer } from '../../src/core/der.ts'
import {
  contextConstructed,
  contextPrimitive,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from '../../src/core/der-writer.ts'
import { type Certificate, Oid, parseCertificate } from '../../src/identity/certificate.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { generateKeyPair, type KeyPair } from '../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import {
  createTestIssuer,
  DAY_MS,
  type Irregularity,
  type Presented,
  type Signer,
  signerOf,
} from '../support/issuer.ts'
import { closed, connectAs, openListener, tlsOptionsOf } from '../support/listener.ts'

const issuer = createTestIssuer()
const { hierarchy } = issuer
const inventory = issuer.credential('inventory')
const { bundle } = inventory

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const asNode = (key: typeof rsa.publicKey) => parseDer(key.export({ type: 'spki', format: 'der' }))
const uris = (...values: string[]): Irregularity => ({ template: { uris: values } })
const nameConstraints = sequence(contextConstructed(0, sequence(contextPrimitive(2, Buffer.from('shop.internal')))))

/** What the CA signed and a stock Node server takes, but is not the certificate of one service. */
const IRREGULAR: readonly (readonly [title: string, irregularity: Irregularity, reason: RegExp])[] = [
  ['of version 1', { fields: { 0: undefined, 7: undefined } }, /version 1 instead of 3/],
  ['of a CA', { template: { basicConstraints: { isCa: true, pathLength: undefined } } }, /certificate of a CA/],
  [
    'of a CA that may sign',
    { template: { basicConstraints: { isCa: true, pathLength: 0 }, keyUsage: ['digitalSignature', 'keyCertSign'] } },
    /certificate of a CA/,
  ],
  ['that may sign certificates', { template: { keyUsage: ['digitalSignature', 'keyCertSign'] } }, /may sign/],
  ['that may sign CRLs', { template: { keyUsage: ['digitalSignature', 'cRLSign'] } }, /may sign/],
  ['without basic constraints', { extensions: { [Oid.basicConstraints]: undefined } }, /no basic constraints/],
  ['without key usage', { extensions: { [Oid.keyUsage]: undefined } }, /no key usage/],
  ['without extended key usage', { template: { extendedKeyUsage: [] } }, /no extended key usage/],
  ['for clients alone', { template: { extendedKeyUsage: [Oid.clientAuth] } }, /lacks serverAuth/],
  [
    'with name constraints',
    { extensions: { [Oid.nameConstraints]: extension(Oid.nameConstraints, nameConstraints, { critical: false }) } },
    /name constraints/,
  ],
  ['without a name', { extensions: { [Oid.subjectAltName]: undefined } }, /0 URI names/],
  ['with a host name alone', uris(), /0 URI names/],
  ['with two names', uris('spiffe://shop.internal/orders', 'spiffe://shop.internal/billing'), /2 URI names/],
  ['with one name twice', uris('spiffe://shop.internal/orders', 'spiffe://shop.internal/orders'), /2 URI names/],
  ['named after the trust domain itself', uris('spiffe://shop.internal'), /not the SPIFFE ID of a service/],
  ['named by another URI', uris('https://shop.internal/orders'), /not the SPIFFE ID of a service/],
  ['with a name to be normalised', uris('spiffe://shop.internal/billing/../orders'), /not the SPIFFE ID of a service/],
  [
    'with a name that smuggles another',
    uris('spiffe://shop.internal/a, URI:spiffe://shop.internal/orders'),
    /not plain ASCII/,
  ],
  [
    'of another trust domain',
    { ...uris('spiffe://evil.internal/orders'), signer: issuer.unconstrained },
    /trust domain evil\.internal instead of shop\.internal/,
  ],
  [
    'of a trust domain that begins alike',
    { ...uris('spiffe://shop.internal.evil/orders'), signer: issuer.unconstrained },
    /instead of shop\.internal/,
  ],
  ['with serial number zero', { template: { serialNumber: '00' } }, /serial number/],
  ['with a negative serial number', { template: { serialNumber: '80aa' } }, /serial number/],
  ['with a serial number of 21 octets', { template: { serialNumber: `7f${'00'.repeat(20)}` } }, /serial number/],
  ['of a key on P-384', { fields: { 6: asNode(p384.publicKey) }, privateKey: p384.privateKey }, /not on P-256/],
  ['of an RSA key', { fields: { 6: asNode(rsa.publicKey) }, privateKey: rsa.privateKey }, /not on P-256/],
]

const chain = encodeCertificate(hierarchy.intermediate.der)
const anotherService = generateKeyPair()
const serviceSigner = signerOf(
  certificateOf(issuer.sign({ template: templateOf(anotherService) })),
  anotherService.privateKey,
  chain,
)
const lowerCa = generateKeyPair()
const lowerCaTemplate = {
  ...templateOf(lowerCa),
  subject: sequence(set(sequence(oid('2.5.4.3'), utf8String('A CA below the intermediate')))),
  basicConstraints: { isCa: true, pathLength: 0 },
  keyUsage: ['keyCertSign'],
} as const
const lowerCaSigner = signerOf(certificateOf(issuer.sign({ template: lowerCaTemplate })), lowerCa.privateKey, chain)
const impostor: Signer = signerOf(hierarchy.intermediate, generateKeyPair().privateKey, '')
const unknownExtension = extension('1.2.3.4', octetString(Buffer.of(1)), { critical: true })
const later = [time(Date.now() + DAY_MS), time(Date.now() + 2 * DAY_MS)] as const
const expired = issuer.credential('orders', { clock: () => Date.now() - 2 * DAY_MS })
const foreign = createTestIssuer()

/** What the handshake itself refuses. */
const UNTRUSTED: readonly (readonly [title: string, presented: Presented, outcomeStart: string])[] = [
  [
    'of another CA of the same name',
    presentedBy(foreign.credential('orders')),
    'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ',
  ],
  ['that has expired', presentedBy(expired), 'CERTIFICATE_EXPIRED: expired certificate: '],
  [
    'that is not valid yet',
    issuer.sign({ fields: { 4: sequence(...later) } }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate not valid yet: ',
  ],
  ['without its chain', withoutChain(issuer.sign()), 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: '],
  [
    'signed with another key',
    issuer.sign({ signer: impostor }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ',
  ],
  [
    'signed by another service',
    issuer.sign({ signer: serviceSigner }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: UNSPECIFIED, ',
  ],
  [
    'signed by a CA below the intermediate',
    issuer.sign({ signer: lowerCaSigner }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: PATH_LENGTH_EXCEEDED, ',
  ],
  [
    'of another trust domain',
    issuer.sign(uris('spiffe://evil.internal/orders')),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: UNSPECIFIED, ',
  ],
  [
    'of a trust domain below ours',
    issuer.sign(uris('spiffe://orders.shop.internal/orders')),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: UNSPECIFIED, ',
  ],
  [
    'for servers alone',
    issuer.sign({ template: { extendedKeyUsage: [Oid.serverAuth] } }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: INVALID_PURPOSE, ',
  ],
  [
    'with a critical extension that nobody knows',
    issuer.sign({ extensions: { '1.2.3.4': unknownExtension } }),
    'TRANSPORT_NOT_AUTHENTICATED: certificate refused: UNSPECIFIED, ',
  ],
]

describe('a certificate of our CA is refused', () => {
  for (const [title, irregularity, reason] of IRREGULAR) {
    test(`${title}, which a stock server takes`, async () => {
      const presented = issuer.sign(irregularity)
      expect(await isTakenByStockServer(presented)).toBe(true)

      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectAs(port, { ...presented, ca: bundle })
      const result = await outcome()
      expect(result).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: The peer's certificate is refused: /)
      expect(result).toMatch(reason)
      await closed(client)
      expect(accepted).toEqual([])
    })
  }

  test('and the regular one is not', async () => {
    const { port, outcome } = await openListener({ credentials: inventory })
    connectAs(port, { ...issuer.sign(), ca: bundle })
    expect(await outcome()).toBe('accepted')
  })
})

describe('a certificate is refused in the handshake', () => {
  for (const [title, presented, expected] of UNTRUSTED) {
    test(title, async () => {
      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectAs(port, { ...presented, ca: bundle })
      expect((await outcome()).startsWith(expected)).toBe(true)
      await closed(client)
      expect(accepted).toEqual([])
    })
  }
})

/** What a Node server makes of it that requires client certificates and checks nothing more. */
async function isTakenByStockServer(presented: Presented): Promise<boolean> {
  const { cert, key } = tlsOptionsOf(inventory)
  const server = createServer({
    cert,
    key,
    ca: bundle,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  const client = connectAs((server.address() as AddressInfo).port, { ...presented, ca: bundle })
  const isTaken = await Promise.race([
    once(server, 'secureConnection').then(([socket]: TLSSocket[]) => socket?.authorized === true),
    once(server, 'tlsClientError').then(() => false),
  ])
  client.destroy()
  return isTaken
}

function presentedBy({ certificateChain, privateKey }: Credential): Presented {
  return { cert: certificateChain, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function certificateOf({ cert }: Presented): Certificate {
  return parseCertificate(Buffer.from(cert.split('-----')[2] ?? '', 'base64'))
}

function withoutChain(presented: Presented): Presented {
  return { ...presented, cert: encodeCertificate(certificateOf(presented).der) }
}

function templateOf({ publicKey }: KeyPair): Pick<CertificateTemplate, 'publicKey' | 'subjectKeyId'> {
  return { publicKey, subjectKeyId: keyIdOf(publicKey) }
}
