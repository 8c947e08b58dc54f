import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extension } from '../../../src/ca/certificate/tbs-certificate.ts'
import { createCrl } from '../../../src/ca/crl/create-crl.ts'
import type { RevokedEntry } from '../../../src/ca/crl/crl-register.ts'
import { inspect } from '../../../src/ca/inspection/inspect.ts'
import type { Inspection } from '../../../src/ca/inspection/inspection.ts'
import { monotonicClock, systemClock } from '../../../src/core/clock.ts'
import { parseDer } from '../../../src/core/der.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import type { DerNode } from '../../../src/core/der-node.ts'
import {
  bitString,
  contextConstructed,
  contextPrimitive,
  integer,
  octetString,
  oid,
  sequence,
  set,
} from '../../../src/core/der-writer.ts'
import { sha256Base64Url } from '../../../src/core/encoding.ts'
import { GeneralName, Oid } from '../../../src/identity/certificate.ts'
import { ExtensionRequest } from '../../../src/identity/certificate-request.ts'
import { encodePrivateKey, generateKeyPair } from '../../../src/identity/key-pair.ts'
import { decodeCertificates, encodeCertificate, encodePem } from '../../../src/identity/pem.ts'
import { createTestCa } from '../../../src/testing/test-ca.ts'
import { attributes, RequestField, requestDer } from '../../support/certificate-request.ts'
import { memoryCrlRegister } from '../../support/crl.ts'
import * as leaf from '../../support/leaf.ts'
import { nestedDer } from '../../support/nested-der.ts'
import { refusalOf } from '../../support/refusal.ts'

const HOUR_MS = 3_600_000
const now = systemClock()
const ca = createTestCa()
const { root, rootKey, intermediate, intermediateKey } = ca.hierarchy
const orders = ca.credential('orders', { dnsNames: ['localhost', 'orders.internal'] })
const { privateKey, publicKey } = generateKeyPair()

const pem = { root: encodeCertificate(root.der), intermediate: encodeCertificate(intermediate.der) }
const [ordersDer = Buffer.of()] = decodeCertificates(orders.certificateChain, 'the chain')
const ordersPem = encodeCertificate(ordersDer)

function inspectText(text: string, at = now): readonly Inspection[] {
  return inspect(Buffer.from(text), at)
}

/** The first block of a text. */
function first(text: string, at = now): Inspection {
  const [inspection] = inspectText(text, at)
  if (inspection === undefined) throw new Error('Nothing was inspected.')
  return inspection
}

describe('the certificate of a service', () => {
  test('is told with its names, dates and thumbprint, and no problem', () => {
    const [certificate, issuer, ...others] = inspectText(orders.certificateChain, orders.notAfter - 5 * HOUR_MS)
    expect(certificate).toEqual({
      block: 1,
      kind: 'service-certificate',
      facts: {
        serviceId: 'spiffe://shop.internal/orders',
        hostNames: ['localhost', 'orders.internal'],
        serialNumber: expect.stringMatching(/^[0-9a-f]{32}$/),
        notBefore: new Date(orders.notBefore).toISOString(),
        notAfter: new Date(orders.notAfter).toISOString(),
        valid: 'for 5 hours more',
        key: 'P-256',
        keyId: expect.stringMatching(/^[0-9a-f]{40}$/),
        issuer: `CN=Countersign intermediate ${intermediate.subjectKeyId?.slice(0, 16)}`,
        issuerKeyId: intermediate.subjectKeyId,
        issuedBy: 'block 2',
        thumbprint: orders.thumbprint,
      },
      problems: [],
      warnings: [],
    })
    expect(issuer).toMatchObject({ block: 2, kind: 'intermediate', problems: [] })
    expect(others).toEqual([])
  })

  test('is told since when it is expired', () => {
    const { facts, problems } = first(orders.certificateChain, orders.notAfter + 3 * HOUR_MS)
    expect(facts['valid']).toBe('it expired 3 hours ago')
    expect(problems).toEqual(['it expired 3 hours ago'])
  })

  test('is told when it begins', () => {
    const { problems } = first(orders.certificateChain, orders.notBefore - 3 * HOUR_MS)
    expect(problems).toEqual([expect.stringContaining('it begins in 3 hours')])
  })

  test('is told with what keeps it from being one', () => {
    const { kind, facts, problems } = first(
      ca.credential('orders', { uris: ['spiffe://a/b', 'spiffe://a/c'] }).certificateChain,
    )
    expect(kind).toBe('service-certificate')
    expect(facts).toMatchObject({ uriNames: ['spiffe://a/b', 'spiffe://a/c'] })
    expect(problems).toEqual(['it is not one of a service: 2 URI names instead of one'])
  })

  test('is told where no CA issued it', () => {
    const der = leaf.leafDer({ template: { subject: leaf.intermediate.subject } })
    expect(first(encodeCertificate(der), leaf.validTemplate.notBefore).problems).toEqual([
      'it is not one of a service: no CA issued it',
    ])
  })
})

