import type { Command } from 'commander'
import { certificateStateOf } from '../ca/certificate-state.ts'
import type { RecordedCertificate } from '../ca/inventory.ts'
import { chainOf, labelOf, rootOf } from '../ca/issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../ca/issuers/ca-state.ts'
import { serviceIdOf, servicePathOf } from '../identity/service-id.ts'
import { type CaArguments, stateOf, useCa, withCa } from './ca-context.ts'
import { withJson, writeResult } from './result.ts'
import { parseServiceArgument } from './service-argument.ts'
import { tableOf } from './table.ts'

interface ListArguments extends CaArguments {
  readonly service?: string
}

export function defineCaList(list: Command): void {
  withCa(withJson(list))
    .description("show the CA's own certificates and, of those of services, what has not expired")
    .option('--service <service>', 'only those of this service')
    .action(listCertificates)
}

async function listCertificates(args: ListArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const ca = await stateOf(open)
    const { trustDomain, authorities } = ca
    const now = open.clock()
    const path = args.service === undefined ? undefined : parseServiceArgument(args.service, trustDomain)
    const serviceId = path && serviceIdOf(trustDomain, path)
    const certificates = await open.store.inventory.list({ serviceId, validAt: now })
    const services = certificates.map((certificate) => describeCertificate(certificate, authorities, now))
    const own = authorities.map((authority) => describeAuthority(authority, ca))

    const rows = certificates.map(({ serviceId: id }, index) => {
      const { state = '', notAfter = '', serialNumber = '', issuer = '' } = services[index] ?? {}
      return [servicePathOf(id), state, notAfter, serialNumber, issuer]
    })
    writeResult(command, { trustDomain, authorities: own, certificates: services }, [
      ...tableOf(
        ['CA', 'STATE', 'EXPIRES', 'BELOW'],
        own.map(({ name, state, notAfter = 'no certificate yet', root = '' }) => [name, state, notAfter, root]),
      ),
      '',
      ...tableOf(['SERVICE', 'STATE', 'EXPIRES', 'SERIAL', 'ISSUER'], rows),
    ])
  })
}

function describeAuthority(authority: AuthorityRecord, ca: CaState) {
  const { kind, state, keyId, requestedBy } = authority
  const [certificate] = authority.certificateChain === undefined ? [] : chainOf(authority)
  const root = kind === 'root' ? undefined : rootOf(ca, authority)
  return {
    name: labelOf(authority),
    kind,
    state,
    root: root && labelOf(root),
    keyId,
    requestedBy,
    serialNumber: certificate?.serialNumber,
    notBefore: certificate && isoOf(certificate.notBefore),
    notAfter: certificate && isoOf(certificate.notAfter),
  }
}

function describeCertificate(certificate: RecordedCertificate, authorities: readonly AuthorityRecord[], now: number) {
  const { serialNumber, serviceId, dnsNames, notBefore, notAfter, issuerKeyId, requestedBy, renews } = certificate
  const issuer = authorities.find(({ keyId }) => keyId === issuerKeyId)
  const { revocation } = certificate
  return {
    serialNumber,
    serviceId,
    dnsNames,
    state: certificateStateOf(certificate, authorities, now),
    notBefore: isoOf(notBefore),
    notAfter: isoOf(notAfter),
    issuer: issuer === undefined ? issuerKeyId : labelOf(issuer),
    requestedBy,
    renews,
    revocation: revocation && { ...revocation, revokedAt: isoOf(revocation.revokedAt) },
  }
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
