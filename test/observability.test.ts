import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'docs/observability.md'), 'utf8')
const SOURCE = globSync('src/**/*.ts', { cwd: ROOT })
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n')

/** What the page has in the first column of its tables, or anywhere, in backticks. */
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
const messages = PAGE.split('\n')
  .filter((line) => / \| (debug|info|warn|error)/.test(line))
  .flatMap((line) => quoted(line.split('|')[1] ?? ''))

describe('the page on what can be watched', () => {
  test('names messages that are written', () => {
    expect(messages.length).toBeGreaterThan(15)
    for (const message of messages) expect(SOURCE, message).toContain(`'${message}'`)
  })

  test('names every message of a call, a handshake or a token that is written', () => {
    const written = [...SOURCE.matchAll(/'((?:call|handshake|connection|token|trust|no token|server) [a-z ,:]+)'\)/g)]
    const found = written.map(([, message]) => message)
    expect(found.length).toBeGreaterThan(10)
    for (const message of found) expect(messages).toContain(message)
  })

  test('names every metric and attribute, and no other', () => {
    const inSource = new Set([...SOURCE.matchAll(/'(countersign\.[a-z._]+)'/g)].map(([, name]) => name))
    const inPage = new Set(quoted(PAGE).filter((name) => /^countersign\.[a-z._]+$/.test(name)))
    expect(inSource.size).toBeGreaterThan(8)
    expect([...inPage].toSorted()).toEqual([...inSource].toSorted())
  })
})