describe('the certificate of a CA', () => {
  test('is told as that of a root', () => {
    expect(first(pem.root)).toMatchObject({
      kind: 'root',
      facts: {
        trustDomain: 'shop.internal',
        name: `CN=Countersign root ${root.subjectKeyId?.slice(0, 16)}`,
        keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
        pathLength: 1,
        issuedBy: 'itself',
      },
      problems: [],
      warnings: [],
    })
  })

  test('is told as that of an intermediate, with or without its root', () => {
    const facts = { trustDomain: 'shop.internal', pathLength: 0, issuerKeyId: root.subjectKeyId }
    expect(first(pem.intermediate)).toMatchObject({
      kind: 'intermediate',
      facts: { ...facts, issuedBy: 'none of this file' },
      problems: [],
    })
    expect(first(pem.intermediate + pem.root)).toMatchObject({
      kind: 'intermediate',
      facts: { ...facts, issuedBy: 'block 2' },
      problems: [],
    })
  })

  const ofCa = { isCa: true, pathLength: 0 }
  const keyUsage = ['keyCertSign', 'cRLSign'] as const
  const uris = ['spiffe://shop.internal']
  const { subject } = leaf.intermediate
  const cases: [title: string, variation: leaf.LeafVariation, problem: string][] = [
    [
      'whose key may not sign certificates',
      { template: { basicConstraints: ofCa, uris, subject: leaf.root.subject } },
      'the key may not sign certificates',
    ],
    [
      'that cannot be named by its key',
      {
        template: { basicConstraints: ofCa, keyUsage, uris, subject: leaf.root.subject },
        extensions: { [Oid.subjectKeyId]: undefined },
      },
      'no subject key identifier',
    ],
    [
      'that names itself and is not signed by itself',
      { template: { basicConstraints: ofCa, keyUsage, uris, subject } },
      'it is not signed by itself',
    ],
  ]
  for (const [title, variation, problem] of cases) {
    test(`is told ${title}`, () => {
      const text = encodeCertificate(leaf.leafDer(variation))
      expect(first(text, leaf.validTemplate.notBefore).problems).toEqual([expect.stringContaining(problem)])
    })
  }

  test('is told with the names that it may certify', () => {
    const uri = contextPrimitive(GeneralName.uri, Buffer.from('shop.internal'))
    const dns = contextPrimitive(GeneralName.dns, Buffer.from('.example'))
    const address = contextPrimitive(7, Buffer.alloc(8))
    const value = sequence(
      contextConstructed(0, sequence(uri)),
      contextConstructed(1, sequence(dns), sequence(address)),
    )
    const extensions = { [Oid.nameConstraints]: extension(Oid.nameConstraints, value, { critical: true }) }
    const text = encodeCertificate(leaf.leafDer({ template: { basicConstraints: ofCa, keyUsage, uris }, extensions }))
    expect(first(text).facts['nameConstraints']).toEqual([
      'permitted URI shop.internal',
      'excluded DNS .example',
      'excluded a name of another kind',
    ])
  })
})

