import { describe, expect, test } from 'vitest'
import { createLogger, type Logger, type LoggerOptions, silentLogger } from '../../src/core/logger.ts'

const SECRET = 'c2VjcmV0LXZhbHVl'
const FIELDS = ['authorization', 'countersign-token', 'token', 'privateKey', 'secret', 'passphrase']
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

describe('a log line', () => {
  test('is one line of JSON with name, process, time and fields', () => {
    const [line, ...others] = linesOf((logger) => logger.info({ caller: 'orders' }, 'call refused'))
    expect(others).toEqual([])
    expect(line).toMatch(/^\{.*\}\n$/)
    expect(JSON.parse(line ?? '')).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: process.pid,
      name: 'orders',
      caller: 'orders',
      msg: 'call refused',
    })
  })

  test('stays one line whatever a field holds', () => {
    const [line] = linesOf((logger) => logger.warn({ path: 'a\nb\r\u2028{"level":50}' }, 'two\nlines'))
    expect(line?.trimEnd()).not.toMatch(/[\n\r]/)
    expect(JSON.parse(line ?? '')).toMatchObject({ path: 'a\nb\r\u2028{"level":50}', msg: 'two\nlines' })
  })

  test('is written from information upwards, or from the level that is asked for', () => {
    const writeAll = (logger: Logger) => {
      for (const level of LEVELS) logger[level]({}, level)
    }
    const messagesOf = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).msg)
    expect(messagesOf(linesOf(writeAll))).toEqual(['info', 'warn', 'error'])
    for (const [position, level] of LEVELS.entries()) {
      expect(messagesOf(linesOf(writeAll, { level }))).toEqual(LEVELS.slice(position))
    }
  })
})

describe('a field that holds a secret', () => {
  const shapes: Readonly<Record<string, (field: string) => object>> = {
    'at the top': (field) => ({ [field]: SECRET }),
    'one level down': (field) => ({ request: { [field]: SECRET } }),
    'two levels down': (field) => ({ call: { metadata: { [field]: SECRET } } }),
    'in a list': (field) => ({ requests: [{ [field]: SECRET }] }),
    'as an object': (field) => ({ [field]: { value: SECRET } }),
    'as a list': (field) => ({ request: { [field]: [SECRET, SECRET] } }),
    'on an error': (field) => ({ err: Object.assign(new Error('failed'), { [field]: SECRET }) }),
  }

  for (const [place, shapeOf] of Object.entries(shapes)) {
    test(`is not written, ${place}`, () => {
      for (const field of FIELDS) {
        const [line] = linesOf((logger) => logger.error(shapeOf(field), 'failed'))
        expect(line, field).toContain(`"${field}":"[Redacted]"`)
        expect(line, field).not.toContain(SECRET)
      }
    })
  }

  test('leaves the fields beside it, and the object that was logged', () => {
    const fields = { caller: 'orders', request: { token: SECRET, audience: 'inventory' } }
    const [line] = linesOf((logger) => logger.info(fields, 'call refused'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      caller: 'orders',
      request: { token: '[Redacted]', audience: 'inventory' },
    })
    expect(fields).toEqual({ caller: 'orders', request: { token: SECRET, audience: 'inventory' } })
  })
})

test('a secret is hidden in the line alone: what was given is as it was, and an error keeps its stack', () => {
  const given = { err: Object.assign(new Error('the disk is full'), { token: SECRET }), call: { secret: SECRET } }
  const [line = ''] = linesOf((logger) => logger.error(given, 'failed'))
  expect(JSON.parse(line).err).toMatchObject({ message: 'the disk is full', stack: given.err.stack })
  expect(given).toMatchObject({ err: { token: SECRET }, call: { secret: SECRET } })
})

test('the silent logger says nothing', () => {
  for (const level of LEVELS) expect(silentLogger[level]({ caller: 'orders' }, 'call refused')).toBeUndefined()
})

function linesOf(write: (logger: Logger) => void, options: LoggerOptions = {}): readonly string[] {
  const lines: string[] = []
  write(createLogger('orders', { ...options, destination: { write: (line) => lines.push(line) } }))
  return lines
}
