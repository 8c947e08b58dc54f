import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initCertificateAuthority } from '../../src/ca/init.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import { temporaryDirectory } from '../support/directory.ts'

const isInstalled = openssl('version').status === 0
const isSkipped = !isInstalled && process.env['CI'] === undefined
const word = isSkipped ? ' (skipped: there is no openssl command here)' : ''

describe.skipIf(isSkipped)(`openssl${word}`, () => {
  for (const purpose of ['sslclient', 'sslserver']) {
    test(`accepts a chain under its strict rules for ${purpose}`, async () => {
      const { root, intermediate, leaf } = await issueChain()
      const chain = ['-CAfile', root, '-untrusted', intermediate, leaf]
      const { status, output } = openssl('verify', '-x509_strict', '-purpose', purpose, ...chain)
      expect(output.trim()).toBe(`${leaf}: OK`)
      expect(status).toBe(0)
    })
  }

  test('refuses a leaf without its intermediate', async () => {
    const { root, leaf } = await issueChain()
    expect(openssl('verify', '-x509_strict', '-CAfile', root, leaf).status).not.toBe(0)
  })
})

async function issueChain() {
  const directory = await temporaryDirectory()
  const trustDomain = parseTrustDomain('shop.internal')
  const ca = await initCertificateAuthority({ directory, trustDomain, dangerouslyUnencrypted: true })
  const request = { path: parseServicePath('orders'), dnsNames: ['localhost'], publicKey: generateKeyPair().publicKey }
  const leaf = join(directory, 'orders.pem')
  await writeFile(leaf, ca.issue(request).certificateChain)
  return { root: join(directory, 'root.pem'), intermediate: join(directory, 'intermediate.pem'), leaf }
}

function openssl(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}