describe('certificates in one file', () => {
  const problemsOf = (text: string) => inspectText(text).map(({ problems }) => problems)
  const foreign = createTestCa()

  test('form a chain where each is issued by the next, to the root or short of it', () => {
    expect(problemsOf(ordersPem + pem.intermediate)).toEqual([[], []])
    expect(problemsOf(ordersPem + pem.intermediate + pem.root)).toEqual([[], [], []])
  })

  test('are told to be in the wrong order', () => {
    expect(problemsOf(ordersPem + pem.root + pem.intermediate)).toEqual([
      [expect.stringContaining('it is issued by block 3')],
      [],
      [],
    ])
    expect(problemsOf(pem.intermediate + ordersPem + pem.root)).toEqual([
      [expect.stringContaining('it is issued by block 3')],
      [expect.stringContaining('it is issued by block 1')],
      [],
    ])
  })

  test('are told to be of different chains', () => {
    const other = encodeCertificate(foreign.hierarchy.intermediate.der)
    expect(problemsOf(ordersPem + other)).toEqual([['it is not issued by the next certificate, block 2'], []])
  })

  test('are a bundle where all are roots, of one trust domain', () => {
    const [own, other] = inspectText(pem.root + foreign.bundle)
    expect(own).toMatchObject({ kind: 'root', problems: [], warnings: [] })
    expect(other).toMatchObject({ kind: 'root', problems: [], warnings: [] })
  })

  test('are told where a root is of another trust domain, or stands twice', () => {
    const elsewhere = createTestCa({ trustDomain: 'elsewhere.internal' })
    const warnings = inspectText(pem.root + elsewhere.bundle + pem.root).map((inspection) => inspection.warnings)
    expect(warnings).toEqual([
      [],
      [expect.stringContaining('it is of another trust domain than block 1')],
      ['it is the same as block 1'],
    ])
  })
})

describe('a CRL', () => {
  const revoked: RevokedEntry[] = [{ serialNumber: '40', reason: 'superseded', revokedAt: now }]
  const crlOf = async (lifetimeMs = 5.5 * HOUR_MS) =>
    (
      await createCrl(intermediate, intermediateKey, memoryCrlRegister(revoked), {
        now,
        validity: { lifetimeMs, backdatingMs: 60_000 },
      })
    ).pem

  test('is told with its number, its dates and the count of its entries', async () => {
    expect(first(await crlOf())).toEqual({
      block: 1,
      kind: 'crl',
      facts: {
        issuer: `CN=Countersign intermediate ${intermediate.subjectKeyId?.slice(0, 16)}`,
        issuerKeyId: intermediate.subjectKeyId,
        number: '1',
        thisUpdate: expect.stringMatching(/Z$/),
        nextUpdate: expect.stringMatching(/Z$/),
        valid: 'for 5 hours more',
        revokedCertificates: 1,
        signature: 'not checked: its issuer is not in this file',
      },
      problems: [],
      warnings: [],
    })
  })

  test('is told since when it is expired', async () => {
    expect(first(await crlOf(HOUR_MS), now + 4 * HOUR_MS).problems).toEqual(['it expired 3 hours ago'])
  })

  test('is checked against its issuer, where that is in the file', async () => {
    const { facts, problems } = first((await crlOf()) + pem.root + pem.intermediate)
    expect(facts['signature']).toBe('good, by block 3')
    expect(problems).toEqual([])
  })

  test('is told to be signed by another', async () => {
    const der = Buffer.from((await crlOf()).replaceAll(/-----.*-----/g, ''), 'base64')
    const last = der.length - 1
    const changed = encodePem('X509 CRL', der.fill((der[last] ?? 0) ^ 1, last))
    expect(first(changed + pem.intermediate).problems).toEqual(['it is not signed with the key of its issuer, block 2'])
  })

  test('is not called wrong where the key of its issuer is of another kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const publicKeyInfo = parseDer(rsa.publicKey.export({ type: 'spki', format: 'der' }))
    const { subject, subjectKeyId = '' } = intermediate
    const issuer = leaf.leafDer({
      template: { subject, subjectKeyId },
      fields: { [leaf.Field.publicKey]: publicKeyInfo },
    })
    const { facts, problems } = first((await crlOf()) + encodeCertificate(issuer))
    expect(facts['signature']).toBe('not checked: the key of its issuer is not on P-256')
    expect(problems).toEqual([])
  })
})

