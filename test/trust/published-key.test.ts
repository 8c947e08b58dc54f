import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toEpochSeconds } from '../../src/core/clock.ts'
import { parseCertificate } from '../../src/identity/certificate.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { parseCertificates } from '../../src/identity/pem-certificates.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { KeyPublication } from '../../src/trust/change.ts'
import { publishKey, verifyPublication } from '../../src/trust/published-key.ts'
import { ISSUER } from '../support/authority.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'

const pki = createTestCa()
const authority = pki.credential('countersign/authority')
const { trustDomain } = authority
const roots = parseCertificates(authority.bundle, 'the bundle')
const key = createSigningKey().verificationKey
const expiresAt = toEpochSeconds(Date.now()) + 3_600
const publication = publishKey({ issuer: ISSUER, key, expiresAt }, authority)

const verify = (changed: Partial<KeyPublication> = {}, now = Date.now()) =>
  verifyPublication({ ...publication, ...changed }, { trustDomain, roots, now })

const problemOf = async (changed: Partial<KeyPublication>, now?: number) =>
  (await refusalOf('REQUEST_INVALID', () => verify(changed, now))).message

/** A statement of any text, signed as it should be. */
const signed = (statement: string, { privateKey }: Credential = authority) => ({
  statement,
  signature: sign('sha256', Buffer.from(statement), { key: privateKey, dsaEncoding: 'der' }),
})

const publishedBy = (credential: Credential) => publishKey({ issuer: ISSUER, key, expiresAt }, credential)

describe('a published key', () => {
  test('is taken on the word of an authority, with what it falls with', () => {
    const published = verify()
    expect(published).toMatchObject({ keyId: key.keyId, issuer: ISSUER, expiresAt })
    expect(published.publicKey.equals(key.publicKey)).toBe(true)
    const [leaf, intermediate] = parseCertificates(authority.certificateChain, 'the chain')
    expect(published.publishers).toEqual([
      {
        serviceId: 'spiffe://shop.internal/countersign/authority',
        serialNumber: leaf.serialNumber,
        issuerKeyId: intermediate?.subjectKeyId,
      },
      {
        serviceId: 'spiffe://shop.internal',
        serialNumber: intermediate?.serialNumber,
        issuerKeyId: intermediate?.authorityKeyId,
      },
    ])
  })

  test('is refused of another service than the authority, whatever its name', async () => {
    for (const path of [
      'orders',
      'countersign/operator/alice',
      'countersign/authority/2',
      'orders/countersign/authority',
    ]) {
      expect(await problemOf(publishedBy(pki.credential(path)))).toContain('is published by another')
    }
  })

  test('is refused of a certificate that goes by the names of an authority, under an intermediate that did not issue it', async () => {
    const forger = createTestCa().credential('countersign/authority')
    const forged = publishedBy(forger)
    const certificateChain = [...forged.certificateChain.slice(0, 1), ...publication.certificateChain.slice(1)]
    expect(await problemOf({ ...forged, certificateChain })).toContain('was not issued by the next')
  })

  test('is refused with a chain that never ends, of which none is read', async () => {
    expect(await problemOf({ certificateChain: Array.from({ length: 9 }, () => Buffer.alloc(0)) })).toContain(
      'too long',
    )
  })

  test('is refused of the authority of another trust domain, and of another CA of the same one', async () => {
    for (const foreign of [createTestCa(), createTestCa({ trustDomain: 'elsewhere.internal' })]) {
      expect(await problemOf(publishedBy(foreign.credential('countersign/authority')))).toContain('root of the bundle')
    }
  })

  test('is refused where a service certifies an authority', async () => {
    const orders = pki.credential('orders')
    const chain = [...publication.certificateChain.slice(0, 1), ...decodeCertificates(orders.certificateChain, 'chain')]
    await problemOf({ certificateChain: chain })
  })

  test('is refused of an authority whose certificate is one of a CA, or is not valid now', async () => {
    const hour = 3_600_000
    const irregular = [
      pki.credential('countersign/authority', { isCa: true } as never),
      pki.credential('countersign/authority', { extendedKeyUsage: ['serverAuth'] } as never),
    ]
    for (const credential of irregular) await problemOf(publishedBy(credential))
    expect(await problemOf({}, authority.notAfter + 1)).toContain('not valid now')
    expect(await problemOf({}, authority.notBefore - hour)).toMatch(/valid/)
  })

  test('is refused where it outlives the certificate of its authority', async () => {
    const end = toEpochSeconds(authority.notAfter)
    expect(verify(publishKey({ issuer: ISSUER, key, expiresAt: end }, authority)).expiresAt).toBe(end)
    expect(await problemOf(publishKey({ issuer: ISSUER, key, expiresAt: end + 1 }, authority))).toContain('outlives')
  })

  test('is refused where anything of it was changed after it was signed', async () => {
    const other = createSigningKey().verificationKey
    const ofOther = publishKey({ issuer: ISSUER, key: other, expiresAt }, authority)
    const changes: Partial<KeyPublication>[] = [
      { statement: publication.statement.replace(String(expiresAt), String(expiresAt + 1)) },
      { statement: ofOther.statement },
      { signature: ofOther.signature },
      { signature: Buffer.alloc(0) },
      { id: other.keyId },
      signed(publication.statement, pki.credential('countersign/authority')),
      { certificateChain: [] },
      { certificateChain: publication.certificateChain.slice(0, 1) },
      { certificateChain: publication.certificateChain.toReversed() },
      { certificateChain: Array.from({ length: 9 }, () => publication.certificateChain[0] ?? Buffer.alloc(0)) },
      { certificateChain: [Buffer.from('garbage'), Buffer.from('garbage')] },
    ]
    for (const change of changes) await problemOf(change)
  })

  test('is refused where its statement is not the one spelling of what it says', async () => {
    const { issuer, publicKey } = JSON.parse(publication.statement)
    const whole = {
      type: 'countersign signing key',
      issuer,
      keyId: key.keyId,
      publicKey,
      expiresAt,
      tokenSeconds: 3_600,
    }
    expect(JSON.stringify(whole)).toBe(publication.statement)
    const statements = [
      '',
      'null',
      '[]',
      `${publication.statement} `,
      JSON.stringify({ ...whole, type: 'countersign bundle statement' }),
      JSON.stringify({ ...whole, issuer: '' }),
      JSON.stringify({ ...whole, expiresAt: `${expiresAt}` }),
      JSON.stringify({ ...whole, expiresAt: expiresAt + 0.5 }),
      JSON.stringify({ ...whole, tokenSeconds: '3600' }),
      JSON.stringify({ ...whole, more: 1 }),
      JSON.stringify({ ...whole, publicKey: `${publicKey}=` }),
    ]
    for (const statement of statements) await problemOf(signed(statement))
  })

  test('is refused where its ID is not its thumbprint', async () => {
    const other = createSigningKey().verificationKey
    const statement = publication.statement.replace(key.keyId, other.keyId)
    const published = { ...publication, ...signed(statement), id: other.keyId }
    await refusalOf('TOKEN_INVALID', () => verifyPublication(published, { trustDomain, roots, now: Date.now() }))
  })

  test('has no signature that a certificate or a TLS handshake could have made', () => {
    expect(publication.statement.startsWith('{')).toBe(true)
    expect(parseCertificate(publication.certificateChain[0] ?? Buffer.alloc(0)).der[0]).toBe(0x30)
  })
})
