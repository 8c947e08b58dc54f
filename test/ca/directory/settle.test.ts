import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodeBundle } from '../../../src/ca/directory/bundle.ts'
import { caFilesOf, keyFileOf, statementFileOf } from '../../../src/ca/directory/ca-files.ts'
import { changeState, settle } from '../../../src/ca/directory/settle.ts'
import { chainOf, move, rootsOf, trustedRoots } from '../../../src/ca/issuers/authorities.ts'
import type { CaState } from '../../../src/ca/issuers/ca-state.ts'
import { prepareRoot } from '../../../src/ca/issuers/rotate-root.ts'
import { addStatement } from '../../../src/ca/issuers/statements.ts'
import { signStatement } from '../../../src/identity/bundle-statement.ts'
import { decodePrivateKey } from '../../../src/identity/key-pair.ts'
import { type CaInDirectory, makeCa } from '../../support/ca-directory.ts'
import { createAuthorities } from '../../support/ca-state.ts'
import { refusalOf } from '../../support/refusal.ts'

const next = createAuthorities(Date.now())

/** What a command does that is killed right after it has changed the state. */
async function changeOnly({ home }: CaInDirectory, change: (state: CaState) => CaState): Promise<CaState> {
  return home.ledger.update(change, home.clock())
}

async function signerOf({ directory, home }: CaInDirectory): Promise<(text: string) => Buffer> {
  const [root] = rootsOf((await home.ledger.read()) as CaState, 'active')
  const file = root === undefined ? 'none' : keyFileOf(directory, root)
  const key = decodePrivateKey(await readFile(file, 'utf8'), file)
  return (text) => signStatement(text, key)
}

const nothing = async () => {}

describe('a directory in which a command was killed', () => {
  test('has the bundle that the state says, for whoever comes next and before that', async () => {
    const ca = await makeCa()
    const sign = await signerOf(ca)
    const state = await changeOnly(ca, (current) => prepareRoot(current, next.root('prepared'), sign, ca.home.clock()))
    const { bundle } = caFilesOf(ca.directory)
    const roots = trustedRoots(state).map((root) => chainOf(root)[0])
    const seen = await settle(ca.home, async (held, given) => ({ held, given, text: await readFile(bundle, 'utf8') }))
    expect(seen).toEqual({ held: state, given: roots, text: encodeBundle(roots) })
    expect(roots).toHaveLength(2)
  })

  test('has the statement that is to be signed', async () => {
    const ca = await makeCa()
    const state = await changeOnly(ca, (current) => addStatement(current, rootsOf(current, 'active'), undefined))
    const file = statementFileOf(ca.directory, 2)
    await settle(ca.home, nothing)
    expect(await readFile(file, 'utf8')).toBe(state.statements[1]?.text)
  })

  test('has no key of what is retired', async () => {
    const ca = await makeCa()
    const state = await changeOnly(ca, (current) =>
      current.authorities
        .filter(({ kind }) => kind === 'intermediate')
        .reduce((changed, one) => move(changed, one, 'retired', 0), current),
    )
    await settle(ca.home, nothing)
    const isThere = state.authorities.map((authority) => [
      authority.state,
      existsSync(keyFileOf(ca.directory, authority)),
    ])
    expect(isThere).toEqual([
      ['active', true],
      ['retired', false],
    ])
  })

  test('loses no key to whoever can write to the store: what is retired is set aside, what is in use stays', async () => {
    const ca = await makeCa()
    const [root] = (await ca.home.ledger.read())?.authorities ?? []
    if (root === undefined) throw new Error('no root')
    const alias = { ...root, keyId: `${root.keyId.slice(0, 16)}${'0'.repeat(24)}`, keyThumbprint: 'zz' }
    await changeOnly(ca, (current) => ({
      ...current,
      authorities: [
        ...current.authorities.map((one) => (one.kind === 'root' ? one : { ...one, state: 'retired' as const })),
        { ...alias, state: 'retired' as const },
      ],
    }))
    await settle(ca.home, nothing)
    const keys = (await readdir(ca.directory)).filter((file) => file.includes('.key'))
    expect(keys.map((file) => file.replace(/[0-9a-f]{16}/, 'x')).sort()).toEqual([
      'intermediate-x.key.retired',
      'root-x.key',
    ])
  })

  test('has no root in its bundle that the store does not know', async () => {
    const ca = await makeCa()
    const { bundle } = caFilesOf(ca.directory)
    const own = await readFile(bundle, 'utf8')
    await writeFile(bundle, own + encodeBundle([next.hierarchy.root]))
    await settle(ca.home, nothing)
    expect(await readFile(bundle, 'utf8')).toBe(own)
  })
})

describe('a change of the state', () => {
  test('that is refused leaves the directory settled all the same, and none of its files', async () => {
    const ca = await makeCa()
    const { bundle } = caFilesOf(ca.directory)
    const own = await readFile(bundle, 'utf8')
    await writeFile(bundle, own + own)
    const files = [{ file: join(ca.directory, 'next.key'), text: 'key', mode: 0o600 }]
    const now = ca.home.clock()
    const prepare = (state: CaState) => prepareRoot(state, next.root('prepared'), next.sign, now)
    const twice = (state: CaState) => prepare(prepare(state))
    await refusalOf('REQUEST_INVALID', () => changeState(ca.home, twice, files))
    expect(await readFile(bundle, 'utf8')).toBe(own)
    expect(await readdir(ca.directory)).not.toContain('next.key')
  })

  test('that is noted keeps its files, also where the directory cannot follow yet', async () => {
    const ca = await makeCa()
    const sign = await signerOf(ca)
    const { bundle } = caFilesOf(ca.directory)
    const files = [{ file: join(ca.directory, 'next.key'), text: 'key', mode: 0o600 }]
    const own = await readFile(bundle, 'utf8')
    const prepareAndSpoil = async (state: CaState) => {
      await rm(bundle)
      await mkdir(bundle)
      return prepareRoot(state, next.root('prepared'), sign, ca.home.clock())
    }
    await refusalOf('CONFIGURATION_INVALID', () => changeState(ca.home, prepareAndSpoil, files))
    expect(await readdir(ca.directory)).toContain('next.key')
    await rm(bundle, { recursive: true })
    await writeFile(bundle, own)
    expect(await settle(ca.home, async (_, roots) => roots.length)).toBe(2)
  })
})
