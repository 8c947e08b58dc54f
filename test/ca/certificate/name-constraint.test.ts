import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nameConstraintProblem, permittedUrisOf } from '../../../src/ca/certificate/name-constraint.ts'
import { extension, tbsCertificate } from '../../../src/ca/certificate/tbs-certificate.ts'
import { leafTemplate } from '../../../src/ca/certificate/template.ts'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import type { DerNode } from '../../../src/core/der-node.ts'
import { contextConstructed, contextPrimitive, sequence } from '../../../src/core/der-writer.ts'
import { GeneralName, Oid, parseCertificate } from '../../../src/identity/certificate.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../../src/identity/pem.ts'
import { parseServicePath, parseTrustDomain } from '../../../src/identity/service-id.ts'
import { signValue } from '../../../src/identity/signed-value.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'
import { temporaryDirectory } from '../../support/directory.ts'
import { leafDer } from '../../support/leaf.ts'
import { describeWith, openssl, runTool } from '../../support/tools.ts'

const trustDomain = parseTrustDomain('shop.internal')

describe('an intermediate', () => {
  const constrained = ['shop.internal', 'eu.shop.internal', 'my_shop.internal', '10.example', 'xn--bcher-kva.example']
  for (const name of constrained) {
    test(`is constrained to the trust domain ${name}`, () => {
      expect(permittedUrisOf(parseTrustDomain(name))).toEqual([name])
    })
  }

  const unconstrained = ['shop', 'localhost', 'my_shop', '10.0.0.1', '1.2.3', 'shop.0x7f', 'a..b', '.a', 'a.', '-a.b']
  for (const name of [...unconstrained, `${'a'.repeat(64)}.b`, `${'a.'.repeat(127)}a`]) {
    test(`is not constrained to ${name.slice(0, 40)}, which is no fully qualified domain name`, () => {
      expect(permittedUrisOf(parseTrustDomain(name))).toEqual([])
    })
  }
})

const uri = (host: string) => contextPrimitive(GeneralName.uri, Buffer.from(host))
const permit = (...names: DerNode[]) => contextConstructed(0, ...names.map((name) => sequence(name)))
const exclude = (...names: DerNode[]) => contextConstructed(1, ...names.map((name) => sequence(name)))

/** What is wrong for `shop.internal` with a certificate of these name constraints. */
function problemWith(fields: readonly DerNode[], { critical = true } = {}): string | undefined {
  const constraints = extension(Oid.nameConstraints, sequence(...fields), { critical })
  const der = leafDer({ extensions: fields.length === 0 ? {} : { [Oid.nameConstraints]: constraints } })
  return nameConstraintProblem(parseCertificate(der), trustDomain)
}

describe('a trust domain is taken under name constraints', () => {
  const cases: [title: string, ...fields: DerNode[]][] = [
    ['that are not there'],
    ['that permit it', permit(uri('shop.internal'))],
    ['that permit it in other letters', permit(uri('Shop.Internal'))],
    ['that permit the domain above it', permit(uri('.internal'))],
    ['that permit others too', permit(uri('billing.internal'), uri('shop.internal'))],
    ['that exclude another', exclude(uri('billing.internal'))],
    ['that exclude what is below it', exclude(uri('.shop.internal'), uri('a.shop.internal'))],
    ['that permit it and exclude another', permit(uri('.internal')), exclude(uri('billing.internal'))],
  ]
  for (const [title, ...fields] of cases) {
    test(title, () => {
      expect(problemWith(fields)).toBeUndefined()
    })
  }
})

describe('a trust domain is refused under name constraints', () => {
  const cases: [title: string, fields: DerNode[], problem: string][] = [
    ['that permit another', [permit(uri('billing.internal'))], 'do not permit the trust domain shop.internal'],
    ['that permit what is below it', [permit(uri('.shop.internal'))], 'do not permit'],
    ['that permit what only ends alike', [permit(uri('op.internal'))], 'do not permit'],
    ['that permit the host above it, and mean that alone', [permit(uri('internal'))], 'do not permit'],
    ['that permit a URI in the place of its host', [permit(uri('spiffe://shop.internal'))], 'do not permit'],
    ['that exclude it', [exclude(uri('SHOP.internal'))], 'exclude the trust domain shop.internal'],
    ['that exclude the domain above it', [exclude(uri('.internal'))], 'exclude'],
    ['that exclude the host above it, which Go takes for a domain', [exclude(uri('internal'))], 'exclude'],
    ['that permit and exclude it', [permit(uri('shop.internal')), exclude(uri('shop.internal'))], 'exclude'],
    [
      'that are about DNS names too',
      [permit(uri('shop.internal'), contextPrimitive(GeneralName.dns, Buffer.from('shop.internal')))],
      'about more than URIs',
    ],
    ['that are about addresses', [exclude(contextPrimitive(7, Buffer.alloc(8)))], 'about more than URIs'],
  ]
  for (const [title, fields, problem] of cases) {
    test(title, () => {
      expect(problemWith(fields)).toContain(problem)
    })
  }

  test('that are not critical, so that a verifier may pass over them', () => {
    expect(problemWith([permit(uri('shop.internal'))], { critical: false })).toContain('not critical')
  })
})

describeWith(openssl, 'openssl', () => {
  for (const name of ['shop.internal', 'my_shop.internal', 'shop', '10.0.0.1', 'a..b']) {
    test(`accepts a service of the trust domain ${name}`, async () => {
      expect(await verifyLeaf(name, name)).toMatchObject({ exitCode: 0 })
    })
  }

  for (const foreign of [
    'other.internal',
    'orders.shop.internal',
    'internal',
    'shop.internal.evil',
    'ashop.internal',
  ]) {
    test(`refuses a service of ${foreign} under an intermediate of shop.internal`, async () => {
      const { exitCode, output } = await verifyLeaf('shop.internal', foreign)
      expect(output).toContain('permitted subtree violation')
      expect(exitCode).not.toBe(0)
    })
  }
})

/** What openssl says of a leaf of one trust domain under the intermediate of another, or of its own. */
async function verifyLeaf(trustDomainName: string, leafTrustDomainName: string) {
  const { root, intermediate, intermediateKey } = createHierarchy(
    parseTrustDomain(trustDomainName),
    TEST_PROFILES,
    Date.now(),
  )
  const request = {
    trustDomain: parseTrustDomain(leafTrustDomainName),
    path: parseServicePath('orders'),
    dnsNames: ['localhost'],
    publicKey: generateKeyPair().publicKey,
  }
  const leaf = leafTemplate(request, intermediate, TEST_PROFILES.service, Date.now())
  const directory = await temporaryDirectory()
  const write = async (name: string, der: Uint8Array) => {
    await writeFile(join(directory, name), encodeCertificate(der))
    return join(directory, name)
  }
  const anchor = ['-CAfile', await write('root.pem', root.der)]
  const between = ['-untrusted', await write('intermediate.pem', intermediate.der)]
  const file = await write('orders.pem', signValue(tbsCertificate(leaf), intermediateKey))
  return runTool(openssl, ['verify', '-x509_strict', ...anchor, ...between, file])
}
