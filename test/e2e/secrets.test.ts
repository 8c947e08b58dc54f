import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startDemo } from '../support/demo.ts'
import { temporaryDirectory } from '../support/directory.ts'

const RECORDER = new URL('../support/record-secrets.ts', import.meta.url).href

test('no process of the demonstration prints a token or a private key that any of them made', {
  timeout: 40_000,
}, async () => {
  const directory = await temporaryDirectory()
  const [secretsFile, outputFile] = [join(directory, 'secrets'), join(directory, 'output')]
  const demo = await startDemo([], {
    NODE_OPTIONS: `--import=${RECORDER}`,
    SECRETS_FILE: secretsFile,
    OUTPUT_FILE: outputFile,
  })
  expect(await demo.ended(), demo.output()).toEqual({ exitCode: 0, signal: null })

  const recorded = (await readFile(secretsFile, 'utf8')).trimEnd().split('\n')
  const secretsOf = (kind: string) => recorded.filter((line) => line.startsWith(kind)).map((line) => line.split(' ')[1])
  const [tokens, keys] = [secretsOf('token'), secretsOf('key')]
  // Without these the rest would prove nothing: a token for each pair of services, a key for each party.
  expect(tokens.length).toBeGreaterThanOrEqual(2 * 4)
  expect(keys.length).toBeGreaterThanOrEqual(4 * 8)
  for (const secret of [...tokens, ...keys]) expect(secret?.length).toBeGreaterThan(16)

  const output = (await readFile(outputFile, 'utf8')) + demo.output()
  for (const message of [
    'token issued',
    'call allowed',
    'call refused',
    'handshake refused',
    'Calls flow',
    '"serviceId":"spiffe',
  ]) {
    expect(output, `the output of each process: ${message}`).toContain(message)
  }
  expect([...tokens, ...keys].filter((secret) => secret !== undefined && output.includes(secret))).toEqual([])
  expect(output).not.toMatch(/PRIVATE KEY|\beyJ/)
})
