import { describe, expect, test, vi } from 'vitest'
import { expectNothingLeft, hasProc, startDemo } from '../support/demo.ts'

/** Who may call whom, in their order. */
const ALLOWED = [
  ['storefront', 'inventory Watch'],
  ...Array.from({ length: 3 }, () => [
    ['kiosk', 'storefront Checkout'],
    ['storefront', 'orders Place'],
    ['orders', 'inventory Reserve'],
  ]).flat(),
]

/** Everything that must fail, and why. */
const REFUSED = [
  ['somebody', 'inventory Reserve', 'UNAVAILABLE', 'TRANSPORT_NOT_AUTHENTICATED: plaintext connection'],
  ['somebody', 'inventory Reserve', 'UNAVAILABLE', 'TRANSPORT_NOT_AUTHENTICATED: no client certificate'],
  ['orders', 'inventory Reserve', 'UNAVAILABLE', 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA'],
  ['orders', 'inventory Reserve', 'UNAVAILABLE', 'CERTIFICATE_EXPIRED: expired certificate'],
  [
    'kiosk',
    'storefront Checkout, misled',
    'UNAVAILABLE',
    'The server is spiffe://shop.internal/inventory instead of spiffe://shop.internal/storefront.',
  ],
  ['orders', 'authority, scope not granted', 'PERMISSION_DENIED', 'GRANT_DENIED'],
  ['orders', 'authority, service not granted', 'PERMISSION_DENIED', 'GRANT_DENIED'],
  ['orders', 'inventory Reserve, no token', 'UNAUTHENTICATED', 'CREDENTIALS_MISSING'],
  ['orders', 'inventory Reserve, two tokens', 'UNAUTHENTICATED', 'CREDENTIALS_MALFORMED'],
  ['orders', 'inventory Reserve, forged token', 'UNAUTHENTICATED', 'TOKEN_INVALID'],
  ['storefront', 'inventory Reserve, stolen token', 'UNAUTHENTICATED', 'TOKEN_BINDING_MISMATCH'],
  ['storefront', 'inventory Reserve, token for orders', 'UNAUTHENTICATED', 'TOKEN_AUDIENCE_MISMATCH'],
  ['orders', 'inventory Reserve, 10 min later', 'UNAUTHENTICATED', 'TOKEN_EXPIRED'],
  ['orders', 'inventory Restock, other scope', 'PERMISSION_DENIED', 'TOKEN_SCOPE_INSUFFICIENT'],
  ['orders', 'inventory Watch, not on the list', 'PERMISSION_DENIED', 'CALLER_NOT_ALLOWED'],
]

describe('the demonstration', { timeout: 40_000 }, () => {
  test('tells its story as it must be, and leaves nothing behind', async () => {
    const demo = await startDemo()
    expect(await demo.ended(), demo.output()).toEqual({ exitCode: 0, signal: null })
    const rows = demo
      .output()
      .split('\n')
      .filter((line) => line.startsWith('  ✓ '))
      .map((line) => line.replace(/ +/g, ' ').replace(/ [\d.]+ ms /, ' '))
    expect(rows).toEqual([
      ...ALLOWED.map(([caller, called]) => ` ✓ ${caller} → ${called} allowed OK`),
      ...REFUSED.map(([caller, called, status, reason]) => ` ✓ ${caller} → ${called} refused ${status} ${reason}`),
    ])
    expect(demo.output()).toContain('10 calls allowed, 15 refused, each as it must be.')
    expect(demo.output()).not.toContain('✗')
    await expectNothingLeft(demo)
  })

  test('refuses a chapter that is not there, and names those that are', async () => {
    for (const name of ['mian', 'constructor', '--help']) {
      const demo = await startDemo([name])
      expect.soft(await demo.ended(), name).toEqual({ exitCode: 2, signal: null })
      expect.soft(demo.output()).toContain('There are: main, ca, revocation, all.')
      expect.soft(await demo.files()).toEqual([])
    }
  })
})

describe('the demonstration clears up', { timeout: 40_000 }, () => {
  for (const [signal, moment] of [
    ['SIGINT', 'A CA for'],
    ['SIGTERM', 'The authority, inventory, orders and storefront start'],
    ['SIGINT', 'Calls flow'],
  ] as const) {
    test(`after a ${signal} at "${moment}"`, async () => {
      const demo = await startDemo()
      await demo.printed(moment)
      demo.kill(signal)
      expect(await demo.ended(), demo.output()).toEqual({ exitCode: 130, signal: null })
      expect(demo.output()).toContain('Stopped: clearing up.')
      await expectNothingLeft(demo)
    })
  }

  test('after a SIGINT while a command writes keys', async () => {
    const demo = await startDemo()
    await vi.waitUntil(async () => (await demo.files()).some((file) => file.endsWith('credentials')), {
      timeout: 10_000,
      interval: 1,
    })
    demo.kill('SIGINT')
    expect.soft(await demo.ended(), demo.output()).toEqual({ exitCode: 130, signal: null })
    await expectNothingLeft(demo)
  })

  test('after nobody reads its output any more', async () => {
    const demo = await startDemo()
    await demo.printed('Calls flow')
    demo.stopReading()
    expect((await demo.ended()).exitCode).toBe(130)
    await expectNothingLeft(demo)
  })

  test('after a second SIGINT, which an impatient user sends', async () => {
    const demo = await startDemo()
    await demo.printed('Calls flow')
    demo.kill('SIGINT')
    await demo.printed('Stopped: clearing up.')
    demo.kill('SIGINT')
    expect((await demo.ended()).exitCode).not.toBe(0)
    await expectNothingLeft(demo)
  })

  test.skipIf(!hasProc)('after one of its processes was killed while it starts (needs /proc)', async () => {
    const demo = await startDemo()
    const authority = await vi.waitUntil(
      async () => (await demo.processes()).find(({ command }) => command.includes(' serve ')),
      { timeout: 10_000, interval: 5 },
    )
    process.kill(authority.pid, 'SIGKILL')
    expect.soft(await demo.ended(), demo.output()).toEqual({ exitCode: 1, signal: null })
    expect.soft(demo.output()).toContain('The story broke off: authority ended')
    await expectNothingLeft(demo)
  })
})
