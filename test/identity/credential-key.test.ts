import { createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { findPrivateKey } from '../../src/identity/credential-key.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseCertificates } from '../../src/identity/pem-certificates.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { refusalOf } from '../support/refusal.ts'

const { certificateChain, privateKey } = createTestCa().credential('orders')
const [leaf] = parseCertificates(certificateChain, 'the chain')
const own = encodePrivateKey(privateKey)
const other = encodePrivateKey(generateKeyPair().privateKey)
const sec1 = createPrivateKey(own).export({ type: 'sec1', format: 'pem' }).toString()

const found: [title: string, pem: string][] = [
  ['alone', own],
  ['first of two', own + other],
  ['second of two', other + own],
  [
    'in the form of SEC 1, behind the parameters of its curve',
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
  ],
  ['with words around it', `of orders\n${own}of nobody\n${other}`],
]
for (const [title, pem] of found) {
  test(`the key of a certificate is found ${title}`, () => {
    expect(findPrivateKey(pem, leaf, 'orders.key')?.equals(privateKey)).toBe(true)
  })
}

test('no other key is taken for it', () => {
  expect(findPrivateKey(other, leaf, 'orders.key')).toBeUndefined()
  expect(findPrivateKey(other + other, leaf, 'orders.key')).toBeUndefined()
})

for (const pem of ['', 'hunter2', certificateChain, own.slice(0, 60), own + other.slice(0, 60)]) {
  test(`a text without whole keys is refused: ${JSON.stringify(pem.slice(0, 30))}, ${pem.length} characters`, async () => {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => findPrivateKey(pem, leaf, 'orders.key'))
    expect(message).toContain('orders.key')
    expect(message).not.toContain('hunter2')
  })
}
