import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DemoRun, expectNothingLeft, startDemo } from '../support/demo.ts'

const KEY = '--passphrase-file passphrase'

type Line = readonly [outcome: 'done' | 'seen' | 'accepted' | 'refused', what: string]

const command = (outcome: 'done' | 'refused', text: string): Line => [outcome, `countersign ${text}`]
const done = (text: string) => command('done', text)
const denied = (text: string) => command('refused', text)
const issued = (service: string) => done(`ca issue ${service} --dns localhost --out ${service} ${KEY}`)
const renewed = (service: string) => done(`ca renew ${service} --out ${service} ${KEY}`)
const superseded = done('revoke certificate SERIAL --reason superseded')
const all = (...held: readonly string[]): Line => ['accepted', `each → each: ${held.join(', ')}`]
const meeting = (outcome: 'accepted' | 'refused', client: string, server: string): Line => [
  outcome,
  `${client} → ${server}`,
]
const keys: Line = ['seen', 'the keys in pki']
const bundle: Line = ['seen', 'pki/bundle.pem']

const INIT = [
  done(`ca init --trust-domain shop.internal ${KEY}`),
  keys,
  denied('ca issue orders --out orders --passphrase-file guessed-passphrase'),
  done('ca list'),
]

const ISSUE = [
  issued('orders'),
  issued('inventory'),
  done(`ca sign billing --csr billing/billing.csr --dns localhost --out billing ${KEY}`),
  meeting('accepted', 'orders 1', 'inventory 1'),
  all('orders 1', 'inventory 1', 'billing 1'),
]

const REFUSALS = [
  denied(`ca sign shipping --csr rsa.csr --out shipping ${KEY}`),
  denied(`ca sign shipping --csr naming.csr --out shipping ${KEY}`),
  denied(`ca sign shipping --csr billing/billing.csr --out shipping ${KEY}`),
  denied(`ca issue shipping --dns *.shop.internal --out shipping ${KEY}`),
  denied(`ca issue shipping --dns bank.example --out shipping ${KEY}`),
  denied(`ca issue countersign/authority --out shipping ${KEY}`),
  denied(`ca issue spiffe://bank.example/orders --out shipping ${KEY}`),
  denied(`ca renew orders --out stolen ${KEY}`),
  ['seen', 'the files of the CA and of the services'],
  done('ca list'),
] satisfies Line[]

const REVOCATION = [
  renewed('orders'),
  all('orders 1', 'inventory 1', 'billing 1', 'orders 2'),
  done('revoke certificate SERIAL --reason keyCompromise'),
  done('revoke service billing'),
  done(`ca crl --out crls ${KEY}`),
  denied(`ca renew orders --out stolen ${KEY}`),
  meeting('accepted', 'orders 2', 'inventory 1, which reads the CRLs'),
  meeting('refused', 'orders 1', 'inventory 1, which reads the CRLs'),
  meeting('refused', 'billing 1', 'inventory 1, which reads the CRLs'),
]

const INTERMEDIATE = [
  done(`ca rotate prepare intermediate ${KEY}`),
  all('inventory 1', 'orders 2'),
  done('ca rotate activate intermediate'),
  all('inventory 1', 'orders 2'),
  renewed('orders'),
  denied('ca rotate retire intermediate'),
  all('inventory 1', 'orders 2', 'orders 3'),
  renewed('inventory'),
  all('inventory 1', 'orders 2', 'orders 3', 'inventory 2'),
  superseded,
  superseded,
  done('ca rotate retire intermediate'),
  all('orders 3', 'inventory 2'),
  keys,
]

