import { readdir, readFile, stat } from 'node:fs/promises'
import { look } from './look.ts'
import type { CaScene } from './scene.ts'

const KEY = '.key'
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n[^-]+-----END ENCRYPTED PRIVATE KEY-----\n$/
const OTHERS = 0o077

/**
 * Looks which keys the CA has on disk: each must be encrypted, and its owner's alone.
 * @param owners `intermediate 1, root 1`
 */
export async function lookAtKeys({ stage, report, names }: CaScene, owners: string): Promise<void> {
  const see = async () => {
    const files = (await readdir(stage.path('pki'))).filter((file) => file.endsWith(KEY))
    const keys = files.map(async (file) => {
      const state = (await isGuarded(stage.path('pki', file))) ? '' : ' (open!)'
      return names.of(file.slice(0, -KEY.length)) + state
    })
    return toldOf((await Promise.all(keys)).sort().join(', '))
  }
  await look(report, 'the keys in pki', see, toldOf(owners))
}

/** Looks which roots the CA's bundle holds: what is given to verifiers. */
export async function lookAtBundle({ stage, report, names }: CaScene, roots: string): Promise<void> {
  const see = async () => names.inPem(await readFile(stage.path('pki', 'bundle.pem'), 'utf8'))
  await look(report, 'pki/bundle.pem', see, roots)
}

function toldOf(owners: string): string {
  return `${owners}; each encrypted, and no one else may read it`
}

/** Windows knows no modes. */
async function isGuarded(file: string): Promise<boolean> {
  const { mode } = await stat(file)
  const isPrivate = process.platform === 'win32' || (mode & OTHERS) === 0
  return isPrivate && ENCRYPTED.test(await readFile(file, 'utf8'))
}