describe('a certificate request', () => {
  const requestOf = (der: Buffer) => first(encodePem('CERTIFICATE REQUEST', der))

  test('is told with its key and its signature, and no problem', () => {
    for (const label of ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']) {
      expect(first(encodePem(label, requestDer()))).toEqual({
        block: 1,
        kind: 'certificate-request',
        facts: {
          subject: 'CN=orders',
          key: 'P-256',
          keyId: expect.stringMatching(/^[0-9a-f]{40}$/),
          signature: 'good',
          requestedExtensions: [],
        },
        problems: [],
        warnings: [],
      })
    }
  })

  test('is told to be refused for the extensions that it asks for', () => {
    const extensions = [Oid.subjectAltName, '1.2.3'].map((id) => sequence(oid(id), octetString(Buffer.of(5, 0))))
    for (const type of Object.values(ExtensionRequest)) {
      const fields = { [RequestField.attributes]: attributes(sequence(oid(type), set(sequence(...extensions)))) }
      const { facts, problems } = requestOf(requestDer({ fields }))
      expect(facts).toMatchObject({ signature: 'good', requestedExtensions: ['subjectAltName', '1.2.3'] })
      expect(problems).toEqual([expect.stringContaining('it asks for extensions')])
    }
  })

  test('is told to be signed with another key', () => {
    const { facts, problems } = requestOf(requestDer({ signingKey: privateKey }))
    expect(facts['signature']).toBe('wrong')
    expect(problems).toEqual([expect.stringContaining('not signed with the private key')])
  })

  test('is told to have a key that is not certified', () => {
    const { privateKey: signingKey, publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const fields = { [RequestField.publicKey]: parseDer(rsa.export({ type: 'spki', format: 'der' })) }
    const { facts, problems } = requestOf(requestDer({ fields, signingKey }))
    expect(facts).toMatchObject({ key: 'rsa of 1024 bits', keyId: undefined, signature: 'not checked' })
    expect(problems).toEqual([expect.stringContaining('RSA keys')])
  })

  test('is told to have a key that cannot be read', () => {
    const cases: [algorithm: DerNode, words: string][] = [
      [sequence(oid('1.2.3')), 'of the unknown algorithm 1.2.3'],
      [sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), 'one that cannot be read'],
    ]
    for (const [algorithm, words] of cases) {
      const fields = { [RequestField.publicKey]: sequence(algorithm, bitString(Buffer.of(1))) }
      const { facts, problems } = requestOf(requestDer({ fields }))
      expect(facts).toMatchObject({ key: words, signature: 'not checked' })
      expect(problems).toHaveLength(1)
    }
  })

  test('is told to be no request', () => {
    expect(requestOf(ordersDer).problems).toEqual(['it cannot be read: its content is that of a CERTIFICATE'])
    expect(requestOf(requestDer().subarray(0, 50)).problems).toEqual([expect.stringContaining('cut off')])
    const lacking = requestDer({ fields: { [RequestField.attributes]: undefined } })
    expect(requestOf(lacking).problems).toEqual([expect.stringContaining('it cannot be read')])
  })
})

describe('a private key', () => {
  const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'correct' })
  const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  const old = privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'correct' })

  test('is told with its kind, and a warning where it is not encrypted', () => {
    for (const text of [encodePrivateKey(privateKey), sec1]) {
      expect(first(text)).toEqual({
        block: 1,
        kind: 'private-key',
        facts: { key: 'P-256', encrypted: false },
        problems: [],
        warnings: [expect.stringContaining('not encrypted')],
      })
    }
  })

  test('is told to be encrypted', () => {
    expect(first(encrypted.toString())).toEqual({
      block: 1,
      kind: 'private-key',
      facts: { encrypted: true },
      problems: [],
      warnings: [],
    })
  })

  test('is told to be encrypted in an old way', () => {
    expect(first(old.toString())).toMatchObject({
      kind: 'private-key',
      facts: { encrypted: true },
      problems: [expect.stringContaining('openssl pkcs8 -topk8')],
    })
  })

  test('is told not to be encrypted, whatever a line before it says but the one that counts', () => {
    const begin = '-----BEGIN PRIVATE KEY-----\n'
    for (const line of [
      'Comment: x',
      'Proc-Type: 4,MIC-ONLY',
      'X-Proc-Type: 4,ENCRYPTED',
      'DEK-Info: AES-128-CBC,00',
    ]) {
      expect(first(encodePrivateKey(privateKey).replace(begin, `${begin}${line}\n\n`)), line).toMatchObject({
        facts: { key: 'P-256', encrypted: false },
        problems: [expect.stringContaining('lines stand before its content')],
        warnings: [expect.stringContaining('not encrypted')],
      })
    }
  })

  test('is told to be of a kind or in a form that is not used', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey
    const ed25519 = generateKeyPairSync('ed25519').privateKey
    const facts = (text: string) => first(text).facts['key']
    expect(facts(encodePrivateKey(rsa))).toBe('rsa of 1024 bits')
    expect(facts(rsa.export({ type: 'pkcs1', format: 'pem' }).toString())).toBe('rsa of 1024 bits')
    expect(facts(encodePrivateKey(p384))).toBe('ec on secp384r1')
    expect(facts(encodePrivateKey(ed25519))).toBe('ed25519')
    expect(first(encodePrivateKey(rsa)).problems).toEqual(['the key is not on P-256'])
    const foreign = first(encodePem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1')))
    expect(foreign).toMatchObject({ kind: 'private-key', problems: [expect.stringContaining('not used here')] })
  })

  test('is never told, not by a part, whatever is wrong with it', () => {
    const pkcs8 = encodePrivateKey(privateKey)
    const { d = '' } = privateKey.export({ format: 'jwk' })
    const secret = Buffer.from(d, 'base64url')
    const der = privateKey.export({ type: 'pkcs8', format: 'der' })
    const files: (string | Buffer)[] = [
      pkcs8,
      sec1,
      pkcs8.slice(0, 150),
      pkcs8.replace('-----END', '\n-----END'),
      pkcs8.replaceAll('PRIVATE KEY', 'CERTIFICATE'),
      pkcs8.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY'),
      pkcs8.replace('BEGIN PRIVATE', 'BEGIN EC PRIVATE'),
      pkcs8.replace('M', '!'),
      `${pkcs8}${pkcs8.split('\n')[1]}`,
      encodePem('PRIVATE KEY', der.subarray(0, 100)),
      encodePem('PRIVATE KEY', Buffer.concat([der, secret])),
      encodePem('PRIVATE KEY', secret),
      der,
      der.subarray(0, 100),
    ]
    const parts = [...pkcs8.split('\n').slice(1, 3), d, secret.toString('hex'), secret.toString('base64')]
    for (const file of files) {
      const told = JSON.stringify(inspect(Buffer.from(file), now))
      for (const part of parts) expect(told).not.toContain(part.slice(0, 20))
    }
  })
})

