import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { caFilesIn, initCa, refused, told } from '../support/ca-command.ts'
import { describeWith, openssl, runTool } from '../support/tools.ts'

const rotate = (dir: string, step: string, what: string, ...options: string[]) => [
  'ca',
  'rotate',
  step,
  what,
  '--dir',
  dir,
  ...options,
]
const PLAIN = '--dangerously-unencrypted'

/** Whether a chain holds up against a bundle, by another verifier than ours. */
async function isAccepted(bundle: string, chain: string): Promise<boolean> {
  const args = ['verify', '-x509_strict', '-CAfile', bundle, '-untrusted', chain, chain]
  return (await runTool(openssl, args)).exitCode === 0
}

describeWith(openssl, 'ca rotate, as openssl sees it:', () => {
  test('that of the intermediate goes in its steps, and what was issued before stays good', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    const bundle = join(dir, 'bundle.pem')
    const first = await told('ca', 'issue', 'orders', ...place)
    await told(...rotate(dir, 'prepare', 'intermediate', PLAIN))
    const second = await told('ca', 'issue', 'inventory', ...place)
    const { active, retiring } = await told(...rotate(dir, 'activate', 'intermediate'))
    const third = await told('ca', 'issue', 'storefront', ...place)
    for (const service of ['orders', 'inventory', 'storefront']) {
      expect(await isAccepted(bundle, join(out, `${service}.pem`)), service).toBe(true)
    }
    const { certificates } = await told('ca', 'list', '--dir', dir)
    const issuerOf = (serial: string) =>
      certificates.find(({ serialNumber }: { serialNumber: string }) => serialNumber === serial).issuer
    expect([first, second, third].map(({ serialNumber }) => issuerOf(serialNumber))).toEqual([
      ...retiring,
      ...retiring,
      active,
    ])

    const message = await refused('REQUEST_INVALID', ...rotate(dir, 'retire', 'intermediate'))
    expect(message).toContain('2 certificates still valid')
    for (const service of ['orders', 'inventory']) await told('revoke', 'service', service, '--dir', dir)
    expect(await told(...rotate(dir, 'retire', 'intermediate'))).toEqual({ retired: retiring })
    expect((await caFilesIn(dir)).filter((file) => file === 'intermediate-x.key')).toHaveLength(1)
    await told('ca', 'issue', 'orders', ...place)
  })

  test('that of the root goes in its steps, and none of them makes a certificate fail', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    const bundle = join(dir, 'bundle.pem')
    const rootsIn = async () => (await readFile(bundle, 'utf8')).match(/BEGIN/g)?.length
    await told('ca', 'issue', 'orders', ...place)
    const isGood = async () => isAccepted(bundle, join(out, 'orders.pem'))

    const { prepared } = await told(...rotate(dir, 'prepare', 'root', PLAIN))
    expect({ roots: await rootsIn(), good: await isGood() }).toEqual({ roots: 2, good: true })
    const message = await refused('REQUEST_INVALID', ...rotate(dir, 'activate', 'root'))
    expect(message).toContain('--verifiers-updated')
    expect((await told(...rotate(dir, 'activate', 'root', '--verifiers-updated'))).active).toBe(prepared)
    await refused('REQUEST_INVALID', ...rotate(dir, 'retire', 'root'))

    await told(...rotate(dir, 'prepare', 'intermediate', PLAIN))
    await told(...rotate(dir, 'activate', 'intermediate'))
    await told('ca', 'issue', 'inventory', ...place)
    expect(await isAccepted(bundle, join(out, 'inventory.pem'))).toBe(true)
    expect(await isGood()).toBe(true)
    await refused('REQUEST_INVALID', ...rotate(dir, 'retire', 'root'))

    await told('revoke', 'service', 'orders', '--dir', dir)
    await told(...rotate(dir, 'retire', 'intermediate'))
    const { retired } = await told(...rotate(dir, 'retire', 'root'))
    expect(retired).toHaveLength(1)
    expect(await rootsIn()).toBe(1)
    expect(await isAccepted(bundle, join(out, 'inventory.pem'))).toBe(true)
    expect(new X509Certificate(await readFile(bundle)).subject).toContain(prepared.replace('-', ' '))
    expect((await caFilesIn(dir)).filter((file) => file.endsWith('.key'))).toEqual(['intermediate-x.key', 'root-x.key'])
    await told('ca', 'renew', 'inventory', ...place)
  })
})

