import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseDer } from '../../src/core/der.ts'
import { encodeDer } from '../../src/core/der-encoder.ts'
import { readInteger, readOctetString, readOid, readSequence } from '../../src/core/der-reader.ts'
import { octetString, oid, sequence } from '../../src/core/der-writer.ts'
import { encryptPrivateKey, isEncryptedKey } from '../../src/identity/encrypted-key.ts'
import { decodePrivateKey, encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parsePassphrase } from '../../src/identity/passphrase.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'
import { describeWith, openssl, runTool } from '../support/tools.ts'

const TEXT = 'correct horse battery staple'
const passphrase = parsePassphrase(TEXT, 'a test')
const other = parsePassphrase('another passphrase', 'a test')
const { privateKey } = generateKeyPair()
let encrypted = ''
beforeAll(async () => {
  encrypted = await encryptPrivateKey(privateKey, passphrase)
})

describe('an encrypted key', () => {
  test('is decrypted with its passphrase', () => {
    expect(isEncryptedKey(encrypted)).toBe(true)
    expect(materialOf(decodePrivateKey(encrypted, 'root.key', passphrase))).toBe(materialOf(privateKey))
  })

  test('is read by Node alone', () => {
    expect(materialOf(createPrivateKey({ key: encrypted, passphrase: TEXT }))).toBe(materialOf(privateKey))
  })

  test('has PBES2 with scrypt and AES-256-CBC in it, at the cost that OWASP asks for', () => {
    const [algorithm, content] = readSequence(parseDer(derOf(encrypted)))
    const [scheme, parameters] = readSequence(algorithm)
    const [derivation, encryption] = readSequence(parameters).map(readSequence)
    const [salt, ...costs] = readSequence(derivation?.[1])
    expect([scheme, derivation?.[0], encryption?.[0]].map(readOid)).toEqual([
      '1.2.840.113549.1.5.13',
      '1.3.6.1.4.1.11591.4.11',
      '2.16.840.1.101.3.4.1.42',
    ])
    expect(costs.map((cost) => Number.parseInt(readInteger(cost).toString('hex'), 16))).toEqual([2 ** 14, 8, 5])
    expect([salt, encryption?.[1]].map((node) => readOctetString(node).length)).toEqual([16, 16])
    expect(readOctetString(content).includes(privateKey.export({ type: 'pkcs8', format: 'der' }))).toBe(false)
  })

  test('shares nothing with another encryption of the same key', async () => {
    const again = await encryptPrivateKey(privateKey, passphrase)
    const [first, second] = [encrypted, again].map((pem) => randomPartsOf(derOf(pem)))
    expect(first).toHaveLength(3)
    for (const [index, part] of (first ?? []).entries()) expect(second?.[index]).not.toBe(part)
    expect(materialOf(decodePrivateKey(again, 'root.key', passphrase))).toBe(materialOf(privateKey))
  })

  test('is encrypted while others go on', async () => {
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 1)
    await encryptPrivateKey(privateKey, passphrase)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })
})

describe('a key that is not encrypted', () => {
  test('is read, whatever the passphrase', () => {
    const plain = encodePrivateKey(privateKey)
    expect(isEncryptedKey(plain)).toBe(false)
    expect(materialOf(decodePrivateKey(plain, 'root.key', passphrase))).toBe(materialOf(privateKey))
    expect(materialOf(decodePrivateKey(plain, 'root.key'))).toBe(materialOf(privateKey))
  })

  test('is refused where its halves do not belong together, which openssl passes over', async () => {
    const der = privateKey.export({ type: 'pkcs8', format: 'der' })
    const changed = Buffer.from(der)
    const scalar = 36 // PKCS#8 of a key on P-256 has its 32 octets from here on
    changed.writeUInt8((der[scalar + 8] ?? 0) ^ 0x10, scalar + 8)
    const pem = encodePem('PRIVATE KEY', changed)
    expect(createPrivateKey(pem).equals(privateKey)).toBe(true)
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => decodePrivateKey(pem, 'root.key'))
    expect(message).toBe('root.key holds a key that is damaged: its halves do not belong together.')
  })
})

