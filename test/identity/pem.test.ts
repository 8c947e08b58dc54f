import { describe, expect, test } from 'vitest'
import { decodeCertificates, encodeCertificate, encodePem } from '../../src/identity/pem.ts'
import { refusalOf } from '../support/refusal.ts'

const ders = [Buffer.of(0x30, 0x00), Buffer.of(0x30, 0x01, 0x00)]
const [one = '', other = ''] = ders.map(encodeCertificate)

describe('the certificates of a text are found', () => {
  const cases: [title: string, text: string][] = [
    ['one after the other', one + other],
    ['with the line ends of Windows', (one + other).replaceAll('\n', '\r\n')],
    ['with text around them', `The first:\n${one}The second:\n${other}These were all.\n`],
    ['with a space after the end of each', (one + other).replaceAll(/(END.*)\n/g, '$1 \n')],
    ['beside what is none', one + encodePem('PRIVATE KEY', Buffer.of(1)) + other],
    ['beside a damaged block of another label', `${one}${other}-----BEGIN TRUSTED CERTIFICATE-----\n`],
  ]
  for (const [title, text] of cases) {
    test(title, () => {
      expect(decodeCertificates(text, 'bundle.pem')).toEqual(ders)
    })
  }
})

describe('a text is refused of whose certificates one would be missing:', () => {
  const cases: [title: string, damage: (pem: string) => string][] = [
    ['a space follows its borders', (pem) => pem.replaceAll('-\n', '- \n')],
    ['a space follows its beginning', (pem) => pem.replace('-\n', '- \n')],
    ['a space follows a line', (pem) => pem.replace('\n-----END', ' \n-----END')],
    ['it is not base64', (pem) => pem.replace('\nM', '\n*')],
    ['it does not end', (pem) => pem.replace(/-----END.*\n/, '')],
    ['it does not begin', (pem) => pem.replace(/-----BEGIN.*\n/, '')],
    ['it is empty', (pem) => pem.replace(/-\n.*\n-/, '-\n-')],
    ['its end is that of another', (pem) => pem.replace('END C', 'END TRUSTED C')],
  ]
  for (const [title, damage] of cases) {
    test(title, async () => {
      for (const text of [one + damage(other), damage(one) + other, damage(one)]) {
        const { message } = await refusalOf('CONFIGURATION_INVALID', () => decodeCertificates(text, 'bundle.pem'))
        expect(message).toMatch(/^bundle\.pem holds a certificate whose block in PEM is damaged/)
      }
    })
  }

  test('a text without a certificate says so', async () => {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => decodeCertificates('hello', 'bundle.pem'))
    expect(message).toBe('bundle.pem holds no certificate in PEM form.')
  })
})
