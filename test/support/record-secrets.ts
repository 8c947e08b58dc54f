/**
 * Loaded before a program with `--import`: writes every key that the process generates, and every token that it
 * signs, to the file SECRETS_FILE, a line each, and all that it prints to the file OUTPUT_FILE as well.
 */
import crypto, { type KeyObject } from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { toLowS } from '../../src/token/low-s.ts'

const { SECRETS_FILE = '', OUTPUT_FILE = '' } = process.env
const { sign, generateKeyPairSync } = crypto
const { appendFileSync, write, writeSync } = fs

type Arguments = readonly unknown[]
type Callable = (...args: Arguments) => unknown

Object.assign(crypto, {
  sign(...args: Arguments) {
    const signature = (sign as Callable)(...args)
    // Certificates are signed in DER: what is in this form is the third part of a token.
    const isToken = (args[2] as { readonly dsaEncoding?: string } | undefined)?.dsaEncoding === 'ieee-p1363'
    if (isToken) recordToken(signature as Buffer)
    return signature
  },
  generateKeyPairSync(...args: Arguments) {
    const pair = (generateKeyPairSync as Callable)(...args) as { readonly privateKey: KeyObject }
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const line of pem.split('\n')) if (line !== '' && !line.startsWith('-----')) record('key', line)
    record('key', pair.privateKey.export({ format: 'jwk' }).d ?? '')
    return pair
  },
})

// The logger writes to file descriptors, all else to the streams.
Object.assign(fs, {
  write(...args: Arguments) {
    tee(args[0], args[1])
    return (write as Callable)(...args)
  },
  writeSync(...args: Arguments) {
    tee(args[0], args[1])
    return (writeSync as Callable)(...args)
  },
})
for (const stream of [process.stdout, process.stderr]) {
  const writeToStream: Callable = stream.write.bind(stream) as Callable
  Object.assign(stream, {
    write(...args: Arguments) {
      tee(1, args[0])
      return writeToStream(...args)
    },
  })
}
syncBuiltinESMExports()

/** The third part of a token is one of the two forms of a signature. */
function recordToken(signature: Buffer): void {
  for (const form of [signature, toLowS(signature)]) record('token', form.toString('base64url'))
}

function record(kind: string, secret: string): void {
  appendFileSync(SECRETS_FILE, `${kind} ${secret}\n`)
}

function tee(descriptor: unknown, text: unknown): void {
  if (descriptor === 1 || descriptor === 2) appendFileSync(OUTPUT_FILE, text as string | Uint8Array)
}
