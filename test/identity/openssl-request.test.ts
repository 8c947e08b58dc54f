import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { bitString, oid, sequence, set, utf8String } from '../../src/core/der-writer.ts'
import { Oid } from '../../src/identity/certificate.ts'
import { verifyCertificateRequest } from '../../src/identity/certificate-request.ts'
import { decodeCertificateRequest } from '../../src/identity/certificate-request-file.ts'
import { createCertificateRequest } from '../../src/identity/create-certificate-request.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const isInstalled = openssl('version').status === 0
const isSkipped = !isInstalled && process.env['CI'] === undefined
const word = isSkipped ? ' (skipped: there is no openssl command here)' : ''

const P256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']

/** A configuration in which a request has attributes beside its subject. */
const ATTRIBUTES_FILE = 'attributes.cnf'
const ATTRIBUTES = `[req]
prompt = no
distinguished_name = subject
attributes = attributes
[subject]
CN = orders
[attributes]
challengePassword = a challenge
unstructuredName = a name
`

describe.skipIf(isSkipped)(`openssl${word}`, () => {
  for (const [title, options] of [
    ['an empty subject', ['-subj', '/']],
    ['a subject', ['-subj', '/C=DE/O=Shop/OU=a+OU=b/CN=orders']],
    ['SHA-256 as it is told', ['-subj', '/', '-sha256']],
    ['the label of old', ['-subj', '/', '-newhdr']],
    ['text around it', ['-subj', '/', '-text']],
    ['DER for its form', ['-subj', '/', '-outform', 'DER']],
    ['a challenge and a name', ['-subj', '/', '-config', ATTRIBUTES_FILE]],
  ] as const) {
    test(`makes a request with ${title} that is taken`, async () => {
      const { request, publicKey } = await makeRequest(options)
      expect(verify(request).publicKey.equals(publicKey)).toBe(true)
    })
  }

  for (const [title, options, words] of [
    ['extensions', ['-addext', 'subjectAltName=DNS:localhost'], /asks for extensions/],
    ['SHA-384', ['-sha384'], /not signed by ECDSA with SHA-256/],
  ] as const) {
    test(`makes a request with ${title} that is refused`, async () => {
      const { request } = await makeRequest(['-subj', '/', ...options])
      const { message } = await refusalOf('CERTIFICATE_REQUEST_INVALID', () => verify(request))
      expect(message).toMatch(words)
    })
  }

  const keys: readonly (readonly [title: string, options: readonly string[], words: RegExp])[] = [
    ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], /RSA keys are not certified/],
    ['Ed25519', ['-algorithm', 'ED25519'], /Ed25519 keys are not certified/],
    ['P-384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], /keys on P-384 are not certified/],
    [
      'explicit parameters',
      ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
      /keys with explicit parameters/,
    ],
  ]
  for (const [title, options, words] of keys) {
    test(`makes a request for a key with ${title} that is refused`, async () => {
      const { request } = await makeRequest(['-subj', '/'], options)
      const { message } = await refusalOf('CERTIFICATE_REQUEST_INVALID', () => verify(request))
      expect(message).toMatch(words)
    })
  }

  test('verifies a request of ours', async () => {
    const usage = extension(Oid.keyUsage, bitString(Buffer.of(0x06), 1), { critical: true })
    const subject = sequence(set(sequence(oid('2.5.4.3'), utf8String('Shop root'))))
    for (const options of [{}, { subject, extensions: [usage] }]) {
      const file = join(await temporaryDirectory(), 'ours.csr')
      await writeFile(file, encodePem('CERTIFICATE REQUEST', createCertificateRequest(generateKeyPair(), options)))
      const { status, output } = openssl('req', '-verify', '-in', file, '-noout', '-text')
      expect(status).toBe(0)
      expect(output).toMatch(/verify OK/)
      expect(output.includes('CN = Shop root')).toBe('subject' in options)
      expect(output.includes('Certificate Sign, CRL Sign')).toBe('extensions' in options)
    }
  })
})

function verify(file: Buffer) {
  return verifyCertificateRequest(decodeCertificateRequest(file, 'orders.csr'))
}

/** A key that openssl makes, and a request with it. */
async function makeRequest(options: readonly string[], keyOptions: readonly string[] = P256) {
  const directory = await temporaryDirectory()
  const [key, request] = [join(directory, 'orders.key'), join(directory, 'orders.csr')]
  await writeFile(join(directory, ATTRIBUTES_FILE), ATTRIBUTES)
  const placed = options.map((option) => (option === ATTRIBUTES_FILE ? join(directory, option) : option))
  requireSuccess(openssl('genpkey', ...keyOptions, '-out', key))
  requireSuccess(openssl('req', '-new', '-key', key, '-out', request, ...placed))
  return { request: await readFile(request), publicKey: createPublicKey(await readFile(key)) }
}

function requireSuccess({ status, output }: { status: number | null; output: string }): void {
  if (status !== 0) throw new Error(output)
}

function openssl(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}
