import { describe, expect, test } from 'vitest'
import { expectNothingLeft, startDemo } from '../support/demo.ts'

const REPLICAS = ['inventory 1', 'inventory 2', 'inventory 3']

const command = (text: string) => `done countersign ${text}`
const status = (service: string) =>
  command(`trust status ${service}--address ADDRESS --operator alice --credentials credentials`)
const allowed = (caller: string, called: string) => `${caller} → ${called} allowed OK`
const refused = (caller: string, called: string, code: string) => `${caller} → ${called} refused ${code}`
const seen = (what: string) => `seen ${what}`

const TOKEN_REVOKED = 'UNAUTHENTICATED TOKEN_REVOKED'

/** Allowed at all replicas, then revoked, then refused by each. */
const spread = (caller: string, method: string, revoke: string, code: string) => [
  allowed(caller, `each replica ${method}`),
  revoke,
  ...REPLICAS.map((replica) => refused(caller, `${replica} ${method}`, code)),
  seen('from revoking to the refusal at the last replica'),
]
const fall = (service: string, method: string, revoke: string) => [
  ...spread(service, method, revoke, 'UNAUTHENTICATED CERTIFICATE_REVOKED'),
  seen(`open connections from ${service}`),
  ...REPLICAS.map((replica) => refused(service, `${replica}, new handshake`, 'UNAVAILABLE CERTIFICATE_REVOKED')),
]
const byGuard = allowed('guard', 'authority Revoke')
const checkout = allowed('kiosk', 'storefront Checkout')
const checkouts = seen('checkouts: kiosk → storefront → orders → inventory')
const noToken = (service: string) => refused(service, 'authority IssueToken', 'UNAVAILABLE AUTHORITY_UNAVAILABLE')

const STORY = [
  status(''),
  status('inventory '),

  ...spread('depot', 'Restock', command('revoke token stolen-token'), TOKEN_REVOKED),
  ...spread('depot', 'Restock', byGuard, TOKEN_REVOKED),

  allowed('storefront', 'inventory 1 Watch'),
  byGuard,
  refused('storefront', 'inventory 1 Watch, under way', TOKEN_REVOKED),
  seen('what the stream delivered'),
  allowed('storefront', 'inventory 1 Watch, again'),

  ...spread('depot', 'Restock', command('revoke signing-key KEY'), 'UNAUTHENTICATED TOKEN_INVALID'),
  allowed('depot', 'each replica, token of a new key'),
  checkouts,

  command('signing-key rotate'),
  ...fall('depot', 'Restock', command('revoke certificate SERIAL --reason keyCompromise')),
  command('ca issue depot --dns localhost --out credentials'),
  allowed('depot', 'each replica, new certificate'),
  seen('orders → each replica Reserve, each time with a new token'),
  seen('from the first token to one of the next key'),

  checkout,
  ...fall('orders', 'Reserve', command('block orders')),
  seen('open connections to orders'),
  refused('kiosk', 'storefront Checkout, which needs orders', 'INTERNAL INTERNAL'),
  noToken('orders'),
  'refused countersign ca renew orders --out credentials',
  command('unblock orders'),
  ...REPLICAS.map((replica) => allowed('orders', `${replica}, the same certificate`)),
  checkout,

  seen('guard → authority Revoke, token after token, killed while it revokes number 7'),
  status('inventory '),
  status('inventory '),
  command('revoke token stolen-token'),
  allowed('depot', 'each replica, as none can hear'),
  allowed('depot', 'inventory 4, which is stale'),
  noToken('depot'),
  status('inventory '),
  refused('depot', 'inventory 4, which is dead', 'UNAVAILABLE VERIFIER_NOT_READY'),
  ...REPLICAS.map((replica) => refused('depot', `${replica}, revoked meanwhile`, TOKEN_REVOKED)),
  checkouts,
  seen('what was acknowledged before, at the three replicas'),
  seen('what was acknowledged before, at a replica that has started since'),
  status('inventory '),
  status(''),
]

/** What was done, and how it ended, without what differs from run to run. */
function linesOf(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('  ✓ '))
    .map((line) =>
      line
        .slice('  ✓ '.length)
        .replace(/ +[\d.]+ ms /, ' ')
        .replace(/ +/g, ' '),
    )
    .map((line) => line.replace(/localhost:\d+/, 'ADDRESS').replace(/ [0-9a-f]{32,40} /, ' SERIAL '))
    .map((line) => line.replace(/signing-key [\w-]{43}$/, 'signing-key KEY'))
}

/** A call that is under way when its key is revoked ends in another way than one that comes after. */
function withoutChance(lines: readonly string[]): readonly string[] {
  const killed = lines.indexOf(command('revoke signing-key KEY'))
  return lines.map((line, index) => {
    const isOfKilledKey = index > killed && index <= killed + REPLICAS.length
    return isOfKilledKey ? line.replace('TOKEN_REVOKED', 'TOKEN_INVALID') : line
  })
}

describe("the demonstration's chapter on revocation", { timeout: 120_000 }, () => {
  test('tells its story as it must be, shows no token, and leaves nothing behind', async () => {
    const demo = await startDemo(['revocation'])
    expect(await demo.ended(), demo.output()).toEqual({ exitCode: 0, signal: null })
    expect(withoutChance(linesOf(demo.output()))).toEqual(STORY)
    expect(demo.output()).toContain(
      '15 commands done, 1 refused; 18 calls allowed, 29 refused; 16 effects seen, each as it must be.',
    )
    expect(demo.output()).not.toContain('✗')
    expect(demo.output()).not.toMatch(/eyJ|-----/)
    for (const text of ['; 0 refused.', '0 came after its end', 'inventory 4 is stale', 'inventory 4 is dead']) {
      expect(demo.output()).toContain(text)
    }
    await expectNothingLeft(demo)
  })

  for (const [signal, moment] of [
    ['SIGTERM', 'Tokens are revoked'],
    ['SIGINT', 'The key is rotated'],
  ] as const) {
    test(`clears up after a ${signal} at "${moment}"`, async () => {
      const demo = await startDemo(['revocation'])
      await demo.printed(moment)
      demo.kill(signal)
      expect(await demo.ended(), demo.output()).toEqual({ exitCode: 130, signal: null })
      expect(demo.output()).toContain('Stopped: clearing up.')
      await expectNothingLeft(demo)
    })
  }
})
