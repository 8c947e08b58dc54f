import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { caFilesIn, countersign, initCa, refused, told } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'

const PLAIN = '--dangerously-unencrypted'

async function withSecond() {
  const { dir, out } = await initCa()
  const other = join(await temporaryDirectory(), 'authority-b')
  const made = await told('ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', other)
  const config = join(other, 'countersign.yaml')
  await writeFile(config, `ca: .\nstore: sqlite:${made.files.store}\n`)
  return { dir, out, other, made, config }
}

test('a further intermediate issues from a directory of its own, on the same store', async () => {
  const { dir, out, other, made, config } = await withSecond()
  expect(made).toMatchObject({ name: expect.stringMatching(/^authority-b-/), state: 'active' })
  expect(await caFilesIn(other)).toEqual(['authority-b-x.key', 'bundle.pem', 'countersign.yaml', 'profiles.yaml'])
  expect(await readFile(join(other, 'bundle.pem'), 'utf8')).toBe(await readFile(join(dir, 'bundle.pem'), 'utf8'))
  await told('ca', 'issue', 'orders', '--config', config, '--out', out)
  await told('ca', 'issue', 'inventory', '--dir', dir, '--out', out)
  const { certificates } = await told('ca', 'list', '--dir', dir)
  expect(certificates.map(({ issuer }: { issuer: string }) => issuer.replace(/-[0-9a-f]{16}$/, ''))).toEqual([
    'intermediate',
    'authority-b',
  ])
})

test('a further intermediate is rotated by its name, and follows the bundle without the file', async () => {
  const { dir, out, other, config } = await withSecond()
  const step = (name: string, what: string, ...options: string[]) =>
    told('ca', 'rotate', name, what, '--dir', dir, ...options)
  await step('prepare', 'root', PLAIN)
  await step('activate', 'root', '--verifiers-updated')
  const prepare = ['ca', 'rotate', 'prepare', 'intermediate', '--name', 'authority-b', PLAIN, '--dir', dir]
  await refused('REQUEST_INVALID', ...prepare)
  await told(...prepare, '--out', other)
  await step('activate', 'intermediate', '--name', 'authority-b')
  await told('ca', 'issue', 'orders', '--config', config, '--out', out)
  expect((await readFile(join(out, 'bundle.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(2)
})

test('a directory has one intermediate that issues: its own is refused, and that of another CA left alone', async () => {
  const { dir } = await initCa()
  const another = await initCa()
  const before = await readFile(join(another.dir, 'bundle.pem'), 'utf8')
  for (const out of [dir, another.dir]) {
    await refused('CONFIGURATION_INVALID', 'ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', out)
  }
  expect(await readFile(join(another.dir, 'bundle.pem'), 'utf8')).toBe(before)
  expect((await told('ca', 'list', '--dir', dir)).authorities).toHaveLength(2)
})

test('nothing is issued from a directory with the keys of two intermediates that issue', async () => {
  const { dir, out, other } = await withSecond()
  const key = (await readdir(other)).find((file) => file.endsWith('.key')) ?? 'no key'
  await copyFile(join(other, key), join(dir, key))
  const message = await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', out)
  expect(message).toMatch(/several active intermediates.*Move the other keys/)
})

test('a further intermediate needs a directory, and none is made where a file is in its place', async () => {
  const { dir, out } = await initCa()
  await writeFile(out, '')
  const made = ['ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', out]
  expect(await refused('CONFIGURATION_INVALID', ...made)).toContain(`${out} is not a directory`)
  expect((await told('ca', 'list', '--dir', dir)).authorities).toHaveLength(2)
})

test('the key of one that is retired is said to be set aside where it was, and elsewhere left to its owner', async () => {
  const { dir, other } = await withSecond()
  const keysIn = async (directory: string) => (await readdir(directory)).filter((file) => file.endsWith('.key'))
  const retire = async (name: string, ...place: string[]) => {
    await told('ca', 'rotate', 'prepare', 'intermediate', '--name', name, PLAIN, '--dir', dir, ...place)
    await told('ca', 'rotate', 'activate', 'intermediate', '--name', name, '--dir', dir)
    return (await countersign('ca', 'rotate', 'retire', 'intermediate', '--name', name, '--dir', dir)).out
  }
  const [elsewhere = 'none'] = await keysIn(other)
  expect(await retire('authority-b', '--out', other)).toContain(`not in ${dir}: remove ${elsewhere} where it lies`)
  expect(await keysIn(other)).toContain(elsewhere)

  const [own = 'none'] = await keysIn(dir)
  expect(await retire('intermediate')).toContain(`${join(dir, own)} is set aside`)
  expect(await keysIn(dir)).not.toContain(own)
})

test('a further intermediate waits for the root that is kept elsewhere, and leaves no bundle without one', async () => {
  const { dir } = await initCa('--offline-root')
  const other = join(await temporaryDirectory(), 'authority-b')
  await refused('CONFIGURATION_INVALID', 'ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', other)
  expect(await readdir(other)).toEqual([])
})

test('an intermediate has a name that files can have', async () => {
  const { dir, out } = await initCa()
  for (const name of ['', 'root', 'Authority', 'a b', '../a', 'a/b', 'a-', 'a'.repeat(33), 'a%', 'a\0']) {
    await refused('REQUEST_INVALID', 'ca', 'intermediate', name, PLAIN, '--dir', dir, '--out', out)
  }
})

test('of two that are made at once under one name, one is active and the other prepared', async () => {
  const { dir } = await initCa()
  const outs = [await temporaryDirectory(), await temporaryDirectory()]
  const outcomes = await Promise.allSettled(
    outs.map((out) => told('ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', out)),
  )
  const states = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.state] : []))
  expect(states.toSorted()).toEqual(['active', 'prepared'])
})

test('where the key of the root is kept elsewhere, a request is made', async () => {
  const { dir, out } = await initCa()
  const [root = 'none'] = (await readdir(dir)).filter((file) => file.startsWith('root-'))
  await rm(join(dir, root))
  const made = await told('ca', 'intermediate', 'authority-b', PLAIN, '--dir', dir, '--out', out)
  expect(made).toMatchObject({ state: 'requested', files: { request: expect.stringMatching(/\.csr$/) } })
})
