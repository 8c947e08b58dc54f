import { describe, expect, test } from 'vitest'
import { monotonicClock } from '../../src/core/clock.ts'
import { decodeCertificateRequest } from '../../src/identity/certificate-request-file.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { requestDer } from '../support/certificate-request.ts'
import { refusalOf } from '../support/refusal.ts'

const der = requestDer()
const pem = encodePem('CERTIFICATE REQUEST', der)
const base64 = der.toString('base64')
const decode = (contents: Uint8Array | string) => decodeCertificateRequest(Buffer.from(contents), 'orders.csr')

describe('the request of a file is found', () => {
  const cases: [title: string, contents: Uint8Array | string][] = [
    ['in DER', der],
    ['in PEM', pem],
    ['in PEM with the label of old', encodePem('NEW CERTIFICATE REQUEST', der)],
    ['in PEM with the line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['in PEM in one line', `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----`],
    ['in PEM after text that explains it', `Certificate Request:\n    Version: 1 (0x0)\n${pem}`],
    ['in PEM beside a certificate', `${encodePem('CERTIFICATE', Buffer.of(0x30, 0x00))}${pem}`],
  ]
  for (const [title, contents] of cases) {
    test(title, () => {
      expect(decode(contents)).toEqual(der)
    })
  }
})

describe('a file is refused', () => {
  const DAMAGED = /^orders\.csr holds a certificate request whose block in PEM is damaged\./
  const cases: [title: string, contents: Uint8Array | string, words: RegExp][] = [
    [
      'that is empty',
      '',
      /^orders\.csr holds no certificate request in PEM or DER form\. Expected one, as openssl makes it/,
    ],
    ['of another text', 'hunter2', /^orders\.csr holds no certificate request/],
    ['with a certificate', encodePem('CERTIFICATE', der), /holds no certificate request/],
    ['whose block does not end', pem.slice(0, -5), DAMAGED],
    ['whose block ends as another', pem.replace('END C', 'END NEW C'), DAMAGED],
    ['whose block is empty', encodePem('CERTIFICATE REQUEST', Buffer.alloc(0)), DAMAGED],
    ['whose block is not base64', pem.replace(/^M/m, '*'), DAMAGED],
    ['whose block has its end in the middle', pem.replace(/^(M.{9})/m, '$1='), DAMAGED],
    ['with a second one whose border has a space', pem + pem.replaceAll('-\n', '- \n'), DAMAGED],
    ['with two requests', pem + pem, /^orders\.csr holds 2 certificate requests\. Expected one/],
    ['with a request of each label', pem + encodePem('NEW CERTIFICATE REQUEST', der), /holds 2 certificate requests/],
    ['of more than 32 KiB', Buffer.alloc(32_769, 0x30), /^orders\.csr is too long for a request\./],
  ]
  for (const [title, contents, words] of cases) {
    test(title, async () => {
      const { message } = await refusalOf('CERTIFICATE_REQUEST_INVALID', () => decode(contents))
      expect(message).toMatch(words)
      expect(message).not.toContain('hunter2')
    })
  }

  const border = '-----BEGIN CERTIFICATE REQUEST-----\n'
  const tedious: [title: string, contents: string][] = [
    ['of borders', border.repeat(900)],
    ['of line ends', border + '\n'.repeat(32_000)],
    ['of base64 without end', border + 'MIIB\n'.repeat(6000)],
    ['of base64 and padding', border + 'M=\n'.repeat(10_000)],
  ]
  for (const [title, contents] of tedious) {
    test(`that is full ${title}, at once`, async () => {
      const start = monotonicClock()
      await refusalOf('CERTIFICATE_REQUEST_INVALID', () => decode(contents))
      expect(monotonicClock() - start).toBeLessThan(100)
    })
  }
})
