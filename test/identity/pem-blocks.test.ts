import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { monotonicClock } from '../../src/core/clock.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { type PemPart, scanPem } from '../../src/identity/pem-blocks.ts'

const content = Buffer.alloc(100, 7)
const block = encodePem('X509 CRL', content)
const found = { kind: 'block', label: 'X509 CRL', headers: [], content }

describe('blocks are found', () => {
  const cases: [title: string, text: string, parts: readonly object[]][] = [
    ['in a text of one', block, [found]],
    ['in a text of several', block + block, [found, found]],
    ['with line ends of Windows', block.replaceAll('\n', '\r\n'), [found]],
    ['without a last line end', block.trimEnd(), [found]],
    ['after a text that explains them', `A list of keys: yesterday's.\n\n${block}`, [found]],
    ['with a text between them', `${block}Another one.\n${block}`, [found, found]],
    ['before blank lines', `${block}\n \t\n`, [found]],
    ['in one line of base64', block.replace(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])/g, ''), [found]],
    [
      'with lines before their content',
      block.replace('CRL-----\n', 'CRL-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n'),
      [{ ...found, headers: ['Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,00'] }],
    ],
    ['nowhere in a text without any', 'Nothing.', []],
    ['nowhere in no text', '', []],
  ]
  for (const [title, text, parts] of cases) {
    test(title, () => {
      expect(scanPem(text)).toEqual(parts)
    })
  }
})

describe('what is broken is told, and what follows is found:', () => {
  const [first = '', ...rest] = block.split('\n')
  const cases: [title: string, text: string, problem: string][] = [
    ['a block that does not end', `${first}\n${rest[0]}\n`, 'it begins, and does not end'],
    ['a block that does not begin', rest.join('\n'), 'it ends, and does not begin'],
    ['a block that ends as another', block.replace('END X509 CRL', 'END CERTIFICATE'), 'another one: CERTIFICATE'],
    ['a block with nothing in it', `${first}\n${rest.at(-2)}\n`, 'it is empty'],
    ['characters that are not base64', block.replace('Bw', 'B*'), 'not base64'],
    ['characters of base64url', block.replace('Bw', '-_'), 'not base64'],
    ['base64 without its padding', block.replaceAll('=', ''), 'not base64'],
    ['base64 with unused bits that are set', encodePem('X509 CRL', Buffer.of(0)).replace('AA==', 'AB=='), 'not base64'],
    ['spaces in the base64', block.replace('Bw', 'B w'), 'not base64'],
  ]
  for (const [title, text, problem] of cases) {
    test(title, () => {
      const [part, next, ...others] = scanPem(text + block)
      expect(part).toEqual({ kind: 'defect', label: 'X509 CRL', problem: expect.stringContaining(problem) })
      expect([next, ...others]).toEqual([found])
    })
  }

  test('a border that is not written like one', () => {
    for (const border of [' -----BEGIN X509 CRL-----', '\ufeff-----BEGIN X509 CRL-----', '-----END X509 CRL----']) {
      expect(scanPem(`First\n${border}\n${block}`), border).toEqual([
        { kind: 'defect', label: undefined, problem: expect.stringMatching(/^line 2 looks like the border/) },
        found,
      ])
    }
  })

  test('a text that follows the last block', () => {
    expect(scanPem(`${block}rm -rf\n`)).toEqual([
      found,
      { kind: 'defect', label: undefined, problem: expect.stringContaining('text follows the last block') },
    ])
  })
})

test('no problem repeats a part of the text', () => {
  const secret = 'hunter2hunter2'
  const texts = [
    `-----BEGIN PRIVATE KEY-----\n${secret}`,
    `-----BEGIN PRIVATE KEY-----\n${secret}!\n-----END PRIVATE KEY-----\n`,
    `${block}${secret}`,
    `${secret}-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
  ]
  for (const text of texts) expect(JSON.stringify(scanPem(text)), text).not.toContain('hunter2')
})

test('any text is scanned', () => {
  const line = fc.oneof(
    fc.constantFrom('-----BEGIN A-----', '-----END A-----', '-----END B-----', 'AAAA', 'a: b', ''),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const parts: readonly PemPart[] = scanPem(lines.join('\n'))
      expect(parts.length).toBeLessThanOrEqual(lines.length + 1)
    }),
  )
})

test('a text of a million characters is scanned at once, whatever it is', () => {
  const start = monotonicClock()
  for (const piece of ['-', '-----BEGIN ', '-----BEGIN A-----\n', '-----END A-----\n', '\n', 'a:', 'A', ' ']) {
    scanPem(piece.repeat(1_000_000 / piece.length))
  }
  expect(monotonicClock() - start).toBeLessThan(4_000)
})
