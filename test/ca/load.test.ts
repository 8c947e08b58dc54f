import { generateKeyPairSync } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { caFilesOf } from '../../src/ca/ca-files.ts'
import { createHierarchy } from '../../src/ca/hierarchy.ts'
import { initCertificateAuthority } from '../../src/ca/init.ts'
import { issueCertificate, signCertificate } from '../../src/ca/issue.ts'
import { loadCertificateAuthority } from '../../src/ca/load.ts'
import { tbsCertificate } from '../../src/ca/tbs-certificate.ts'
import { type CertificateTemplate, intermediateTemplate, rootTemplate } from '../../src/ca/template.ts'
import type { Certificate } from '../../src/identity/certificate.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { leafDer } from '../support/leaf.ts'
import { refusalOf } from '../support/refusal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const trustDomain = parseTrustDomain('shop.internal')
const start = Date.UTC(2027, 0, 1)
const clock = () => start

const rootPair = generateKeyPair()
const intermediatePair = generateKeyPair()
const validRoot = rootTemplate(trustDomain, rootPair.publicKey, start)
const root = issueCertificate(validRoot, rootPair.privateKey)
const validIntermediate = intermediateTemplate(trustDomain, intermediatePair.publicKey, root, start)
const intermediate = issueCertificate(validIntermediate, rootPair.privateKey, root)
const other = createHierarchy(trustDomain, start)
const foreign = createHierarchy(parseTrustDomain('other.internal'), start)

/** What lies in a CA's directory; undefined: the file is missing. */
interface Parts {
  readonly root: string | undefined
  readonly intermediate: string | undefined
  readonly intermediateKey: string | undefined
}

const valid: Parts = {
  root: pem(root),
  intermediate: pem(intermediate),
  intermediateKey: encodePrivateKey(intermediatePair.privateKey),
}

test('a CA that was made is loaded, and issues with the same intermediate', async () => {
  const directory = await temporaryDirectory()
  const made = await initCertificateAuthority({ directory, trustDomain, dangerouslyUnencrypted: true, clock })
  const loaded = await loadCertificateAuthority(directory, clock)
  const request = { path: parseServicePath('orders'), dnsNames: [], publicKey: generateKeyPair().publicKey }
  const [, , ofMade] = made.issue(request).certificateChain.split('-----BEGIN')
  const [, , ofLoaded] = loaded.issue(request).certificateChain.split('-----BEGIN')

  expect(loaded).toMatchObject({ trustDomain, bundle: made.bundle })
  expect(ofLoaded).toBe(ofMade)
})

test('the key of the root may be kept elsewhere', async () => {
  const directory = await temporaryDirectory()
  await initCertificateAuthority({ directory, trustDomain, dangerouslyUnencrypted: true, clock })
  await rm(join(directory, 'root.key'))
  expect((await loadCertificateAuthority(directory, clock)).trustDomain).toBe('shop.internal')
})

