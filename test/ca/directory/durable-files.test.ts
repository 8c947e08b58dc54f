import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CERTIFICATE_MODE, KEY_MODE, replaceFiles } from '../../../src/ca/directory/durable-files.ts'
import { temporaryDirectory } from '../../support/directory.ts'
import { refusalOf } from '../../support/refusal.ts'

test('files are written with their modes, and no others are left', async () => {
  const directory = await temporaryDirectory()
  await replaceFiles([
    { file: join(directory, 'a.key'), text: 'key', mode: KEY_MODE },
    { file: join(directory, 'a.pem'), text: 'certificate', mode: CERTIFICATE_MODE },
  ])
  expect((await readdir(directory)).sort()).toEqual(['a.key', 'a.pem'])
  expect(await readFile(join(directory, 'a.key'), 'utf8')).toBe('key')
  expect((await stat(join(directory, 'a.key'))).mode & 0o777).toBe(0o600)
})

test('a key in the place of a file that everyone could read is for its owner alone', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'a.key')
  await writeFile(file, 'former', { mode: 0o644 })
  await replaceFiles([{ file, text: 'key', mode: KEY_MODE }])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a link is replaced, and what it points to is left alone', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'target'), 'former')
  await symlink(join(directory, 'target'), join(directory, 'a.key'))
  await replaceFiles([{ file: join(directory, 'a.key'), text: 'key', mode: KEY_MODE }])
  expect(await readFile(join(directory, 'target'), 'utf8')).toBe('former')
  expect(await readFile(join(directory, 'a.key'), 'utf8')).toBe('key')
})

test('where one file cannot be written, all former ones stay', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'a.key')
  await writeFile(file, 'former')
  await refusalOf('CONFIGURATION_INVALID', () =>
    replaceFiles([
      { file, text: 'key', mode: KEY_MODE },
      { file: join(directory, 'missing', 'a.pem'), text: 'certificate', mode: CERTIFICATE_MODE },
    ]),
  )
  expect(await readFile(file, 'utf8')).toBe('former')
  expect(await readdir(directory)).toEqual(['a.key'])
})

test('what killed processes have left is removed once it is an hour old, and nothing else is', async () => {
  const directory = await temporaryDirectory()
  const left: [name: string, ageMinutes: number][] = [
    ['orders.key.0123456789_-abcdefghij.tmp', 61],
    ['inventory.key.0123456789_-abcdefghij.tmp', 59],
    ['a.tmp', 61],
    ['b.key.0123456789.tmp', 61],
  ]
  for (const [name, ageMinutes] of left) {
    const changed = new Date(Date.now() - ageMinutes * 60_000)
    await writeFile(join(directory, name), 'key')
    await utimes(join(directory, name), changed, changed)
  }
  const own = join(directory, 'c.0123456789_-abcdefghij.tmp')
  await mkdir(own)
  await utimes(own, 0, 0)
  await replaceFiles([{ file: join(directory, 'a.pem'), text: 'certificate', mode: CERTIFICATE_MODE }])
  expect((await readdir(directory)).sort()).toEqual([
    'a.pem',
    'a.tmp',
    'b.key.0123456789.tmp',
    'c.0123456789_-abcdefghij.tmp',
    'inventory.key.0123456789_-abcdefghij.tmp',
  ])
})

test('where one file cannot be put in place, no other names are left behind, and no text is told', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'a.pem'))
  const refusal = await refusalOf('CONFIGURATION_INVALID', () =>
    replaceFiles([{ file: join(directory, 'a.pem'), text: 'hunter2', mode: CERTIFICATE_MODE }]),
  )
  expect(await readdir(directory)).toEqual(['a.pem'])
  expect(refusal.message).not.toContain('hunter2')
})

test('a name that no file can have is refused, and so is a file in the place of a directory', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'orders'), '')
  for (const name of ['a'.repeat(300), join('orders', 'a.pem')]) {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () =>
      replaceFiles([{ file: join(directory, name), text: 'key', mode: KEY_MODE }]),
    )
    expect(message).toContain('open')
  }
  expect(await readdir(directory)).toEqual(['orders'])
})
