import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseDer } from '../../src/core/der.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import { readOid, readSequence } from '../../src/core/der-reader.ts'
import { contextConstructed, contextPrimitive, sequence } from '../../src/core/der-writer.ts'
import { GeneralName, Oid, parseCertificate } from '../../src/identity/certificate.ts'
import { signValue } from '../../src/identity/signed-value.ts'
import { createTestCa, type TestCa, testCaOf } from '../../src/testing/test-ca.ts'

/** A CA whose intermediate may certify URI names of its own trust domain only (RFC 5280 section 4.2.1.10). */
export function createConstrainedCa(ca: TestCa = createTestCa()): TestCa {
  const host = contextPrimitive(GeneralName.uri, Buffer.from(ca.trustDomain))
  const permitted = sequence(contextConstructed(0, sequence(host)))
  return withNameConstraints(ca, [extension(Oid.nameConstraints, permitted, { critical: true })])
}

/** A CA whose intermediate may certify any name. */
export function createUnconstrainedCa(ca: TestCa = createTestCa()): TestCa {
  return withNameConstraints(ca, [])
}

/** The same CA with another certificate of its intermediate, which differs in its name constraints alone. */
function withNameConstraints({ hierarchy }: TestCa, constraints: readonly DerNode[]): TestCa {
  const { intermediate, rootKey } = hierarchy
  const [tbs] = readSequence(parseDer(intermediate.der))
  const fields = readSequence(tbs)
  const others = readSequence(fields.at(-1)?.children?.[0]).filter((node) => oidOf(node) !== Oid.nameConstraints)
  const extensions = contextConstructed(3, sequence(...others, ...constraints))
  const der = signValue(sequence(...fields.slice(0, -1), extensions), rootKey)
  return testCaOf({ ...hierarchy, intermediate: parseCertificate(der) }, systemClock)
}

function oidOf(node: DerNode): string {
  return readOid(readSequence(node)[0])
}
