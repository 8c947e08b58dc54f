import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAddress, parseAddress, parseListenAddress } from '../../src/core/address.ts'
import { AuthError } from '../../src/core/errors.ts'

describe('an address', () => {
  test('is a host name and a port', () => {
    expect(parseAddress('localhost:8440')).toEqual({ host: 'localhost', port: 8440 })
    expect(parseAddress('authority.shop.internal:443')).toEqual({ host: 'authority.shop.internal', port: 443 })
    expect(parseAddress('a:1')).toEqual({ host: 'a', port: 1 })
  })

  test('may have port 0, which lets the system choose', () => {
    expect(parseAddress('localhost:0').port).toBe(0)
  })

  test('is written as it was read', () => {
    for (const text of ['localhost:0', 'localhost:8440', 'a-b.c9:65535', `${'a'.repeat(253)}:1`]) {
      expect(formatAddress(parseAddress(text))).toBe(text)
    }
  })

  test('is refused when it is anything else', () => {
    const others = [
      '',
      ':',
      'localhost',
      'localhost:',
      ':8440',
      'localhost:65536',
      'localhost:99999',
      'localhost:000080',
      'localhost:-1',
      'localhost:+1',
      'localhost:0x50',
      'localhost:1e3',
      'localhost:8.4',
      'localhost:http',
      'localhost:8440:8441',
      'localhost: 8440',
      ' localhost:8440',
      'localhost:8440\n',
      'local host:8440',
      'localhost\u0000:8440',
      'localhost:８４４０',
      '-localhost:8440',
      'localhost-:8440',
      '.localhost:8440',
      'localhost.:8440',
      'lücke:8440',
      'https://localhost:8440',
      'localhost/path:8440',
      'user@localhost:8440',
      `${'a'.repeat(254)}:8440`,
      'localhost:00080',
      'a..b:8440',
      '127.1:8440',
      '2130706433:8440',
      '0x7f.1:8440',
    ]
    for (const text of others) {
      expect(() => parseAddress(text), JSON.stringify(text)).toThrow(refusal())
    }
  })

  test('is refused when it names an IP address, and the message offers a name', () => {
    for (const text of ['127.0.0.1:8440', '0.0.0.0:8440', '255.255.255.255:1']) {
      expect(() => parseAddress(text), text).toThrow(refusal(/localhost:\d+/))
    }
    for (const text of ['[::1]:8440', '::1:8440', 'fe80::1%lo:8440']) {
      expect(() => parseAddress(text), text).toThrow(refusal())
    }
  })

  test('is read from any text quickly, or refused with the one code', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.stringMatching(/^[A-Za-z0-9.-]{0,300}:\d{0,7}$/),
    )
    fc.assert(
      fc.property(text, (text) => {
        const outcome = attempt(text)
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(AuthError)
          expect(outcome).toMatchObject({ code: 'CONFIGURATION_INVALID' })
        } else {
          expect(outcome.host.length).toBeGreaterThan(0)
          expect(outcome.port).toBeLessThanOrEqual(65535)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('takes no longer for a long name than for a short one', () => {
    const start = performance.now()
    for (const text of [`${'a.'.repeat(500_000)}:1`, `${'a'.repeat(1_000_000)}`, `a:${'1'.repeat(1_000_000)}`]) {
      expect(() => parseAddress(text)).toThrow(refusal())
    }
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('an address to listen on', () => {
  test('is an address, or an IP address and a port', () => {
    expect(parseListenAddress('localhost:8440')).toEqual({ host: 'localhost', port: 8440 })
    expect(parseListenAddress('0.0.0.0:8440')).toEqual({ host: '0.0.0.0', port: 8440 })
    expect(parseListenAddress('[::]:8440')).toEqual({ host: '::', port: 8440 })
  })

  test('is written as it was read', () => {
    for (const text of ['localhost:0', '127.0.0.1:1', '[::1]:65535', '[2001:db8::1]:443']) {
      expect(formatAddress(parseListenAddress(text))).toBe(text)
    }
  })

  test('is refused when it is anything else', () => {
    for (const text of [
      '',
      '0.0.0.0',
      '256.0.0.1:1',
      '1.2.3:4',
      '::1:80',
      '[::g]:1',
      '[::]:65536',
      '[1.2.3.4]:1',
      '[]:1',
    ]) {
      expect(() => parseListenAddress(text), text).toThrow(refusal())
    }
  })
})

function attempt(text: string) {
  try {
    return parseAddress(text)
  } catch (error) {
    return error as Error
  }
}

function refusal(message = /./) {
  return expect.objectContaining({
    name: 'AuthError',
    code: 'CONFIGURATION_INVALID',
    message: expect.stringMatching(message),
  })
}