describe('ca rotate, of the intermediate', () => {
  test('takes no step out of order', async () => {
    const { dir } = await initCa()
    await refused('REQUEST_INVALID', ...rotate(dir, 'activate', 'intermediate'))
    await refused('REQUEST_INVALID', ...rotate(dir, 'retire', 'intermediate'))
    await told(...rotate(dir, 'prepare', 'intermediate', PLAIN))
    await refused('REQUEST_INVALID', ...rotate(dir, 'prepare', 'intermediate', PLAIN))
    await refused('REQUEST_INVALID', ...rotate(dir, 'retire', 'intermediate'))
    // What is refused leaves no key behind.
    expect((await caFilesIn(dir)).filter((file) => file === 'intermediate-x.key')).toHaveLength(2)
  })

  test('writes no key without a word on how', async () => {
    const { dir } = await initCa()
    const before = await caFilesIn(dir)
    await refused('CONFIGURATION_INVALID', ...rotate(dir, 'prepare', 'intermediate'))
    await refused('CONFIGURATION_INVALID', ...rotate(dir, 'prepare', 'root'))
    expect(await caFilesIn(dir)).toEqual(before)
  })
})

describe('ca rotate, of the root', () => {
  test('is activated without a word once all that is valid came with the new bundle', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    await told('ca', 'issue', 'orders', ...place)
    await told(...rotate(dir, 'prepare', 'root', PLAIN))
    const { certificates } = await told('ca', 'list', '--dir', dir)
    await told('ca', 'renew', 'orders', ...place)
    await refused('REQUEST_INVALID', ...rotate(dir, 'activate', 'root'))
    await told('revoke', 'certificate', certificates[0].serialNumber, '--reason', 'superseded', '--dir', dir)
    await told(...rotate(dir, 'activate', 'root'))
  })

  test('takes no root that is none', async () => {
    const { dir, out } = await initCa()
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const leaf = ['--certificate', join(out, 'orders.pem')]
    await refused('REQUEST_INVALID', ...rotate(dir, 'prepare', 'root', ...leaf))
    await writeFile(join(out, 'empty.pem'), '')
    await refused('CONFIGURATION_INVALID', ...rotate(dir, 'prepare', 'root', '--certificate', join(out, 'empty.pem')))
  })
})

describe('ca distrust', () => {
  test('says first what will fail, and does it when told to', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    for (const service of ['orders', 'inventory', 'orders']) await told('ca', 'issue', service, ...place)
    const { authorities } = await told('ca', 'list', '--dir', dir)
    const [, { name }] = authorities
    const warned = await told('ca', 'distrust', name, '--dir', dir)
    expect(warned).toEqual({ name, distrusted: false, certificates: 3, services: ['inventory', 'orders'] })
    expect((await told('ca', 'list', '--dir', dir)).authorities[1].state).toBe('active')

    expect(await told('ca', 'distrust', name, '--yes', '--dir', dir)).toEqual({ ...warned, distrusted: true })
    const listed = await told('ca', 'list', '--dir', dir)
    expect(listed.authorities[1].state).toBe('distrusted')
    for (const { state } of listed.certificates) expect(state).toBe('revoked')
    await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', ...place)

    await told(...rotate(dir, 'prepare', 'intermediate', PLAIN))
    await told(...rotate(dir, 'activate', 'intermediate'))
    await told('ca', 'issue', 'orders', ...place)
  })

  test('counts only what is good and below that intermediate', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    const revoked = await told('ca', 'issue', 'storefront', ...place)
    for (const service of ['orders', 'inventory']) await told('ca', 'issue', service, ...place)
    await told('revoke', 'certificate', revoked.serialNumber, '--dir', dir)
    await told(...rotate(dir, 'prepare', 'intermediate', PLAIN))
    const { active, retiring } = await told(...rotate(dir, 'activate', 'intermediate'))
    await told('ca', 'issue', 'billing', ...place)
    const failingOf = async (name: string) => (await told('ca', 'distrust', name, '--dir', dir)).services
    expect(await failingOf(retiring[0])).toEqual(['inventory', 'orders'])
    expect(await failingOf(active)).toEqual(['billing'])
  })

  test('is refused of a root, and of what is not there', async () => {
    const { dir } = await initCa()
    const { authorities } = await told('ca', 'list', '--dir', dir)
    for (const label of [authorities[0].name, 'intermediate', 'intermediate-0000000000000000', '']) {
      await refused('REQUEST_INVALID', 'ca', 'distrust', label, '--yes', '--dir', dir)
    }
  })
})