test('a public key is told with the names that it has elsewhere', () => {
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  expect(first(spki)).toEqual({
    block: 1,
    kind: 'public-key',
    facts: {
      key: 'P-256',
      keyId: expect.stringMatching(/^[0-9a-f]{40}$/),
      keyThumbprint: sha256Base64Url(publicKey.export({ type: 'spki', format: 'der' })),
    },
    problems: [],
    warnings: [],
  })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const foreign = first(rsa.export({ type: 'spki', format: 'pem' }).toString())
  expect(foreign).toMatchObject({ facts: { keyId: undefined }, problems: ['the key is not on P-256'] })
})

describe('a file in DER', () => {
  test('is told by what it looks like', async () => {
    const register = memoryCrlRegister()
    const crl = await createCrl(root, rootKey, register, {
      now,
      validity: { lifetimeMs: HOUR_MS, backdatingMs: 60_000 },
    })
    const kinds: [content: Buffer, kind: Inspection['kind']][] = [
      [ordersDer, 'service-certificate'],
      [root.der, 'root'],
      [Buffer.from(crl.pem.replaceAll(/-----.*-----/g, ''), 'base64'), 'crl'],
      [requestDer(), 'certificate-request'],
      [publicKey.export({ type: 'spki', format: 'der' }), 'public-key'],
      [privateKey.export({ type: 'pkcs8', format: 'der' }), 'private-key'],
      [privateKey.export({ type: 'sec1', format: 'der' }), 'private-key'],
      [
        generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'der' }),
        'private-key',
      ],
      [privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' }), 'private-key'],
    ]
    for (const [content, kind] of kinds) {
      const [inspection, ...others] = inspect(content, now)
      expect(inspection).toMatchObject({ block: 1, kind })
      expect(others).toEqual([])
    }
    expect(inspect(ordersDer, now)[0]?.problems).toEqual([])
  })

  test('is told to be cut off, or to look like nothing', () => {
    expect(inspect(ordersDer.subarray(0, 200), now)).toEqual([
      {
        block: 1,
        kind: 'unknown',
        facts: { label: 'DER' },
        problems: [`it cannot be read: it is cut off: 200 of ${ordersDer.length} bytes are there`],
        warnings: [],
      },
    ])
    expect(inspect(encodeDer(sequence(integer(1n))), now)).toMatchObject([{ kind: 'unknown', problems: [/not known/] }])
  })
})

