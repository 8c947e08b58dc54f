import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from './stage.ts'

export const init: Step = ({ dir, newKey }) => [
  'ca',
  'init',
  '--trust-domain',
  'shop.internal',
  '--dir',
  dir,
  ...newKey,
]
export const issue: Step = ({ dir, out }) => ['ca', 'issue', 'orders', '--dir', dir, '--out', out]
export const handOut: Step = ({ dir, handedOut }) => ['hand-out', 'orders', '--dir', dir, '--to', handedOut]
export const renew: Step = ({ dir, out }) => ['ca', 'renew', 'orders', '--dir', dir, '--out', out]
export const sign: Step = ({ dir, out, csr }) => ['ca', 'sign', 'storefront', '--csr', csr, '--dir', dir, '--out', out]
export const revoke: Step = ({ dir }) => ['revoke', 'service', 'orders', '--dir', dir]
export const crl: Step = ({ dir, crls }) => ['ca', 'crl', '--dir', dir, '--out', crls]
export const another: Step = ({ dir, newKey }) => [
  ...['ca', 'intermediate', 'authority-b', '--dir', dir],
  ...['--out', join(dir, '..', 'authority-b'), ...newKey],
]
export const prepare: Step = ({ dir, newKey }) => ['ca', 'rotate', 'prepare', 'intermediate', '--dir', dir, ...newKey]
export const activate: Step = ({ dir }) => ['ca', 'rotate', 'activate', 'intermediate', '--dir', dir]
export const retire: Step = ({ dir }) => ['ca', 'rotate', 'retire', 'intermediate', '--dir', dir]
export const prepareRoot: Step = ({ dir, newKey }) => ['ca', 'rotate', 'prepare', 'root', '--dir', dir, ...newKey]
export const activateRoot: Step = ({ dir }) => ['ca', 'rotate', 'activate', 'root', '--dir', dir, '--verifiers-updated']
export const retireRoot: Step = ({ dir }) => ['ca', 'rotate', 'retire', 'root', '--dir', dir]
export const distrust: Step = async ({ dir }) => [
  'ca',
  'distrust',
  await newest(dir, 'intermediate'),
  '--yes',
  '--dir',
  dir,
]
export const giveUpRoot: Step = async ({ dir }) => ['ca', 'distrust', await newest(dir, 'root'), '--yes', '--dir', dir]

export const initOffline: Step = async (place, roots) => [...(await init(place, roots)), '--offline-root']
export const importFirst: Step = async ({ dir }, { first }) => [
  ...['ca', 'import', await first.certify(dir), '--root', first.file, '--dir', dir],
]
export const importNext: Step = async ({ dir }, { first }) => ['ca', 'import', await first.certify(dir), '--dir', dir]
export const prepareOutside: Step = ({ dir }, { second }) => [
  ...['ca', 'rotate', 'prepare', 'root', '--dir', dir, '--certificate', second.file],
]
export const importStatement: Step = async ({ dir }, { first }) => [
  'ca',
  'import',
  await first.state(dir, 1),
  '--dir',
  dir,
]

/** A CA below a root elsewhere. */
export const offline: readonly Step[] = [initOffline, importFirst]

export const list: Step = ({ dir }) => ['ca', 'list', '--dir', dir]

/** What the authority of a kind is called whose key was made last. */
async function newest(dir: string, kind: 'root' | 'intermediate'): Promise<string> {
  const names = (await readdir(dir)).filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.key'))
  const keys = await Promise.all(names.map(async (name) => ({ name, madeAt: (await stat(join(dir, name))).mtimeMs })))
  const [{ name } = { name: 'none' }] = keys.sort((one, other) => other.madeAt - one.madeAt)
  return name.replace('.key', '')
}
