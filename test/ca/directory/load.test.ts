import { generateKeyPairSync } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { intermediateTemplate } from '../../../src/ca/certificate/template.ts'
import { caFilesOf } from '../../../src/ca/directory/ca-files.ts'
import { loadCertificateAuthority } from '../../../src/ca/directory/load.ts'
import { chainOf, intermediatesOf, replace } from '../../../src/ca/issuers/authorities.ts'
import { encodePrivateKey, generateKeyPair } from '../../../src/identity/key-pair.ts'
import { decodeCertificates, encodeCertificate } from '../../../src/identity/pem.ts'
import { parseServicePath } from '../../../src/identity/service-id.ts'
import { makeCa, openCaDirectory } from '../../support/ca-directory.ts'
import { createAuthorities } from '../../support/ca-state.ts'
import { refusalOf } from '../../support/refusal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const start = Date.UTC(2027, 0, 1)
let now = start
const clock = () => now
const request = { path: parseServicePath('orders'), dnsNames: [], requestedBy: 'operator:test' }

async function keyFileIn(directory: string, kind: 'root' | 'intermediate'): Promise<string> {
  const [file = 'none'] = (await readdir(directory)).filter((name) => name.startsWith(kind))
  return join(directory, file)
}

test('a CA that was made is loaded, issues, and keeps a record of it', async () => {
  const made = await makeCa()
  const ca = await made.load()
  const { certificateChain, serialNumber } = await ca.issue({ ...request, publicKey: generateKeyPair().publicKey })
  expect(ca.trustDomain).toBe('shop.internal')
  expect(decodeCertificates(certificateChain, 'the chain')).toHaveLength(2)
  expect(await made.store.inventory.find(serialNumber)).toMatchObject({
    serialNumber,
    serviceId: 'spiffe://shop.internal/orders',
    requestedBy: 'operator:test',
  })
})

test('the key of the root may be kept elsewhere', async () => {
  const { directory, load } = await makeCa()
  await rm(await keyFileIn(directory, 'root'))
  expect((await load()).trustDomain).toBe('shop.internal')
})

test('a key that belongs to another service, or to the CA itself, is certified to nobody else', async () => {
  const { load, home } = await makeCa()
  const ca = await load()
  const { publicKey } = generateKeyPair()
  await ca.issue({ ...request, publicKey })
  await ca.issue({ ...request, publicKey })
  await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, path: parseServicePath('inventory'), publicKey }))
  const state = await home.ledger.read()
  expect(state?.authorities).toHaveLength(2)
})

describe('a CA is refused', () => {
  test('where none was made', async () => {
    const { store, ...options } = await openCaDirectory()
    const load = () => loadCertificateAuthority({ ...options, inventory: store.inventory, passphrase: undefined })
    const { message } = await refusalOf('CONFIGURATION_INVALID', load)
    expect(message).toContain('"countersign ca init" makes one')
  })

  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey
  const keys: [title: string, text: string | undefined, problem: string][] = [
    ['without the key of its intermediate', undefined, 'has the key of no active intermediate'],
    ['with an empty key', '', 'no unencrypted private key'],
    ['with a key on another curve', encodePrivateKey(p384), 'not on P-256'],
    ['with a foreign key', encodePrivateKey(generateKeyPair().privateKey), 'does not belong'],
  ]
  for (const [title, text, problem] of keys) {
    test(title, async () => {
      const { directory, load } = await makeCa()
      const file = await keyFileIn(directory, 'intermediate')
      await (text === undefined ? rm(file) : writeFile(file, text))
      const { message } = await refusalOf('CONFIGURATION_INVALID', load)
      expect(message).toContain(problem)
    })
  }

  const foreign = createAuthorities(start).hierarchy
  const bundles: [title: string, text: string | undefined, problem: string][] = [
    ['without its bundle', undefined, 'cannot be read'],
    ['with an empty bundle', '', 'no certificate in PEM form'],
    ['with a broken bundle', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'cannot be read'],
    ['with the bundle of another CA', foreign.root.x509.toString(), 'lacks a root that the store knows'],
  ]
  for (const [title, text, problem] of bundles) {
    test(title, async () => {
      const { directory, load } = await makeCa()
      const { bundle } = caFilesOf(directory)
      await (text === undefined ? rm(bundle) : writeFile(bundle, text))
      const { message } = await refusalOf('CONFIGURATION_INVALID', load)
      expect(message).toContain(bundle)
      expect(message).toContain(problem)
    })
  }

  test('with profiles that are none', async () => {
    const { directory, load } = await makeCa()
    await writeFile(caFilesOf(directory).profiles, 'service: { lifetimeMinutes: 1 }')
    const { message } = await refusalOf('CONFIGURATION_INVALID', load)
    expect(message).toContain('profiles.yaml:1:')
  })

  const times: [title: string, time: number, problem: string][] = [
    ['whose intermediate has expired', start + 366 * DAY_MS, 'expired at 2028-01-01T'],
    ['whose root has expired', start + 3651 * DAY_MS, 'expired at'],
    ['that is not valid yet', start - DAY_MS, 'is valid from 2026-12-31T23:59:00.000Z only'],
  ]
  for (const [title, time, problem] of times) {
    test(title, async () => {
      now = start
      const { load } = await makeCa({ clock })
      now = time
      const { message } = await refusalOf('CONFIGURATION_INVALID', load)
      expect(message).toContain(problem)
    })
  }

  test('whose store has an intermediate of its key that another root has made', async () => {
    const { home, load } = await makeCa()
    const { hierarchy } = createAuthorities(home.clock())
    await home.ledger.update((state) => {
      const [own] = intermediatesOf(state, ['active'])
      if (own === undefined) throw new Error('no intermediate')
      const { publicKey } = chainOf(own)[0]
      const asked = { trustDomain: state.trustDomain, publicKey }
      const template = intermediateTemplate(asked, hierarchy.root, home.profiles.intermediate, home.clock())
      const certificate = issueCertificate(template, hierarchy.rootKey, hierarchy.root)
      return replace(state, { ...own, certificateChain: encodeCertificate(certificate.der) })
    }, home.clock())
    const { message } = await refusalOf('CONFIGURATION_INVALID', load)
    expect(message).toContain('does not lead to a root')
  })

  test('whose store names a root that nobody vouches for: who can write there alone adds none', async () => {
    const { home, load } = await makeCa()
    const own = createAuthorities(start)
    await home.ledger.update(
      (state) => ({ ...state, authorities: [...state.authorities, own.root('prepared')] }),
      start,
    )
    await refusalOf('CONFIGURATION_INVALID', load)
  })
})

test('no refusal repeats what a key file holds', async () => {
  const { directory, load } = await makeCa()
  await writeFile(await keyFileIn(directory, 'intermediate'), 'hunter2')
  const { message } = await refusalOf('CONFIGURATION_INVALID', load)
  expect(message).not.toContain('hunter2')
})