describe('a block that is bad is told by its number, and the others are inspected:', () => {
  const cases: [title: string, bad: string, kind: Inspection['kind'], problem: string][] = [
    ['not base64', ordersPem.replace('M', '*'), 'certificate', 'its content is not base64'],
    ['without its end', ordersPem.split('\n').slice(0, 3).join('\n').concat('\n'), 'certificate', 'does not end'],
    [
      'cut off within',
      encodeCertificate(ordersDer.subarray(0, -3)),
      'certificate',
      `it is cut off: ${ordersDer.length - 3} of ${ordersDer.length} bytes are there`,
    ],
    [
      'with bytes that follow',
      encodeCertificate(Buffer.concat([ordersDer, Buffer.alloc(5)])),
      'certificate',
      '5 bytes follow its value',
    ],
    ['with another label', encodePem('X509 CRL', ordersDer), 'crl', 'its content is that of a CERTIFICATE'],
    ['with no value in it', encodeCertificate(Buffer.from('hello')), 'certificate', 'it cannot be read'],
    ['with lines of an old form', ordersPem.replace('\n', '\nA: b\n\n'), 'certificate', 'lines stand before'],
    ['with an unknown label', encodePem('PGP MESSAGE', Buffer.of(5, 0)), 'unknown', 'not known here'],
    ['with a trusted certificate of OpenSSL', encodePem('TRUSTED CERTIFICATE', ordersDer), 'unknown', 'CERTIFICATE'],
    ['nested too deeply', encodeCertificate(nestedDer(30_000)), 'certificate', 'it cannot be read'],
    ['nested too deeply for a key', encodePem('PRIVATE KEY', nestedDer(30_000)), 'private-key', 'it cannot be read'],
  ]
  for (const [title, bad, kind, problem] of cases) {
    test(title, () => {
      const [before, inspection, after] = inspectText(pem.root + bad + pem.root)
      expect(inspection).toMatchObject({ block: 2, kind, problems: [expect.stringContaining(problem)] })
      expect(before).toMatchObject({ block: 1, kind: 'root', problems: [] })
      expect(after).toMatchObject({ block: 3, kind: 'root', problems: [] })
    })
  }

  test('text that follows the last block', () => {
    expect(inspectText(`${pem.root}garbage`)[1]).toMatchObject({
      block: 2,
      kind: 'unknown',
      problems: [expect.stringContaining('text follows the last block')],
    })
  })
})

test('whatever is changed in a file, it is told and not thrown', async () => {
  const { pem: crl } = await createCrl(root, rootKey, memoryCrlRegister(), {
    now,
    validity: { lifetimeMs: HOUR_MS, backdatingMs: 60_000 },
  })
  const blocks: [label: string, content: Buffer][] = [
    ['CERTIFICATE', ordersDer],
    ['CERTIFICATE', root.der],
    ['CERTIFICATE REQUEST', requestDer()],
    ['X509 CRL', Buffer.from(crl.replaceAll(/-----.*-----/g, ''), 'base64')],
    ['PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['PUBLIC KEY', publicKey.export({ type: 'spki', format: 'der' })],
  ]
  const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x30, 0x7f, 0x80, 0xff))
  fc.assert(
    fc.property(fc.constantFrom(...blocks), fc.nat(), octet, ([label, content], position, value) => {
      const changed = Buffer.from(content)
      changed[position % content.length] = value
      expect(inspectText(encodePem(label, changed) + pem.intermediate + pem.root)).toHaveLength(3)
    }),
    { numRuns: 500 },
  )
})

describe('a file is refused', () => {
  const cases: [title: string, content: string | Buffer][] = [
    ['that is empty', ''],
    ['of blank lines', '\n \n'],
    ['of text alone', 'This is no certificate.'],
    ['of bytes that are no DER', Buffer.alloc(100, 0xff)],
    ['that is too large', Buffer.alloc(1024 * 1024 + 1, 0x30)],
    ['with too many blocks', ordersPem.repeat(101)],
    ['with a great many blocks', '-----BEGIN A-----\n'.repeat(50_000)],
  ]
  for (const [title, content] of cases) {
    test(title, async () => {
      await refusalOf('REQUEST_INVALID', () => inspect(Buffer.from(content), now))
    })
  }
})

test('a file that is as bad as it may be is told soon', () => {
  const start = monotonicClock()
  inspect(Buffer.from(pem.root.repeat(100)), now)
  inspect(Buffer.alloc(1024 * 1024, 0x30), now)
  inspect(Buffer.from(`-----BEGIN CERTIFICATE-----\n${'MIMA'.repeat(250_000)}\n-----END CERTIFICATE-----\n`), now)
  expect(monotonicClock() - start).toBeLessThan(4_000)
})
