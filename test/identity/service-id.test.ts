import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import {
  AUTHORITY_PATH,
  isReservedPath,
  parseServiceId,
  parseServicePath,
  parseTrustDomain,
  serviceIdOf,
  servicePathOf,
  trustDomainOf,
} from '../../src/identity/service-id.ts'

const BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))

describe('a service ID', () => {
  test('has a trust domain and a path', () => {
    const id = parseServiceId('spiffe://shop.internal/billing/invoices')
    expect(id).toBe('spiffe://shop.internal/billing/invoices')
    expect(trustDomainOf(id)).toBe('shop.internal')
    expect(servicePathOf(id)).toBe('billing/invoices')
  })

  test('is accepted in the forms that the SPIFFE standard allows', () => {
    const ids = [
      'spiffe://trustdomain/path',
      'spiffe://trustdomain/path/element',
      'spiffe://trustdomain/.path',
      'spiffe://trustdomain/..path',
      'spiffe://trustdomain/...',
      'spiffe://trustdomain/a./b..',
      'spiffe://trustdomain/PATH',
      'spiffe://trustdomain/9eebccd2-12bf-40a6-b262-65fe0487d453',
      'spiffe://1.2.3.4/service',
      'spiffe://-._/-_',
      'spiffe://t/p',
    ]
    for (const id of ids) expect(parseServiceId(id)).toBe(id)
  })

  test('is refused in every other form', () => {
    const others = [
      '',
      '/',
      'path',
      'trustdomain/path',
      'spiffe:',
      'spiffe:/',
      'spiffe:/path',
      'spiffe:/trustdomain/path',
      'spiffe:path',
      'spiffe://',
      'spiffe:///',
      'spiffe:///path',
      'spiffe://trustdomain',
      'spiffe://trustdomain/',
      'spiffe://trustdomain//',
      'spiffe://trustdomain//path',
      'spiffe://trustdomain/path/',
      'spiffe://trustdomain/path//',
      'spiffe://trustdomain/path//element',
      'spiffe://trustdomain/.',
      'spiffe://trustdomain/..',
      'spiffe://trustdomain/./path',
      'spiffe://trustdomain/../path',
      'spiffe://trustdomain/path/.',
      'spiffe://trustdomain/path/..',
      'spiffe://trustdomain/path/./element',
      'spiffe://trustdomain/path/../element',
      'spiffe://trustdomain/path?query',
      'spiffe://trustdomain/path?',
      'spiffe://trustdomain/path#fragment',
      'spiffe://trustdomain/path#',
      'spiffe://trustdomain?query/path',
      'spiffe://trustdomain:8443/path',
      'spiffe://user@trustdomain/path',
      'spiffe://user:password@trustdomain/path',
      'spiffe://[::1]/path',
      'spiffe://trust%64omain/path',
      'spiffe://trustdomain/%70ath',
      'spiffe://trustdomain/p%61th',
      'spiffe://trustdomain/path%2Felement',
      'spiffe://trustdomain/a\\b',
      'spiffe://Trustdomain/path',
      'spiffe://TRUSTDOMAIN/path',
      'Spiffe://trustdomain/path',
      'SPIFFE://trustdomain/path',
      ' spiffe://trustdomain/path',
      'spiffe://trustdomain/path ',
      'spiffe://trustdomain/path\n',
      'spiffe://trustdomain/path\r\n',
      'spiffe://trustdomain\n/path',
      '\nspiffe://trustdomain/path',
      'spiffe://trustdomain/path\u0000',
      '\ufeffspiffe://trustdomain/path',
      'spiffe://trustdomain/päth',
      'spiffe://trüstdomain/path',
      'spiffe://trustdomaın/path',
      'spiffe://trustdomain/\u212apath',
      'spiffe://trustdomain/path\u2028',
      'spiffe://trustdomain\uff0fpath',
      'spiffe:\\\\trustdomain\\path',
      'https://trustdomain/path',
      'spiffes://trustdomain/path',
      'spiffe://trustdomain/path,spiffe://trustdomain/other',
      'URI:spiffe://trustdomain/path',
      '"spiffe://trustdomain/path"',
    ]
    for (const text of others) expect(() => parseServiceId(text), JSON.stringify(text)).toThrow(refusal())
  })

  test('takes these bytes alone in its trust domain, wherever they stand', () => {
    for (const byte of BYTES) {
      for (const trustDomain of [byte, `${byte}domain`, `trust${byte}domain`, `domain${byte}`]) {
        const text = `spiffe://${trustDomain}/path`
        // A slash ends the trust domain: what follows is path, and may be one.
        const isAccepted = byte === '/' ? trustDomain.startsWith('t') : /[a-z0-9._-]/.test(byte)
        expectOutcome(text, isAccepted && trustDomain !== 'domain/')
      }
    }
  })

  test('takes these bytes alone in its path, wherever they stand', () => {
    for (const byte of BYTES) {
      const isAccepted = /[A-Za-z0-9._-]/.test(byte)
      for (const path of [`${byte}path`, `pa${byte}th`, `path${byte}`, `path/${byte}element`, `path/element${byte}`]) {
        expectOutcome(`spiffe://trustdomain/${path}`, isAccepted || path === 'pa/th')
      }
      for (const path of [byte, `path/${byte}`, `${byte}/path`]) {
        expectOutcome(`spiffe://trustdomain/${path}`, isAccepted && byte !== '.')
      }
    }
  })

  test('takes no other byte in its scheme', () => {
    const scheme = 'spiffe://'
    for (const byte of BYTES) {
      for (const position of [...scheme].keys()) {
        const changed = scheme.slice(0, position) + byte + scheme.slice(position + 1)
        expectOutcome(`${changed}trustdomain/path`, changed === scheme)
        expectOutcome(`${scheme.slice(0, position)}${byte}${scheme.slice(position)}trustdomain/path`, false)
      }
    }
  })

  test('has at most 2048 bytes, and a trust domain of at most 255', () => {
    const idOf = (domainLength: number, length: number) => `spiffe://${'d'.repeat(domainLength)}/`.padEnd(length, 'p')
    for (const [domainLength, length] of [
      [1, 2048],
      [255, 2048],
      [255, 300],
    ] as const) {
      expectOutcome(idOf(domainLength, length), true)
    }
    for (const [domainLength, length] of [
      [1, 2049],
      [255, 2049],
      [256, 300],
      [2038, 2048],
      [1, 1_000_000],
    ] as const) {
      expectOutcome(idOf(domainLength, length), false)
    }
  })

  test('is not repeated by the message that refuses it', () => {
    expect(() => parseServiceId('spiffe://shop.internal/\u001b[31morders')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('31m') }),
    )
  })
})

