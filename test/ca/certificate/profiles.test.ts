import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireDnsNames } from '../../../src/ca/certificate/dns-name-rule.ts'
import { DEFAULT_PROFILES_FILE, loadProfiles, parseProfiles } from '../../../src/ca/certificate/profiles.ts'
import { parseServicePath } from '../../../src/identity/service-id.ts'
import { temporaryDirectory } from '../../support/directory.ts'
import { refusalOf } from '../../support/refusal.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const VALID = `backdatingSeconds: 60
root:
  lifetimeDays: 3650
intermediate:
  lifetimeDays: 365
  nameConstraint: true
service:
  lifetimeMinutes: 60
  dnsNames:
    - { services: [orders, billing/*], names: [localhost, '{service}.internal'] }
    - { services: ['*'], names: ['*.svc'] }
crl:
  intermediateLifetimeHours: 72
  rootLifetimeDays: 180
`

/** The valid text with the value of one key replaced. */
function textWith(key: string, value: string): string {
  const text = VALID.replace(new RegExp(`(${key}): .*`), `$1: ${value}`)
  expect(text, key).not.toBe(VALID)
  return text
}

test('the profiles that come with the package say what their comments say', async () => {
  const { service, ...others } = await loadProfiles(DEFAULT_PROFILES_FILE)
  const backdatingMs = MINUTE_MS
  expect(service).toMatchObject({ lifetimeMs: DAY_MS, backdatingMs })
  expect(others).toEqual({
    root: { lifetimeMs: 3650 * DAY_MS, backdatingMs },
    intermediate: { lifetimeMs: 365 * DAY_MS, backdatingMs, nameConstraint: true },
    crl: {
      intermediate: { lifetimeMs: 72 * HOUR_MS, backdatingMs },
      root: { lifetimeMs: 180 * DAY_MS, backdatingMs },
    },
  })
})

test('every bound that a comment of the shipped profiles tells is the one that holds', async () => {
  const text = await readFile(DEFAULT_PROFILES_FILE, 'utf8')
  const bounds = [...text.matchAll(/[Ff]rom (\d+) to (\d+)[\s\S]*?\n *(\w+): \d+\n/g)].map(([, ...bound]) => bound)
  expect(bounds.map(([, , key]) => key)).toEqual([
    'backdatingSeconds',
    'lifetimeDays',
    'lifetimeMinutes',
    'intermediateLifetimeHours',
    'rootLifetimeDays',
  ])
  for (const [minimum, maximum, key = ''] of bounds) {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => parseProfiles(textWith(key, '-1'), 'p.yaml'))
    expect(message).toContain(`${key}: expected a whole number from ${minimum} to ${maximum}`)
  }
})

describe('the shipped profiles', () => {
  const allowed: [service: string, names: string[]][] = [
    ['orders', ['localhost', 'orders', 'orders.internal', 'orders.shop.internal', 'orders.shop.svc.cluster.local']],
    ['billing/eu', ['localhost']],
    ['countersign/authority', ['localhost', 'authority.shop.internal', 'ca.example.com']],
  ]
  for (const [service, names] of allowed) {
    test(`allow ${service} to be called ${names.join(', ')}`, async () => {
      const { dnsNames } = (await loadProfiles(DEFAULT_PROFILES_FILE)).service
      requireDnsNames(dnsNames, parseServicePath(service), names)
    })
  }

  const refused: [service: string, name: string][] = [
    ['orders', 'billing'],
    ['orders', 'billing.shop.internal'],
    ['orders', 'orders.example.com'],
    ['billing/eu', 'eu.internal'],
    ['countersign/operator/alice', 'authority.shop.internal'],
  ]
  for (const [service, name] of refused) {
    test(`refuse ${service} the name ${name}, and tell where to allow it`, async () => {
      const { dnsNames } = (await loadProfiles(DEFAULT_PROFILES_FILE)).service
      const path = parseServicePath(service)
      const { message } = await refusalOf('REQUEST_INVALID', () => requireDnsNames(dnsNames, path, ['localhost', name]))
      expect(message).toContain(`${service} may not have the DNS name ${name}. `)
      expect(message).toContain('service.dnsNames in profiles.yaml')
    })
  }
})

describe('the DNS names of a service', () => {
  const { dnsNames } = parseProfiles(VALID, 'profiles.yaml').service
  const check = (service: string, ...names: string[]) => requireDnsNames(dnsNames, parseServicePath(service), names)

  test('are those of all lines that name it', () => {
    check('orders', 'localhost', 'orders.internal', 'a.svc')
    check('billing/eu', 'localhost', 'a.b.svc')
  })

  test('may be none, whatever the lines say', () => {
    check('storefront')
    requireDnsNames([], parseServicePath('orders'), [])
  })

  test('are none for a service that no line names', async () => {
    await refusalOf('REQUEST_INVALID', () => requireDnsNames([], parseServicePath('orders'), ['localhost']))
    await refusalOf('REQUEST_INVALID', () => check('billing', 'localhost'))
  })
})

describe('profiles are refused with', () => {
  const cases: [title: string, text: string, line: string][] = [
    ['no content', '', 'p.yaml:1:1: expected keys and values.'],
    ['an unknown key', `${VALID}leaf: {}\n`, 'p.yaml:15:1 leaf: this key is unknown.'],
    ['a missing section', VALID.replace(/crl:[\s\S]*/, ''), 'p.yaml:1:1 crl: missing: expected keys and values.'],
    [
      'a missing key',
      VALID.replace('  rootLifetimeDays: 180\n', ''),
      'p.yaml:13:3 crl.rootLifetimeDays: missing: expected a whole number from 1 to 364: ',
    ],
    [
      'no backdating',
      VALID.replace('backdatingSeconds: 60\n', ''),
      'p.yaml:1:1 backdatingSeconds: missing: expected a whole',
    ],
    [
      'a backdating of an hour',
      textWith('backdatingSeconds', '3600'),
      'p.yaml:1:20 backdatingSeconds: expected a whole number from 0 to 600: a clock that is further behind has to be set.',
    ],
    ['a backdating into the future', textWith('backdatingSeconds', '-1'), 'from 0 to 600'],
    [
      'a root for ever',
      textWith('lifetimeDays', '36500'),
      'root.lifetimeDays: expected a whole number from 1 to 9131: a root is valid for 9132 days at most',
    ],
    ['a root of no time', textWith('lifetimeDays', '0'), 'root.lifetimeDays: expected a whole number from 1'],
    ['a lifetime as text', textWith('lifetimeDays', '"3650"'), 'root.lifetimeDays: expected a whole number'],
    ['half a day', textWith('lifetimeDays', '0.5'), 'root.lifetimeDays: expected a whole number'],
    ['a lifetime beyond numbers', textWith('lifetimeDays', '1e400'), 'root.lifetimeDays: expected a whole number'],
    [
      'an intermediate that outlives its root',
      textWith('lifetimeDays', '364'),
      'p.yaml:5:17 intermediate.lifetimeDays: longer than root.lifetimeDays: no certificate outlives its issuer.',
    ],
    [
      'a service that outlives its intermediate',
      textWith('lifetimeMinutes', '1441').replace('lifetimeDays: 365\n', 'lifetimeDays: 1\n'),
      'service.lifetimeMinutes: longer than intermediate.lifetimeDays: no certificate outlives its issuer.',
    ],
    [
      'a service for eight days',
      textWith('lifetimeMinutes', '11520'),
      'service.lifetimeMinutes: expected a whole number from 5 to 10069: a certificate that points to no CRL is valid for 7 days at most (Baseline Requirements of the CA/Browser Forum, 1.6.1).',
    ],
    ['a service for a minute', textWith('lifetimeMinutes', '1'), 'expected a whole number from 5 to 10069'],
    [
      'a CRL for ten days',
      textWith('intermediateLifetimeHours', '240'),
      'expected a whole number from 1 to 239: a CRL',
    ],
    [
      'a CRL of the root for a year',
      textWith('rootLifetimeDays', '365'),
      'expected a whole number from 1 to 364: a CRL',
    ],
    [
      'no list of DNS names',
      VALID.replace(/ {2}dnsNames:[\s\S]*?crl/, 'crl'),
      'service.dnsNames: missing: expected a list.',
    ],
    [
      'a line without services',
      VALID.replace("services: ['*'], ", ''),
      'service.dnsNames[1].services: missing: expected a list.',
    ],
    ['a line without names', VALID.replace("names: ['*.svc']", 'names: []'), 'dnsNames[1].names: the list is empty.'],
    [
      'a wrong service',
      VALID.replace('orders, billing/*', '/orders'),
      'dnsNames[0].services[0]: This is not a service',
    ],
    ['a wrong name', VALID.replace('[localhost', '[local host'), 'dnsNames[0].names[0]: This is not a pattern of DNS'],
    ['a name twice', VALID.replace("['*.svc']", '[a.svc, a.svc]'), 'dnsNames[1].names: an entry stands twice.'],
  ]
  for (const [title, text, line] of cases) {
    test(title, async () => {
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => parseProfiles(text, 'p.yaml'))
      expect(message).toContain(line)
    })
  }

  test('every problem at once', async () => {
    const text = textWith('lifetimeMinutes', '1').replace('rootLifetimeDays: 180', 'rootLifetimeDays: 0')
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => parseProfiles(text, 'p.yaml'))
    expect(message.split('\n')).toHaveLength(2)
  })

  test('a file that is not there, or not text', async () => {
    const file = join(await temporaryDirectory(), 'profiles.yaml')
    const missing = await refusalOf('CONFIGURATION_INVALID', () => loadProfiles(file))
    expect(missing.message).toContain(`${file}: cannot be read`)
    await writeFile(file, Buffer.of(0xff, 0xfe))
    const broken = await refusalOf('CONFIGURATION_INVALID', () => loadProfiles(file))
    expect(broken.message).toBe(`${file}: not in UTF-8.`)
  })
})

test('the longest lifetimes stay within what the Baseline Requirements allow, however far they are backdated', () => {
  const longest = textWith('backdatingSeconds', '600')
    .replace('3650', '9131')
    .replace('lifetimeMinutes: 60', 'lifetimeMinutes: 10069')
    .replace('72', '239')
    .replace('180', '364')
  const { root, service, crl } = parseProfiles(longest, 'p.yaml')
  const inclusive = ({ lifetimeMs, backdatingMs }: typeof root) => lifetimeMs + backdatingMs + 1000
  expect(inclusive(root)).toBeLessThanOrEqual(9132 * DAY_MS)
  expect(inclusive(service)).toBeLessThanOrEqual(7 * DAY_MS)
  expect(inclusive(crl.intermediate)).toBeLessThanOrEqual(10 * DAY_MS)
  expect(inclusive(crl.root)).toBeLessThanOrEqual(365 * DAY_MS)
})