describe('a CA is refused with', () => {
  const broken = encodeCertificate(root.der.subarray(0, -1))
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey
  const encrypted = intermediatePair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'correct horse',
  })
  const cases: [title: string, parts: Partial<Parts>, file: string, problem: string][] = [
    ['no root', { root: undefined }, 'root.pem', 'There is no CA in'],
    ['no intermediate', { intermediate: undefined }, 'intermediate.pem', 'cannot be read'],
    ['no key', { intermediateKey: undefined }, 'intermediate.key', 'cannot be read'],
    ['an empty root', { root: '' }, 'root.pem', 'no certificate in PEM form'],
    ['two roots', { root: pem(root) + pem(other.root) }, 'root.pem', 'one certificate was expected'],
    ['a broken root', { root: broken }, 'root.pem', 'the certificate cannot be read'],
    ['a broken intermediate', { intermediate: broken }, 'intermediate.pem', 'the certificate cannot be read'],
    ['an empty key', { intermediateKey: '' }, 'intermediate.key', 'no unencrypted private key'],
    ['an encrypted key', { intermediateKey: encrypted.toString() }, 'intermediate.key', 'no unencrypted private key'],
    ['a key on another curve', { intermediateKey: encodePrivateKey(p384) }, 'intermediate.key', 'not on P-256'],
    ['a foreign key', { intermediateKey: encodePrivateKey(other.intermediateKey) }, 'intermediate.key', 'not belong'],
    ['an intermediate as root', { root: pem(intermediate) }, 'root.pem', 'it is not signed by itself'],
    ['a service as root', { root: encodeCertificate(leafDer()) }, 'root.pem', 'names no trust domain'],
    [
      'a root without a trust domain',
      rootWith({ uris: [], dnsNames: ['shop.internal'] }),
      'root.pem',
      'names no trust',
    ],
    ['a root of two trust domains', rootWith({ uris: ['spiffe://a', 'spiffe://b'] }), 'root.pem', 'names no trust'],
    ['a root of another scheme', rootWith({ uris: ['https://shop.internal'] }), 'root.pem', 'names no trust domain'],
    [
      'a root that allows no intermediate',
      rootWith({ basicConstraints: { isCa: true, pathLength: 0 } }),
      'root.pem',
      'its path length',
    ],
    ['a root that may not sign', rootWith({ keyUsage: ['cRLSign'] }), 'root.pem', 'may not sign certificates'],
    ['a root of another CA', { root: pem(other.root) }, 'intermediate.pem', 'it is not issued by the root'],
    ['a root of another trust domain', { root: pem(foreign.root) }, 'intermediate.pem', 'another trust domain'],
    [
      'an intermediate of a service',
      intermediateWith({ uris: ['spiffe://shop.internal/a'] }),
      'intermediate.pem',
      'names',
    ],
    [
      'an intermediate that is none',
      intermediateWith({ basicConstraints: { isCa: false, pathLength: undefined } }),
      'intermediate.pem',
      'not the certificate of a CA',
    ],
    [
      'an intermediate that may not sign',
      intermediateWith({ keyUsage: ['cRLSign'] }),
      'intermediate.pem',
      'may not sign',
    ],
    [
      'an intermediate that outlives the root',
      intermediateWith({ notAfter: root.notAfter + 1 }),
      'intermediate.pem',
      'the root is not',
    ],
    [
      'an intermediate older than the root',
      intermediateWith({ notBefore: root.notBefore - 1000 }),
      'intermediate.pem',
      'the root is not',
    ],
  ]
  for (const [title, parts, file, problem] of cases) {
    test(title, async () => {
      const directory = await directoryWith({ ...valid, ...parts })
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadCertificateAuthority(directory, clock))
      expect(message).toContain(join(directory, file))
      expect(message).toContain(problem)
    })
  }

  const times: [title: string, now: number, file: string, problem: string][] = [
    ['an intermediate that has expired', start + 366 * DAY_MS, 'intermediate.pem', 'expired at 2028-01-01T'],
    ['a root that has expired', start + 3651 * DAY_MS, 'root.pem', 'expired at 2036-12-29T'],
    ['a root that is not valid yet', start - DAY_MS, 'root.pem', 'is valid from 2026-12-31T23:59:00.000Z only'],
  ]
  for (const [title, now, file, problem] of times) {
    test(title, async () => {
      const directory = await directoryWith(valid)
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadCertificateAuthority(directory, () => now))
      expect(message).toContain(join(directory, file))
      expect(message).toContain(problem)
    })
  }
})

test('no refusal repeats what a key file holds', async () => {
  const directory = await directoryWith({ ...valid, intermediateKey: 'hunter2' })
  const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadCertificateAuthority(directory, clock))
  expect(message).not.toContain('hunter2')
})

function rootWith(variation: Partial<CertificateTemplate>): Partial<Parts> {
  return { root: signed({ ...validRoot, ...variation }) }
}

function intermediateWith(variation: Partial<CertificateTemplate>): Partial<Parts> {
  return { intermediate: signed({ ...validIntermediate, ...variation }) }
}

/** Signed by the root's key, unchecked. */
function signed(template: CertificateTemplate): string {
  return encodeCertificate(signCertificate(tbsCertificate(template), rootPair.privateKey))
}

function pem(certificate: Certificate): string {
  return encodeCertificate(certificate.der)
}

async function directoryWith(parts: Parts): Promise<string> {
  const directory = await temporaryDirectory()
  const files = caFilesOf(directory)
  for (const name of ['root', 'intermediate', 'intermediateKey'] as const) {
    const text = parts[name]
    if (text !== undefined) await writeFile(files[name], text)
  }
  return directory
}