describe('any text', () => {
  // Near misses first: pieces of an ID in any order, and an ID with one place changed.
  const pieces = fc
    .array(
      fc.constantFrom('spiffe://', 'spiffe:', 'shop.internal', 'orders', '/', '.', '..', '%2F', '?', '#', '\n', 'A'),
    )
    .map((parts) => parts.join(''))
  const changed = fc.tuple(fc.nat(30), fc.string({ unit: 'binary', maxLength: 2 })).map(([position, inserted]) => {
    const id = 'spiffe://shop.internal/orders'
    return id.slice(0, position) + inserted + id.slice(position + 1)
  })
  const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), pieces, changed)

  test('is refused with the one code, or is the only spelling of a service ID', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const outcome = attempt(() => parseServiceId(text))
        if (outcome instanceof Error) expectRefusal(outcome)
        else expect(serviceIdOf(trustDomainOf(outcome), servicePathOf(outcome))).toBe(text)
      }),
      { numRuns: 3000 },
    )
  })

  test('is a service ID exactly where its two parts are a trust domain and a path', () => {
    const part = fc.oneof(
      fc.stringMatching(/^[a-z0-9._-]{1,12}$/),
      fc.stringMatching(/^[A-Za-z./_-]{1,12}$/),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    fc.assert(
      fc.property(part, part, (left, right) => {
        const domain = attempt(() => parseTrustDomain(left))
        const path = attempt(() => parseServicePath(right))
        const id = attempt(() => parseServiceId(`spiffe://${left}/${right}`))
        if (left.includes('/')) return
        if (domain instanceof Error || path instanceof Error) {
          expectRefusal(id)
        } else {
          expect(id).toBe(serviceIdOf(domain, path))
          expect([trustDomainOf(serviceIdOf(domain, path)), servicePathOf(serviceIdOf(domain, path))]).toEqual([
            left,
            right,
          ])
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('is looked at in no more time than its length deserves', () => {
    const long = 1_000_000
    const texts = [
      'a'.repeat(long),
      `spiffe://${'a'.repeat(long)}`,
      `spiffe://${'a'.repeat(long)}/b`,
      `spiffe://a/${'b'.repeat(long)}`,
      `spiffe://a/${'b/'.repeat(long)}`,
      `spiffe://a${'/'.repeat(long)}`,
      `spiffe://a/${'../'.repeat(long)}`,
      `spiffe://${'.'.repeat(long)}!/b`,
    ]
    const start = performance.now()
    for (const text of texts) expectOutcome(text, false)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('a trust domain', () => {
  test('is lowercase letters, digits, dots, hyphens and underscores, up to 255 of them', () => {
    for (const text of ['shop.internal', 'a', '10.0.0.1', '_-.', 'd'.repeat(255)]) {
      expect(parseTrustDomain(text)).toBe(text)
    }
    const others = [
      '',
      'Shop.internal',
      'shop internal',
      'shop/internal',
      'spiffe://shop.internal',
      'shop.internal\n',
      'shop.internal:1',
      '*',
      'd'.repeat(256),
    ]
    for (const text of others) expect(() => parseTrustDomain(text), JSON.stringify(text)).toThrow(refusal())
  })
})

describe('a service path', () => {
  test('has segments between single slashes', () => {
    for (const text of ['orders', 'billing/invoices', 'a/b/c', '.a', '...', 'A_b-C.9', 'p'.repeat(2000)]) {
      expect(parseServicePath(text)).toBe(text)
    }
    const others = [
      '',
      '/',
      '/orders',
      'orders/',
      'a//b',
      '.',
      '..',
      'a/.',
      '../a',
      'a b',
      'a\n',
      'a*',
      '*',
      'a:b',
      'ä',
    ]
    for (const text of others) expect(() => parseServicePath(text), JSON.stringify(text)).toThrow(refusal())
  })

  test('is refused where it makes the ID too long', () => {
    const trustDomain = parseTrustDomain('d'.repeat(255))
    expect(serviceIdOf(trustDomain, parseServicePath('p'.repeat(2048 - 255 - 10)))).toHaveLength(2048)
    expect(() => serviceIdOf(trustDomain, parseServicePath('p'.repeat(2048 - 255 - 9)))).toThrow(refusal())
    expect(() => parseServicePath('p'.repeat(2049))).toThrow(refusal())
  })

  test('is reserved below countersign/, and nowhere else', () => {
    for (const path of [AUTHORITY_PATH, 'countersign', 'countersign/operator/ada', 'countersign/x']) {
      expect(isReservedPath(parseServicePath(path)), path).toBe(true)
    }
    for (const path of [
      'orders',
      'countersigned',
      'countersign-x/authority',
      'Countersign/authority',
      'a/countersign',
    ]) {
      expect(isReservedPath(parseServicePath(path)), path).toBe(false)
    }
  })
})

function attempt<Value>(parse: () => Value): Value | Error {
  try {
    return parse()
  } catch (error) {
    return error as Error
  }
}

function expectOutcome(text: string, isAccepted: boolean): void {
  const outcome = attempt(() => parseServiceId(text))
  if (isAccepted) expect(outcome).toBe(text)
  else expectRefusal(outcome)
}

function expectRefusal(outcome: unknown): void {
  expect(outcome).toBeInstanceOf(AuthError)
  expect(outcome).toHaveProperty('code', 'REQUEST_INVALID')
}

function refusal() {
  return expect.objectContaining({ name: 'AuthError', code: 'REQUEST_INVALID' })
}