const ROOT = [
  done(`ca rotate prepare root ${KEY}`),
  all('orders 3', 'inventory 2'),
  bundle,
  denied('ca rotate activate root'),
  renewed('orders'),
  renewed('inventory'),
  all('orders 3', 'inventory 2', 'orders 4', 'inventory 3'),
  superseded,
  superseded,
  done('ca rotate activate root'),
  all('orders 4', 'inventory 3'),
  done(`ca rotate prepare intermediate ${KEY}`),
  all('orders 4', 'inventory 3'),
  done('ca rotate activate intermediate'),
  all('orders 4', 'inventory 3'),
  renewed('orders'),
  denied(`ca rotate retire root ${KEY}`),
  all('orders 4', 'inventory 3', 'orders 5'),
  renewed('inventory'),
  all('orders 4', 'inventory 3', 'orders 5', 'inventory 4'),
  superseded,
  superseded,
  done('ca rotate retire intermediate'),
  all('orders 5', 'inventory 4'),
  done(`ca rotate retire root ${KEY}`),
  all('orders 5', 'inventory 4'),
  keys,
  bundle,
  renewed('inventory'),
  all('orders 5', 'inventory 4', 'inventory 5'),
  meeting('refused', 'orders 3', 'inventory 5'),
  meeting('refused', 'orders 3 with the new bundle', 'inventory 5'),
]

const DISTRUST = [
  done(`ca crl --out crls ${KEY}`),
  done('ca distrust intermediate-ID'),
  all('orders 5', 'inventory 4', 'inventory 5'),
  meeting('accepted', 'orders 5', 'inventory 5, which reads the CRLs'),
  done('ca distrust intermediate-ID --yes'),
  done(`ca crl --out crls ${KEY}`),
  denied(`ca issue orders --out orders ${KEY}`),
  done('ca list'),
  meeting('refused', 'orders 5', 'inventory 5, which reads the CRLs'),
  done(`ca rotate prepare intermediate ${KEY}`),
  done('ca rotate activate intermediate'),
  issued('orders'),
  issued('inventory'),
  done(`ca crl --out crls ${KEY}`),
  all('orders 6', 'inventory 6'),
  meeting('accepted', 'orders 6', 'inventory 6, which reads the CRLs'),
  meeting('refused', 'orders 5', 'inventory 6, which reads the CRLs'),
]

/** What was done, and how it ended, without what differs from run to run. */
function linesOf(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('  ✓ '))
    .map((line) => line.replace(/ +[\d.]+ ms {2}/, ' ').replace(/-[0-9a-f]{16}\b/g, '-ID'))
    .map((line) => line.replace(/ [0-9a-f]{32,40} /, ' SERIAL '))
}

/** The lines of each file with a passphrase or a private key, encrypted or not, that a run has on disk. */
async function secretsOf(demo: DemoRun): Promise<readonly (readonly string[])[]> {
  const files = (await demo.files()).filter((file) => /(?:passphrase|\.key)$/.test(file))
  const texts = await Promise.all(files.map((file) => readFile(join(demo.temporary, file), 'utf8')))
  return texts.map((text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('-----')))
}

describe("the demonstration's chapter on the CA", { timeout: 150_000 }, () => {
  test('tells its story as it must be, shows no secret, and leaves nothing behind', async () => {
    const demo = await startDemo(['ca'])
    await demo.printed('Refused: ')
    const secrets = await secretsOf(demo)
    expect(await demo.ended(), demo.output()).toEqual({ exitCode: 0, signal: null })
    const story = [...INIT, ...ISSUE, ...REFUSALS, ...REVOCATION, ...INTERMEDIATE, ...ROOT, ...DISTRUST]
    expect(linesOf(demo.output())).toEqual(story.map(([outcome, what]) => `  ✓ ${outcome} ${what}`))
    expect(demo.output()).toContain(
      '42 commands done, 14 refused; 6 looks at files; 102 handshakes accepted, 6 refused, each as it must be.',
    )
    expect(demo.output()).not.toContain('✗')

    // Two passphrases, two keys of the CA and three of services.
    expect(secrets).toHaveLength(7)
    expect(secrets.flat().filter((secret) => demo.output().includes(secret))).toEqual([])
    expect(demo.output()).not.toContain('-----')
    await expectNothingLeft(demo)
  })

  for (const [signal, moment] of [
    ['SIGINT', 'A CA is made.'],
    ['SIGTERM', 'Refused: '],
  ] as const) {
    test(`clears up after a ${signal} at "${moment}"`, async () => {
      const demo = await startDemo(['ca'])
      await demo.printed(moment)
      demo.kill(signal)
      expect(await demo.ended(), demo.output()).toEqual({ exitCode: 130, signal: null })
      expect(demo.output()).toContain('Stopped: clearing up.')
      await expectNothingLeft(demo)
    })
  }
})
