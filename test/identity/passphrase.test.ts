import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadPassphrase, parsePassphrase } from '../../src/identity/passphrase.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const TEXT = 'correct horse battery staple'

describe('a passphrase', () => {
  const accepted = [TEXT, 'a'.repeat(15), 'é'.repeat(15), '🔑'.repeat(15), ' '.repeat(15), 'a'.repeat(1023)]
  for (const text of accepted) {
    test(`is taken as it is: ${text.slice(0, 30)}`, () => {
      expect(parsePassphrase(text, 'a test').reveal()).toBe(text)
    })
  }

  test('is not normalised: openssl would not do so either', () => {
    const composed = 'caf\u00e9 au lait, s.v.p.'
    const decomposed = composed.normalize('NFD')
    expect(parsePassphrase(composed, 'a test').reveal()).not.toBe(parsePassphrase(decomposed, 'a test').reveal())
  })

  const refused: [title: string, text: string, problem: string][] = [
    ['nothing', '', 'shorter than 15 characters'],
    ['14 characters', 'fourteen chars', 'shorter than 15 characters'],
    ['14 characters of several code units', '🔑'.repeat(14), 'shorter than 15 characters'],
    ['1024 bytes', 'a'.repeat(1024), 'longer than 1023 bytes'],
    ['1024 bytes of 512 characters', 'é'.repeat(512), 'longer than 1023 bytes'],
    ['a zero', `${TEXT}\0`, 'not one line'],
    ['two lines', `${TEXT}\n${TEXT}`, 'not one line'],
    ['a line that ends', `${TEXT}\n`, 'not one line'],
    ['a tab', `${TEXT}\t`, 'not one line'],
    ['a byte order mark', `\uFEFF${TEXT}`, 'not one line'],
    ['what could not be decoded', `${TEXT}\uFFFD`, 'not one line'],
    ['half a character', `${TEXT}\ud83d`, 'not one line'],
  ]
  for (const [title, text, problem] of refused) {
    test(`is refused that has ${title}`, async () => {
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => parsePassphrase(text, 'THE_VARIABLE'))
      expect(message).toMatch(/^THE_VARIABLE: the passphrase /)
      expect(message).toContain(problem)
      if (text !== '') expect(message).not.toContain(text.slice(0, 5))
    })
  }

  test('is not shown by anything that prints, lists or copies it', () => {
    const passphrase = parsePassphrase(TEXT, 'a test')
    const holder = { passphrase, list: [passphrase] }
    const shown = [
      inspect(holder, { depth: null, showHidden: true, getters: true }),
      JSON.stringify(holder),
      String(passphrase),
      `${passphrase}`,
      JSON.stringify({ ...passphrase }),
      Object.getOwnPropertyNames(passphrase).join(),
      inspect(structuredClone({ ...passphrase })),
    ]
    for (const text of shown) expect(text).not.toContain('horse')
    expect(shown).toHaveLength(7)
  })
})

describe('a passphrase file', () => {
  const accepted: [title: string, content: string | Buffer][] = [
    ['without the end of its line', TEXT],
    ['with the end of its line', `${TEXT}\n`],
    ['with that of Windows', `${TEXT}\r\n`],
  ]
  for (const [title, content] of accepted) {
    test(`is loaded ${title}`, async () => {
      expect((await loadPassphrase(await fileOf(content))).reveal()).toBe(TEXT)
    })
  }

  test('may be as long as a passphrase and the end of its line', async () => {
    const text = 'a'.repeat(1023)
    expect((await loadPassphrase(await fileOf(`${text}\r\n`))).reveal()).toBe(text)
  })

  const refused: [title: string, content: string | Buffer, problem: string][] = [
    ['that is empty', '', 'shorter than 15 characters'],
    ['of a line end', '\n', 'shorter than 15 characters'],
    ['of two line ends', `${TEXT}\n\n`, 'not one line'],
    ['of two lines', `${TEXT}\n${TEXT}\n`, 'not one line'],
    ['of other bytes than UTF-8', Buffer.from(TEXT, 'utf16le'), 'not one line'],
    ['that is broken', Buffer.concat([Buffer.from(TEXT), Buffer.of(0xff)]), 'not one line'],
    ['that begins with a byte order mark', `\uFEFF${TEXT}`, 'not one line'],
    ['of a megabyte', Buffer.alloc(1_048_576, 'a'), 'longer than 1023 bytes'],
    ['of a character that does not fit', 'é'.repeat(600), 'longer than 1023 bytes'],
  ]
  for (const [title, content, problem] of refused) {
    test(`is refused ${title}`, async () => {
      const file = await fileOf(content)
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadPassphrase(file))
      expect(message).toContain(`${file}: the passphrase `)
      expect(message).toContain(problem)
      expect(message).not.toContain('horse')
    })
  }

  test('is refused where there is none, or a directory', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'a'))
    for (const file of [join(directory, 'a'), join(directory, 'b')]) {
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadPassphrase(file))
      expect(message).toContain(`${file}: cannot be read: `)
    }
  })

  test('that never ends is refused at once', { skip: process.platform === 'win32' }, async () => {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => loadPassphrase('/dev/zero'))
    expect(message).toContain('longer than 1023 bytes')
  })
})

async function fileOf(content: string | Buffer): Promise<string> {
  const file = join(await temporaryDirectory(), 'passphrase')
  await writeFile(file, content)
  return file
}
