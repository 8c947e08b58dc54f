import { constants, createPrivateKey } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import { createTestCa } from '../support/pki.ts'

const credential = createTestCa().credential('orders')

describe('the TLS options of a credential', () => {
  test('are all there: the version, the key, the chain, the roots, no tickets', () => {
    const { key, ...options } = secureContextOptions(credential)
    expect(options).toEqual({
      cert: credential.certificateChain,
      ca: credential.bundle,
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
    })
    expect(createPrivateKey(String(key)).equals(credential.privateKey)).toBe(true)
  })

  test('make a context', () => {
    expect(createSecureContext(secureContextOptions(credential)).context).toBeDefined()
  })

  test('leave the choice of groups to Node, whose default withstands quantum computers', () => {
    expect(secureContextOptions(credential)).not.toHaveProperty('ecdhCurve')
  })
})
