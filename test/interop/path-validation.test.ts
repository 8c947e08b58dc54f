import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { writeCredential } from '../support/credential-on-disk.ts'
import { createConstrainedCa, createUnconstrainedCa } from '../support/name-constraints.ts'
import { describeWith, go, java, python, runTool, type Tool } from '../support/tools.ts'

/** Libraries that share no line with each other, nor with OpenSSL, and how they refuse. */
const VALIDATORS: readonly (readonly [language: string, tool: Tool, args: readonly string[], refusals: Refusals])[] = [
  ['Go', go, ['run', programOf('verify.go')], { foreign: /unknown authority/, forbidden: /not permitted by any/ }],
  ['Java', java, [programOf('Verify.java')], { foreign: /NO_TRUST_ANCHOR/, forbidden: /INVALID_NAME/ }],
  // It knows no constraints on URI names, and refuses what it does not know.
  [
    'Python',
    python,
    [programOf('verify.py')],
    { foreign: /exhausted/, permitted: /unsupported/, forbidden: /unsupported/ },
  ],
]

interface Refusals {
  /** Of a certificate of another CA. */
  readonly foreign: RegExp
  /** Of a name that the intermediate may certify. Default: it is accepted. */
  readonly permitted?: RegExp
  /** Of a name that the intermediate may not certify. */
  readonly forbidden: RegExp
}

const ACCEPTED = /^valid$/

const ca = createUnconstrainedCa()
const constrained = createConstrainedCa(ca)
const elsewhere = { uris: ['spiffe://dev.internal/orders'] }

for (const [language, tool, args, { foreign, permitted = ACCEPTED, forbidden }] of VALIDATORS) {
  describeWith(tool, `the library of ${language}`, () => {
    test('agrees on the certificates of a CA', { timeout: 60_000 }, async () => {
      const expected: readonly (readonly [credential: Credential, verdict: RegExp])[] = [
        [ca.credential('orders'), ACCEPTED],
        [ca.credential('orders', { dnsNames: [] }), ACCEPTED],
        [ca.credential('a'.repeat(2000)), ACCEPTED],
        [ca.credential('orders', elsewhere), ACCEPTED],
        [constrained.credential('orders'), permitted],
        [constrained.credential('orders', elsewhere), forbidden],
        [createTestCa().credential('orders'), foreign],
      ]
      const files = await Promise.all(expected.map(([credential]) => writeCredential(credential)))
      const bundle = files[0]?.bundle ?? ''
      const { out, output } = await runTool(tool, [...args, bundle, ...files.map(({ chain }) => chain)])
      expect(out.trimEnd().split('\n'), output).toEqual(expected.map(([, verdict]) => expect.stringMatching(verdict)))
    })
  })
}

function programOf(name: string): string {
  return join(import.meta.dirname, name)
}