describe('an encrypted key is refused', () => {
  test('without a passphrase, and the message tells the three ways to give one', async () => {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => decodePrivateKey(encrypted, 'root.key'))
    expect(message).toMatch(/^root\.key is encrypted, and there is no passphrase\. /)
    for (const way of ['--passphrase-file', 'caPassphraseFile', 'COUNTERSIGN_CA_PASSPHRASE']) {
      expect(message).toContain(way)
    }
  })

  test('with another passphrase', async () => {
    const decode = () => decodePrivateKey(encrypted, 'root.key', other)
    const { message } = await refusalOf('CONFIGURATION_INVALID', decode)
    expect(message).toBe('root.key cannot be decrypted: the passphrase is another one, or the file is damaged.')
  })

  test('that is not on P-256', async () => {
    const pem = await encryptPrivateKey(generateKeyPairSync('ed25519').privateKey, passphrase)
    const decode = () => decodePrivateKey(pem, 'root.key', passphrase)
    const { message } = await refusalOf('CONFIGURATION_INVALID', decode)
    expect(message).toBe('root.key holds a key that is not on P-256.')
  })

  const damaged: [title: string, damage: (pem: string) => string][] = [
    ['whose end is missing', (pem) => pem.slice(0, -40)],
    ['of which half is there', (pem) => encodePem('ENCRYPTED PRIVATE KEY', derOf(pem).subarray(0, 120))],
    ['that is empty', () => '-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n'],
    [
      'that is a plain one under another name',
      () => encodePrivateKey(privateKey).replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'),
    ],
    ['with another octet in its head', (pem) => withOctet(pem, 9)],
    [
      'of an older scheme',
      () => {
        const pbeWithMd5AndDes = oid('1.2.840.113549.1.5.3')
        const content = octetString(Buffer.alloc(160))
        return encodePem('ENCRYPTED PRIVATE KEY', encodeDer(sequence(sequence(pbeWithMd5AndDes, sequence()), content)))
      },
    ],
  ]
  for (const [title, damage] of damaged) {
    test(title, async () => {
      const decode = () => decodePrivateKey(damage(encrypted), 'root.key', passphrase)
      const { message } = await refusalOf('CONFIGURATION_INVALID', decode)
      expect(message).toBe('root.key holds a private key that is damaged, or not encrypted by PBES2 (RFC 8018).')
    })
  }

  test('whichever octet of its content is another, and the message repeats nothing', async () => {
    const length = derOf(encrypted).length
    for (const position of [length - 1, length - 97, 60]) {
      const decode = () => decodePrivateKey(withOctet(encrypted, position), 'root.key', passphrase)
      const { message } = await refusalOf('CONFIGURATION_INVALID', decode)
      expect(message).toMatch(/damaged/)
      expect(message).not.toContain('horse')
    }
  })
})

describeWith(openssl, 'openssl', () => {
  test('reads an encrypted key with its passphrase, and with no other', async () => {
    const directory = await temporaryDirectory()
    const file = join(directory, 'root.key')
    await writeFile(file, encrypted)
    await writeFile(join(directory, 'passphrase'), `${TEXT}\n`)
    const plain = join(directory, 'plain.key')
    const right = await runTool(openssl, [
      'pkey',
      '-in',
      file,
      '-passin',
      `file:${join(directory, 'passphrase')}`,
      '-out',
      plain,
    ])
    expect(right).toMatchObject({ exitCode: 0 })
    expect(materialOf(createPrivateKey(await readFile(plain, 'utf8')))).toBe(materialOf(privateKey))
    expect(
      (await runTool(openssl, ['pkey', '-in', file, '-passin', 'pass:another passphrase', '-noout'])).exitCode,
    ).not.toBe(0)
  })

  test('reads a key with the longest passphrase', async () => {
    const directory = await temporaryDirectory()
    const [file, passphraseFile] = [join(directory, 'root.key'), join(directory, 'passphrase')]
    const longest = 'a'.repeat(1023)
    await writeFile(file, await encryptPrivateKey(privateKey, parsePassphrase(longest, 'a test')))
    await writeFile(passphraseFile, longest)
    expect(
      (await runTool(openssl, ['pkey', '-in', file, '-passin', `file:${passphraseFile}`, '-noout'])).exitCode,
    ).toBe(0)
  })

  for (const derivation of [['-scrypt'], ['-iter', '600000']]) {
    test(`writes keys that are read, with ${derivation.join(' ')}`, async () => {
      const directory = await temporaryDirectory()
      const [plain, file] = [join(directory, 'plain.key'), join(directory, 'root.key')]
      await writeFile(plain, encodePrivateKey(privateKey))
      const cipher = ['-topk8', '-v2', 'aes-256-cbc', ...derivation]
      expect(
        (await runTool(openssl, ['pkcs8', '-in', plain, '-out', file, '-passout', `pass:${TEXT}`, ...cipher])).exitCode,
      ).toBe(0)
      const key = decodePrivateKey(await readFile(file, 'utf8'), file, passphrase)
      expect(materialOf(key)).toBe(materialOf(privateKey))
    })
  }
})

/** Both halves of a key. (`equals` compares the public one alone.) */
function materialOf(key: KeyObject): string {
  return JSON.stringify(key.export({ format: 'jwk' }))
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
}

/** Salt, IV and content, in hex. */
function randomPartsOf(der: Buffer): readonly string[] {
  const [algorithm, content] = readSequence(parseDer(der))
  const [derivation, encryption] = readSequence(readSequence(algorithm)[1]).map(readSequence)
  const nodes = [readSequence(derivation?.[1])[0], encryption?.[1], content]
  return nodes.map((node) => readOctetString(node).toString('hex'))
}

/** The same with one octet changed by a bit. */
function withOctet(pem: string, position: number): string {
  const der = derOf(pem)
  der.writeUInt8((der[position] ?? 0) ^ 0x10, position)
  return encodePem('ENCRYPTED PRIVATE KEY', der)
}
